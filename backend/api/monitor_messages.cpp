#include "backend/api/monitor_messages.h"

#include "backend/invoke/trace_span.h"

#include <utility>

namespace gantry::api {
namespace {

double millis(std::int64_t micros)
{
    return static_cast<double>(micros) / 1000.0;
}

std::size_t sizeOf(const observe::LogLine& line)
{
    constexpr std::size_t kFields = 150; // of ids and times
    return line.entry.message.size() + kFields;
}

// Index of the first of the newest lines that fit into a message.
std::size_t firstThatFits(const std::vector<observe::LogLine>& lines)
{
    std::size_t bytes = 0;
    std::size_t first = lines.size();
    while (first > 0 && bytes + sizeOf(lines[first - 1]) <= kMaxBatchBytes)
        bytes += sizeOf(lines[--first]);
    return first;
}

} // namespace

void fill(v1::MetricsPoint& point, const observe::MetricsRow& row)
{
    const observe::Bucket& b = row.bucket;
    point.set_function_name(row.function);
    point.set_start_ms(row.startMs);
    point.set_width_ms(row.widthMs);
    point.set_invocations(b.invocations);
    point.set_errors(b.errors);
    point.set_throttles(b.throttles);
    point.set_cold_starts(b.coldStarts);
    point.set_concurrency(b.concurrency);
    point.set_environments(b.environments);
    point.set_duration_sum_ms(b.durationSumMs);
    point.set_duration_p50_ms(b.durations.quantile(0.5));
    point.set_duration_p90_ms(b.durations.quantile(0.9));
    point.set_duration_p99_ms(b.durations.quantile(0.99));
    point.set_duration_max_ms(b.durationMaxMs);
    point.set_init_sum_ms(b.initSumMs);
    point.set_billed_ms(b.billedMs);
    point.set_cost_usd(b.costUsd.toString());
    point.set_memory_max_bytes(b.memoryMaxBytes);
}

void fill(v1::LogLine& line, const observe::LogLine& from)
{
    const invoke::LogEntry& entry = from.entry;
    line.set_id(from.id);
    line.set_time_us(entry.timeMicros);
    line.set_function_name(entry.functionName);
    line.set_request_id(entry.requestId);
    line.set_stream(entry.logStream);
    line.set_message(entry.message);
    line.set_source(entry.source == invoke::LogEntry::Source::Platform ? v1::LogLine::PLATFORM
                                                                       : v1::LogLine::FUNCTION);
}

void fill(v1::InvocationSummary& summary, const invoke::InvocationRecord& record)
{
    summary.set_request_id(record.requestId);
    summary.set_function_name(record.functionName);
    summary.set_version(record.version);
    summary.set_alias(record.alias);
    summary.set_started_at_ms(record.startedAtMicros / 1000);
    summary.set_duration_ms(millis(record.durationMicros));
    summary.set_billed_ms(record.billedMs);
    summary.set_init_ms(millis(record.initMicros));
    summary.set_restore_ms(millis(record.restoreMicros));
    summary.set_cold_start(record.coldStart);
    summary.set_memory_size_mb(record.memoryMb);
    summary.set_memory_used_bytes(record.memoryUsedBytes);
    summary.set_error_type(record.errorType);
    summary.set_error_message(record.errorMessage);
    summary.set_cost_usd(record.costUsd.toString());
    summary.set_log_stream(record.logStream);
    summary.set_queue_ms(millis(record.startedAtMicros - record.acceptedAtMicros));
    summary.set_architecture(record.architecture);
    summary.set_emulated(record.emulated);
    if (record.trace)
        summary.set_trace_id(record.trace->traceId);
}

v1::MetricsFrame frameOf(const observe::MetricsFrame& frame, std::int64_t nowMs)
{
    v1::MetricsFrame message;
    message.set_time_ms(nowMs);
    fill(*message.mutable_account(), frame.account);
    for (const observe::MetricsRow& row : frame.functions)
        fill(*message.add_functions(), row);
    message.set_cost_per_hour_usd(frame.costPerHourUsd.toString());
    return message;
}

v1::QueryMetricsResponse responseOf(const observe::MetricsAnswer& answer)
{
    v1::QueryMetricsResponse response;
    response.set_width_ms(answer.widthMs);
    for (const observe::MetricsRow& row : answer.rows)
        fill(*response.add_points(), row);
    return response;
}

v1::QueryDurationsResponse responseOf(const observe::DurationsAnswer& answer)
{
    v1::QueryDurationsResponse response;
    response.set_roll_up_ms(answer.rollUpMs);
    response.set_column_ms(answer.columnMs);
    response.set_growth(answer.growth);
    for (const auto& [startMs, rows] : answer.columns) {
        if (rows.empty())
            continue;
        v1::DurationColumn& column = *response.add_columns();
        column.set_start_ms(startMs);
        column.set_first_row(rows.begin()->first);
        for (int row = rows.begin()->first; row <= rows.rbegin()->first; ++row) {
            const auto found = rows.find(row);
            column.add_counts(found == rows.end() ? 0 : found->second);
        }
    }
    return response;
}

v1::LogBatch batchOf(const std::vector<observe::LogLine>& lines)
{
    v1::LogBatch batch;
    const std::size_t first = firstThatFits(lines);
    batch.set_dropped(static_cast<std::int64_t>(first));
    for (std::size_t i = first; i < lines.size(); ++i)
        fill(*batch.add_lines(), lines[i]);
    return batch;
}

v1::InvocationDetail detailOf(const observe::InvocationDetail& detail)
{
    v1::InvocationDetail message;
    const invoke::InvocationRecord& record = detail.record;
    fill(*message.mutable_summary(), record);
    message.set_event_kept(record.event != nullptr);
    message.set_response_kept(record.response != nullptr);
    if (record.event)
        message.set_event(*record.event);
    if (record.response)
        message.set_response(*record.response);
    for (std::size_t i = firstThatFits(detail.log); i < detail.log.size(); ++i)
        fill(*message.add_log(), detail.log[i]);
    return message;
}

} // namespace gantry::api
