#pragma once

#include <filesystem>

namespace gantry::iam {
class Directory;
}

namespace gantry::api {

class OperationTable;
struct PastedSearch;

// The console's own questions about secrets (gantry.v1.Vault). directory: that of the data.
void registerVault(OperationTable& table, const PastedSearch& parts, iam::Directory& identities,
                   const std::filesystem::path& directory);

} // namespace gantry::api
