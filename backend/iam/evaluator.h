#pragma once

#include "backend/iam/policy.h"
#include "backend/iam/policy_context.h"

#include <absl/types/span.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::iam {

// Who asks. The kinds differ in how Principal elements and boundaries see them.
struct Caller {
    enum class Kind {
        Anonymous,
        User,          // arn:aws:iam::A:user/name
        Role,          // a role itself; requests are made by its sessions
        RoleSession,   // arn:aws:sts::A:assumed-role/name/session
        FederatedUser, // arn:aws:sts::A:federated-user/name
        Root,          // arn:aws:iam::A:root
        Service,       // lambda.amazonaws.com
        Other,
    };

    Kind kind = Kind::Anonymous;
    std::string arn; // or the service's name
    std::string accountId;

    // By the form of the name; the empty name is the anonymous caller.
    static Caller of(std::string_view name);
    // The role of a session, without a path: the session's ARN does not hold it.
    std::string_view sessionRole() const;
};

struct AccessRequest {
    Caller caller;
    std::string action;   // service:Action
    std::string resource; // an ARN, or "*" for an action on no resource
    std::string resourceAccount;
    PolicyContext context;
};

// A policy with the name that explanations give it.
struct NamedPolicy {
    std::string name;
    PolicyPtr policy;
};

struct PolicySet {
    std::vector<NamedPolicy> identity;
    std::optional<NamedPolicy> boundary;
    std::vector<NamedPolicy> session; // none: the session has all that its identity has
    std::optional<NamedPolicy> resource;
    // Trust policies and key policies: the policies of the resource's own account count only when
    // the resource's policy names the account.
    bool resourceDelegates = false;
};

enum class PolicySource { Identity, Boundary, Session, Resource };

enum class Verdict { Allowed, ImplicitDeny, ExplicitDeny };

enum class Because {
    IdentityAllows,
    ResourceAllows,
    BothAllow, // across accounts both must
    ExplicitDeny,
    NoIdentityAllows,
    NoBoundaryAllows,
    NoSessionAllows,
    NoResourceAllows,
};

// A statement by its place.
struct StatementRef {
    PolicySource source = PolicySource::Identity;
    const NamedPolicy* policy = nullptr; // of the PolicySet that was evaluated
    std::size_t index = 0;

    const Statement& statement() const { return policy->policy->statements()[index]; }
};

struct Decision {
    Verdict verdict = Verdict::ImplicitDeny;
    Because because = Because::NoIdentityAllows;
    PolicySource source = PolicySource::Identity; // of what decided, or of what is missing
    std::optional<StatementRef> statement;        // that decided; none for an implicit deny

    bool allowed() const { return verdict == Verdict::Allowed; }
};

// What one statement came to.
struct StatementOutcome {
    enum class Result { Applies, OtherAction, OtherPrincipal, OtherResource, ConditionFails };

    StatementRef statement;
    Result result = Result::Applies;
    std::size_t condition = 0; // of ConditionFails: which
};

// The decision of "Policy evaluation logic" in the IAM user guide: a pure function of its input.
// outcomes, when given, receives every statement and why it did or did not apply.
Decision evaluate(const AccessRequest& request, const PolicySet& policies,
                  std::vector<StatementOutcome>* outcomes = nullptr);

} // namespace gantry::iam
