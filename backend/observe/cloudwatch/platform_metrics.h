#pragma once

#include "backend/observe/cloudwatch/metric.h"
#include "backend/observe/metrics.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The platform's own metrics under the names of CloudWatch: AWS/Lambda as Lambda publishes them, and
// in Gantry/Lambda what Lambda does not tell.
namespace gantry::observe::cloudwatch {

inline constexpr std::string_view kLambda = "AWS/Lambda";
inline constexpr std::string_view kGantry = "Gantry/Lambda";

// The function that a metric of the platform is about; empty for the account. Nothing when it is not
// one of the platform's: another namespace, name or set of dimensions.
std::optional<std::string> functionOf(const Metric& metric);
Statistics statisticsOf(const Bucket& bucket, const Metric& metric);
const char* unitOf(const Metric& metric);

// All there are for a function; for the account when it is empty.
std::vector<Metric> metricsOf(const std::string& function);

} // namespace gantry::observe::cloudwatch
