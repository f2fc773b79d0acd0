#include "backend/wire/authorizer.h"

#include "backend/base/text.h"
#include "backend/iam/policy_values.h"
#include "backend/wire/audit_entries.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

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
    const std::string& name = operation.options->resource();
    annotated.resource = name.empty() ? nullptr : memberNamed(operation, name);
    if (annotated.resource && !isTextOrTexts(*annotated.resource))
        annotated.resource = nullptr;
    for (const Resource& resource : operation.service->options->resources()) {
        if (resource.member() == name)
            annotated.arn = resource.arn();
    }
    for (const FieldSchema& field : operation.input->fields) {
        if (!field.field->options().GetExtension(wire::field).passes_role_to().empty())
            annotated.passedRoles.push_back(field.field);
    }
    const FieldDescriptor* qualifier = memberNamed(operation, "Qualifier");
    if (annotated.resource && qualifier && isText(*qualifier))
        annotated.qualifier = qualifier;
    const FieldDescriptor* version = memberNamed(operation, "VersionNumber");
    if (annotated.resource && version && version->cpp_type() == FieldDescriptor::CPPTYPE_INT64)
        annotated.version = version;
    const FieldDescriptor* layers = memberNamed(operation, "Layers");
    if (layers && layers->is_repeated() && layers->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
        annotated.layers = layers;
    // The console's own operations say it by the member alone.
    const FieldDescriptor* function =
        operation.input->type->FindFieldByName("function_name");
    if (!annotated.resource && operation.options->resource().empty() && function &&
        isText(*function) && operation.method->file()->package() == "gantry.v1") {
        annotated.resource = function;
        annotated.arn = "arn:aws:lambda:{region}:{account}:function:{}";
    }
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
    if (annotated.resource && annotated.resource->is_repeated()) {
        for (int i = 0; i < reflection.FieldSize(request, annotated.resource); ++i)
            resources.push_back(
                arnOf(annotated, reflection.GetRepeatedString(request, annotated.resource, i)));
    } else if (annotated.resource && reflection.HasField(request, annotated.resource)) {
        resources.push_back(resourceOf(annotated, request));
    }
    if (resources.empty())
        resources.emplace_back("*");
    return resources;
}

std::string Authorizer::resourceOf(const Annotated& annotated, const Message& request) const
{
    const auto& reflection = *request.GetReflection();
    std::string arn = arnOf(annotated, reflection.GetString(request, annotated.resource));
    if (annotated.version && reflection.GetInt64(request, annotated.version) > 0)
        absl::StrAppend(&arn, ":", reflection.GetInt64(request, annotated.version));
    // A name with a qualifier in it comes to the same as one with the qualifier beside it.
    const std::string qualifier =
        annotated.qualifier ? reflection.GetString(request, annotated.qualifier) : std::string();
    return qualifier.empty() || isQualified(arn) ? arn : absl::StrCat(arn, ":", qualifier);
}

std::string Authorizer::arnOf(const Annotated& annotated, std::string value) const
{
    const iam::Account& account = m_access.directory().account();
    if (absl::StartsWith(value, "arn:"))
        return m_access.completeArn(value);
    if (annotated.arn.empty())
        return "*";
    // Function names may come with their account, "123456789012:function:name".
    const std::size_t fill = annotated.arn.find("{}");
    const std::string before = annotated.arn.substr(0, fill);
    const std::string type = before.substr(before.rfind(':', before.size() - 2) + 1);
    const std::size_t at = value.find(type); // the first: a function may be called "function"
    if (type.back() == ':' && at != std::string::npos && (at == 0 || value[at - 1] == ':'))
        value.erase(0, at + type.size());
    if (before.back() == '/' && absl::StartsWith(value, "/"))
        value.erase(0, 1);
    return m_access.completeArn(
        absl::StrReplaceAll(annotated.arn, {{"{account}", account.id()},
                                       {"{region}", account.region()},
                                       {"{}", value}}));
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

// The same about something that the call needs besides.
absl::Status Authorizer::decideAlso(const api::Call& call, const iam::AccessRequest& asked,
                                    v1::AuditEntry& entry) const
{
    v1::AuditEntry decided = entry;
    bool later = false;
    absl::Status status = decide(call, asked, decided, later);
    if (status.ok())
        addUse(asked.action, asked.resource, entry);
    else
        entry = std::move(decided);
    return status;
}

absl::Status Authorizer::authorize(const OperationSchema& operation, const Message& request,
                                   const HttpRequest& http, const api::Call& call,
                                   v1::AuditEntry& entry, bool& later) const
{
    if (!call.credential || m_access.isRoot(*call.credential)) {
        describe(operation, request, call, entry);
        if (call.credential)
            entry.set_reason(iam::AccessControl::kRootReason);
        later = call.credential &&
                operation.options->action() == iam::AccessControl::kDecidedByTrust;
        return absl::OkStatus();
    }
    const std::vector<iam::Need> needs = needsOf(operation, request);
    describe(operation, needs.front(), call, entry);
    for (const iam::Need& need : needs) {
        iam::AccessRequest asked = m_access.describe(*call.credential, need);
        if (!need.viaService)
            addCaller(http, asked.context);
        const absl::Status status = &need == &needs.front() ? decide(call, asked, entry, later)
                                                            : decideAlso(call, asked, entry);
        if (!status.ok())
            return need.refusal ? need.refusal(status) : status;
    }
    return absl::OkStatus();
}

} // namespace gantry::wire
