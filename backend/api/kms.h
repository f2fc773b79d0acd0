#pragma once

namespace gantry::keys {
class KeyStore;
}

namespace gantry::api {

class OperationTable;

// The KMS operations on symmetric keys.
void registerKms(OperationTable& table, keys::KeyStore& keys);

} // namespace gantry::api
