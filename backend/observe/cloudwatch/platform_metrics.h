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

// Under which name a metric of the platform is kept: see MetricsRow. Nothing when it is not one of the
// platform's: another namespace, name or set of dimensions.
std::optional<std::string> seriesOf(const Metric& metric);
Statistics statisticsOf(const Bucket& bucket, const Metric& metric);
const char* unitOf(const Metric& metric);

// All there are under such a name.
std::vector<Metric> metricsOf(const std::string& series);

} // namespace gantry::observe::cloudwatch
