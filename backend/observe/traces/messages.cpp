#include "backend/observe/traces/messages.h"

#include <map>
#include <set>
#include <string>

namespace gantry::observe::traces {
namespace {

namespace pb = aws::xray;

void fill(pb::ServiceId& id, const ServiceName& service)
{
    id.set_name(service.name);
    id.add_names(service.name);
    if (!service.type.empty())
        id.set_type(service.type);
}

void fill(pb::AnnotationValue& to, const Annotation& from)
{
    if (const std::string* text = std::get_if<std::string>(&from))
        to.set_string_value(*text);
    else if (const double* number = std::get_if<double>(&from))
        to.set_number_value(*number);
    else
        to.set_boolean_value(std::get<bool>(from));
}

void fill(pb::Http& to, const HttpFacts& from)
{
    if (!from.url.empty())
        to.set_http_url(from.url);
    if (!from.method.empty())
        to.set_http_method(from.method);
    if (!from.userAgent.empty())
        to.set_user_agent(from.userAgent);
    if (!from.clientIp.empty())
        to.set_client_ip(from.clientIp);
    if (from.status > 0)
        to.set_http_status(from.status);
}

// Each value of each key once, with the services that set it.
void addAnnotations(const Trace& trace, pb::TraceSummary& summary)
{
    std::map<std::string, std::map<Annotation, std::set<ServiceName>>> all;
    for (const Segment& segment : trace.segments) {
        forEach(segment, [&](const Segment& each) {
            for (const auto& [key, value] : each.annotations)
                all[key][value].insert(serviceOf(segment));
        });
    }
    for (const auto& [key, values] : all) {
        pb::ValuesWithServiceIds& list = (*summary.mutable_annotations())[key];
        for (const auto& [value, services] : values) {
            pb::ValueWithServiceIds& member = *list.add_members();
            fill(*member.mutable_annotation_value(), value);
            for (const ServiceName& service : services)
                fill(*member.add_service_ids(), service);
        }
    }
}

void addNames(const Trace& trace, pb::TraceSummary& summary)
{
    std::set<ServiceName> services;
    std::set<std::string> arns;
    std::map<std::string, std::set<ServiceName>> users;
    for (const Segment& segment : trace.segments) {
        if (!segment.subsegment)
            services.insert(serviceOf(segment));
        if (!segment.resourceArn.empty())
            arns.insert(segment.resourceArn);
        if (!segment.user.empty())
            users[segment.user].insert(serviceOf(segment));
    }
    for (const ServiceName& service : services)
        fill(*summary.add_service_ids(), service);
    for (const std::string& arn : arns)
        summary.add_resource_ar_ns()->set_arn(arn);
    for (const auto& [name, of] : users) {
        pb::TraceUser& user = *summary.add_users();
        user.set_user_name(name);
        for (const ServiceName& service : of)
            fill(*user.add_service_ids(), service);
    }
}

} // namespace

void setTime(google::protobuf::Timestamp& to, std::int64_t micros)
{
    to.set_seconds(micros / 1'000'000);
    to.set_nanos(static_cast<int>(micros % 1'000'000) * 1'000);
}

std::int64_t microsOf(const google::protobuf::Timestamp& time)
{
    return time.seconds() * 1'000'000 + time.nanos() / 1'000;
}

pb::TraceSummary summaryOf(const Trace& trace)
{
    pb::TraceSummary summary;
    summary.set_id(trace.id);
    summary.set_duration(trace.durationSeconds());
    setTime(*summary.mutable_start_time(), trace.startMicros);
    summary.set_is_partial(trace.isPartial());
    summary.set_revision(static_cast<int>(trace.revision));
    addAnnotations(trace, summary);
    addNames(trace, summary);
    const Segment* root = trace.root();
    if (!root)
        return summary;
    summary.set_response_time(root->seconds());
    summary.set_has_fault(root->fault);
    summary.set_has_error(root->error);
    summary.set_has_throttle(root->throttle);
    fill(*summary.mutable_http(), root->http);
    fill(*summary.mutable_entry_point(), serviceOf(*root));
    return summary;
}

pb::Trace messageOf(const Trace& trace)
{
    pb::Trace message;
    message.set_id(trace.id);
    message.set_duration(trace.durationSeconds());
    message.set_limit_exceeded(trace.limitExceeded);
    for (std::size_t i = 0; i < trace.segments.size(); ++i) {
        pb::Segment& segment = *message.add_segments();
        segment.set_id(trace.segments[i].id);
        segment.set_document(trace.documents[i]);
    }
    return message;
}

} // namespace gantry::observe::traces
