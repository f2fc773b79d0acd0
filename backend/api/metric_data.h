#pragma once

#include "aws/cloudwatch.pb.h"
#include "backend/api/operation_table.h"
#include "backend/observe/cloudwatch/messages.h"

namespace gantry::api {

// The grid that covers a time in steps of a period (seconds); an error when it cannot be had.
absl::StatusOr<observe::cloudwatch::Grid> gridOf(const google::protobuf::Timestamp& start,
                                                 const google::protobuf::Timestamp& end,
                                                 int period);

// GetMetricData: several metrics, and expressions over them.
void getMetricData(observe::cloudwatch::MetricData& data, const aws::cloudwatch::GetMetricDataInput& request,
                   Reply<aws::cloudwatch::GetMetricDataOutput> reply);

} // namespace gantry::api
