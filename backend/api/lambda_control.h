#pragma once

#include "backend/api/package_link.h"

#include <absl/status/status.h>

#include <functional>
#include <string>

namespace gantry::aws::lambda {
class FunctionConfiguration;
}
namespace gantry::functions {
class Registry;
}

namespace gantry::api {

struct Call;
class OperationTable;

struct LambdaControl {
    int accountConcurrency = 1000;
    // Code.Location of GetFunction; left out when there is none.
    PackageLink packageLink;
    // The address of the function URL with that id.
    std::function<std::string(const std::string& id)> functionUrl;
    // Whether a package may be deployed under a code signing configuration (an ARN).
    std::function<void(const std::string& zip, const std::string& configArn,
                       const std::string& functionName, std::function<void(absl::Status)> done)>
        checkCode;
    // Makes the execution role (an ARN) that a function names when it is not there. A deployment is
    // answered after done.
    std::function<void(const std::string& roleArn, std::function<void()> done)> ensureRole;
    // Takes out of a configuration the variables whose key the caller may not use; null for a
    // caller who may use every key.
    using Conceal = std::function<void(aws::lambda::FunctionConfiguration&)>;
    std::function<Conceal(const Call& call)> concealFor;
};

// The control plane of Lambda: every operation on functions, versions, aliases and tags, and
// GetAccountSettings. The registry must outlive the table.
void registerLambdaControl(OperationTable& table, functions::Registry& registry,
                           const LambdaControl& control);

} // namespace gantry::api
