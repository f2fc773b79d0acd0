#include "backend/wire/authorizer.h"

#include "backend/base/text.h"
#include "backend/iam/policy_values.h"
#include "backend/wire/audit_entries.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include <algorithm>

namespace gantry::wire {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor* memberNamed(const OperationSchema& operation, std::string_view name)
{
    for (const FieldSchema& field : operation.input->fields) {
        if (field.field->json_name() == name)
            return field.field;
    }
    return nullptr;
}

bool isText(const FieldDescriptor& field)
{
    return !field.is_repeated() && field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
}

bool isTextOrTexts(const FieldDescriptor& field)
{
    return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING && !field.is_map();
}

// Whether an ARN's resource, "type:name", has a qualifier after it.
bool isQualified(std::string_view arn)
{
    const auto parts = iam::splitArn(arn);
    return !parts || std::count((*parts)[5].begin(), (*parts)[5].end(), ':') != 1;
}

// A value of the request as a name: without the account that function names may come with
// ("123456789012:function:name"), without all that is before the name in an ARN. before: what stands
// before the name in the template.
std::string nameIn(std::string value, std::string_view before)
{
    const std::string_view type = before.substr(before.rfind(':', before.size() - 2) + 1);
    const std::size_t at = value.find(type); // the first: a function may be called "function"
    if (type.back() == ':' && at != std::string::npos && (at == 0 || value[at - 1] == ':'))
        value.erase(0, at + type.size());
    if (before.back() == '/' && absl::StartsWith(value, "/"))
        value.erase(0, 1);
    return value;
}

// Of the members, by their JSON names with "|" between them, the first that the request gives.
std::string valueOf(const Message& request, std::string_view members)
{
    for (const absl::string_view name : absl::StrSplit(view(members), '|')) {
        for (int i = 0; i < request.GetDescriptor()->field_count(); ++i) {
            const FieldDescriptor* field = request.GetDescriptor()->field(i);
            if (field->json_name() == name && isText(*field) &&
                request.GetReflection()->HasField(request, field))
                return request.GetReflection()->GetString(request, field);
        }
    }
    return {};
}

std::string templateOf(const ServiceSchema& service, std::string_view member)
{
    for (const Resource& resource : service.options->resources()) {
        if (resource.member() == member)
            return resource.arn();
    }
    return {};
}

// What conditions see of the caller's machine.
void addCaller(const HttpRequest& http, iam::PolicyContext& context)
{
    if (!http.remoteAddress.empty())
        context.set("aws:SourceIp", http.remoteAddress);
    if (const HttpHeader* agent = http.header("user-agent"))
        context.set("aws:UserAgent", std::string(agent->value));
}

// aws:RequestTag and aws:TagKeys of a request that gives tags: a map, or a list of Key and Value
// (TagKey and TagValue in KMS).
void addTags(const Message& request, const FieldDescriptor* tags, iam::PolicyContext& context)
{
    const auto& reflection = *request.GetReflection();
    std::vector<std::string> keys;
    for (int i = 0; i < reflection.FieldSize(request, tags); ++i) {
        const Message& entry = reflection.GetRepeatedMessage(request, tags, i);
        const auto* type = entry.GetDescriptor();
        const bool ofKms = type->FindFieldByName("tag_key") != nullptr;
        const FieldDescriptor* key = type->FindFieldByName(ofKms ? "tag_key" : "key");
        const FieldDescriptor* value = type->FindFieldByName(ofKms ? "tag_value" : "value");
        if (!key || !value)
            return;
        keys.push_back(entry.GetReflection()->GetString(entry, key));
        context.set("aws:RequestTag/" + keys.back(),
                    entry.GetReflection()->GetString(entry, value));
    }
    if (!keys.empty())
        context.setMany("aws:TagKeys", std::move(keys));
}

} // namespace

Authorizer::Authorizer(const Schema& schema, const iam::AccessControl& access) : m_access(access)
{
    for (const auto& operation : schema.operations())
        m_annotated.emplace(operation.get(), annotatedOf(*operation));
}

Authorizer::Annotated Authorizer::annotatedOf(const OperationSchema& operation)
{
    Annotated annotated;
    const std::string& resource = operation.options->resource();
    if (absl::StartsWith(resource, "arn:"))
        annotated.arn = resource;
    for (const std::string& name : std::vector<std::string>(absl::StrSplit(resource, '|'))) {
        const FieldDescriptor* member = memberNamed(operation, name);
        if (member && isTextOrTexts(*member))
            annotated.resources.push_back({member, templateOf(*operation.service, name)});
    }
    for (const FieldSchema& field : operation.input->fields) {
        if (!field.field->options().GetExtension(wire::field).passes_role_to().empty())
            annotated.passedRoles.push_back(field.field);
    }
    const FieldDescriptor* qualifier = memberNamed(operation, "Qualifier");
    if (!annotated.resources.empty() && qualifier && isText(*qualifier))
        annotated.qualifier = qualifier;
    const FieldDescriptor* version = memberNamed(operation, "VersionNumber");
    if (!annotated.resources.empty() && version &&
        version->cpp_type() == FieldDescriptor::CPPTYPE_INT64)
        annotated.version = version;
    const FieldDescriptor* layers = memberNamed(operation, "Layers");
    if (layers && layers->is_repeated() && layers->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
        annotated.layers = layers;
    // The console's own operations say it by the member alone.
    const FieldDescriptor* function =
        operation.input->type->FindFieldByName("function_name");
    if (resource.empty() && function && isText(*function) &&
        operation.method->file()->package() == "gantry.v1")
        annotated.resources.push_back({function, "arn:aws:lambda:{region}:{account}:function:{}"});
    const FieldDescriptor* tags = memberNamed(operation, "Tags");
    if (tags && tags->is_repeated() && tags->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
        annotated.tags = tags;
    return annotated;
}

std::vector<std::string> Authorizer::resourcesOf(const Annotated& annotated,
                                                 const Message& request) const
{
    const auto& reflection = *request.GetReflection();
    std::vector<std::string> resources;
    if (!annotated.arn.empty())
        resources.push_back(filled(annotated.arn, request));
    for (const Naming& naming : annotated.resources) {
        if (naming.member->is_repeated()) {
            for (int i = 0; i < reflection.FieldSize(request, naming.member); ++i)
                resources.push_back(arnOf(
                    naming.arn, reflection.GetRepeatedString(request, naming.member, i), request));
        } else if (reflection.HasField(request, naming.member)) {
            resources.push_back(resourceOf(annotated, naming, request));
        }
    }
    if (resources.empty())
        resources.emplace_back("*");
    return resources;
}

std::string Authorizer::resourceOf(const Annotated& annotated, const Naming& naming,
                                   const Message& request) const
{
    const auto& reflection = *request.GetReflection();
    std::string arn = arnOf(naming.arn, reflection.GetString(request, naming.member), request);
    if (annotated.version && reflection.GetInt64(request, annotated.version) > 0)
        absl::StrAppend(&arn, ":", reflection.GetInt64(request, annotated.version));
    // A name with a qualifier in it comes to the same as one with the qualifier beside it.
    const std::string qualifier =
        annotated.qualifier ? reflection.GetString(request, annotated.qualifier) : std::string();
    return qualifier.empty() || isQualified(arn) ? arn : absl::StrCat(arn, ":", qualifier);
}

// The template with all braces filled.
std::string Authorizer::filled(std::string_view arn, const Message& request) const
{
    const iam::Account& account = m_access.directory().account();
    std::string out;
    for (std::size_t open; (open = arn.find('{')) != std::string_view::npos;) {
        out += arn.substr(0, open);
        const std::size_t close = arn.find('}', open);
        const std::string_view name = arn.substr(open + 1, close - open - 1);
        if (name == "account")
            out += account.id();
        else if (name == "region")
            out += account.region();
        else
            absl::StrAppend(&out, absl::StripSuffix(nameIn(valueOf(request, name), out), ":*"));
        arn.remove_prefix(close + 1);
    }
    return out += arn;
}

std::string Authorizer::arnOf(const std::string& arn, std::string value,
                              const Message& request) const
{
    const std::size_t fill = arn.find("{}");
    const std::string tail = fill == std::string::npos ? std::string() : arn.substr(fill + 2);
    if (absl::StartsWith(value, "arn:")) {
        if (!tail.empty() && !absl::EndsWith(value, tail))
            value = absl::StrCat(absl::StripSuffix(value, ":*"), tail);
        return m_access.completeArn(value);
    }
    if (arn.empty())
        return "*";
    const std::string before = filled(std::string_view(arn).substr(0, fill), request);
    return m_access.completeArn(absl::StrCat(before, nameIn(std::move(value), before), tail));
}

std::vector<iam::Need> Authorizer::needsOf(const OperationSchema& operation,
                                           const Message& request) const
{
    const Annotated& annotated = m_annotated.at(&operation);
    const auto& reflection = *request.GetReflection();
    std::vector<iam::Need> needs;
    for (std::string& resource : resourcesOf(annotated, request)) {
        needs.push_back({operation.options->action(), std::move(resource)});
        if (annotated.tags)
            addTags(request, annotated.tags, needs.back().context);
    }
    // "To add a layer to your function, you need lambda:GetLayerVersion on the layer version"
    // (Lambda developer guide).
    const int layers = annotated.layers ? reflection.FieldSize(request, annotated.layers) : 0;
    for (int i = 0; i < layers; ++i)
        needs.push_back({"lambda:GetLayerVersion",
                         reflection.GetRepeatedString(request, annotated.layers, i)});
    for (const FieldDescriptor* role : annotated.passedRoles) {
        if (!reflection.HasField(request, role))
            continue;
        iam::Need pass{"iam:PassRole", reflection.GetString(request, role)};
        pass.context.set("iam:PassedToService",
                         role->options().GetExtension(wire::field).passes_role_to());
        pass.context.set("iam:AssociatedResourceArn", needs.front().resource);
        needs.push_back(std::move(pass));
    }
    m_access.completeNeeds(request, needs);
    return needs;
}

void Authorizer::describe(const OperationSchema& operation, const Message& request,
                          const api::Call& call, v1::AuditEntry& entry) const
{
    const std::vector<iam::Need> needs = needsOf(operation, request);
    describe(operation, needs.front(), call, entry);
    for (std::size_t i = 1; i < needs.size(); ++i)
        addUse(needs[i].action, needs[i].resource, entry);
}

void Authorizer::describe(const OperationSchema& operation, const iam::Need& need,
                          const api::Call& call, v1::AuditEntry& entry)
{
    entry.set_request_id(call.requestId);
    entry.set_principal_arn(call.principalArn);
    entry.set_access_key_id(call.accessKeyId);
    entry.set_action(need.action.empty() ? absl::StrCat("gantry:", operation.method->name())
                                         : need.action);
    entry.set_resource(need.resource);
    entry.set_decision(v1::AUDIT_ALLOWED);
}

// The entry of a denied call is about what it was denied for.
absl::Status Authorizer::decide(const api::Call& call, const iam::AccessRequest& asked,
                                v1::AuditEntry& entry, bool& later) const
{
    iam::Judgement judged;
    absl::Status status = m_access.authorize(*call.credential, asked, &judged);
    later = judged.later;
    addDecision(asked, std::move(judged), entry);
    return status;
}

absl::Status Authorizer::authorize(const OperationSchema& operation, const Message& request,
                                   const HttpRequest& http, const api::Call& call,
                                   KeptDecision& kept) const
{
    if (!call.credential || m_access.isRoot(*call.credential)) {
        describe(operation, request, call, kept.entry);
        if (call.credential)
            kept.entry.set_reason(iam::AccessControl::kRootReason);
        kept.later = call.credential &&
                     operation.options->action() == iam::AccessControl::kDecidedByTrust;
        return absl::OkStatus();
    }
    const std::vector<iam::Need> needs = needsOf(operation, request);
    describe(operation, needs.front(), call, kept.entry);
    for (const iam::Need& need : needs) {
        iam::AccessRequest asked = m_access.describe(*call.credential, need);
        if (!need.viaService)
            addCaller(http, asked.context);
        const bool own = &need == &needs.front();
        v1::AuditEntry also; // about what the call needs besides
        if (!own)
            also = kept.entry;
        bool later = false;
        absl::Status status = decide(call, asked, own ? kept.entry : also, later);
        kept.later = kept.later || (own && later);
        if (status.ok()) {
            if (!own)
                addUse(asked.action, asked.resource, kept.entry);
            continue;
        }
        if (need.refusal)
            status = need.refusal(status);
        if (!status.ok()) {
            if (!own)
                kept.entry = std::move(also);
            return status;
        }
        kept.parts.push_back(std::move(also));
    }
    return absl::OkStatus();
}

} // namespace gantry::wire
