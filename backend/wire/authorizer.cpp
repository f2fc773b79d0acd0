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

// aws:RequestTag and aws:TagKeys of a request that gives tags: a map, or a list of Key and Value.
void addTags(const Message& request, const FieldDescriptor* tags, iam::PolicyContext& context)
{
    const auto& reflection = *request.GetReflection();
    std::vector<std::string> keys;
    for (int i = 0; i < reflection.FieldSize(request, tags); ++i) {
        const Message& entry = reflection.GetRepeatedMessage(request, tags, i);
        const auto* type = entry.GetDescriptor();
        const FieldDescriptor* key = type->FindFieldByName("key");
        const FieldDescriptor* value = type->FindFieldByName("value");
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
        m_needs.emplace(operation.get(), needOf(*operation));
}

Authorizer::Need Authorizer::needOf(const OperationSchema& operation)
{
    Need need;
    const std::string& name = operation.options->resource();
    need.resource = name.empty() ? nullptr : memberNamed(operation, name);
    if (need.resource && !isTextOrTexts(*need.resource))
        need.resource = nullptr;
    for (const Resource& resource : operation.service->options->resources()) {
        if (resource.member() == name)
            need.arn = resource.arn();
    }
    for (const FieldSchema& field : operation.input->fields) {
        if (!field.field->options().GetExtension(wire::field).passes_role_to().empty())
            need.passedRoles.push_back(field.field);
    }
    const FieldDescriptor* qualifier = memberNamed(operation, "Qualifier");
    if (need.resource && qualifier && isText(*qualifier))
        need.qualifier = qualifier;
    const FieldDescriptor* version = memberNamed(operation, "VersionNumber");
    if (need.resource && version && version->cpp_type() == FieldDescriptor::CPPTYPE_INT64)
        need.version = version;
    const FieldDescriptor* layers = memberNamed(operation, "Layers");
    if (layers && layers->is_repeated() && layers->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
        need.layers = layers;
    // The console's own operations say it by the member alone.
    const FieldDescriptor* function =
        operation.input->type->FindFieldByName("function_name");
    if (!need.resource && operation.options->resource().empty() && function && isText(*function) &&
        operation.method->file()->package() == "gantry.v1") {
        need.resource = function;
        need.arn = "arn:aws:lambda:{region}:{account}:function:{}";
    }
    const FieldDescriptor* tags = memberNamed(operation, "Tags");
    if (tags && tags->is_repeated() && tags->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
        need.tags = tags;
    return need;
}

std::vector<std::string> Authorizer::resourcesOf(const Need& need, const Message& request) const
{
    const auto& reflection = *request.GetReflection();
    std::vector<std::string> resources;
    if (need.resource && need.resource->is_repeated()) {
        for (int i = 0; i < reflection.FieldSize(request, need.resource); ++i)
            resources.push_back(
                arnOf(need, reflection.GetRepeatedString(request, need.resource, i)));
    } else if (need.resource && reflection.HasField(request, need.resource)) {
        resources.push_back(resourceOf(need, request));
    }
    if (resources.empty())
        resources.emplace_back("*");
    return resources;
}

std::string Authorizer::resourceOf(const Need& need, const Message& request) const
{
    const auto& reflection = *request.GetReflection();
    std::string arn = arnOf(need, reflection.GetString(request, need.resource));
    if (need.version && reflection.GetInt64(request, need.version) > 0)
        absl::StrAppend(&arn, ":", reflection.GetInt64(request, need.version));
    // A name with a qualifier in it comes to the same as one with the qualifier beside it.
    const std::string qualifier =
        need.qualifier ? reflection.GetString(request, need.qualifier) : std::string();
    return qualifier.empty() || isQualified(arn) ? arn : absl::StrCat(arn, ":", qualifier);
}

std::string Authorizer::arnOf(const Need& need, std::string value) const
{
    const iam::Account& account = m_access.directory().account();
    if (absl::StartsWith(value, "arn:"))
        return m_access.completeArn(value);
    if (need.arn.empty())
        return "*";
    // Function names may come with their account, "123456789012:function:name".
    const std::size_t fill = need.arn.find("{}");
    const std::string before = need.arn.substr(0, fill);
    const std::string type = before.substr(before.rfind(':', before.size() - 2) + 1);
    const std::size_t at = value.find(type); // the first: a function may be called "function"
    if (type.back() == ':' && at != std::string::npos && (at == 0 || value[at - 1] == ':'))
        value.erase(0, at + type.size());
    if (before.back() == '/' && absl::StartsWith(value, "/"))
        value.erase(0, 1);
    return m_access.completeArn(
        absl::StrReplaceAll(need.arn, {{"{account}", account.id()},
                                       {"{region}", account.region()},
                                       {"{}", value}}));
}

void Authorizer::describe(const OperationSchema& operation, const Message& request,
                          const api::Call& call, v1::AuditEntry& entry) const
{
    entry.set_request_id(call.requestId);
    entry.set_principal_arn(call.principalArn);
    entry.set_access_key_id(call.accessKeyId);
    entry.set_action(operation.options->action().empty()
                         ? absl::StrCat("gantry:", operation.method->name())
                         : operation.options->action());
    const std::vector<std::string> resources = resourcesOf(m_needs.at(&operation), request);
    entry.set_resource(resources.front());
    for (std::size_t i = 1; i < resources.size(); ++i)
        addUse(entry.action(), resources[i], entry);
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

// "To add a layer to your function, you need lambda:GetLayerVersion on the layer version" (Lambda
// developer guide).
absl::Status Authorizer::authorizeLayers(const Need& need, const Message& request,
                                         const api::Call& call, v1::AuditEntry& entry) const
{
    const auto& reflection = *request.GetReflection();
    const int count = need.layers ? reflection.FieldSize(request, need.layers) : 0;
    for (int i = 0; i < count; ++i) {
        const iam::AccessRequest use =
            m_access.describe(*call.credential, "lambda:GetLayerVersion",
                              reflection.GetRepeatedString(request, need.layers, i));
        if (absl::Status status = decideAlso(call, use, entry); !status.ok())
            return status;
    }
    return absl::OkStatus();
}

absl::Status Authorizer::authorizeRoles(const Need& need, const Message& request,
                                        const std::string& resource, const api::Call& call,
                                        v1::AuditEntry& entry) const
{
    for (const FieldDescriptor* role : need.passedRoles) {
        if (!request.GetReflection()->HasField(request, role))
            continue;
        iam::AccessRequest pass = m_access.describe(*call.credential, "iam:PassRole",
                                                    request.GetReflection()->GetString(request, role));
        pass.context.set("iam:PassedToService",
                         role->options().GetExtension(wire::field).passes_role_to());
        pass.context.set("iam:AssociatedResourceArn", resource);
        if (absl::Status status = decideAlso(call, pass, entry); !status.ok())
            return status;
    }
    return absl::OkStatus();
}

absl::Status Authorizer::authorize(const OperationSchema& operation, const Message& request,
                                   const HttpRequest& http, const api::Call& call,
                                   v1::AuditEntry& entry, bool& later) const
{
    describe(operation, request, call, entry);
    if (!call.credential)
        return absl::OkStatus();
    if (m_access.isRoot(*call.credential)) {
        entry.set_reason(iam::AccessControl::kRootReason);
        later = operation.options->action() == iam::AccessControl::kDecidedByTrust;
        return absl::OkStatus();
    }
    const Need& need = m_needs.at(&operation);
    const std::vector<std::string> resources = resourcesOf(need, request);
    iam::AccessRequest asked =
        m_access.describe(*call.credential, operation.options->action(), resources.front());
    if (!http.remoteAddress.empty())
        asked.context.set("aws:SourceIp", http.remoteAddress);
    if (const HttpHeader* agent = http.header("user-agent"))
        asked.context.set("aws:UserAgent", std::string(agent->value));
    if (need.tags)
        addTags(request, need.tags, asked.context);
    absl::Status status;
    for (std::size_t i = 0; i < resources.size() && status.ok(); ++i) {
        asked.resource = resources[i];
        status = decide(call, asked, entry, later);
    }
    if (status.ok())
        status = authorizeLayers(need, request, call, entry);
    if (status.ok())
        status = authorizeRoles(need, request, resources.front(), call, entry);
    return status;
}

} // namespace gantry::wire
