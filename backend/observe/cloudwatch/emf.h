#pragma once

#include "backend/observe/cloudwatch/custom_metrics.h"

#include <string_view>
#include <vector>

namespace gantry::observe::cloudwatch {

// The metrics in a log line of the embedded metric format ("Specification: Embedded metric format"
// of CloudWatch's user guide): {"_aws": {"Timestamp": ..., "CloudWatchMetrics": [...]}, ...}. None
// when the line is not of that format; what is malformed in one is left out, as CloudWatch does.
std::vector<Datum> embeddedMetrics(std::string_view message, std::int64_t nowMs);

} // namespace gantry::observe::cloudwatch
