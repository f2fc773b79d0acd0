#pragma once

#include "backend/api/operation_table.h"
#include "backend/observe/cloudwatch/metric_data.h"

#include <functional>
#include <vector>

namespace gantry::observe {
class Recorder;
}

namespace gantry::api {

// Reads any metric, and names those that the recorder does not know.
struct MetricSource {
    observe::cloudwatch::MetricReader read;
    std::function<std::vector<observe::cloudwatch::Metric>()> derived;
};

// CloudWatch metrics, API version 2010-08-01: the platform's own under AWS/Lambda and
// Gantry/Lambda, what is derived of them, and what clients and functions publish. Recorder and data
// must outlive the table.
void registerCloudWatch(OperationTable& table, observe::Recorder& recorder,
                        observe::cloudwatch::MetricData& data, const MetricSource& source);

} // namespace gantry::api
