#pragma once

#include "backend/functions/target.h"

#include <string>

namespace gantry::functions {

// What AWS keeps of an account's concurrency for functions that reserve none.
inline constexpr int kLeastUnreserved = 100;

// Environments that are to be ready for a version or an alias.
struct ProvisionedConfig {
    int requested = 0;
    std::string lastModified; // ISO 8601, as in FunctionConfiguration
};

// The same, with what these environments run.
struct ProvisionedTarget {
    std::string qualifier;
    int requested = 0;
    Target target;
};

} // namespace gantry::functions
