#pragma once

#include "backend/observe/cloudwatch/metric.h"

#include <absl/status/statusor.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::observe::cloudwatch {

// The values of one metric over a grid; NaN where a bin has none.
using Values = std::vector<double>;

class AnomalyModel;

struct MathInput {
    Grid grid;
    std::map<std::string, Values> values; // by id
    std::vector<std::string> order;       // of the ids, as METRICS() takes them
    std::map<std::string, std::shared_ptr<const AnomalyModel>> models; // by id, of those with bands
};

// Metric math, as "Using math expressions with CloudWatch metrics" of the user guide has it:
// + - * / ^, comparisons, && ||, and ABS CEIL FLOOR LOG LOG10 SQRT AVG SUM MIN MAX STDDEV
// METRIC_COUNT METRICS FILL IF RATE DIFF PERIOD RUNNING_SUM FIRST LAST DATAPOINT_COUNT
// ANOMALY_DETECTION_BAND. The answer is one series for each that the expression makes: of a band the
// lower edge and the upper one. What is wrong comes as ValidationError.
absl::StatusOr<std::vector<Values>> evaluate(std::string_view expression, const MathInput& input);

} // namespace gantry::observe::cloudwatch
