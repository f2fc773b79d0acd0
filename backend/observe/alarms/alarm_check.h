#pragma once

#include "aws/cloudwatch.pb.h"
#include "backend/observe/alarms/evaluation.h"
#include "backend/observe/cloudwatch/metric_data.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gantry::observe::alarms {

// What a metric alarm comes to: how to get its points and how to judge them.
struct AlarmSpec {
    std::vector<cloudwatch::DataQuery> queries;
    std::string watched; // id of the query whose values are compared
    std::string band;    // id of the query that makes the band; empty: the threshold
    int periodSeconds = 60;
    Comparison comparison = Comparison::Greater;
    double threshold = 0;
    Rule rule;
    // With a percentile and too few values behind it the state is kept: EvaluateLowSampleCountPercentile.
    double fewSamples = 0; // fewer than so many are too few; 0: any number is enough

    std::int64_t periodMs() const { return std::int64_t{periodSeconds} * 1'000; }
    // How often it is evaluated.
    std::int64_t stepMs() const { return std::min<std::int64_t>(periodMs(), 60'000); }
};

// Of alarms that were checked already.
int periodOf(const aws::cloudwatch::MetricAlarm& alarm); // in seconds
AlarmSpec specOf(const aws::cloudwatch::MetricAlarm& alarm);

// ValidationError, or InvalidParameterCombination where members do not go together.
absl::Status checkAlarm(const aws::cloudwatch::PutMetricAlarmInput& request);
absl::Status checkAlarmName(const std::string& name);

// The alarm that a request describes, without name, ARN and state.
aws::cloudwatch::MetricAlarm configurationOf(const aws::cloudwatch::PutMetricAlarmInput& request);

} // namespace gantry::observe::alarms
