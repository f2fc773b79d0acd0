#include "backend/api/monitor.h"

#include "backend/api/function_feed.h"
#include "backend/api/log_feed.h"
#include "backend/api/metrics_feed.h"
#include "backend/api/monitor_messages.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/functions/registry.h"
#include "backend/observe/recorder.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace gantry::api {
namespace {

int limitOf(int wanted, int standard, int most)
{
    return wanted > 0 ? std::min(wanted, most) : standard;
}

void queryMetrics(observe::Recorder& recorder, const v1::QueryMetricsRequest& request,
                  Reply<v1::QueryMetricsResponse> reply)
{
    observe::MetricsQuery query;
    query.function = request.function_name();
    query.fromMs = request.from_ms();
    query.toMs = request.to_ms() > 0 ? request.to_ms() : recorder.clock().unixMillis() + 1;
    query.maxPoints = limitOf(request.max_points(), 600, 10'000);
    query.byFunction = request.by_function();
    if (query.fromMs < 0 || query.toMs <= query.fromMs)
        return reply(validationError("The interval must begin before it ends."));
    recorder.queryMetrics(std::move(query), [reply = std::move(reply)](
                                                absl::StatusOr<observe::MetricsAnswer> answer) {
        if (!answer.ok())
            return reply(answer.status());
        reply(responseOf(*answer));
    });
}

void queryDurations(observe::Recorder& recorder, const v1::QueryDurationsRequest& request,
                    Reply<v1::QueryDurationsResponse> reply)
{
    observe::DurationsQuery query;
    query.function = request.function_name();
    query.fromMs = request.from_ms();
    query.toMs = request.to_ms() > 0 ? request.to_ms() : recorder.clock().unixMillis() + 1;
    query.maxColumns = limitOf(request.max_columns(), 60, 600);
    if (query.fromMs < 0 || query.toMs <= query.fromMs)
        return reply(validationError("The interval must begin before it ends."));
    recorder.queryDurations(std::move(query), [reply = std::move(reply)](
                                                  const absl::StatusOr<observe::DurationsAnswer>& answer) {
        if (!answer.ok())
            return reply(answer.status());
        reply(responseOf(*answer));
    });
}

void queryLogs(observe::Recorder& recorder, const v1::QueryLogsRequest& request,
               Reply<v1::LogBatch> reply)
{
    observe::LogQuery query;
    query.functions = {request.function_names().begin(), request.function_names().end()};
    query.requestId = request.request_id();
    query.fromMs = request.from_ms();
    query.toMs = request.to_ms();
    query.contains = request.contains();
    query.anyCase = !request.match_case();
    query.limit = limitOf(request.limit(), 1'000, 10'000);
    recorder.queryLogs(std::move(query), [reply = std::move(reply)](
                                             absl::StatusOr<std::vector<observe::LogLine>> lines) {
        if (!lines.ok())
            return reply(lines.status());
        reply(batchOf(*lines));
    });
}

void listInvocations(observe::Recorder& recorder, const v1::ListInvocationsRequest& request,
                     Reply<v1::ListInvocationsResponse> reply)
{
    observe::InvocationsQuery query;
    query.function = request.function_name();
    query.limit = limitOf(request.limit(), 100, 10'000);
    query.beforeMs = request.before_ms();
    query.qualifier = request.qualifier();
    query.finishedFromMs = request.finished_from_ms();
    query.finishedToMs = request.finished_to_ms();
    query.durationAboveMs = request.duration_above_ms();
    query.durationToMs = request.duration_to_ms();
    recorder.listInvocations(
        std::move(query),
        [reply = std::move(reply)](absl::StatusOr<std::vector<invoke::InvocationRecord>> records) {
            if (!records.ok())
                return reply(records.status());
            v1::ListInvocationsResponse response;
            for (const invoke::InvocationRecord& record : *records)
                fill(*response.add_invocations(), record);
            reply(std::move(response));
        });
}

void getInvocation(observe::Recorder& recorder, const v1::GetInvocationRequest& request,
                   Reply<v1::InvocationDetail> reply)
{
    recorder.getInvocation(
        request.request_id(), [reply = std::move(reply), id = request.request_id()](
                                  absl::StatusOr<std::optional<observe::InvocationDetail>> detail) {
            if (!detail.ok())
                return reply(detail.status());
            if (!*detail)
                return reply(notFound(absl::StrCat("No invocation ", id, " is kept.")));
            reply(detailOf(**detail));
        });
}

} // namespace

void registerMonitor(OperationTable& table, boost::asio::io_context& io,
                     observe::Recorder& recorder, functions::Registry& registry)
{
    auto metrics = std::make_shared<MetricsFeed>(io, recorder);
    table.onStream<v1::WatchMetricsRequest>(
        [metrics](CallPtr call, const v1::WatchMetricsRequest& request, StreamPtr sink) {
            metrics->watch(std::move(call), request, std::move(sink));
        });
    auto logs = std::make_shared<LogFeed>(io, recorder);
    table.onStream<v1::WatchLogsRequest>(
        [logs](CallPtr call, const v1::WatchLogsRequest& request, StreamPtr sink) {
            logs->watch(std::move(call), request, std::move(sink));
        });
    auto functionFeed = std::make_shared<FunctionFeed>(registry);
    registry.onChange(
        [weak = std::weak_ptr<FunctionFeed>(functionFeed)](const functions::Change& change) {
            if (const auto feed = weak.lock())
                feed->changed(change);
        });
    table.onStream<v1::WatchFunctionsRequest>(
        [functionFeed](CallPtr call, const v1::WatchFunctionsRequest&, StreamPtr sink) {
            functionFeed->watch(std::move(call), std::move(sink));
        });
    table.on<v1::QueryMetricsRequest, v1::QueryMetricsResponse>(
        [&recorder](CallPtr, const v1::QueryMetricsRequest& request,
                    Reply<v1::QueryMetricsResponse> reply) {
            queryMetrics(recorder, request, std::move(reply));
        });
    table.on<v1::QueryDurationsRequest, v1::QueryDurationsResponse>(
        [&recorder](CallPtr, const v1::QueryDurationsRequest& request,
                    Reply<v1::QueryDurationsResponse> reply) {
            queryDurations(recorder, request, std::move(reply));
        });
    table.on<v1::QueryLogsRequest, v1::LogBatch>(
        [&recorder](CallPtr, const v1::QueryLogsRequest& request, Reply<v1::LogBatch> reply) {
            queryLogs(recorder, request, std::move(reply));
        });
    table.on<v1::ListInvocationsRequest, v1::ListInvocationsResponse>(
        [&recorder](CallPtr, const v1::ListInvocationsRequest& request,
                    Reply<v1::ListInvocationsResponse> reply) {
            listInvocations(recorder, request, std::move(reply));
        });
    table.on<v1::GetInvocationRequest, v1::InvocationDetail>(
        [&recorder](CallPtr, const v1::GetInvocationRequest& request,
                    Reply<v1::InvocationDetail> reply) {
            getInvocation(recorder, request, std::move(reply));
        });
}

} // namespace gantry::api
