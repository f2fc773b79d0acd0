#include "backend/keys/key_store.h"

#include "backend/keys/key_rules.h"

#include <absl/strings/match.h>
#include <absl/strings/str_replace.h>
#include <boost/json/parse.hpp>

#include <utility>

// Policies of keys, and what policies see of keys.
namespace gantry::keys {
namespace {

constexpr std::size_t kMaxPolicyBytes = 32'768;
constexpr std::string_view kDefaultName = "default";
constexpr std::string_view kManagedAlias = "alias/aws/";

// The policy that AWS gives a key that is made without one: the policies of the account's identities
// decide.
constexpr std::string_view kDefaultPolicy =
    R"({"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":)"
    R"("Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":)"
    R"("arn:aws:iam::{account}:root"},"Action":"kms:*","Resource":"*"}]})";
// That of the keys that AWS makes for its services: everyone in the account may use them, through
// the service only.
constexpr std::string_view kServicePolicy =
    R"({"Version":"2012-10-17","Id":"auto-{service}","Statement":[{"Sid":)"
    R"("Allow access through {service} for all principals in the account that are authorized to use )"
    R"({service}","Effect":"Allow","Principal":{"AWS":"*"},"Action":["kms:Encrypt","kms:Decrypt",)"
    R"("kms:ReEncrypt*","kms:GenerateDataKey*","kms:CreateGrant","kms:DescribeKey"],"Resource":"*",)"
    R"("Condition":{"StringEquals":{"kms:CallerAccount":"{account}","kms:ViaService":)"
    R"("{service}.{region}.amazonaws.com"}}},{"Sid":)"
    R"("Allow direct access to key metadata to the account","Effect":"Allow","Principal":{"AWS":)"
    R"("arn:aws:iam::{account}:root"},"Action":["kms:Describe*","kms:Get*","kms:List*",)"
    R"("kms:RevokeGrant"],"Resource":"*"}]})";

absl::Status noSuchPolicy()
{
    return makeError("NotFoundException", 400, "No such policy exists");
}

template <class Request> bool namesDefault(const Request& request)
{
    return !request.has_policy_name() || request.policy_name() == kDefaultName;
}

} // namespace

absl::Status checkKeyPolicy(const std::string& policy)
{
    boost::json::error_code error;
    const auto document = boost::json::parse(policy, error);
    if (error || !document.is_object() || !document.get_object().contains("Statement")) {
        return makeError("MalformedPolicyDocumentException", 400,
                         "The policy is not a JSON object with a Statement.");
    }
    if (policy.size() > kMaxPolicyBytes)
        return makeError("LimitExceededException", 400, "A key policy has 32,768 bytes at most.");
    return absl::OkStatus();
}

std::string KeyStore::policyOf(const record::KeyRecord& key) const
{
    if (!key.policy().empty())
        return key.policy();
    std::string service;
    for (const auto& [name, alias] : m_aliases.all()) {
        if (key.aws_managed() && alias->key_id() == key.id() &&
            absl::StartsWith(name, view(kManagedAlias)))
            service = name.substr(kManagedAlias.size());
    }
    return absl::StrReplaceAll(view(service.empty() ? kDefaultPolicy : kServicePolicy),
                               {{"{account}", m_place.accountId},
                                {"{region}", m_place.region},
                                {"{service}", service}});
}

std::optional<std::string> KeyStore::policyDocument(const std::string& arn) const
{
    if (!absl::StartsWith(arn, keyArn("")))
        return std::nullopt; // an alias has none
    const auto key = find(arn);
    return key.ok() ? std::optional(policyOf(**key)) : std::nullopt;
}

std::vector<std::pair<std::string, std::string>> KeyStore::givenPolicies() const
{
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& [id, key] : m_keys.all()) {
        if (!key->policy().empty())
            all.emplace_back(keyArn(id), key->policy());
    }
    return all;
}

absl::StatusOr<KeyStore::Facts> KeyStore::factsOf(const std::string& keyId) const
{
    const auto key = find(keyId);
    if (!key.ok())
        return key.status();
    Facts facts;
    facts.arn = keyArn((*key)->id());
    facts.tags = {(*key)->tags().begin(), (*key)->tags().end()};
    for (const auto& [name, alias] : m_aliases.all()) {
        if (alias->key_id() == (*key)->id())
            facts.aliases.push_back(name);
    }
    return facts;
}

absl::StatusOr<aws::kms::GetKeyPolicyResponse>
KeyStore::policy(const aws::kms::GetKeyPolicyRequest& request) const
{
    const auto key = find(request.key_id());
    if (!key.ok())
        return key.status();
    if (!namesDefault(request))
        return noSuchPolicy();
    aws::kms::GetKeyPolicyResponse response;
    response.set_policy_name(std::string(kDefaultName));
    response.set_policy(policyOf(**key));
    return response;
}

absl::StatusOr<aws::kms::ListKeyPoliciesResponse>
KeyStore::policyNames(const aws::kms::ListKeyPoliciesRequest& request) const
{
    if (const auto key = find(request.key_id()); !key.ok())
        return key.status();
    aws::kms::ListKeyPoliciesResponse response;
    response.add_policy_names(std::string(kDefaultName));
    response.set_truncated(false);
    return response;
}

void KeyStore::putPolicy(const aws::kms::PutKeyPolicyRequest& request, Done done)
{
    if (!namesDefault(request))
        return done(noSuchPolicy());
    if (absl::Status status = checkKeyPolicy(request.policy()); !status.ok())
        return done(status);
    edit(
        request.key_id(),
        [this, policy = request.policy()](record::KeyRecord& key) {
            if (key.aws_managed())
                return managedByAws(keyArn(key.id()));
            key.set_policy(policy);
            return absl::OkStatus();
        },
        statusOnly<KeyPtr>(std::move(done)));
}

} // namespace gantry::keys
