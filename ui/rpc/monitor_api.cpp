#include "ui/rpc/monitor_api.h"

#include "ui/rpc/call.h"
#include "ui/rpc/monitor_convert.h"

namespace gantry::rpc {

namespace {

constexpr auto kConvert = [](const auto& message) { return fromProto(message); };

} // namespace

std::unique_ptr<Stream> MonitorApi::watchMetrics(const QString& functionName, int maxRateHz,
                                                 OnValue<MetricsFrame> onFrame, OnEnd onEnd)
{
    v1::WatchMetricsRequest request;
    request.set_function_name(functionName.toStdString());
    request.set_max_rate_hz(maxRateHz);
    return stream<v1::MetricsFrame>(m_channel, request, kConvert, std::move(onFrame),
                                    std::move(onEnd));
}

std::unique_ptr<Stream> MonitorApi::watchLogs(const QStringList& functionNames, int backlog,
                                              OnValue<LogBatch> onBatch, OnEnd onEnd)
{
    v1::WatchLogsRequest request;
    for (const QString& name : functionNames)
        request.add_function_names(name.toStdString());
    request.set_backlog(backlog);
    return stream<v1::LogBatch>(m_channel, request, kConvert, std::move(onBatch), std::move(onEnd));
}

std::unique_ptr<Stream> MonitorApi::watchFunctions(OnValue<FunctionEvent> onEvent, OnEnd onEnd)
{
    return stream<v1::FunctionEvent>(m_channel, v1::WatchFunctionsRequest(), kConvert,
                                     std::move(onEvent), std::move(onEnd));
}

void MonitorApi::queryMetrics(const MetricsQuery& query, QObject* context,
                              Done<MetricsHistory> done)
{
    v1::QueryMetricsRequest request;
    request.set_function_name(query.functionName.toStdString());
    request.set_from_ms(query.fromMs);
    request.set_to_ms(query.toMs);
    request.set_max_points(query.maxPoints);
    request.set_by_function(query.byFunction);
    call<v1::QueryMetricsResponse>(m_channel, request, context, kConvert, std::move(done));
}

void MonitorApi::queryLogs(const LogQuery& query, QObject* context, Done<LogBatch> done)
{
    v1::QueryLogsRequest request;
    for (const QString& name : query.functionNames)
        request.add_function_names(name.toStdString());
    request.set_request_id(query.requestId.toStdString());
    request.set_from_ms(query.fromMs);
    request.set_to_ms(query.toMs);
    request.set_contains(query.contains.toStdString());
    request.set_match_case(query.matchCase);
    request.set_limit(query.limit);
    call<v1::LogBatch>(m_channel, request, context, kConvert, std::move(done));
}

void MonitorApi::listInvocations(const InvocationsQuery& query, QObject* context,
                                 Done<QList<InvocationSummary>> done)
{
    v1::ListInvocationsRequest request;
    request.set_function_name(query.functionName.toStdString());
    request.set_limit(query.limit);
    request.set_before_ms(query.beforeMs);
    const auto convert = [](const v1::ListInvocationsResponse& response) {
        QList<InvocationSummary> list;
        list.reserve(response.invocations_size());
        for (const auto& invocation : response.invocations())
            list.append(fromProto(invocation));
        return list;
    };
    call<v1::ListInvocationsResponse>(m_channel, request, context, convert, std::move(done));
}

void MonitorApi::getInvocation(const QString& requestId, QObject* context,
                               Done<InvocationDetail> done)
{
    v1::GetInvocationRequest request;
    request.set_request_id(requestId.toStdString());
    call<v1::InvocationDetail>(m_channel, request, context, kConvert, std::move(done));
}

} // namespace gantry::rpc
