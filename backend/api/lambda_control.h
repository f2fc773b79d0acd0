#pragma once

#include <functional>
#include <string>

namespace gantry::functions {
class Registry;
}

namespace gantry::api {

class OperationTable;

struct LambdaControl {
    int accountConcurrency = 1000;
    // A signed address of a package (by its id in the code store), valid for ten minutes.
    // GetFunction leaves Code.Location out when there is none.
    std::function<std::string(const std::string& package)> codeUrl;
};

// The control plane of Lambda: every operation on functions, versions, aliases and tags, and
// GetAccountSettings. The registry must outlive the table.
void registerLambdaControl(OperationTable& table, functions::Registry& registry,
                           const LambdaControl& control);

} // namespace gantry::api
