#pragma once

#include "backend/api/operation_table.h"

namespace gantry::observe {
class Recorder;
}

namespace gantry::api {

// CloudWatch metrics, API version 2010-08-01: the platform's own under AWS/Lambda and
// Gantry/Lambda, and what clients and functions publish. The recorder must outlive the table.
void registerCloudWatch(OperationTable& table, observe::Recorder& recorder);

} // namespace gantry::api
