#include "backend/iam/evaluator.h"

#include "backend/base/text.h"
#include "backend/iam/policy_values.h"

#include <absl/strings/match.h>

#include <algorithm>

namespace gantry::iam {
namespace {

// How a statement's Principal names the caller.
enum class PrincipalMatch {
    None,
    Account,     // through the account: its administrators decide further
    SessionRole, // the role of the session (or the user of a federated session)
    Direct,
};

std::string_view afterLastSlash(std::string_view text)
{
    const std::size_t slash = text.rfind('/');
    return slash == std::string_view::npos ? text : text.substr(slash + 1);
}

bool isSessionOf(const Caller& caller, std::string_view principalArn)
{
    const auto parts = splitArn(principalArn);
    if (!parts || (*parts)[2] != "iam" || (*parts)[4] != caller.accountId)
        return false;
    const std::string_view name = afterLastSlash((*parts)[5]);
    if (caller.kind == Caller::Kind::RoleSession)
        return absl::StartsWith(view((*parts)[5]), "role/") &&
               absl::EqualsIgnoreCase(view(name), view(caller.sessionRole()));
    return caller.kind == Caller::Kind::FederatedUser &&
           absl::StartsWith(view((*parts)[5]), "user/") && name == afterLastSlash(caller.arn);
}

PrincipalMatch matchOne(const PrincipalPattern& pattern, const Caller& caller)
{
    using Kind = PrincipalPattern::Kind;
    if (pattern.kind == Kind::Everyone)
        return PrincipalMatch::Direct;
    if (caller.kind == Caller::Kind::Anonymous)
        return PrincipalMatch::None;
    if (pattern.kind == Kind::Account)
        return pattern.value == caller.accountId ? PrincipalMatch::Account : PrincipalMatch::None;
    if (pattern.value == caller.arn)
        return PrincipalMatch::Direct;
    if (pattern.kind == Kind::Arn && isSessionOf(caller, pattern.value))
        return PrincipalMatch::SessionRole;
    return PrincipalMatch::None;
}

// What the statements of one source came to.
struct Tally {
    std::optional<StatementRef> deny;
    std::optional<StatementRef> allow;        // direct, or through the session's role
    std::optional<StatementRef> allowDirect;  // names the caller itself (or everyone)
    std::optional<StatementRef> allowAccount; // names only the account

    bool allows() const { return allow.has_value(); }
};

class Evaluation final {
public:
    Evaluation(const AccessRequest& request, const PolicySet& policies,
               std::vector<StatementOutcome>* outcomes)
        : m_request(request), m_policies(policies), m_outcomes(outcomes),
          m_action(lowerCase(request.action)),
          m_sameAccount(!request.caller.accountId.empty() &&
                        request.caller.accountId == request.resourceAccount)
    {
    }

    Decision decide()
    {
        for (const NamedPolicy& policy : m_policies.identity)
            weigh(policy, PolicySource::Identity, m_identity);
        if (m_policies.boundary)
            weigh(*m_policies.boundary, PolicySource::Boundary, m_boundary);
        for (const NamedPolicy& policy : m_policies.session)
            weigh(policy, PolicySource::Session, m_session);
        if (m_policies.resource)
            weigh(*m_policies.resource, PolicySource::Resource, m_resource);
        for (const Tally* tally : {&m_identity, &m_boundary, &m_session, &m_resource}) {
            if (tally->deny)
                return {Verdict::ExplicitDeny, Because::ExplicitDeny, tally->deny->source,
                        tally->deny};
        }
        const Caller::Kind kind = m_request.caller.kind;
        if (kind == Caller::Kind::Service || kind == Caller::Kind::Anonymous)
            return m_resource.allows() ? byResource(*m_resource.allow)
                                       : missing(Because::NoResourceAllows, PolicySource::Resource);
        return m_sameAccount ? sameAccount() : acrossAccounts();
    }

private:
    static Decision byResource(const StatementRef& statement)
    {
        return {Verdict::Allowed, Because::ResourceAllows, PolicySource::Resource, statement};
    }
    static Decision missing(Because because, PolicySource source)
    {
        return {Verdict::ImplicitDeny, because, source, std::nullopt};
    }

    // What a boundary and a session policy leave out; nothing when they allow.
    std::optional<Decision> guardrail() const
    {
        if (m_policies.boundary && !m_boundary.allows())
            return missing(Because::NoBoundaryAllows, PolicySource::Boundary);
        if (!m_policies.session.empty() && !m_session.allows())
            return missing(Because::NoSessionAllows, PolicySource::Session);
        return std::nullopt;
    }

    Decision sameAccount() const
    {
        // A policy that names the user or the session itself is not bounded by implicit denials of
        // a boundary or a session policy; one that names the session's role is.
        if (m_resource.allowDirect && m_request.caller.kind != Caller::Kind::Role)
            return byResource(*m_resource.allowDirect);
        const bool trusted = !m_policies.resourceDelegates || m_resource.allowAccount;
        const bool identity = m_identity.allows() && trusted;
        if (!identity && !m_resource.allows()) {
            return m_identity.allows() ? missing(Because::NoResourceAllows, PolicySource::Resource)
                                       : missing(Because::NoIdentityAllows, PolicySource::Identity);
        }
        if (const auto denied = guardrail())
            return *denied;
        if (!identity)
            return byResource(*m_resource.allow);
        return {Verdict::Allowed, Because::IdentityAllows, PolicySource::Identity,
                m_identity.allow};
    }

    Decision acrossAccounts() const
    {
        if (!m_resource.allows() && !m_resource.allowAccount)
            return missing(Because::NoResourceAllows, PolicySource::Resource);
        if (!m_identity.allows())
            return missing(Because::NoIdentityAllows, PolicySource::Identity);
        if (const auto denied = guardrail())
            return *denied;
        return {Verdict::Allowed, Because::BothAllow, PolicySource::Resource,
                m_resource.allow ? m_resource.allow : m_resource.allowAccount};
    }

    void weigh(const NamedPolicy& policy, PolicySource source, Tally& tally)
    {
        const auto& statements = policy.policy->statements();
        for (std::size_t i = 0; i < statements.size(); ++i) {
            StatementOutcome outcome{{source, &policy, i}};
            const PrincipalMatch principal = judge(statements[i], source, outcome);
            if (m_outcomes)
                m_outcomes->push_back(outcome);
            if (outcome.result != StatementOutcome::Result::Applies)
                continue;
            if (!statements[i].allows)
                keep(tally.deny, outcome.statement);
            else if (principal == PrincipalMatch::Account)
                keep(tally.allowAccount, outcome.statement);
            else
                keep(tally.allow, outcome.statement);
            if (statements[i].allows && principal == PrincipalMatch::Direct)
                keep(tally.allowDirect, outcome.statement);
        }
    }

    static void keep(std::optional<StatementRef>& slot, const StatementRef& statement)
    {
        if (!slot)
            slot = statement;
    }

    PrincipalMatch judge(const Statement& statement, PolicySource source,
                         StatementOutcome& outcome) const
    {
        using Result = StatementOutcome::Result;
        PrincipalMatch principal = PrincipalMatch::Direct;
        if (!matchesAction(statement))
            outcome.result = Result::OtherAction;
        else if (source == PolicySource::Resource &&
                 (principal = matchPrincipal(statement)) == PrincipalMatch::None)
            outcome.result = Result::OtherPrincipal;
        else if (statement.hasResource && !matchesResource(statement))
            outcome.result = Result::OtherResource;
        else if (const auto failed =
                     std::find_if(statement.conditions.begin(), statement.conditions.end(),
                                  [&](const Condition& condition) {
                                      return !condition.holds(m_request.context);
                                  });
                 failed != statement.conditions.end()) {
            outcome.result = Result::ConditionFails;
            outcome.condition = static_cast<std::size_t>(failed - statement.conditions.begin());
        }
        return principal;
    }

    bool matchesAction(const Statement& statement) const
    {
        const bool named = std::any_of(statement.actions.begin(), statement.actions.end(),
                                       [&](const PolicyPattern& action) {
                                           return action.matchesLower(m_action, m_request.context);
                                       });
        return named != statement.notAction;
    }

    bool matchesResource(const Statement& statement) const
    {
        const auto& all = statement.resources;
        if (statement.notResource)
            return std::all_of(all.begin(), all.end(), [&](const ResourcePattern& resource) {
                return resource.excludes(m_request.resource, m_request.context);
            });
        return std::any_of(all.begin(), all.end(), [&](const ResourcePattern& resource) {
            return resource.matches(m_request.resource, m_request.context);
        });
    }

    PrincipalMatch matchPrincipal(const Statement& statement) const
    {
        PrincipalMatch best = PrincipalMatch::None;
        for (const PrincipalPattern& pattern : statement.principals)
            best = std::max(best, matchOne(pattern, m_request.caller));
        if (!statement.notPrincipal)
            return best;
        // A boundary makes every Deny with NotPrincipal apply ("Permissions boundaries").
        if (!statement.allows && m_policies.boundary)
            return PrincipalMatch::Direct;
        return best == PrincipalMatch::None ? PrincipalMatch::Direct : PrincipalMatch::None;
    }

    const AccessRequest& m_request;
    const PolicySet& m_policies;
    std::vector<StatementOutcome>* m_outcomes;
    const std::string m_action;
    const bool m_sameAccount;
    Tally m_identity, m_boundary, m_session, m_resource;
};

} // namespace

Caller Caller::of(std::string_view name)
{
    Caller caller;
    caller.arn = name;
    if (name.empty())
        return caller;
    const auto parts = splitArn(name);
    if (!parts) {
        caller.kind = absl::EndsWith(view(name), ".amazonaws.com") ? Kind::Service : Kind::Other;
        return caller;
    }
    caller.accountId = (*parts)[4];
    const std::string_view resource = (*parts)[5];
    const bool iam = (*parts)[2] == "iam";
    const bool sts = (*parts)[2] == "sts";
    caller.kind = iam && resource == "root"                        ? Kind::Root
                  : iam && resource.starts_with("user/")           ? Kind::User
                  : iam && resource.starts_with("role/")           ? Kind::Role
                  : sts && resource.starts_with("assumed-role/")   ? Kind::RoleSession
                  : sts && resource.starts_with("federated-user/") ? Kind::FederatedUser
                                                                   : Kind::Other;
    return caller;
}

std::string_view Caller::sessionRole() const
{
    if (kind != Kind::RoleSession)
        return {};
    const std::string_view text(arn);
    const std::size_t start = text.find('/') + 1;
    return text.substr(start, text.find('/', start) - start);
}

Decision evaluate(const AccessRequest& request, const PolicySet& policies,
                  std::vector<StatementOutcome>* outcomes)
{
    return Evaluation(request, policies, outcomes).decide();
}

} // namespace gantry::iam
