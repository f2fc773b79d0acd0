#pragma once

#include "backend/api/package_link.h"

namespace gantry::functions {
class Registry;
}

namespace gantry::api {

class OperationTable;

struct LambdaControl {
    int accountConcurrency = 1000;
    // Code.Location of GetFunction; left out when there is none.
    PackageLink packageLink;
    // The address of the function URL with that id.
    std::function<std::string(const std::string& id)> functionUrl;
};

// The control plane of Lambda: every operation on functions, versions, aliases and tags, and
// GetAccountSettings. The registry must outlive the table.
void registerLambdaControl(OperationTable& table, functions::Registry& registry,
                           const LambdaControl& control);

} // namespace gantry::api
