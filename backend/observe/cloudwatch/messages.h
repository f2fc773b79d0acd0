#pragma once

#include "aws/cloudwatch.pb.h"
#include "backend/observe/cloudwatch/metric_data.h"

#include <cstdint>
#include <string>
#include <vector>

// Between the messages of CloudWatch's API and what observe works with.
namespace gantry::observe::cloudwatch {

Metric metricOf(const std::string& space, const std::string& name,
                const google::protobuf::RepeatedPtrField<aws::cloudwatch::Dimension>& dimensions);

// The queries of GetMetricData or of an alarm. ValidationError says what is wrong with one.
absl::StatusOr<std::vector<DataQuery>>
dataQueriesOf(const google::protobuf::RepeatedPtrField<aws::cloudwatch::MetricDataQuery>& queries);

void setTime(google::protobuf::Timestamp& to, std::int64_t ms);
std::int64_t millisOf(const google::protobuf::Timestamp& time);

} // namespace gantry::observe::cloudwatch
