#include "backend/api/iam_topics.h"
#include "backend/iam/explain.h"
#include "backend/iam/policy_values.h"

#include <absl/strings/match.h>

#include <algorithm>
#include <set>

// The simulators: the evaluator itself, asked about calls that nobody makes.
namespace gantry::api {
namespace {

using namespace aws::iam;

absl::StatusOr<iam::NamedPolicy> compile(const std::string& document, const std::string& name,
                                         iam::PolicyKind kind)
{
    auto parsed = iam::Policy::parse(document, kind, {iam::Policy::kResourceCharacters});
    if (!parsed.ok())
        return makeError("InvalidInput", 400,
                         absl::StrCat(name, ": ", parsed.status().message()));
    return iam::NamedPolicy{name, *std::move(parsed)};
}

template <class Documents>
absl::Status compileAll(const Documents& documents, const char* prefix,
                        std::vector<iam::NamedPolicy>& out)
{
    for (const std::string& document : documents) {
        auto policy = compile(document, absl::StrCat(prefix, ".", out.size() + 1),
                              iam::PolicyKind::Identity);
        if (!policy.ok())
            return policy.status();
        out.push_back(*std::move(policy));
    }
    return absl::OkStatus();
}

// The user, group or role of an ARN.
absl::StatusOr<std::pair<IdentityKind, const record::Identity*>>
identityOf(const Directory& now, const std::string& arn)
{
    const auto parts = iam::splitArn(arn);
    const std::string_view resource = parts ? (*parts)[5] : std::string_view();
    const std::string name(resource.substr(resource.rfind('/') + 1));
    const auto kind = resource.starts_with("user/")    ? IdentityKind::User
                      : resource.starts_with("group/") ? IdentityKind::Group
                                                       : IdentityKind::Role;
    const record::Identity* identity = now.find(kind, name);
    if (!identity)
        return noSuchIdentity(kind, name);
    return std::pair(kind, identity);
}

template <class Request>
iam::AccessRequest requestOf(const Directory& now, const Request& request, const std::string& caller)
{
    iam::AccessRequest asked;
    asked.caller = iam::Caller::of(request.has_caller_arn() ? request.caller_arn() : caller);
    const auto owner = iam::splitArn(request.resource_owner());
    asked.resourceAccount = owner ? std::string((*owner)[4])
                            : request.has_resource_owner() ? request.resource_owner()
                                                           : now.account().id();
    asked.context.set("aws:PrincipalArn", asked.caller.arn);
    asked.context.set("aws:PrincipalAccount", asked.caller.accountId);
    if (asked.caller.kind == iam::Caller::Kind::User)
        asked.context.set("aws:username",
                          asked.caller.arn.substr(asked.caller.arn.rfind('/') + 1));
    for (const ContextEntry& entry : request.context_entries()) {
        std::vector<std::string> values(entry.context_key_values().begin(),
                                        entry.context_key_values().end());
        if (entry.context_key_type().ends_with("List") || values.size() != 1)
            asked.context.setMany(entry.context_key_name(), std::move(values));
        else
            asked.context.set(entry.context_key_name(), std::move(values.front()));
    }
    return asked;
}

const char* verdictName(iam::Verdict verdict)
{
    return verdict == iam::Verdict::Allowed        ? "allowed"
           : verdict == iam::Verdict::ExplicitDeny ? "explicitDeny"
                                                   : "implicitDeny";
}

const char* typeName(iam::PolicySource source)
{
    return source == iam::PolicySource::Resource ? "Resource Policy" : "IAM Policy";
}

// What the decisive statements and the missing keys of one decision are.
void fillResult(const iam::AccessRequest& asked, const iam::PolicySet& policies,
                EvaluationResult& out)
{
    std::vector<iam::StatementOutcome> outcomes;
    const iam::Decision decision = iam::evaluate(asked, policies, &outcomes);
    out.set_eval_action_name(asked.action);
    out.set_eval_resource_name(asked.resource);
    out.set_eval_decision(verdictName(decision.verdict));
    for (const iam::StatementOutcome& outcome : outcomes) {
        if (outcome.result != iam::StatementOutcome::Result::Applies)
            continue;
        Statement& matched = *out.add_matched_statements();
        matched.set_source_policy_id(outcome.statement.policy->name);
        matched.set_source_policy_type(typeName(outcome.statement.source));
        matched.mutable_start_position()->set_line(outcome.statement.statement().line);
    }
    std::set<std::string> missing;
    const auto look = [&](const iam::NamedPolicy& policy) {
        for (std::string& key : policy.policy->contextKeys()) {
            if (!asked.context.find(key))
                missing.insert(std::move(key));
        }
    };
    std::for_each(policies.identity.begin(), policies.identity.end(), look);
    if (policies.resource)
        look(*policies.resource);
    for (const std::string& key : missing)
        out.add_missing_context_values(key);
    if (policies.boundary) {
        iam::PolicySet bounded;
        bounded.identity = {*policies.boundary};
        out.mutable_permissions_boundary_decision_detail()->set_allowed_by_permissions_boundary(
            iam::evaluate(asked, bounded).allowed());
    }
}

template <class Request>
absl::StatusOr<SimulatePolicyResponse> simulate(const Directory& now, const Request& request,
                                                iam::PolicySet policies, const std::string& caller)
{
    if (absl::Status status =
            compileAll(request.policy_input_list(), "PolicyInputList", policies.identity);
        !status.ok())
        return status;
    std::vector<iam::NamedPolicy> boundaries;
    if (absl::Status status = compileAll(request.permissions_boundary_policy_input_list(),
                                         "PermissionsBoundaryPolicyInputList", boundaries);
        !status.ok())
        return status;
    if (boundaries.size() > 1)
        return makeError("InvalidInput", 400, "There can be one permissions boundary.");
    if (!boundaries.empty())
        policies.boundary = std::move(boundaries.front());
    if (request.has_resource_policy()) {
        auto policy =
            compile(request.resource_policy(), "ResourcePolicy", iam::PolicyKind::Resource);
        if (!policy.ok())
            return policy.status();
        policies.resource = *std::move(policy);
        // A key policy: IAM policies count only where it names the account.
        policies.resourceDelegates =
            request.resource_arns_size() > 0 &&
            absl::StartsWith(request.resource_arns(0), "arn:aws:kms:");
    }
    std::vector<std::string> resources(request.resource_arns().begin(),
                                       request.resource_arns().end());
    if (resources.empty())
        resources.emplace_back("*");
    SimulatePolicyResponse response;
    response.set_is_truncated(false);
    iam::AccessRequest asked = requestOf(now, request, caller);
    for (const std::string& action : request.action_names()) {
        for (const std::string& resource : resources) {
            asked.action = action;
            asked.resource = resource;
            fillResult(asked, policies, *response.add_evaluation_results());
        }
    }
    return response;
}

absl::StatusOr<SimulatePolicyResponse>
simulatePrincipal(const Directory& now, const SimulatePrincipalPolicyRequest& request)
{
    const auto found = identityOf(now, request.policy_source_arn());
    if (!found.ok())
        return found.status();
    const auto [kind, identity] = *found;
    // A role's requests are made by its sessions.
    const std::string caller =
        kind == IdentityKind::Role
            ? absl::StrCat("arn:aws:sts::", now.account().id(), ":assumed-role/", identity->name(),
                           "/simulated")
            : request.policy_source_arn();
    return simulate(now, request, now.policiesOf(kind, *identity), caller);
}

template <class Policies> GetContextKeysForPolicyResponse keysOf(const Policies& policies)
{
    std::set<std::string> keys;
    for (const iam::NamedPolicy& policy : policies) {
        for (std::string& key : policy.policy->contextKeys())
            keys.insert(std::move(key));
    }
    GetContextKeysForPolicyResponse response;
    for (const std::string& key : keys)
        response.add_context_key_names(key);
    return response;
}

} // namespace

void registerIamSimulation(OperationTable& table, Directory& directory)
{
    onRead<SimulateCustomPolicyRequest, SimulatePolicyResponse>(
        table, directory, [](const Directory& now, const SimulateCustomPolicyRequest& request) {
            return simulate(now, request, iam::PolicySet(),
                            absl::StrCat("arn:aws:iam::", now.account().id(), ":user/simulated"));
        });
    onRead<SimulatePrincipalPolicyRequest, SimulatePolicyResponse>(table, directory,
                                                                   simulatePrincipal);
    onRead<GetContextKeysForCustomPolicyRequest, GetContextKeysForPolicyResponse>(
        table, directory,
        [](const Directory&, const GetContextKeysForCustomPolicyRequest& request)
            -> absl::StatusOr<GetContextKeysForPolicyResponse> {
            std::vector<iam::NamedPolicy> policies;
            if (absl::Status status =
                    compileAll(request.policy_input_list(), "PolicyInputList", policies);
                !status.ok())
                return status;
            return keysOf(policies);
        });
    onRead<GetContextKeysForPrincipalPolicyRequest, GetContextKeysForPolicyResponse>(
        table, directory,
        [](const Directory& now, const GetContextKeysForPrincipalPolicyRequest& request)
            -> absl::StatusOr<GetContextKeysForPolicyResponse> {
            const auto found = identityOf(now, request.policy_source_arn());
            if (!found.ok())
                return found.status();
            std::vector<iam::NamedPolicy> policies =
                now.policiesOf(found->first, *found->second).identity;
            if (absl::Status status =
                    compileAll(request.policy_input_list(), "PolicyInputList", policies);
                !status.ok())
                return status;
            return keysOf(policies);
        });
}

} // namespace gantry::api
