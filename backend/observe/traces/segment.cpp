#include "backend/observe/traces/segment.h"

#include "backend/base/text.h"
#include "backend/invoke/trace_span.h"

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cmath>
#include <utility>

namespace gantry::observe::traces {
namespace {

namespace json = boost::json;

constexpr int kMaxDepth = 24; // of nested subsegments
constexpr std::size_t kMaxName = 200;
constexpr std::size_t kMaxAnnotations = 50; // of a segment
constexpr std::size_t kMaxValue = 1'000;

absl::Status wrong(std::string_view what)
{
    return absl::InvalidArgumentError(view(what));
}

const json::value* member(const json::object& object, const char* name)
{
    return object.if_contains(name);
}

std::string text(const json::object& object, const char* name)
{
    const json::value* value = member(object, name);
    if (!value || !value->is_string())
        return {};
    return std::string(value->get_string());
}

bool flag(const json::object& object, const char* name)
{
    const json::value* value = member(object, name);
    return value && value->is_bool() && value->get_bool();
}

const json::object* object(const json::object& parent, const char* name)
{
    const json::value* value = member(parent, name);
    return value ? value->if_object() : nullptr;
}

// Unix seconds, which must be a time; 0 when there is none.
std::int64_t micros(const json::object& object, const char* name)
{
    const json::value* value = member(object, name);
    if (!value || !value->is_number())
        return 0;
    const double seconds = value->to_number<double>();
    return seconds > 0 && seconds < 1e11 ? std::llround(seconds * 1e6) : 0;
}

void readHttp(const json::object& document, HttpFacts& http)
{
    const json::object* whole = object(document, "http");
    if (!whole)
        return;
    if (const json::object* request = object(*whole, "request")) {
        http.method = text(*request, "method");
        http.url = text(*request, "url");
        http.userAgent = text(*request, "user_agent");
        http.clientIp = text(*request, "client_ip");
    }
    const json::object* response = object(*whole, "response");
    const json::value* status = response ? member(*response, "status") : nullptr;
    if (status && status->is_int64() && status->get_int64() >= 0 && status->get_int64() < 1'000)
        http.status = static_cast<int>(status->get_int64());
}

void readAnnotations(const json::object& document, std::map<std::string, Annotation>& annotations)
{
    const json::object* whole = object(document, "annotations");
    if (!whole)
        return;
    for (const auto& [key, value] : *whole) {
        if (annotations.size() == kMaxAnnotations)
            return;
        if (value.is_string() && value.get_string().size() <= kMaxValue)
            annotations[std::string(key)] = std::string(value.get_string());
        else if (value.is_bool())
            annotations[std::string(key)] = value.get_bool();
        else if (value.is_number())
            annotations[std::string(key)] = value.to_number<double>();
    }
}

std::string firstException(const json::object& document)
{
    const json::object* cause = object(document, "cause");
    const json::value* exceptions = cause ? member(*cause, "exceptions") : nullptr;
    const json::array* list = exceptions ? exceptions->if_array() : nullptr;
    const json::object* first = list && !list->empty() ? list->front().if_object() : nullptr;
    return first ? text(*first, "message") : std::string();
}

absl::Status readCommon(const json::object& document, Segment& segment)
{
    segment.id = text(document, "id");
    segment.name = text(document, "name");
    if (!invoke::isSegmentId(segment.id))
        return wrong("id must be 16 hexadecimal digits.");
    if (segment.name.empty() || segment.name.size() > kMaxName)
        return wrong("name must have 1 to 200 characters.");
    segment.startMicros = micros(document, "start_time");
    segment.endMicros = micros(document, "end_time");
    if (segment.startMicros == 0)
        return wrong("start_time must be a time in Unix seconds.");
    if (segment.endMicros == 0 && !flag(document, "in_progress"))
        return wrong("end_time must be a time in Unix seconds, unless in_progress is true.");
    if (segment.endMicros != 0 && segment.endMicros < segment.startMicros)
        return wrong("end_time is before start_time.");
    segment.origin = text(document, "origin");
    segment.remoteKind = text(document, "namespace");
    segment.error = flag(document, "error");
    segment.throttle = flag(document, "throttle");
    segment.fault = flag(document, "fault");
    segment.user = text(document, "user");
    segment.resourceArn = text(document, "resource_arn");
    segment.message = firstException(document);
    readHttp(document, segment.http);
    readAnnotations(document, segment.annotations);
    return absl::OkStatus();
}

absl::Status readSubsegments(const json::object& document, Segment& segment, int depth)
{
    const json::value* value = member(document, "subsegments");
    if (!value)
        return absl::OkStatus();
    const json::array* list = value->if_array();
    if (!list)
        return wrong("subsegments must be an array.");
    if (depth == kMaxDepth)
        return wrong("subsegments are nested too deep.");
    for (const json::value& each : *list) {
        const json::object* child = each.if_object();
        if (!child)
            return wrong("subsegments must be objects.");
        Segment& made = segment.subsegments.emplace_back();
        made.subsegment = true;
        if (absl::Status status = readCommon(*child, made); !status.ok())
            return status;
        made.traceId = segment.traceId;
        made.parentId = segment.id;
        if (absl::Status status = readSubsegments(*child, made, depth + 1); !status.ok())
            return status;
    }
    return absl::OkStatus();
}

} // namespace

absl::StatusOr<Segment> parseSegment(std::string_view document)
{
    if (document.size() > kMaxDocument)
        return wrong("A segment document may have 64 KB at most.");
    json::error_code error;
    json::parse_options options;
    options.max_depth = 2 * kMaxDepth + 8;
    const json::value parsed =
        json::parse({document.data(), document.size()}, error, {}, options);
    const json::object* whole = error ? nullptr : parsed.if_object();
    if (!whole)
        return wrong("The document is not a JSON object.");
    Segment segment;
    segment.traceId = text(*whole, "trace_id");
    if (!invoke::isTraceId(segment.traceId))
        return wrong("trace_id must be a version, a time and an id: 1-5759e988-bd862e3fe1be46a994272793.");
    segment.parentId = text(*whole, "parent_id");
    if (!segment.parentId.empty() && !invoke::isSegmentId(segment.parentId))
        return wrong("parent_id must be 16 hexadecimal digits.");
    segment.subsegment = text(*whole, "type") == "subsegment";
    if (segment.subsegment && segment.parentId.empty())
        return wrong("A subsegment on its own needs a parent_id.");
    if (absl::Status status = readCommon(*whole, segment); !status.ok())
        return status;
    if (absl::Status status = readSubsegments(*whole, segment, 0); !status.ok())
        return status;
    return segment;
}

} // namespace gantry::observe::traces
