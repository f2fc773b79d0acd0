#include "ui/rpc/monitor_convert.h"

#include "ui/rpc/money.h"

namespace gantry::rpc {

namespace {

QString text(const std::string& from)
{
    return QString::fromStdString(from);
}

QByteArray bytes(const std::string& from)
{
    return QByteArray(from.data(), static_cast<qsizetype>(from.size()));
}

FunctionEvent::Kind kindOf(v1::FunctionEvent::Kind kind)
{
    switch (kind) {
    case v1::FunctionEvent::SNAPSHOT_END:
        return FunctionEvent::Kind::SnapshotEnd;
    case v1::FunctionEvent::CREATED:
        return FunctionEvent::Kind::Created;
    case v1::FunctionEvent::UPDATED:
        return FunctionEvent::Kind::Updated;
    case v1::FunctionEvent::DELETED:
        return FunctionEvent::Kind::Deleted;
    default:
        return FunctionEvent::Kind::Present;
    }
}

} // namespace

MetricsPoint fromProto(const v1::MetricsPoint& from)
{
    MetricsPoint to;
    to.functionName = text(from.function_name());
    to.startMs = from.start_ms();
    to.widthMs = from.width_ms() > 0 ? from.width_ms() : 1000;
    to.invocations = from.invocations();
    to.errors = from.errors();
    to.throttles = from.throttles();
    to.coldStarts = from.cold_starts();
    to.concurrency = from.concurrency();
    to.environments = from.environments();
    to.durationSumMs = from.duration_sum_ms();
    to.durationP50Ms = from.duration_p50_ms();
    to.durationP90Ms = from.duration_p90_ms();
    to.durationP99Ms = from.duration_p99_ms();
    to.durationMaxMs = from.duration_max_ms();
    to.initSumMs = from.init_sum_ms();
    to.billedMs = from.billed_ms();
    to.costUsd = moneyOf(from.cost_usd());
    to.memoryMaxBytes = from.memory_max_bytes();
    return to;
}

MetricsFrame fromProto(const v1::MetricsFrame& from)
{
    MetricsFrame to;
    to.timeMs = from.time_ms();
    to.account = fromProto(from.account());
    to.functions.reserve(from.functions_size());
    for (const auto& point : from.functions())
        to.functions.append(fromProto(point));
    to.costPerHourUsd = moneyOf(from.cost_per_hour_usd());
    return to;
}

MetricsHistory fromProto(const v1::QueryMetricsResponse& from)
{
    MetricsHistory to;
    to.widthMs = from.width_ms() > 0 ? from.width_ms() : 1000;
    to.points.reserve(from.points_size());
    for (const auto& point : from.points())
        to.points.append(fromProto(point));
    return to;
}

LogLine fromProto(const v1::LogLine& from)
{
    LogLine to;
    to.id = from.id();
    to.timeUs = from.time_us();
    to.functionName = text(from.function_name());
    to.requestId = text(from.request_id());
    to.stream = text(from.stream());
    to.message = text(from.message());
    to.source = from.source() == v1::LogLine::PLATFORM ? LogLine::Source::Platform
                                                       : LogLine::Source::Function;
    return to;
}

LogBatch fromProto(const v1::LogBatch& from)
{
    LogBatch to;
    to.lines.reserve(from.lines_size());
    for (const auto& line : from.lines())
        to.lines.append(fromProto(line));
    to.dropped = from.dropped();
    return to;
}

InvocationSummary fromProto(const v1::InvocationSummary& from)
{
    InvocationSummary to;
    to.requestId = text(from.request_id());
    to.functionName = text(from.function_name());
    to.version = text(from.version());
    to.alias = text(from.alias());
    to.startedAtMs = from.started_at_ms();
    to.durationMs = from.duration_ms();
    to.billedMs = from.billed_ms();
    to.initMs = from.init_ms();
    to.restoreMs = from.restore_ms();
    to.coldStart = from.cold_start();
    to.memorySizeMb = from.memory_size_mb();
    to.memoryUsedBytes = from.memory_used_bytes();
    to.errorType = text(from.error_type());
    to.errorMessage = text(from.error_message());
    to.costUsd = moneyOf(from.cost_usd());
    to.logStream = text(from.log_stream());
    to.queueMs = from.queue_ms();
    to.architecture = text(from.architecture());
    to.emulated = from.emulated();
    return to;
}

InvocationDetail fromProto(const v1::InvocationDetail& from)
{
    InvocationDetail to;
    to.summary = fromProto(from.summary());
    to.event = bytes(from.event());
    to.response = bytes(from.response());
    to.eventKept = from.event_kept();
    to.responseKept = from.response_kept();
    to.log.reserve(from.log_size());
    for (const auto& line : from.log())
        to.log.append(fromProto(line));
    return to;
}

FunctionOverview fromProto(const v1::FunctionOverview& from)
{
    FunctionOverview to;
    to.name = text(from.name());
    to.arn = text(from.arn());
    to.runtime = text(from.runtime());
    to.handler = text(from.handler());
    to.description = text(from.description());
    to.memoryMb = from.memory_mb();
    to.timeoutS = from.timeout_s();
    to.architecture = text(from.architecture());
    to.codeSize = from.code_size();
    to.lastModified = text(from.last_modified());
    to.state = text(from.state());
    to.stateReason = text(from.state_reason());
    to.lastUpdateStatus = text(from.last_update_status());
    to.packageType = text(from.package_type());
    to.logGroup = text(from.log_group());
    for (const auto& [key, value] : from.tags())
        to.tags.insert(text(key), text(value));
    return to;
}

FunctionEvent fromProto(const v1::FunctionEvent& from)
{
    return {kindOf(from.kind()), fromProto(from.function())};
}

} // namespace gantry::rpc
