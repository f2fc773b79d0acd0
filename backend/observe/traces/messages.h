#pragma once

#include "aws/xray.pb.h"
#include "backend/observe/traces/trace.h"

#include <cstdint>

// Traces as messages of X-Ray's API.
namespace gantry::observe::traces {

void setTime(google::protobuf::Timestamp& to, std::int64_t micros);
std::int64_t microsOf(const google::protobuf::Timestamp& time);

aws::xray::TraceSummary summaryOf(const Trace& trace);
aws::xray::Trace messageOf(const Trace& trace);

} // namespace gantry::observe::traces
