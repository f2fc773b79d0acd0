#include "backend/wire/authorizer.h"

#include "backend/base/text.h"
#include "backend/iam/policy_values.h"

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
    // A name with a qualifier in it comes to the same as one with the qualifier beside it.
    const std::string qualifier =
        need.qualifier ? reflection.GetString(request, need.qualifier) : std::string();
    return qualifier.empty() || isQualified(arn) ? arn : absl::StrCat(arn, ":", qualifier);
}

std::string Authorizer::arnOf(const Need& need, std::string value) const
{
    const iam::Account& account = m_access.directory().account();
    if (absl::StartsWith(value, "arn:"))
        return m_access.directory().completeArn(value);
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
    return m_access.directory().completeArn(
        absl::StrReplaceAll(need.arn, {{"{account}", account.id()},
                                       {"{region}", account.region()},
                                       {"{}", value}}));
}

absl::Status Authorizer::authorize(const OperationSchema& operation, const Message& request,
                                   const HttpRequest& http, const api::Call& call) const
{
    if (!call.credential || m_access.isRoot(*call.credential))
        return absl::OkStatus();
    const Need& need = m_needs.at(&operation);
    const std::vector<std::string> resources = resourcesOf(need, request);
    iam::AccessRequest asked = m_access.describe(*call.credential, operation.options->action(),
                                                 resources.front());
    if (!http.remoteAddress.empty())
        asked.context.set("aws:SourceIp", http.remoteAddress);
    if (const HttpHeader* agent = http.header("user-agent"))
        asked.context.set("aws:UserAgent", std::string(agent->value));
    if (need.tags)
        addTags(request, need.tags, asked.context);
    for (const std::string& resource : resources) {
        asked.resource = resource;
        if (absl::Status status = m_access.authorize(*call.credential, asked); !status.ok())
            return status;
    }
    for (const FieldDescriptor* role : need.passedRoles) {
        if (!request.GetReflection()->HasField(request, role))
            continue;
        iam::AccessRequest pass = m_access.describe(*call.credential, "iam:PassRole",
                                                    request.GetReflection()->GetString(request, role));
        pass.context.set("iam:PassedToService",
                         role->options().GetExtension(wire::field).passes_role_to());
        pass.context.set("iam:AssociatedResourceArn", asked.resource);
        if (absl::Status status = m_access.authorize(*call.credential, pass); !status.ok())
            return status;
    }
    return absl::OkStatus();
}

} // namespace gantry::wire
