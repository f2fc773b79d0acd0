#include "backend/iam/access.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/iam/explain.h"
#include "backend/iam/policy_values.h"

#include <absl/strings/str_cat.h>
#include <absl/time/time.h>

namespace gantry::iam {
namespace {

// Needs no permission, and no policy can deny it ("GetCallerIdentity" and "GetSessionToken" in the
// STS reference).
bool isAlwaysAllowed(std::string_view action)
{
    return action == "sts:GetCallerIdentity" || action == "sts:GetSessionToken";
}

std::string_view typeOf(const Caller& caller)
{
    switch (caller.kind) {
    case Caller::Kind::Root:
        return "Account";
    case Caller::Kind::RoleSession:
        return "AssumedRole";
    case Caller::Kind::FederatedUser:
        return "FederatedUser";
    default:
        return "User";
    }
}

} // namespace

bool AccessControl::isRoot(const Credential& credential) const
{
    // A session of the root is the root as well.
    return credential.principalArn == m_directory.account().root().principalArn;
}

void AccessControl::addResourcePolicies(std::string service, ResourcePolicy policies,
                                        ResourcePolicies all, Trust trust)
{
    m_resourcePolicies.push_back({std::move(service), std::move(policies), std::move(all), trust});
}

std::vector<std::pair<std::string, std::string>> AccessControl::resourcePolicies() const
{
    std::vector<std::pair<std::string, std::string>> policies;
    for (const Source& source : m_resourcePolicies) {
        if (!source.all)
            continue;
        for (auto& each : source.all())
            policies.push_back(std::move(each));
    }
    return policies;
}

void AccessControl::addArns(std::string service, CompleteArn complete)
{
    m_arns.emplace_back(std::move(service), std::move(complete));
}

std::string AccessControl::completeArn(const std::string& arn) const
{
    const auto parts = splitArn(arn);
    for (const auto& [service, complete] : m_arns) {
        if (parts && (*parts)[2] == service)
            return complete(arn);
    }
    return m_directory.completeArn(arn);
}

void AccessControl::addTags(std::string service, TagsOf tags)
{
    m_tags.emplace_back(std::move(service), std::move(tags));
}

void AccessControl::addNeeds(const google::protobuf::Descriptor* request, CompleteNeeds complete)
{
    m_needs[request] = std::move(complete);
}

void AccessControl::completeNeeds(const google::protobuf::Message& request,
                                  std::vector<Need>& needs) const
{
    if (const auto found = m_needs.find(request.GetDescriptor()); found != m_needs.end())
        found->second(request, needs);
}

AccessRequest AccessControl::describe(const Credential& credential, const Need& need) const
{
    AccessRequest request = describe(credential, need.action, need.resource);
    if (need.viaService)
        request.context.set("aws:ViaAWSService", "true");
    for (const auto& [key, value] : need.context.all()) {
        if (value.many)
            request.context.setMany(key, value.values);
        else
            request.context.set(key, value.values.front());
    }
    return request;
}

AccessRequest AccessControl::describe(const Credential& credential, std::string action,
                                      std::string resource) const
{
    AccessRequest request;
    request.caller = Caller::of(credential.principalArn);
    request.action = std::move(action);
    request.resource = std::move(resource);
    const auto parts = splitArn(request.resource);
    // S3 names no account in its ARNs: what is here is the account's own.
    request.resourceAccount =
        parts && !(*parts)[4].empty() ? std::string((*parts)[4]) : m_directory.account().id();

    PolicyContext& context = request.context;
    const absl::Time now = absl::FromUnixMillis(m_directory.nowMs());
    context.set("aws:CurrentTime",
                absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now, absl::UTCTimeZone()));
    context.set("aws:EpochTime", absl::StrCat(absl::ToUnixSeconds(now)));
    context.set("aws:SecureTransport", "false");
    context.set("aws:ViaAWSService", "false");
    context.set("aws:RequestedRegion", m_directory.account().region());
    context.set("aws:ResourceAccount", request.resourceAccount);
    context.set("aws:PrincipalAccount", credential.accountId);
    for (const auto& [service, tagsOf] : m_tags) {
        if (!parts || (*parts)[2] != service)
            continue;
        for (auto& [key, value] : tagsOf(request.resource)) {
            context.set(absl::StrCat(service, ":ResourceTag/", key), value);
            context.set("aws:ResourceTag/" + key, std::move(value));
        }
    }
    context.set("aws:PrincipalType", std::string(typeOf(request.caller)));
    const SessionScope* session = credential.session.get();
    const record::Identity* identity = nullptr;
    if (session && !session->role.empty()) {
        identity = m_directory.find(IdentityKind::Role, session->role);
        // The key is the role, whatever the session is called.
        context.set("aws:PrincipalArn",
                    identity ? m_directory.arn(IdentityKind::Role, *identity)
                             : credential.principalArn);
        const std::string& arn = credential.principalArn;
        context.set("aws:userid", absl::StrCat(identity ? identity->id() : "", ":",
                                               arn.substr(arn.rfind('/') + 1)));
    } else {
        context.set("aws:PrincipalArn", credential.principalArn);
        if (request.caller.kind == Caller::Kind::User) {
            const std::string& arn = credential.principalArn;
            const std::string name = arn.substr(arn.rfind('/') + 1);
            identity = m_directory.find(IdentityKind::User, name);
            context.set("aws:username", name);
            context.set("aws:userid", identity ? identity->id() : name);
        }
    }
    if (identity) {
        for (const record::IamTag& tag : identity->tags())
            context.set("aws:PrincipalTag/" + tag.key(), tag.value());
    }
    if (session) {
        for (const auto& [key, value] : session->tags)
            context.set("aws:PrincipalTag/" + key, value);
        if (!session->sourceIdentity.empty())
            context.set("aws:SourceIdentity", session->sourceIdentity);
        if (!session->sourceFunctionArn.empty())
            context.set("lambda:SourceFunctionArn", session->sourceFunctionArn);
    }
    return request;
}

PolicySet AccessControl::policiesFor(const Credential& credential,
                                     const AccessRequest& request) const
{
    PolicySet policies = m_directory.policiesOf(credential);
    const auto parts = splitArn(request.resource);
    for (const Source& source : m_resourcePolicies) {
        if (!parts || (*parts)[2] != source.service)
            continue;
        const std::optional<std::string> document = source.find(request.resource);
        if (!document)
            continue;
        // A policy that cannot be read may deny: it denies everything.
        static const PolicyPtr unreadable =
            *Policy::parse(R"({"Version":"2012-10-17","Statement":{"Effect":"Deny",)"
                           R"("Principal":"*","Action":"*","Resource":"*"}})",
                           PolicyKind::Resource);
        PolicyPtr policy = m_compiled.find(*document, PolicyKind::Resource);
        policies.resource = NamedPolicy{"of the resource", policy ? policy : unreadable};
        policies.resourceDelegates = source.trust == Trust::Policy;
    }
    return policies;
}

absl::Status AccessControl::authorize(const Credential& credential, const AccessRequest& request,
                                      Judgement* judgement) const
{
    Judgement ignored;
    Judgement& judged = judgement ? *judgement : ignored;
    judged = Judgement();
    if (isRoot(credential)) {
        judged.reason = kRootReason;
        return absl::OkStatus();
    }
    judged.later = request.action == kDecidedByTrust;
    if (judged.later || isAlwaysAllowed(request.action)) {
        judged.reason = "It needs no permission.";
        return absl::OkStatus();
    }
    const PolicySet policies = policiesFor(credential, request);
    const Decision decision = evaluate(request, policies);
    judged.allowed = decision.allowed();
    if (judgement) {
        judged.reason = explain(request, decision);
        judged.policySource = sourceName(decision.source);
    }
    if (decision.statement) {
        judged.policy = decision.statement->policy->name;
        judged.statement = decision.statement->statement().label(decision.statement->index);
    }
    if (decision.allowed())
        return absl::OkStatus();
    return makeError("AccessDeniedException", 403, denialMessage(request, decision));
}

} // namespace gantry::iam
