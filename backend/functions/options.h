#pragma once

#include "backend/functions/arn.h"

#include <absl/status/status.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>

namespace gantry::keys {
class KeyStore;
}

namespace gantry::images {
class ImageStore;
}

namespace gantry::functions {

struct Options {
    Place place;
    std::string hostArchitecture = "x86_64"; // as AWS spells it: x86_64 or arm64
    // Seals environment variables. Outlives the registry; null: they are kept as they are.
    const keys::KeyStore* keys = nullptr;
    // Where container images are. Outlives the registry; null: functions cannot be made of them.
    images::ImageStore* images = nullptr;
    int accountConcurrency = 1000;
    std::int64_t totalCodeBytes = 80'530'636'800;
    // The services that asynchronous events can go on to, by their name in an ARN.
    std::set<std::string> destinationServices = {"lambda"};
    std::set<std::string> deadLetterServices;
    // Whether a function could send to a target of another service as its execution role. Errors:
    // AccessDeniedException when the role may not, others when the target is not there.
    std::function<absl::Status(const std::string& targetArn, const std::string& roleArn,
                               const std::string& functionName)>
        reach;
};

} // namespace gantry::functions
