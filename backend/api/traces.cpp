#include "backend/api/traces.h"

#include "aws/xray.pb.h"
#include "backend/api/store_operations.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/invoke/trace_span.h"
#include "backend/observe/traces/filter_expression.h"
#include "backend/observe/traces/groups.h"
#include "backend/observe/traces/messages.h"
#include "backend/observe/traces/sampling_rules.h"
#include "backend/observe/traces/service_graph.h"
#include "backend/observe/traces/trace_store.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gantry::api {
namespace {

namespace pb = aws::xray;
namespace traces = observe::traces;
using traces::Groups;
using traces::SamplingRules;
using traces::TraceStore;

constexpr int kPage = 100;             // summaries of an answer
constexpr std::int64_t kScanned = 5'000; // traces that are looked at for one
constexpr std::int64_t kGraphed = 20'000;
constexpr int kMostIds = 5;             // of BatchGetTraces, as on AWS
constexpr int kMostGraphIds = 100;
constexpr std::int64_t kLongestMicros = 24LL * 3'600 * 1'000'000; // as on AWS, of summaries
constexpr int kMostDocuments = 100;     // of PutTraceSegments; the daemon's batches have 50

absl::Status invalid(std::string message)
{
    return makeError("InvalidRequestException", 400, std::move(message));
}

absl::StatusOr<traces::TraceWindow> windowOf(const google::protobuf::Timestamp& start,
                                             const google::protobuf::Timestamp& end)
{
    traces::TraceWindow window{traces::microsOf(start), traces::microsOf(end)};
    if (window.fromMicros >= window.toMicros)
        return invalid("StartTime must be before EndTime.");
    return window;
}

// MICROS:TRACE
absl::StatusOr<std::optional<traces::TracePosition>> positionOf(const std::string& token)
{
    if (token.empty())
        return std::nullopt;
    const std::pair<std::string, std::string> parts = absl::StrSplit(token, absl::MaxSplits(':', 1));
    traces::TracePosition at;
    at.id = parts.second;
    if (!absl::SimpleAtoi(parts.first, &at.startMicros) || !invoke::isTraceId(at.id))
        return invalid("The NextToken is none that was given.");
    return at;
}

absl::StatusOr<pb::GetTraceSummariesResult>
readSummaries(store::Database& database, const traces::TraceWindow& window,
              const std::optional<traces::TracePosition>& after,
              const traces::FilterExpression& filter)
{
    pb::GetTraceSummariesResult result;
    std::int64_t looked = 0;
    const absl::Status status =
        traces::eachTrace(database, window, after, [&](const traces::Trace& trace) {
            if (filter.matches(trace))
                *result.add_trace_summaries() = traces::summaryOf(trace);
            const bool more = ++looked < kScanned && result.trace_summaries_size() < kPage;
            if (!more)
                result.set_next_token(absl::StrCat(trace.startMicros, ":", trace.id));
            return more;
        });
    if (!status.ok())
        return status;
    result.set_traces_processed_count(looked);
    return result;
}

void getSummaries(TraceStore& store, const pb::GetTraceSummariesRequest& request,
                  Reply<pb::GetTraceSummariesResult> reply)
{
    auto window = windowOf(request.start_time(), request.end_time());
    if (!window.ok())
        return reply(window.status());
    if (window->toMicros - window->fromMicros > kLongestMicros)
        return reply(invalid("The time range must not be longer than 24 hours."));
    if (request.time_range_type() == "Service")
        return reply(invalid("TimeRangeType Service is not supported by Gantry."));
    window->byEnd = request.time_range_type() == "Event";
    const auto after = positionOf(request.next_token());
    if (!after.ok())
        return reply(after.status());
    const auto filter = traces::FilterExpression::parse(request.filter_expression());
    if (!filter.ok())
        return reply(invalid(std::string(view(filter.status().message()))));
    store.query<pb::GetTraceSummariesResult>(
        [window = *window, after = *after, filter = *filter](store::Database& database) {
            return readSummaries(database, window, after, filter);
        },
        [reply = std::move(reply), now = store.clock().unixMicros()](
            absl::StatusOr<pb::GetTraceSummariesResult> result) {
            if (result.ok())
                traces::setTime(*result->mutable_approximate_time(), now);
            reply(std::move(result));
        });
}

void getTraces(TraceStore& store, const pb::BatchGetTracesRequest& request,
               Reply<pb::BatchGetTracesResult> reply)
{
    if (request.trace_ids_size() > kMostIds)
        return reply(invalid("At most 5 traces can be asked for at a time."));
    store.query<pb::BatchGetTracesResult>(
        [ids = request.trace_ids()](
            store::Database& database) -> absl::StatusOr<pb::BatchGetTracesResult> {
            pb::BatchGetTracesResult result;
            for (const std::string& id : ids) {
                const auto trace = traces::readTrace(database, id);
                if (!trace.ok())
                    return trace.status();
                if (trace->id.empty())
                    result.add_unprocessed_trace_ids(id);
                else
                    *result.add_traces() = traces::messageOf(*trace);
            }
            return result;
        },
        std::move(reply));
}

void getServiceGraph(TraceStore& store, const Groups& groups, const std::string& accountId,
                     const pb::GetServiceGraphRequest& request,
                     Reply<pb::GetServiceGraphResult> reply)
{
    const auto window = windowOf(request.start_time(), request.end_time());
    if (!window.ok())
        return reply(window.status());
    const auto filter = groups.filterOf(request.group_name(), request.group_arn());
    if (!filter.ok())
        return reply(filter.status());
    store.query<pb::GetServiceGraphResult>(
        [window = *window, filter = *filter, accountId, request](
            store::Database& database) -> absl::StatusOr<pb::GetServiceGraphResult> {
            traces::ServiceGraph graph;
            std::int64_t seen = 0;
            const absl::Status status =
                traces::eachTrace(database, window, std::nullopt, [&](const traces::Trace& trace) {
                    if (filter.matches(trace))
                        graph.add(trace);
                    return ++seen < kGraphed;
                });
            if (!status.ok())
                return status;
            pb::GetServiceGraphResult result;
            *result.mutable_start_time() = request.start_time();
            *result.mutable_end_time() = request.end_time();
            graph.fill(*result.mutable_services(), accountId);
            return result;
        },
        std::move(reply));
}

void getTraceGraph(TraceStore& store, const std::string& accountId,
                   const pb::GetTraceGraphRequest& request, Reply<pb::GetTraceGraphResult> reply)
{
    if (request.trace_ids_size() > kMostGraphIds)
        return reply(invalid("At most 100 traces can be asked for at a time."));
    store.query<pb::GetTraceGraphResult>(
        [ids = request.trace_ids(),
         accountId](store::Database& database) -> absl::StatusOr<pb::GetTraceGraphResult> {
            traces::ServiceGraph graph;
            for (const std::string& id : ids) {
                const auto trace = traces::readTrace(database, id);
                if (!trace.ok())
                    return trace.status();
                graph.add(*trace);
            }
            pb::GetTraceGraphResult result;
            graph.fill(*result.mutable_services(), accountId);
            return result;
        },
        std::move(reply));
}

// Each document on its own: what is wrong with one is said of it.
void putSegments(TraceStore& store, const pb::PutTraceSegmentsRequest& request,
                 const Reply<pb::PutTraceSegmentsResult>& reply)
{
    if (request.trace_segment_documents_size() > kMostDocuments)
        return reply(invalid("A request may have 100 segment documents at most."));
    pb::PutTraceSegmentsResult result;
    for (const std::string& document : request.trace_segment_documents()) {
        auto segment = traces::acceptSegment(document);
        const std::string id = segment.ok() ? segment->id : std::string();
        const absl::Status status =
            segment.ok() ? store.put(*std::move(segment)) : segment.status();
        if (status.ok())
            continue;
        pb::UnprocessedTraceSegment& unprocessed = *result.add_unprocessed_trace_segments();
        if (!id.empty())
            unprocessed.set_id(id);
        unprocessed.set_error_code(absl::IsResourceExhausted(status) ? "ThrottledException"
                                                                      : "InvalidSegment");
        unprocessed.set_message(std::string(view(status.message())));
    }
    reply(std::move(result));
}

} // namespace

void registerTraces(OperationTable& table, TraceStore& store, SamplingRules& rules, Groups& groups,
                    const std::string& accountId)
{
    table.on<pb::PutTraceSegmentsRequest, pb::PutTraceSegmentsResult>(
        [&store](const CallPtr&, const auto& request, const auto& reply) {
            putSegments(store, request, reply);
        });
    // How the daemon that sends segments is doing: nothing that a trace needs.
    table.on<pb::PutTelemetryRecordsRequest, pb::PutTelemetryRecordsResult>(
        [](const CallPtr&, const auto&, const Reply<pb::PutTelemetryRecordsResult>& reply) {
            reply(pb::PutTelemetryRecordsResult());
        });
    table.on<pb::GetTraceSummariesRequest, pb::GetTraceSummariesResult>(
        [&store](const CallPtr&, const auto& request,
                 Reply<pb::GetTraceSummariesResult> reply) {
            getSummaries(store, request, std::move(reply));
        });
    table.on<pb::BatchGetTracesRequest, pb::BatchGetTracesResult>(
        [&store](const CallPtr&, const auto& request, Reply<pb::BatchGetTracesResult> reply) {
            getTraces(store, request, std::move(reply));
        });
    table.on<pb::GetServiceGraphRequest, pb::GetServiceGraphResult>(
        [&store, &groups, accountId](const CallPtr&, const auto& request,
                                     Reply<pb::GetServiceGraphResult> reply) {
            getServiceGraph(store, groups, accountId, request, std::move(reply));
        });
    table.on<pb::GetTraceGraphRequest, pb::GetTraceGraphResult>(
        [&store, accountId](const CallPtr&, const auto& request,
                            Reply<pb::GetTraceGraphResult> reply) {
            getTraceGraph(store, accountId, request, std::move(reply));
        });
    onRead(table, groups, &Groups::get);
    onRead(table, groups, &Groups::list);
    onChange(table, groups, &Groups::create);
    onChange(table, groups, &Groups::update);
    onChange(table, groups, &Groups::remove);
    onRead(table, rules, &SamplingRules::list);
    onRead(table, rules, &SamplingRules::targets);
    onChange(table, rules, &SamplingRules::create);
    onChange(table, rules, &SamplingRules::update);
    onChange(table, rules, &SamplingRules::remove);
}

} // namespace gantry::api
