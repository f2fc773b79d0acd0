#pragma once

namespace gantry::secrets {
class Vault;
}

namespace gantry::api {

class ExtensionCaches;
class OperationTable;

// The Parameters and Secrets extension, which every environment finds at localhost:2773.
void registerExtension(OperationTable& table, secrets::Vault& vault, ExtensionCaches& caches);

} // namespace gantry::api
