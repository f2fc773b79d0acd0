#pragma once

#include "backend/api/operation_table.h"
#include "backend/observe/cloudwatch/metric_data.h"

namespace gantry::observe {
class Recorder;
}

namespace gantry::api {

// CloudWatch metrics, API version 2010-08-01: the platform's own under AWS/Lambda and
// Gantry/Lambda, and what clients and functions publish. Recorder and data must outlive the table.
void registerCloudWatch(OperationTable& table, observe::Recorder& recorder,
                        observe::cloudwatch::MetricData& data);

} // namespace gantry::api
