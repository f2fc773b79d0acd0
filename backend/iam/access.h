#pragma once

#include "backend/iam/credential.h"
#include "backend/iam/directory.h"
#include "backend/iam/evaluator.h"
#include "backend/iam/need.h"
#include "backend/iam/policy_cache.h"

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <google/protobuf/message.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::iam {

// What was decided about one call, in the words of the audit log.
struct Judgement {
    bool allowed = true;
    bool later = false; // by the service itself, which has the trust policy at hand
    std::string reason;
    std::string policy; // that decided; empty: none did
    std::string policySource;
    std::string statement;
};

// Decides every call of a signed caller. The root of the account may do everything, as the profile
// gantry promises. I/O thread only.
class AccessControl final {
public:
    // The policy of a resource, as its service keeps it; nothing when it has none.
    using ResourcePolicy = std::function<std::optional<std::string>(const std::string& arn)>;

    using ResourcePolicies = std::function<std::vector<std::pair<std::string, std::string>>()>;
    using CompleteArn = std::function<std::string(const std::string& arn)>;
    using Tags = std::vector<std::pair<std::string, std::string>>;
    using TagsOf = std::function<Tags(const std::string& arn)>;

    static constexpr char kRootReason[] = "The root of the account may do everything.";
    // Decided by STS itself, which has the role's trust policy at hand.
    static constexpr std::string_view kDecidedByTrust = "sts:AssumeRole";

    explicit AccessControl(const Directory& directory) : m_directory(directory) {}

    const Directory& directory() const { return m_directory; }
    bool isRoot(const Credential& credential) const;

    // Whether a resource's policy must let the account in before the policies of its identities
    // count, as those of KMS keys.
    enum class Trust { Account, Policy };

    // service: as in the ARN.
    void addResourcePolicies(std::string service, ResourcePolicy policies,
                             ResourcePolicies all = {}, Trust trust = Trust::Account);
    // Every policy of a resource, by ARN.
    std::vector<std::pair<std::string, std::string>> resourcePolicies() const;

    // The ARN as policies see it, where a caller may name a resource by less: the path of an
    // identity, the random end of a secret's ARN, the key of an alias.
    void addArns(std::string service, CompleteArn complete);
    std::string completeArn(const std::string& arn) const;

    // The tags of a service's resources, which conditions see as aws:ResourceTag.
    void addTags(std::string service, TagsOf tags);

    // What requests of the type need that the annotations of their operation do not say. The needs
    // that are handed in are those of the annotations, the operation's own first.
    using CompleteNeeds =
        std::function<void(const google::protobuf::Message& request, std::vector<Need>& needs)>;
    void addNeeds(const google::protobuf::Descriptor* request, CompleteNeeds complete);
    void completeNeeds(const google::protobuf::Message& request, std::vector<Need>& needs) const;

    // Fills in the caller and the global condition keys that follow from the credential and the time.
    AccessRequest describe(const Credential& credential, std::string action,
                           std::string resource) const;
    AccessRequest describe(const Credential& credential, const Need& need) const;

    // OK, or AccessDeniedException (403) in AWS's words, with the reason. judgement, when given,
    // receives what the audit log wants to know.
    absl::Status authorize(const Credential& credential, const AccessRequest& request,
                           Judgement* judgement = nullptr) const;

    // The decision with the policies that made it, for who wants to explain it.
    Decision decide(const AccessRequest& request, const PolicySet& policies) const
    {
        return evaluate(request, policies);
    }
    PolicySet policiesFor(const Credential& credential, const AccessRequest& request) const;

private:
    const Directory& m_directory;
    struct Source {
        std::string service;
        ResourcePolicy find;
        ResourcePolicies all;
        Trust trust = Trust::Account;
    };
    std::vector<Source> m_resourcePolicies;
    std::vector<std::pair<std::string, CompleteArn>> m_arns;
    std::vector<std::pair<std::string, TagsOf>> m_tags;
    absl::flat_hash_map<const google::protobuf::Descriptor*, CompleteNeeds> m_needs;
    mutable PolicyCache m_compiled; // of resources
};

} // namespace gantry::iam
