#pragma once

#include "backend/iam/policy.h"

#include <absl/container/flat_hash_map.h>

#include <string>

namespace gantry::iam {

// Documents that decide calls, each compiled once. I/O thread only.
class PolicyCache final {
public:
    // Null for one that cannot be read: it was stored by another version of the program, since
    // documents are checked before.
    PolicyPtr find(const std::string& document, PolicyKind kind);

private:
    absl::flat_hash_map<std::string, PolicyPtr> m_compiled[3]; // by kind, then by document
};

} // namespace gantry::iam
