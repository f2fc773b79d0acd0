#pragma once

namespace gantry::iam {
class AccessControl;
}
namespace gantry::keys {
class KeyStore;
}

namespace gantry::api {

class OperationTable;

// The KMS operations on symmetric keys. Policies of keys are checked as whoever evaluates them
// reads them.
void registerKms(OperationTable& table, keys::KeyStore& keys, const iam::AccessControl& access);

} // namespace gantry::api
