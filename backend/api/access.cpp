#include "backend/api/access.h"

#include "backend/api/operation_table.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/functions/registry.h"
#include "backend/iam/access_findings.h"
#include "backend/iam/explain.h"
#include "backend/iam/least_privilege.h"
#include "backend/iam/policy_check.h"
#include "backend/iam/policy_values.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

namespace gantry::api {
namespace {

using functions::Registry;
using iam::AccessControl;
using iam::AuditLog;
using iam::IdentityKind;

constexpr int kMaxCells = 5'000; // decisions of one request

// The credential that a user, a role or a session of one would come with.
absl::StatusOr<iam::Credential> credentialOf(const AccessControl& access, const std::string& arn)
{
    const iam::Directory& directory = access.directory();
    iam::Credential credential;
    credential.accountId = directory.account().id();
    credential.principalArn = arn;
    const std::string name = iam::auditPrincipal(arn);
    const std::string last = name.substr(name.rfind('/') + 1);
    if (name.starts_with("role/")) {
        if (!directory.find(IdentityKind::Role, last))
            return makeError("NoSuchEntity", 404, absl::StrCat("There is no role ", last, "."));
        auto scope = std::make_shared<iam::SessionScope>();
        scope->role = last;
        credential.session = std::move(scope);
        if (iam::Caller::of(arn).kind != iam::Caller::Kind::RoleSession)
            credential.principalArn = absl::StrCat("arn:aws:sts::", credential.accountId,
                                                   ":assumed-role/", last, "/simulated");
        return credential;
    }
    if (name.starts_with("user/") && directory.find(IdentityKind::User, last))
        return credential;
    if (arn == directory.account().root().principalArn)
        return credential;
    return makeError("NoSuchEntity", 404,
                     absl::StrCat("There is no user or role ", arn.substr(0, 200), "."));
}

iam::AccessRequest requestOf(const AccessControl& access, const iam::Credential& credential,
                             const std::string& action, const std::string& resource,
                             const google::protobuf::RepeatedPtrField<v1::ContextValue>& context)
{
    iam::AccessRequest asked =
        access.describe(credential, action, resource == "*" ? resource : access.completeArn(resource));
    asked.context.set("aws:SourceIp", "127.0.0.1");
    for (const v1::ContextValue& value : context) {
        if (value.many() || value.values_size() != 1)
            asked.context.setMany(value.key(), {value.values().begin(), value.values().end()});
        else
            asked.context.set(value.key(), value.values(0));
    }
    return asked;
}

// The answers of a simulation, with the policies that made them listed once.
class Simulation final {
public:
    Simulation(const AccessControl& access, const v1::SimulateAccessRequest& request)
        : m_access(access), m_request(request)
    {
    }

    absl::StatusOr<v1::SimulateAccessResponse> run()
    {
        const int resources = std::max(m_request.resources_size(), 1);
        if (static_cast<std::int64_t>(m_request.principal_arns_size()) * m_request.actions_size() *
                resources > kMaxCells)
            return validationError(absl::StrCat("At most ", kMaxCells, " answers at a time."));
        for (const std::string& principal : m_request.principal_arns()) {
            const auto credential = credentialOf(m_access, principal);
            if (!credential.ok())
                return credential.status();
            for (const std::string& action : m_request.actions()) {
                for (int i = 0; i < resources; ++i) {
                    const bool any = m_request.resources_size() == 0;
                    decide(*credential, principal, action, any ? "*" : m_request.resources(i));
                }
            }
        }
        return std::move(m_response);
    }

private:
    void decide(const iam::Credential& credential, const std::string& principal,
                const std::string& action, const std::string& resource)
    {
        const iam::AccessRequest asked =
            requestOf(m_access, credential, action, resource, m_request.context());
        v1::SimulatedDecision& out = *m_response.add_decisions();
        out.set_principal_arn(principal);
        out.set_action(action);
        out.set_resource(asked.resource);
        out.set_policy(-1);
        if (m_access.isRoot(credential)) {
            out.set_allowed(true);
            out.set_reason(AccessControl::kRootReason);
            return;
        }
        const iam::PolicySet policies = m_access.policiesFor(credential, asked);
        std::vector<iam::StatementOutcome> outcomes;
        const iam::Decision decision =
            iam::evaluate(asked, policies, m_request.brief() ? nullptr : &outcomes);
        out.set_allowed(decision.allowed());
        out.set_explicit_deny(decision.verdict == iam::Verdict::ExplicitDeny);
        out.set_reason(iam::explain(asked, decision));
        if (m_request.brief())
            return;
        if (decision.statement) {
            out.set_policy(indexOf(*decision.statement));
            out.set_statement(static_cast<int>(decision.statement->index));
        }
        for (const iam::StatementOutcome& outcome : outcomes)
            add(asked, outcome, out);
        addMissing(asked, policies, out);
    }

    void add(const iam::AccessRequest& asked, const iam::StatementOutcome& outcome,
             v1::SimulatedDecision& out)
    {
        v1::StatementOutcome& to = *out.add_outcomes();
        to.set_policy(indexOf(outcome.statement));
        to.set_statement(static_cast<int>(outcome.statement.index));
        to.set_label(outcome.statement.statement().label(outcome.statement.index));
        to.set_line(outcome.statement.statement().line);
        to.set_applies(outcome.result == iam::StatementOutcome::Result::Applies);
        to.set_explanation(iam::explain(asked, outcome));
    }

    static void addMissing(const iam::AccessRequest& asked, const iam::PolicySet& policies,
                           v1::SimulatedDecision& out)
    {
        std::set<std::string> missing;
        const auto look = [&](const iam::NamedPolicy& policy) {
            for (std::string& key : policy.policy->contextKeys()) {
                if (!asked.context.find(key))
                    missing.insert(std::move(key));
            }
        };
        std::for_each(policies.identity.begin(), policies.identity.end(), look);
        if (policies.boundary)
            look(*policies.boundary);
        if (policies.resource)
            look(*policies.resource);
        for (const std::string& key : missing)
            out.add_missing_keys(key);
    }

    int indexOf(const iam::StatementRef& ref)
    {
        const std::string source(iam::sourceName(ref.source));
        const std::string& document = ref.policy->policy->document();
        for (int i = 0; i < m_response.policies_size(); ++i) {
            const v1::SimulatedPolicy& known = m_response.policies(i);
            if (known.name() == ref.policy->name && known.source() == source &&
                known.document() == document)
                return i;
        }
        v1::SimulatedPolicy& added = *m_response.add_policies();
        added.set_name(ref.policy->name);
        added.set_source(source);
        added.set_document(document);
        return m_response.policies_size() - 1;
    }

    const AccessControl& m_access;
    const v1::SimulateAccessRequest& m_request;
    v1::SimulateAccessResponse m_response;
};

v1::ValidatePolicyResponse validate(const v1::ValidatePolicyRequest& request,
                                    const iam::ActionCatalogue& catalogue)
{
    const auto kind = static_cast<iam::PolicyKind>(request.use());
    const std::size_t limit = kind == iam::PolicyKind::Trust      ? iam::Policy::kTrustCharacters
                              : kind == iam::PolicyKind::Resource ? iam::Policy::kResourceCharacters
                                                                  : iam::Policy::kManagedCharacters;
    v1::ValidatePolicyResponse response;
    for (v1::PolicyIssue& issue : iam::checkPolicy(request.document(), kind, limit, catalogue))
        *response.add_issues() = std::move(issue);
    response.set_limit(static_cast<int>(limit));
    response.set_characters(static_cast<int>(
        std::count_if(request.document().begin(), request.document().end(), [](char c) {
            return !absl::ascii_isspace(static_cast<unsigned char>(c)) &&
                   (static_cast<unsigned char>(c) & 0xc0) != 0x80;
        })));
    return response;
}

void fill(const AuditLog::Use& use, v1::UsedAccess& out)
{
    out.set_action(use.action);
    out.set_resource(use.resource);
    out.set_allowed(use.allowed);
    out.set_count(use.count);
    out.set_first_ms(use.firstMs);
    out.set_last_ms(use.lastMs);
}

// Whether policies of the identity have a say. They have none where the policy of the resource decides
// alone, as that of a key which a service manages does.
bool hasOwnSay(const AccessControl& access, const iam::Credential& credential,
               const iam::AccessRequest& asked)
{
    static const iam::PolicyPtr everything = *iam::Policy::parse(
        R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})",
        iam::PolicyKind::Identity);
    iam::PolicySet policies = access.policiesFor(credential, asked);
    policies.identity = {{"everything", everything}};
    policies.boundary.reset();
    policies.session.clear();
    return iam::evaluate(asked, policies).allowed();
}

// The log groups of the functions that run with the role.
std::vector<std::string> logGroups(const Registry& registry, const std::string& principal)
{
    std::vector<std::string> groups;
    for (const auto& [name, function] : registry.functions()) {
        if (iam::auditPrincipal(function->latest->configuration.role()) == principal)
            groups.push_back(absl::StrCat("arn:aws:logs:", registry.place().region, ":",
                                          registry.place().accountId, ":log-group:/aws/lambda/", name));
    }
    return groups;
}

void generate(const AccessControl& access, AuditLog& log, const Registry& registry,
              const v1::GeneratePolicyRequest& request,
              const Reply<v1::GeneratePolicyResponse>& reply)
{
    const auto credential = credentialOf(access, request.principal_arn());
    if (!credential.ok())
        return reply(credential.status());
    const std::string principal = iam::auditPrincipal(request.principal_arn());
    std::vector<std::string> now;
    for (const iam::NamedPolicy& policy : access.directory().policiesOf(*credential).identity)
        now.push_back(policy.policy->document());
    log.usage(principal, [&access, credential = *credential, request, reply, now,
                          groups = logGroups(registry, principal)](
                             const absl::StatusOr<AuditLog::Usage>& usage) {
        if (!usage.ok())
            return reply(usage.status());
        std::vector<AuditLog::Use> uses = usage->uses;
        std::erase_if(uses, [&](const AuditLog::Use& use) {
            return !hasOwnSay(access, credential,
                              requestOf(access, credential, use.action, use.resource, {}));
        });
        v1::GeneratePolicyResponse response;
        response.set_document(iam::leastPrivilege(uses, request.with_denied(), groups));
        response.set_current(iam::joinedDocument(now));
        for (const AuditLog::Use& use : uses)
            response.set_calls(response.calls() + (use.allowed || request.with_denied() ? use.count : 0));
        reply(std::move(response));
    });
}

void preview(const AccessControl& access, AuditLog& log, const v1::PreviewPolicyRequest& request,
             const Reply<v1::PreviewPolicyResponse>& reply)
{
    const auto credential = credentialOf(access, request.principal_arn());
    if (!credential.ok())
        return reply(credential.status());
    auto document = iam::Policy::parse(request.document(), iam::PolicyKind::Identity,
                                       {iam::Policy::kRoleInlineCharacters});
    if (!document.ok())
        return reply(makeError("MalformedPolicyDocument", 400,
                               std::string(view(document.status().message()))));
    log.usage(iam::auditPrincipal(request.principal_arn()),
              [&access, credential = *credential, document = *document,
               reply](const absl::StatusOr<AuditLog::Usage>& usage) {
                  if (!usage.ok())
                      return reply(usage.status());
                  v1::PreviewPolicyResponse response;
                  for (const AuditLog::Use& use : usage->uses) {
                      const iam::AccessRequest asked =
                          requestOf(access, credential, use.action, use.resource, {});
                      iam::PolicySet policies = access.policiesFor(credential, asked);
                      policies.identity = {{"the new policy", document}};
                      const iam::Decision decision = iam::evaluate(asked, policies);
                      v1::PreviewedCall& call = *response.add_calls();
                      fill(use, *call.mutable_call());
                      const bool own = hasOwnSay(access, credential, asked);
                      call.set_allowed_then(own ? decision.allowed() : use.allowed);
                      call.set_reason(own ? iam::explain(asked, decision)
                                          : "The policy of the resource decides it alone.");
                      if (use.allowed && !call.allowed_then())
                          response.set_would_be_denied(response.would_be_denied() + use.count);
                  }
                  reply(std::move(response));
              });
}

void use(const AccessControl& access, AuditLog& log, const v1::GetAccessUseRequest& request,
         const Reply<v1::AccessUse>& reply)
{
    const auto credential = credentialOf(access, request.principal_arn());
    if (!credential.ok())
        return reply(credential.status());
    log.usage(iam::auditPrincipal(request.principal_arn()),
              [&access, credential = *credential,
               reply](const absl::StatusOr<AuditLog::Usage>& usage) {
                  if (!usage.ok())
                      return reply(usage.status());
                  v1::AccessUse response;
                  response.set_recorded_since_ms(usage->sinceMs);
                  for (const AuditLog::Use& each : usage->uses)
                      fill(each, *response.add_used());
                  const iam::PolicySet policies = access.directory().policiesOf(credential);
                  for (v1::GrantedAccess& each : iam::grantedAccess(policies, usage->uses))
                      *response.add_granted() = std::move(each);
                  reply(std::move(response));
              });
}

} // namespace

void registerAccess(OperationTable& table, const AccessControl& access, AuditLog& log,
                    const Registry& registry, const iam::ActionCatalogue& catalogue)
{
    table.on<v1::SimulateAccessRequest, v1::SimulateAccessResponse>(
        [&access](const CallPtr&, const auto& request, const auto& reply) {
            reply(Simulation(access, request).run());
        });
    table.on<v1::ValidatePolicyRequest, v1::ValidatePolicyResponse>(
        [&catalogue](const CallPtr&, const auto& request, const auto& reply) {
            reply(validate(request, catalogue));
        });
    table.on<v1::ListFindingsRequest, v1::ListFindingsResponse>(
        [&access, &log](const CallPtr&, const auto&, const auto& reply) {
            log.usage({}, [&access, reply](const absl::StatusOr<AuditLog::Usage>& usage) {
                if (!usage.ok())
                    return reply(usage.status());
                v1::ListFindingsResponse response;
                for (v1::Finding& finding : iam::findAccess(access, *usage))
                    *response.add_findings() = std::move(finding);
                reply(std::move(response));
            });
        });
    table.on<v1::GetAccessUseRequest, v1::AccessUse>(
        [&access, &log](const CallPtr&, const auto& request, const auto& reply) {
            use(access, log, request, reply);
        });
    table.on<v1::GeneratePolicyRequest, v1::GeneratePolicyResponse>(
        [&access, &log, &registry](const CallPtr&, const auto& request, const auto& reply) {
            generate(access, log, registry, request, reply);
        });
    table.on<v1::PreviewPolicyRequest, v1::PreviewPolicyResponse>(
        [&access, &log](const CallPtr&, const auto& request, const auto& reply) {
            preview(access, log, request, reply);
        });
}

} // namespace gantry::api
