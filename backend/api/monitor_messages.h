#pragma once

#include "backend/observe/durations.h"
#include "backend/observe/queries.h"
#include "gantry/v1/monitor.pb.h"

// What observe knows, as the console's messages.
namespace gantry::api {

// Keeps a message of log lines well below what a reader accepts.
inline constexpr std::size_t kMaxBatchBytes = 3 * 1024 * 1024;

void fill(v1::MetricsPoint& point, const observe::MetricsRow& row);
void fill(v1::LogLine& line, const observe::LogLine& from);
void fill(v1::InvocationSummary& summary, const invoke::InvocationRecord& record);

v1::MetricsFrame frameOf(const observe::MetricsFrame& frame, std::int64_t nowMs);
v1::QueryMetricsResponse responseOf(const observe::MetricsAnswer& answer);
v1::QueryDurationsResponse responseOf(const observe::DurationsAnswer& answer);
// The newest lines that fit; `dropped` counts the others.
v1::LogBatch batchOf(const std::vector<observe::LogLine>& lines);
v1::InvocationDetail detailOf(const observe::InvocationDetail& detail);

} // namespace gantry::api
