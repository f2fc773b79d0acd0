#pragma once

#include "aws/cloudwatch.pb.h"
#include "backend/api/operation_table.h"
#include "backend/observe/cloudwatch/metric.h"

#include <functional>
#include <string>
#include <vector>

namespace gantry::observe {
class Recorder;
}

namespace gantry::api {

using StatisticsAnswer =
    std::function<void(absl::StatusOr<std::vector<observe::cloudwatch::Statistics>>)>;

// The values of any metric in the bins of a grid.
void readMetric(observe::Recorder& recorder, observe::cloudwatch::Metric metric,
                observe::cloudwatch::Grid grid, StatisticsAnswer done);

// The grid that covers a time in steps of a period (seconds); an error when it cannot be had.
absl::StatusOr<observe::cloudwatch::Grid> gridOf(const google::protobuf::Timestamp& start,
                                                 const google::protobuf::Timestamp& end,
                                                 int period);

observe::cloudwatch::Metric
metricOf(const std::string& space, const std::string& name,
         const google::protobuf::RepeatedPtrField<aws::cloudwatch::Dimension>& dimensions);

void setTime(google::protobuf::Timestamp& to, std::int64_t ms);
std::int64_t millisOf(const google::protobuf::Timestamp& time);

// GetMetricData: several metrics, and expressions over them.
void getMetricData(observe::Recorder& recorder, const aws::cloudwatch::GetMetricDataInput& request,
                   Reply<aws::cloudwatch::GetMetricDataOutput> reply);

} // namespace gantry::api
