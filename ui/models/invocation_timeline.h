#pragma once

#include "ui/models/trace_timeline.h"
#include "ui/rpc/monitor_types.h"

namespace gantry::models {

// Where the time of an invocation went, from its record alone: waiting, start of an environment, the
// call, and what came after it. For those that were not traced.
TraceTimeline timelineOf(const rpc::InvocationDetail& detail);

} // namespace gantry::models
