#pragma once

#include <filesystem>

namespace gantry::functions {
class Registry;
}
namespace gantry::secrets {
class Vault;
}

namespace gantry::api {

class OperationTable;

// The console's own questions about secrets (gantry.v1.Vault). directory: that of the data.
void registerVault(OperationTable& table, secrets::Vault& vault,
                   const functions::Registry& registry, const std::filesystem::path& directory);

} // namespace gantry::api
