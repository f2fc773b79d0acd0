#pragma once

#include <string>

namespace gantry {

// The account and region that this platform is.
struct Place {
    std::string accountId = "000000000000";
    std::string region = "us-east-1";
};

} // namespace gantry
