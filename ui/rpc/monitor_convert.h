// Private to ui/rpc: Qt values of the Monitor service's messages. Pure; called on gRPC threads.
#pragma once

#include "ui/rpc/monitor_types.h"

#include "gantry/v1/monitor.pb.h"

namespace gantry::rpc {

MetricsPoint fromProto(const v1::MetricsPoint& from);
MetricsFrame fromProto(const v1::MetricsFrame& from);
MetricsHistory fromProto(const v1::QueryMetricsResponse& from);
LogLine fromProto(const v1::LogLine& from);
LogBatch fromProto(const v1::LogBatch& from);
InvocationSummary fromProto(const v1::InvocationSummary& from);
InvocationDetail fromProto(const v1::InvocationDetail& from);
FunctionOverview fromProto(const v1::FunctionOverview& from);
FunctionEvent fromProto(const v1::FunctionEvent& from);

} // namespace gantry::rpc
