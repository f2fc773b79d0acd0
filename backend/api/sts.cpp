#include "aws/sts.pb.h"
#include "backend/api/iam.h"
#include "backend/api/operation_table.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/iam/directory.h"
#include "backend/iam/explain.h"
#include "backend/iam/policy_values.h"

#include <absl/strings/str_cat.h>

#include <string>
#include <utility>
#include <vector>

namespace gantry::api {
namespace {

using namespace aws::sts;
using iam::Directory;
using iam::IdentityKind;

constexpr int kSessionTokenSeconds = 12 * 3600;
constexpr int kRoleSeconds = 3600;
constexpr int kChainedSeconds = 3600; // a session that assumes another role

void fill(const record::Session& session, Credentials& out)
{
    out.set_access_key_id(session.access_key_id());
    out.set_secret_access_key(session.secret());
    out.set_session_token(session.token());
    out.mutable_expiration()->set_seconds(session.expires_seconds());
}

// The id by which AWS knows the caller, as aws:userid.
std::string userId(const Directory& now, const iam::Credential& credential)
{
    const std::string& arn = credential.principalArn;
    const std::string name = arn.substr(arn.rfind('/') + 1);
    const bool role = credential.session && !credential.session->role.empty();
    const record::Identity* identity =
        role ? now.find(IdentityKind::Role, credential.session->role)
             : now.find(IdentityKind::User, name);
    if (!identity)
        return now.account().id(); // the root
    return role ? absl::StrCat(identity->id(), ":", name) : identity->id();
}

void callerIdentity(const Directory& now, const Call& call,
                    const Reply<GetCallerIdentityResponse>& reply)
{
    GetCallerIdentityResponse response;
    response.set_account(now.account().id());
    response.set_arn(call.credential ? call.principalArn : now.account().root().principalArn);
    response.set_user_id(call.credential ? userId(now, *call.credential) : now.account().id());
    reply(std::move(response));
}

absl::Status denied(const iam::AccessRequest& asked, const iam::Decision& decision)
{
    return makeError("AccessDeniedException", 403, iam::denialMessage(asked, decision));
}

// What a call of AssumeRole does: tags and a source identity need permissions of their own, since
// policies decide by them.
std::vector<const char*> actionsOf(const AssumeRoleRequest& request)
{
    std::vector<const char*> actions{"sts:AssumeRole"};
    if (request.tags_size() > 0)
        actions.push_back("sts:TagSession");
    if (request.has_source_identity())
        actions.push_back("sts:SetSourceIdentity");
    return actions;
}

void addTags(const AssumeRoleRequest& request, iam::PolicyContext& context)
{
    std::vector<std::string> keys;
    for (const Tag& tag : request.tags()) {
        context.set("aws:RequestTag/" + tag.key(), tag.value());
        keys.push_back(tag.key());
    }
    if (!keys.empty())
        context.setMany("aws:TagKeys", std::move(keys));
    if (request.transitive_tag_keys_size() > 0)
        context.setMany("sts:TransitiveTagKeys", {request.transitive_tag_keys().begin(),
                                                  request.transitive_tag_keys().end()});
}

// Whether the role's trust policy and the caller's own policies let the caller in.
absl::Status checkTrust(const Directory& now, const record::Identity& role, const Call& call,
                        const AssumeRoleRequest& request)
{
    auto trust = iam::Policy::parse(role.trust(), iam::PolicyKind::Trust, {std::size_t(-1)});
    iam::AccessRequest asked;
    asked.caller = iam::Caller::of(call.credential ? call.principalArn
                                                   : now.account().root().principalArn);
    asked.resource = now.arn(IdentityKind::Role, role);
    asked.resourceAccount = now.account().id();
    asked.context.set("aws:PrincipalArn", asked.caller.arn);
    asked.context.set("aws:PrincipalAccount", asked.caller.accountId);
    asked.context.set("sts:RoleSessionName", request.role_session_name());
    if (request.has_external_id())
        asked.context.set("sts:ExternalId", request.external_id());
    if (request.has_source_identity())
        asked.context.set("sts:SourceIdentity", request.source_identity());
    addTags(request, asked.context);
    iam::PolicySet policies =
        call.credential ? now.policiesOf(*call.credential) : iam::PolicySet();
    policies.resourceDelegates = true;
    if (trust.ok())
        policies.resource = iam::NamedPolicy{"trust of " + role.name(), *std::move(trust)};
    if (asked.caller.kind == iam::Caller::Kind::Root) {
        // The root's own policies are everything.
        static const iam::PolicyPtr everything =
            *iam::Policy::parse(R"({"Version":"2012-10-17","Statement":{"Effect":"Allow",)"
                                R"("Action":"*","Resource":"*"}})",
                                iam::PolicyKind::Identity);
        policies.identity = {{"root", everything}};
    }
    for (const char* action : actionsOf(request)) {
        asked.action = action;
        const iam::Decision decision = iam::evaluate(asked, policies);
        if (!decision.allowed())
            return denied(asked, decision);
    }
    return absl::OkStatus();
}

absl::Status addPolicies(const Directory& now, const AssumeRoleRequest& request,
                         record::Session& session)
{
    if (request.has_policy()) {
        const auto parsed = iam::Policy::parse(request.policy(), iam::PolicyKind::Identity,
                                               {iam::Policy::kSessionCharacters});
        if (!parsed.ok())
            return makeError(absl::IsOutOfRange(parsed.status()) ? "PackedPolicyTooLarge"
                                                                 : "MalformedPolicyDocument",
                             400, std::string(view(parsed.status().message())));
        session.add_policies(request.policy());
    }
    for (const PolicyDescriptorType& each : request.policy_arns()) {
        const record::ManagedPolicy* policy = now.policies().find(each.arn());
        if (!policy)
            return validationError(absl::StrCat("The policy ", each.arn(), " does not exist."));
        for (const record::PolicyVersion& version : policy->versions()) {
            if (version.id() == policy->default_version())
                session.add_policies(version.document());
        }
    }
    return absl::OkStatus();
}

absl::StatusOr<record::Session> roleSession(const Directory& now, const Call& call,
                                            const AssumeRoleRequest& request)
{
    const auto parts = iam::splitArn(request.role_arn());
    const std::string_view resource = parts ? (*parts)[5] : std::string_view();
    const bool ours = resource.starts_with("role/") && (*parts)[4] == now.account().id();
    const record::Identity* role =
        ours ? now.find(IdentityKind::Role, resource.substr(resource.rfind('/') + 1)) : nullptr;
    if (!role) {
        // AWS does not tell strangers which roles there are.
        iam::AccessRequest asked;
        asked.caller = iam::Caller::of(call.principalArn);
        asked.action = "sts:AssumeRole";
        asked.resource = request.role_arn();
        return denied(asked, {iam::Verdict::ImplicitDeny, iam::Because::NoResourceAllows,
                              iam::PolicySource::Resource, std::nullopt});
    }
    if (absl::Status status = checkTrust(now, *role, call, request); !status.ok())
        return status;
    const int seconds = request.has_duration_seconds() ? request.duration_seconds() : kRoleSeconds;
    if (seconds > role->max_session_seconds())
        return validationError("The requested DurationSeconds exceeds the MaxSessionDuration set "
                               "for this role.");
    if (call.credential && call.credential->session && seconds > kChainedSeconds)
        return validationError("The requested DurationSeconds exceeds the 1 hour session limit for "
                               "roles assumed by role chaining");
    record::Session session;
    Directory::makeKeys(session);
    if (absl::Status status = addPolicies(now, request, session); !status.ok())
        return status;
    session.set_expires_seconds(now.nowMs() / 1000 + seconds);
    session.set_role(role->name());
    session.set_principal_arn(absl::StrCat("arn:aws:sts::", now.account().id(), ":assumed-role/",
                                           role->name(), "/", request.role_session_name()));
    session.set_source_identity(request.source_identity());
    for (const Tag& tag : request.tags()) {
        record::IamTag& added = *session.add_tags();
        added.set_key(tag.key());
        added.set_value(tag.value());
    }
    return session;
}

void assumeRole(Directory& directory, const Call& call, const AssumeRoleRequest& request,
                Reply<AssumeRoleResponse> reply)
{
    absl::StatusOr<record::Session> session = roleSession(directory, call, request);
    if (!session.ok())
        return reply(session.status());
    AssumeRoleResponse response;
    fill(*session, *response.mutable_credentials());
    const record::Identity* role = directory.find(IdentityKind::Role, session->role());
    response.mutable_assumed_role_user()->set_arn(session->principal_arn());
    response.mutable_assumed_role_user()->set_assumed_role_id(
        absl::StrCat(role->id(), ":", request.role_session_name()));
    if (request.has_source_identity())
        response.set_source_identity(request.source_identity());
    directory.addSession(*std::move(session), [response, reply = std::move(reply)](
                                                  absl::Status status) {
        status.ok() ? reply(response) : reply(std::move(status));
    });
}

void sessionToken(Directory& directory, const Call& call, const GetSessionTokenRequest& request,
                  Reply<GetSessionTokenResponse> reply)
{
    if (call.credential && call.credential->session)
        return reply(makeError("AccessDeniedException", 403,
                               "Cannot call GetSessionToken with session credentials"));
    const std::string arn =
        call.credential ? call.principalArn : directory.account().root().principalArn;
    record::Session session;
    Directory::makeKeys(session);
    session.set_expires_seconds(
        directory.nowMs() / 1000 +
        (request.has_duration_seconds() ? request.duration_seconds() : kSessionTokenSeconds));
    session.set_principal_arn(arn);
    session.set_user(arn.substr(arn.rfind('/') + 1));
    GetSessionTokenResponse response;
    fill(session, *response.mutable_credentials());
    directory.addSession(std::move(session), [response, reply = std::move(reply)](
                                                 absl::Status status) {
        status.ok() ? reply(response) : reply(std::move(status));
    });
}

} // namespace

void registerSts(OperationTable& table, iam::Directory& directory)
{
    table.on<GetCallerIdentityRequest, GetCallerIdentityResponse>(
        [&directory](const CallPtr& call, const auto&, const auto& reply) {
            callerIdentity(directory, *call, reply);
        });
    table.on<AssumeRoleRequest, AssumeRoleResponse>(
        [&directory](const CallPtr& call, const auto& request, auto reply) {
            assumeRole(directory, *call, request, std::move(reply));
        });
    table.on<GetSessionTokenRequest, GetSessionTokenResponse>(
        [&directory](const CallPtr& call, const auto& request, auto reply) {
            sessionToken(directory, *call, request, std::move(reply));
        });
}

} // namespace gantry::api
