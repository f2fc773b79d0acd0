#pragma once

#include "backend/functions/arn.h"

#include <cstdint>
#include <string>

namespace gantry::functions {

struct Options {
    Place place;
    std::string hostArchitecture = "x86_64"; // as AWS spells it: x86_64 or arm64
    std::string awsEndpoint;                 // given to functions; may be empty
    int accountConcurrency = 1000;
    std::int64_t totalCodeBytes = 80'530'636'800;
};

} // namespace gantry::functions
