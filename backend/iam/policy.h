#pragma once

#include "backend/iam/policy_condition.h"
#include "backend/iam/policy_context.h"
#include "backend/iam/policy_pattern.h"

#include <absl/status/statusor.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::iam {

// Where a policy is used: it decides which elements it must and must not have.
enum class PolicyKind {
    Identity, // attached to a user, group or role; a boundary; a session policy: no Principal
    Resource, // attached to a resource: a Principal in every statement
    Trust,    // of a role: a Principal and no Resource
};

// One Resource of a policy. ARNs are compared segment by segment: a wildcard does not reach past a
// colon, except in the last segment.
class ResourcePattern final {
public:
    // short ARNs: in identity policies missing segments are wildcards; in resource policies they
    // match nothing unless they have a wildcard ("IAM JSON policy elements: Resource").
    ResourcePattern(std::string_view source, PolicyKind kind, bool variables);

    bool matches(std::string_view resource, const PolicyContext& context) const
    {
        return match(resource, context) == Match::Yes;
    }
    // Whether the resource is surely another one: not when a variable has no value.
    bool excludes(std::string_view resource, const PolicyContext& context) const
    {
        return match(resource, context) == Match::No;
    }
    const std::string& source() const { return m_source; }
    bool isAll() const { return m_all; }
    std::vector<std::string> variableNames() const;

private:
    enum class Match { No, Yes, Unknown };
    Match match(std::string_view resource, const PolicyContext& context) const;

    std::string m_source;
    bool m_all = false;
    std::vector<PolicyPattern> m_segments; // five, after "arn"; empty: matches only "*" itself
};

// One entry of a Principal element.
struct PrincipalPattern {
    enum class Kind { Everyone, Account, Arn, Service, Federated, CanonicalUser };

    Kind kind = Kind::Everyone;
    std::string value; // account id, ARN, service name ...
    std::string source;
};

struct Statement {
    std::string sid;
    int line = 1; // in the document
    bool allows = false;
    bool notPrincipal = false, notAction = false, notResource = false;
    bool hasPrincipal = false, hasResource = false;
    std::vector<PrincipalPattern> principals;
    std::vector<PolicyPattern> actions; // of lower-case texts
    std::vector<ResourcePattern> resources;
    std::vector<Condition> conditions;

    // The name in messages: its Sid, or its place counted from 1.
    std::string label(std::size_t index) const;
};

// A policy document, checked and compiled once. Immutable.
class Policy final {
public:
    struct Limits {
        std::size_t characters = 6'144; // without white space, as AWS counts them
    };

    // Errors name the line and the element: "line 7: Statement 2: Effect: must be Allow or Deny".
    static absl::StatusOr<std::shared_ptr<const Policy>> parse(std::string_view document,
                                                               PolicyKind kind, Limits limits);
    static absl::StatusOr<std::shared_ptr<const Policy>> parse(std::string_view document,
                                                               PolicyKind kind)
    {
        return parse(document, kind, Limits{});
    }

    const std::string& document() const { return m_document; } // as it was given
    const std::string& version() const { return m_version; }
    const std::string& id() const { return m_id; }
    const std::vector<Statement>& statements() const { return m_statements; }
    // The condition keys that it reads, in lower case, sorted.
    std::vector<std::string> contextKeys() const;

    // Quotas: "IAM and AWS STS quotas" in the IAM user guide.
    static constexpr std::size_t kManagedCharacters = 6'144;
    static constexpr std::size_t kUserInlineCharacters = 2'048;
    static constexpr std::size_t kGroupInlineCharacters = 5'120;
    static constexpr std::size_t kRoleInlineCharacters = 10'240;
    static constexpr std::size_t kTrustCharacters = 2'048;
    static constexpr std::size_t kSessionCharacters = 2'048;
    static constexpr std::size_t kResourceCharacters = 20'480; // Lambda's resource policies

private:
    friend class PolicyParser;
    Policy() = default;

    std::string m_document;
    std::string m_version = "2008-10-17";
    std::string m_id;
    std::vector<Statement> m_statements;
};

using PolicyPtr = std::shared_ptr<const Policy>;

} // namespace gantry::iam
