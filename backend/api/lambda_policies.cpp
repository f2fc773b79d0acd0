#include "backend/api/lambda_topics.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/functions/policy_document.h"
#include "backend/iam/policy.h"
#include "gantry/store/functions.pb.h"

#include <absl/strings/str_cat.h>
#include <boost/json/serialize.hpp>

#include <memory>

// The resource-based policies of functions: statement by statement, and as a whole. This keeps the
// documents; iam evaluates them.
namespace gantry::api {
namespace {

namespace json = boost::json;

using functions::Found;
using functions::PolicyDocument;
using functions::Registry;
using functions::Settings;
using Record = record::PolicyRecord;

absl::Status checkRevision(const std::string& wanted, const Record& current)
{
    if (wanted.empty() || wanted == current.revision_id())
        return absl::OkStatus();
    return preconditionFailed("The Revision Id provided does not match the latest Revision Id. Call "
                              "the GetPolicy API to retrieve the latest Revision Id");
}

Record recordOf(const Settings& settings, const std::string& qualifier)
{
    const auto found = settings.policies().find(qualifier);
    return found == settings.policies().end() ? Record() : found->second;
}

// Parsed again from what was checked when it was written.
PolicyDocument documentOf(const Record& record)
{
    return record.document().empty() ? PolicyDocument() : *PolicyDocument::parse(record.document());
}

// Whether iam can evaluate it: what it cannot read would deny everybody.
absl::Status checkReadable(const std::string& document)
{
    const auto compiled =
        iam::Policy::parse(document, iam::PolicyKind::Resource, {PolicyDocument::kMaxBytes});
    return compiled.ok() ? absl::OkStatus()
                         : invalidParameter(absl::StrCat("The policy document is not valid: ",
                                                         compiled.status().message()));
}

absl::Status noResource()
{
    return notFound("The resource you requested does not exist.");
}

json::object conditionsOf(const aws::lambda::AddPermissionRequest& request)
{
    json::object equals;
    if (request.has_function_url_auth_type())
        equals["lambda:FunctionUrlAuthType"] = request.function_url_auth_type();
    if (request.has_principal_org_id())
        equals["aws:PrincipalOrgID"] = request.principal_org_id();
    if (request.has_source_account())
        equals["AWS:SourceAccount"] = request.source_account();
    if (request.has_event_source_token())
        equals["lambda:EventSourceToken"] = request.event_source_token();
    json::object conditions;
    if (!equals.empty())
        conditions["StringEquals"] = std::move(equals);
    if (request.has_source_arn())
        conditions["ArnLike"] = json::object{{"AWS:SourceArn", request.source_arn()}};
    if (request.invoked_via_function_url())
        conditions["Bool"] = json::object{{"lambda:InvokedViaFunctionUrl", "true"}};
    return conditions;
}

absl::StatusOr<json::object> statementOf(const Registry& registry, const Found& found,
                                         const aws::lambda::AddPermissionRequest& request)
{
    const absl::StatusOr<json::value> principal = functions::principalOf(request.principal());
    if (!principal.ok())
        return principal.status();
    if (found.qualifier == functions::kLatest) {
        return invalidParameter("We currently do not support adding policies for $LATEST.");
    }
    json::object statement = {
        {"Sid", request.statement_id()},
        {"Effect", "Allow"},
        {"Principal", *principal},
        {"Action", request.action()},
        {"Resource",
         functions::functionArn(registry.place(), found.function->name, found.qualifier)}};
    if (json::object conditions = conditionsOf(request); !conditions.empty())
        statement["Condition"] = std::move(conditions);
    return statement;
}

// Writes the document back under a new revision, or removes an empty one.
void store(Settings& settings, const std::string& qualifier, const PolicyDocument& document)
{
    if (document.empty()) {
        settings.mutable_policies()->erase(qualifier);
        return;
    }
    Record& record = (*settings.mutable_policies())[qualifier];
    record.set_document(document.text());
    record.set_revision_id(randomUuid());
}

void addPermission(Registry& registry, const aws::lambda::AddPermissionRequest& request,
                   const Reply<aws::lambda::AddPermissionResponse>& reply)
{
    auto added = std::make_shared<std::string>();
    registry.changeSettings(
        request.function_name(), request.qualifier(),
        [&registry, request, added](const Found& found, Settings& settings) {
            const Record current = recordOf(settings, found.qualifier);
            absl::StatusOr<json::object> statement = statementOf(registry, found, request);
            absl::Status status = statement.status();
            if (status.ok())
                status = checkRevision(request.revision_id(), current);
            if (!status.ok())
                return status;
            PolicyDocument document = documentOf(current);
            *added = json::serialize(*statement);
            status = document.add(*std::move(statement));
            if (status.ok())
                status = checkReadable(document.text());
            if (status.ok())
                store(settings, found.qualifier, document);
            return status;
        },
        [added, reply](const absl::Status& status) {
            aws::lambda::AddPermissionResponse response;
            response.set_statement(*added);
            status.ok() ? reply(std::move(response)) : reply(status);
        });
}

void removePermission(Registry& registry, const aws::lambda::RemovePermissionRequest& request,
                      Reply<google::protobuf::Empty> reply)
{
    registry.changeSettings(
        request.function_name(), request.qualifier(),
        [request](const Found& found, Settings& settings) {
            const auto current = settings.policies().find(found.qualifier);
            if (current == settings.policies().end())
                return notFound("No policy is associated with the given resource.");
            if (absl::Status s = checkRevision(request.revision_id(), current->second); !s.ok())
                return s;
            PolicyDocument document = documentOf(current->second);
            if (absl::Status removed = document.remove(request.statement_id()); !removed.ok())
                return removed;
            store(settings, found.qualifier, document);
            return absl::OkStatus();
        },
        done(std::move(reply)));
}

template <class Response>
void get(const absl::StatusOr<Found>& found, const Reply<Response>& reply)
{
    if (!found.ok())
        return reply(found.status());
    const auto& policies = found->function->settings->policies();
    const auto policy = policies.find(found->qualifier);
    if (policy == policies.end())
        return reply(noResource());
    Response response;
    response.set_policy(policy->second.document());
    response.set_revision_id(policy->second.revision_id());
    reply(std::move(response));
}

void putResourcePolicy(Registry& registry, const aws::lambda::PutResourcePolicyRequest& request,
                       const Reply<aws::lambda::PutResourcePolicyResponse>& reply)
{
    absl::StatusOr<PolicyDocument> document = PolicyDocument::parse(request.policy());
    if (!document.ok())
        return reply(document.status());
    if (absl::Status readable = checkReadable(request.policy()); !readable.ok())
        return reply(readable);
    auto saved = std::make_shared<Record>();
    registry.changeSettings(
        request.resource_arn(), {},
        [document = *std::move(document), request, saved](const Found& found, Settings& settings) {
            const Record current = recordOf(settings, found.qualifier);
            if (absl::Status s = checkRevision(request.revision_id(), current); !s.ok())
                return s;
            store(settings, found.qualifier, document);
            *saved = settings.policies().at(found.qualifier);
            return absl::OkStatus();
        },
        [saved, reply](const absl::Status& status) {
            aws::lambda::PutResourcePolicyResponse response;
            response.set_policy(saved->document());
            response.set_revision_id(saved->revision_id());
            status.ok() ? reply(std::move(response)) : reply(status);
        });
}

void deleteResourcePolicy(Registry& registry,
                          const aws::lambda::DeleteResourcePolicyRequest& request,
                          Reply<google::protobuf::Empty> reply)
{
    registry.changeSettings(
        request.resource_arn(), {},
        [request](const Found& found, Settings& settings) {
            const auto current = settings.policies().find(found.qualifier);
            if (current == settings.policies().end())
                return noResource();
            if (absl::Status s = checkRevision(request.revision_id(), current->second); !s.ok())
                return s;
            settings.mutable_policies()->erase(found.qualifier);
            return absl::OkStatus();
        },
        done(std::move(reply)));
}

} // namespace

void registerLambdaPolicies(OperationTable& table, Registry& registry)
{
    using namespace aws::lambda;
    table.on<AddPermissionRequest, AddPermissionResponse>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            addPermission(registry, request, reply);
        });
    table.on<RemovePermissionRequest, google::protobuf::Empty>(
        [&registry](const CallPtr&, const auto& request, Reply<google::protobuf::Empty> reply) {
            removePermission(registry, request, std::move(reply));
        });
    table.on<GetPolicyRequest, GetPolicyResponse>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            get<GetPolicyResponse>(registry.find(request.function_name(), request.qualifier()),
                                   reply);
        });
    table.on<PutResourcePolicyRequest, PutResourcePolicyResponse>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            putResourcePolicy(registry, request, reply);
        });
    table.on<GetResourcePolicyRequest, GetResourcePolicyResponse>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            get<GetResourcePolicyResponse>(registry.find(request.resource_arn()), reply);
        });
    table.on<DeleteResourcePolicyRequest, google::protobuf::Empty>(
        [&registry](const CallPtr&, const auto& request, Reply<google::protobuf::Empty> reply) {
            deleteResourcePolicy(registry, request, std::move(reply));
        });
}

} // namespace gantry::api
