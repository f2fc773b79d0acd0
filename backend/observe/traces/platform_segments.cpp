#include "backend/observe/traces/platform_segments.h"

#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/invoke/trace_span.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace gantry::observe::traces {
namespace {

namespace json = boost::json;
using invoke::InvocationRecord;
using invoke::TraceSpan;

double seconds(std::int64_t micros)
{
    return static_cast<double>(micros) / 1e6;
}

std::string accountOf(const std::string& arn)
{
    const std::vector<std::string> parts = absl::StrSplit(arn, ':');
    return parts.size() > 4 ? parts[4] : std::string();
}

json::object part(std::string_view name, std::int64_t startMicros, std::int64_t endMicros)
{
    return {{"id", randomHex(8)},
            {"name", json::string_view(name.data(), name.size())},
            {"start_time", seconds(startMicros)},
            {"end_time", seconds(std::max(startMicros, endMicros))}};
}

// What a function answered a request to its URL with: the rules of the answer's form are the URL's.
int statusOfUrl(const InvocationRecord& record)
{
    if (!record.errorType.empty())
        return 502;
    if (!record.response)
        return 200;
    json::error_code error;
    const json::value answer = json::parse(*record.response, error);
    const json::object* object = error ? nullptr : answer.if_object();
    const json::value* status = object ? object->if_contains("statusCode") : nullptr;
    return status && status->is_int64() && status->get_int64() >= 100 && status->get_int64() < 600
               ? static_cast<int>(status->get_int64())
               : 200;
}

std::string textAt(const json::value& event, const char* pointer)
{
    json::error_code error;
    const json::value* found = event.find_pointer(pointer, error);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

// Of the event that a function URL makes of a request.
json::object requestOfUrl(const InvocationRecord& record)
{
    json::error_code error;
    const json::value event =
        record.event ? json::parse(*record.event, error) : json::value(nullptr);
    json::object request;
    if (error || !event.is_object())
        return request;
    request["method"] = textAt(event, "/requestContext/http/method");
    request["url"] = absl::StrCat(textAt(event, "/headers/x-forwarded-proto"), "://",
                                  textAt(event, "/headers/host"), textAt(event, "/rawPath"));
    request["client_ip"] = textAt(event, "/requestContext/http/sourceIp");
    request["user_agent"] = textAt(event, "/requestContext/http/userAgent");
    return request;
}

json::object httpOf(const PlatformTrace& trace)
{
    const TraceSpan& span = *trace.record.trace;
    const int status = trace.throttled     ? 429
                       : span.url          ? statusOfUrl(trace.record)
                       : span.attempt > 0  ? 202
                                           : 200;
    json::object http = {{"response", {{"status", status}}}};
    if (json::object request = span.url ? requestOfUrl(trace.record) : json::object();
        !request.empty())
        http["request"] = std::move(request);
    return http;
}

json::object causeOf(const InvocationRecord& record)
{
    return {{"working_directory", "/var/task"},
            {"exceptions",
             json::array{json::object{{"id", randomHex(8)},
                                      {"message", record.errorMessage},
                                      {"type", record.errorType}}}}};
}

// How it ended, on whatever it shows.
void setOutcome(json::object& document, const PlatformTrace& trace, bool withCause)
{
    if (trace.throttled) {
        document["error"] = true;
        document["throttle"] = true;
    } else if (!trace.record.errorType.empty()) {
        document["fault"] = true;
        if (withCause)
            document["cause"] = causeOf(trace.record);
    }
}

json::object head(const TraceSpan& span, const InvocationRecord& record, const std::string& id,
                  const std::string& parent)
{
    json::object document = {
        {"trace_id", span.traceId}, {"id", id}, {"name", record.functionName}};
    if (!parent.empty())
        document["parent_id"] = parent;
    return document;
}

PlatformSegment serviceSegment(const PlatformTrace& trace)
{
    const InvocationRecord& record = trace.record;
    const TraceSpan& span = *record.trace;
    json::object document = head(span, record, span.segmentId, span.parentId);
    const std::int64_t accepted =
        span.queuedAtMicros > 0 ? span.queuedAtMicros : record.acceptedAtMicros;
    const std::int64_t end = std::max(accepted, trace.finishedAtMicros);
    document["start_time"] = seconds(accepted);
    document["end_time"] = seconds(end);
    document["origin"] = "AWS::Lambda";
    document["resource_arn"] = span.invokedArn;
    document["http"] = httpOf(trace);
    document["aws"] = {{"request_id", record.requestId}, {"account_id", accountOf(span.functionArn)}};
    setOutcome(document, trace, false);
    return {span.segmentId, json::serialize(document), accepted, end};
}

// On their own, so that those of later attempts add themselves to the event's segment.
void addAttempt(const PlatformTrace& trace, const std::string& id, std::vector<PlatformSegment>& to)
{
    const InvocationRecord& record = trace.record;
    const TraceSpan& span = *record.trace;
    const auto add = [&](json::object document, std::int64_t startMicros, std::int64_t endMicros) {
        document["trace_id"] = span.traceId;
        document["type"] = "subsegment";
        document["parent_id"] = span.segmentId;
        to.push_back({std::string(document.at("id").as_string()), json::serialize(document),
                      startMicros, std::max(startMicros, endMicros)});
    };
    if (span.attempt == 1)
        add(part("Dwell Time", span.queuedAtMicros, record.acceptedAtMicros), span.queuedAtMicros,
            record.acceptedAtMicros);
    json::object attempt = part(absl::StrCat("Attempt #", span.attempt), record.acceptedAtMicros,
                                trace.finishedAtMicros);
    attempt["id"] = id;
    setOutcome(attempt, trace, false);
    add(std::move(attempt), record.acceptedAtMicros, trace.finishedAtMicros);
}

bool initFailed(const InvocationRecord& record)
{
    return record.durationMicros == 0 && record.coldStart && !record.errorType.empty();
}

// When its init or restore was over.
std::int64_t beginOf(const PlatformTrace& trace)
{
    return initFailed(trace.record) ? trace.finishedAtMicros : trace.record.startedAtMicros;
}

// Overhead is what it took to thaw the environment and hand the event over. On AWS it is what the
// runtime does after its answer, for which nobody waits here.
json::array phasesOf(const PlatformTrace& trace)
{
    const InvocationRecord& record = trace.record;
    json::array phases;
    const std::int64_t begin = beginOf(trace);
    if (record.initMicros > 0)
        phases.push_back(part("Initialization", begin - record.initMicros, begin));
    if (record.restoreMicros > 0)
        phases.push_back(part("Restore", begin - record.restoreMicros, begin));
    if (initFailed(record)) {
        if (!phases.empty())
            setOutcome(phases.back().as_object(), trace, true);
        return phases;
    }
    const std::int64_t taken =
        std::max(record.startedAtMicros, trace.finishedAtMicros - record.durationMicros);
    phases.push_back(part("Overhead", record.startedAtMicros, taken));
    json::object invocation = part("Invocation", taken, trace.finishedAtMicros);
    setOutcome(invocation, trace, true);
    phases.push_back(std::move(invocation));
    return phases;
}

PlatformSegment functionSegment(const PlatformTrace& trace, const std::string& parent)
{
    const InvocationRecord& record = trace.record;
    const TraceSpan& span = *record.trace;
    json::object document = head(span, record, span.functionSegmentId, parent);
    json::array phases = phasesOf(trace);
    const std::int64_t end = std::max(record.startedAtMicros, trace.finishedAtMicros);
    // Before it took the event there may have been its init or restore.
    const std::int64_t start =
        std::min(record.startedAtMicros,
                 beginOf(trace) - std::max(record.initMicros, record.restoreMicros));
    document["start_time"] = seconds(start);
    document["end_time"] = seconds(end);
    document["origin"] = "AWS::Lambda::Function";
    document["resource_arn"] = span.functionArn;
    document["aws"] = {{"account_id", accountOf(span.functionArn)},
                       {"function_arn", span.functionArn},
                       {"request_id", record.requestId},
                       {"resource_names", json::array{json::string(record.functionName)}},
                       {"cloudwatch_logs", json::array{json::object{
                                               {"log_stream", record.logStream}}}}};
    document["annotations"] = {{"ColdStart", record.coldStart}};
    document["metadata"] = {
        {"gantry",
         {{"version", record.version},
          {"memory_size_mb", record.memoryMb},
          {"memory_used_bytes", record.memoryUsedBytes},
          {"billed_ms", record.billedMs},
          {"provisioned", record.provisioned}}}};
    setOutcome(document, trace, true);
    document["subsegments"] = std::move(phases);
    return {span.functionSegmentId, json::serialize(document), start, end};
}

} // namespace

std::vector<PlatformSegment> platformSegments(const PlatformTrace& trace)
{
    const TraceSpan& span = *trace.record.trace;
    std::vector<PlatformSegment> documents;
    documents.push_back(serviceSegment(trace));
    std::string parent = span.segmentId;
    if (span.attempt > 0) {
        parent = randomHex(8);
        addAttempt(trace, parent, documents);
    }
    if (!trace.throttled)
        documents.push_back(functionSegment(trace, parent));
    return documents;
}

} // namespace gantry::observe::traces
