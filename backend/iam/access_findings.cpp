#include "backend/iam/access_findings.h"

#include "backend/base/text.h"
#include "backend/iam/explain.h"
#include "backend/iam/policy_values.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>

namespace gantry::iam {
namespace {

using Finding = v1::Finding;

std::string conditionText(const Statement& statement)
{
    return absl::StrJoin(statement.conditions, "; ", [](std::string* out, const Condition& each) {
        absl::StrAppend(out, each.key(), " ", each.name(), " ", absl::StrJoin(each.values(), ", "));
    });
}

// Whom a principal of a policy lets in from outside; empty for the account's own and for services,
// which act for whoever configured them.
std::string outsider(const PrincipalPattern& principal, const std::string& account)
{
    switch (principal.kind) {
    case PrincipalPattern::Kind::Everyone:
        return "*";
    case PrincipalPattern::Kind::Account:
        return principal.value == account ? "" : principal.value;
    case PrincipalPattern::Kind::Arn: {
        const auto parts = splitArn(principal.value);
        return parts && (*parts)[4] == account ? "" : principal.value;
    }
    case PrincipalPattern::Kind::Service:
        return {};
    default:
        return principal.source;
    }
}

void addOutsiders(const std::string& resource, const Policy& policy, const std::string& account,
                  std::vector<Finding>& out)
{
    for (std::size_t i = 0; i < policy.statements().size(); ++i) {
        const Statement& statement = policy.statements()[i];
        if (!statement.allows)
            continue;
        std::vector<std::string> outsiders;
        if (statement.notPrincipal)
            outsiders.emplace_back("*");
        for (const PrincipalPattern& principal : statement.principals) {
            const std::string who = statement.notPrincipal ? "" : outsider(principal, account);
            if (!who.empty())
                outsiders.push_back(who);
        }
        for (const std::string& who : outsiders) {
            Finding finding;
            finding.set_kind(Finding::EXTERNAL_ACCESS);
            finding.set_resource(resource);
            finding.set_principal(who);
            for (const PolicyPattern& action : statement.actions)
                finding.add_actions((statement.notAction ? "not " : "") + action.source());
            finding.set_condition(conditionText(statement));
            finding.set_is_public(who == "*" && statement.conditions.empty());
            finding.set_statement(statement.label(i));
            finding.set_detail(absl::StrCat(
                finding.is_public() ? "Everybody may use it"
                : who == "*"        ? "Everybody who meets the condition may use it"
                                    : absl::StrCat(who, ", which is not of this account, may use it"),
                " by ", statement.label(i), "."));
            out.push_back(std::move(finding));
        }
    }
}

void addUnreadable(const std::string& resource, const absl::Status& why, std::vector<Finding>& out)
{
    Finding finding;
    finding.set_kind(Finding::UNREADABLE_POLICY);
    finding.set_resource(resource);
    finding.set_detail(absl::StrCat("Its policy cannot be read, so it denies everything: ",
                                    why.message()));
    out.push_back(std::move(finding));
}

void addExternal(const AccessControl& access, std::vector<Finding>& out)
{
    const Directory& directory = access.directory();
    const std::string& account = directory.account().id();
    for (const auto& [arn, document] : access.resourcePolicies()) {
        const auto policy =
            Policy::parse(document, PolicyKind::Resource, {std::size_t(-1)});
        policy.ok() ? addOutsiders(arn, **policy, account, out)
                    : addUnreadable(arn, policy.status(), out);
    }
    for (const auto& [name, role] : directory.identities(IdentityKind::Role).rows()) {
        const std::string arn = directory.arn(IdentityKind::Role, *role);
        const auto policy = Policy::parse(role->trust(), PolicyKind::Trust, {std::size_t(-1)});
        policy.ok() ? addOutsiders(arn, **policy, account, out)
                    : addUnreadable(arn, policy.status(), out);
    }
}

std::vector<AuditLog::Use> usesOf(const AuditLog::Usage& usage, const std::string& principal)
{
    std::vector<AuditLog::Use> uses;
    std::copy_if(usage.uses.begin(), usage.uses.end(), std::back_inserter(uses),
                 [&](const AuditLog::Use& use) { return use.principal == principal; });
    return uses;
}

void addUnusedOf(const std::string& arn, const PolicySet& policies,
                 const std::vector<AuditLog::Use>& uses, std::vector<Finding>& out)
{
    Finding unused;
    unused.set_kind(Finding::UNUSED_PERMISSION);
    unused.set_resource(arn);
    for (const v1::GrantedAccess& granted : grantedAccess(policies, uses)) {
        if (!granted.allows())
            continue;
        const bool everywhere = granted.resources_size() == 1 && granted.resources(0) == "*";
        if (granted.action() == "*" && everywhere && !granted.not_action()) {
            Finding broad;
            broad.set_kind(Finding::BROAD_PERMISSION);
            broad.set_resource(arn);
            broad.add_actions("*");
            broad.set_statement(granted.statement());
            broad.set_detail(absl::StrCat(granted.policy(), " allows every action on every resource."));
            out.push_back(std::move(broad));
        }
        if (granted.count() == 0 && !granted.not_action())
            unused.add_actions(granted.action());
    }
    if (unused.actions_size() == 0)
        return;
    unused.set_detail(absl::StrCat(unused.actions_size(), unused.actions_size() == 1 ? " action" : " actions",
                                   " that it may do and did not since the record began."));
    out.push_back(std::move(unused));
}

void addUnused(const AccessControl& access, const AuditLog::Usage& usage, std::vector<Finding>& out)
{
    const Directory& directory = access.directory();
    for (const IdentityKind kind : {IdentityKind::Role, IdentityKind::User}) {
        for (const auto& [key, identity] : directory.identities(kind).rows()) {
            const std::string arn = directory.arn(kind, *identity);
            const auto uses = usesOf(usage, auditPrincipal(arn));
            if (uses.empty() && kind == IdentityKind::Role) {
                Finding finding;
                finding.set_kind(Finding::UNUSED_ROLE);
                finding.set_resource(arn);
                finding.set_detail("No call was made with this role since the record began.");
                out.push_back(std::move(finding));
            }
            addUnusedOf(arn, directory.policiesOf(kind, *identity), uses, out);
        }
    }
}

void addGranted(const NamedPolicy& named, const std::vector<AuditLog::Use>& uses,
                std::vector<v1::GrantedAccess>& out)
{
    const PolicyContext none;
    for (std::size_t i = 0; i < named.policy->statements().size(); ++i) {
        const Statement& statement = named.policy->statements()[i];
        for (const PolicyPattern& action : statement.actions) {
            v1::GrantedAccess granted;
            granted.set_policy(named.name);
            granted.set_policy_source(std::string(sourceName(PolicySource::Identity)));
            granted.set_statement(statement.label(i));
            granted.set_allows(statement.allows);
            granted.set_action(action.source());
            granted.set_not_action(statement.notAction);
            for (const ResourcePattern& resource : statement.resources)
                granted.add_resources((statement.notResource ? "not " : "") + resource.source());
            for (const AuditLog::Use& use : uses) {
                const bool there =
                    statement.notResource ||
                    std::any_of(statement.resources.begin(), statement.resources.end(),
                                [&](const ResourcePattern& r) { return r.matches(use.resource, none); });
                if (!use.allowed || !there || !action.matches(use.action, none))
                    continue;
                granted.set_count(granted.count() + use.count);
                granted.set_last_used_ms(std::max(granted.last_used_ms(), use.lastMs));
            }
            out.push_back(std::move(granted));
        }
    }
}

} // namespace

std::vector<Finding> findAccess(const AccessControl& access, const AuditLog::Usage& usage)
{
    std::vector<Finding> findings;
    addExternal(access, findings);
    addUnused(access, usage, findings);
    return findings;
}

std::vector<v1::GrantedAccess> grantedAccess(const PolicySet& policies,
                                             const std::vector<AuditLog::Use>& uses)
{
    std::vector<v1::GrantedAccess> granted;
    for (const NamedPolicy& policy : policies.identity)
        addGranted(policy, uses, granted);
    return granted;
}

} // namespace gantry::iam
