#pragma once

#include "backend/api/log_subscriptions.h"
#include "backend/api/operation_table.h"
#include "backend/functions/arn.h"

namespace gantry::observe {
class Recorder;
}

namespace gantry::api {

// CloudWatch Logs, API version 2014-03-28, on the platform's own log store; `deliver` takes what
// subscription filters choose. The recorder
// must outlive the table.
void registerLogs(OperationTable& table, boost::asio::io_context& io, observe::Recorder& recorder,
                  functions::Place place, LogSubscriptions::Deliver deliver);

} // namespace gantry::api
