#pragma once

#include "backend/observe/cloudwatch/metric.h"

#include <absl/status/statusor.h>

#include <functional>
#include <vector>

namespace gantry::observe {
class Recorder;
}

namespace gantry::observe::cloudwatch {

using StatisticsAnswer = std::function<void(absl::StatusOr<std::vector<Statistics>>)>;
using MetricReader = std::function<void(Metric, Grid, StatisticsAnswer)>;

// The values of any metric in the bins of a grid: the platform's own, or a published one.
void readMetric(Recorder& recorder, Metric metric, Grid grid, StatisticsAnswer done);

} // namespace gantry::observe::cloudwatch
