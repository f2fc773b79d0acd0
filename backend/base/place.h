#pragma once

#include <string>

namespace gantry {

// The account and region that this platform is.
struct Place {
    std::string accountId = "000000000000";
    std::string region = "us-east-1";
};

// The id of the one availability zone that a host is, as AWS builds it: use1-az1 of us-east-1.
std::string zoneId(const std::string& region);

} // namespace gantry
