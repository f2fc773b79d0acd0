#include "backend/observe/otlp/messages.h"

#include "backend/base/text.h"
#include "backend/base/version.h"
#include "backend/observe/exported_metrics.h"
#include "backend/observe/traces/segment.h"
#include "gantry/otlp.pb.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <map>
#include <utility>

namespace gantry::observe::otlp {

namespace pb = gantry::otlp;

namespace {

constexpr std::uint64_t kNanosPerMilli = 1'000'000;
constexpr std::uint64_t kNanosPerMicro = 1'000;
constexpr std::size_t kMostReason = 200; // of a receiver's words

pb::KeyValue attribute(std::string key, std::string value)
{
    pb::KeyValue pair;
    pair.set_key(std::move(key));
    pair.mutable_value()->set_string_value(std::move(value));
    return pair;
}

void describe(const Origin& origin, const std::string& service, pb::Resource& resource)
{
    *resource.add_attributes() = attribute("service.name", service);
    *resource.add_attributes() = attribute("service.version", kVersion);
    *resource.add_attributes() = attribute("cloud.account.id", origin.accountId);
    *resource.add_attributes() = attribute("cloud.region", origin.region);
}

template <class Scope> void name(Scope& scope)
{
    scope.mutable_scope()->set_name("gantry");
    scope.mutable_scope()->set_version(kVersion);
}

template <class Point>
void stamp(Point& point, const FunctionTotals& function, std::uint64_t now)
{
    *point.add_attributes() = attribute("function", function.name);
    point.set_start_time_unix_nano(static_cast<std::uint64_t>(function.sinceMs) * kNanosPerMilli);
    point.set_time_unix_nano(now);
}

void addMetric(const ExportedMetric& metric, const std::vector<FunctionTotals>& functions,
               std::uint64_t now, pb::ScopeMetrics& scope)
{
    pb::Metric& message = *scope.add_metrics();
    message.set_name(std::string(metric.name));
    message.set_unit(std::string(metric.unit));
    message.set_description(std::string(metric.help));
    const bool counter = metric.kind == ExportedMetric::Kind::Counter;
    if (counter) {
        message.mutable_sum()->set_is_monotonic(true);
        message.mutable_sum()->set_aggregation_temporality(pb::AGGREGATION_TEMPORALITY_CUMULATIVE);
    }
    auto& points = counter ? *message.mutable_sum()->mutable_data_points()
                           : *message.mutable_gauge()->mutable_data_points();
    for (const FunctionTotals& function : functions) {
        pb::NumberDataPoint& point = *points.Add();
        stamp(point, function, now);
        const double value = metric.of(function.bucket);
        const auto whole = static_cast<std::int64_t>(value);
        if (static_cast<double>(whole) == value && metric.unit != "s")
            point.set_as_int(whole);
        else
            point.set_as_double(value);
    }
}

void addDurations(const std::vector<FunctionTotals>& functions, std::uint64_t now, pb::ScopeMetrics& scope)
{
    pb::Metric& message = *scope.add_metrics();
    message.set_name(std::string(kExportedDuration));
    message.set_unit("s");
    message.set_description(std::string(kExportedDurationHelp));
    for (const FunctionTotals& function : functions) {
        pb::SummaryDataPoint& point = *message.mutable_summary()->add_data_points();
        stamp(point, function, now);
        point.set_count(static_cast<std::uint64_t>(function.bucket.invocations));
        point.set_sum(function.bucket.durationSumMs / 1e3);
        for (const double quantile : kExportedQuantiles) {
            if (function.bucket.durations.count() == 0)
                break;
            auto& value = *point.add_quantile_values();
            value.set_quantile(quantile);
            value.set_value(function.bucket.durations.quantile(quantile) / 1e3);
        }
    }
}

// "1-5759e988-bd862e3fe1be46a994272793" or the 32 digits alone.
std::string traceIdOf(const std::string& id)
{
    std::string digits;
    for (const char c : id.starts_with("1-") ? id.substr(2) : id) {
        if (absl::ascii_isxdigit(static_cast<unsigned char>(c)))
            digits += c;
    }
    return digits.size() == 32 ? absl::HexStringToBytes(digits) : std::string();
}

std::string spanIdOf(const std::string& id)
{
    const bool digits = id.size() == 16 && std::all_of(id.begin(), id.end(), [](char c) {
        return absl::ascii_isxdigit(static_cast<unsigned char>(c));
    });
    return digits ? absl::HexStringToBytes(id) : std::string();
}

pb::Span::SpanKind kindOf(const traces::Segment& segment)
{
    if (!segment.subsegment)
        return pb::Span::SPAN_KIND_SERVER;
    return segment.remoteKind.empty() ? pb::Span::SPAN_KIND_INTERNAL : pb::Span::SPAN_KIND_CLIENT;
}

void addAttributes(const traces::Segment& segment, pb::Span& span)
{
    const auto add = [&span](const char* key, const std::string& value) {
        if (!value.empty())
            *span.add_attributes() = attribute(key, value);
    };
    add("aws.xray.origin", segment.origin);
    add("cloud.resource_id", segment.resourceArn);
    add("http.request.method", segment.http.method);
    add("url.full", segment.http.url);
    add("enduser.id", segment.user);
    if (segment.http.status > 0) {
        pb::KeyValue& status = *span.add_attributes();
        status.set_key("http.response.status_code");
        status.mutable_value()->set_int_value(segment.http.status);
    }
    for (const auto& [key, value] : segment.annotations) {
        pb::KeyValue& pair = *span.add_attributes();
        pair.set_key(key);
        pb::AnyValue& to = *pair.mutable_value();
        if (const auto* text = std::get_if<std::string>(&value))
            to.set_string_value(*text);
        else if (const auto* number = std::get_if<double>(&value))
            to.set_double_value(*number);
        else
            to.set_bool_value(std::get<bool>(value));
    }
}

// A segment and what it holds; the parent of what is inside is the segment around it.
int addSpans(const traces::Segment& segment, const std::string& trace, const std::string& parent,
             pb::ScopeSpans& scope)
{
    const std::string id = spanIdOf(segment.id);
    if (id.empty() || segment.inProgress())
        return 0;
    pb::Span& span = *scope.add_spans();
    span.set_trace_id(trace);
    span.set_span_id(id);
    span.set_parent_span_id(parent);
    span.set_name(segment.name);
    span.set_kind(kindOf(segment));
    span.set_start_time_unix_nano(static_cast<std::uint64_t>(segment.startMicros) * kNanosPerMicro);
    span.set_end_time_unix_nano(static_cast<std::uint64_t>(segment.endMicros) * kNanosPerMicro);
    addAttributes(segment, span);
    if (segment.fault || segment.error) {
        span.mutable_status()->set_code(pb::Status::STATUS_CODE_ERROR);
        span.mutable_status()->set_message(segment.throttle ? "throttled" : segment.message);
    }
    int spans = 1;
    for (const traces::Segment& child : segment.subsegments)
        spans += addSpans(child, trace, id, scope);
    return spans;
}

} // namespace

std::vector<FunctionTotals> totalsOf(const LiveMetrics& metrics)
{
    std::vector<FunctionTotals> functions;
    metrics.forEachTotal([&functions](const LiveMetrics::Totals& totals) {
        functions.push_back({totals.function, totals.sinceMs, totals.bucket});
    });
    std::sort(functions.begin(), functions.end(),
              [](const FunctionTotals& a, const FunctionTotals& b) { return a.name < b.name; });
    return functions;
}

std::string metricsRequest(const std::vector<FunctionTotals>& functions, const Origin& origin,
                           std::int64_t nowMs)
{
    const std::uint64_t now = static_cast<std::uint64_t>(nowMs) * kNanosPerMilli;
    pb::ExportMetricsServiceRequest request;
    pb::ResourceMetrics& resource = *request.add_resource_metrics();
    describe(origin, "gantry", *resource.mutable_resource());
    pb::ScopeMetrics& scope = *resource.add_scope_metrics();
    name(scope);
    for (const ExportedMetric& metric : exportedMetrics())
        addMetric(metric, functions, now, scope);
    addDurations(functions, now, scope);
    return request.SerializeAsString();
}

std::string tracesRequest(const std::vector<std::string>& documents, const Origin& origin, int& spans)
{
    pb::ExportTraceServiceRequest request;
    std::map<std::string, pb::ScopeSpans*> services;
    for (const std::string& document : documents) {
        const auto segment = traces::parseSegment(document);
        const std::string trace = segment.ok() ? traceIdOf(segment->traceId) : std::string();
        if (trace.empty() || segment->inProgress())
            continue;
        // A subsegment on its own does not say whose it is.
        const std::string service = segment->subsegment ? "gantry" : segment->name;
        pb::ScopeSpans*& scope = services[service];
        if (!scope) {
            pb::ResourceSpans& resource = *request.add_resource_spans();
            describe(origin, service, *resource.mutable_resource());
            scope = resource.add_scope_spans();
            name(*scope);
        }
        spans += addSpans(*segment, trace, spanIdOf(segment->parentId), *scope);
    }
    return request.SerializeAsString();
}

std::string refusalIn(std::string_view response)
{
    pb::ExportServiceResponse parsed;
    if (response.empty() ||
        !parsed.ParseFromArray(response.data(), static_cast<int>(response.size())) ||
        parsed.partial_success().rejected() == 0)
        return {};
    const std::string reason = parsed.partial_success().error_message().substr(0, kMostReason);
    return absl::StrCat("The receiver refused ", parsed.partial_success().rejected(), ": ",
                        absl::CHexEscape(reason));
}

} // namespace gantry::observe::otlp
