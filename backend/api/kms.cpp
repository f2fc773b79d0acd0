#include "backend/api/kms.h"

#include "aws/kms.pb.h"
#include "backend/api/store_operations.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/iam/access.h"
#include "backend/keys/key_store.h"

#include <absl/strings/str_cat.h>

#include <utility>

namespace gantry::api {
namespace {

using google::protobuf::Empty;
using keys::KeyStore;

template <class Request> void onEnable(OperationTable& table, KeyStore& keys, bool enabled)
{
    table.on<Request, Empty>(
        [&keys, enabled](const CallPtr&, const Request& request, Reply<Empty> reply) {
            keys.setEnabled(request.key_id(), enabled,
                            [reply = std::move(reply)](const absl::Status& status) {
                                status.ok() ? reply(Empty()) : reply(status);
                            });
        });
}

// That the policy can be read, and that its author can still change it: "a safety check that makes
// sure that the key does not become unmanageable" (PutKeyPolicy in the KMS reference). The root of
// the account can always.
absl::Status checkPolicy(const iam::AccessControl& access, const Call& call,
                         const std::string& document, bool bypass, const std::string& key)
{
    auto policy =
        iam::Policy::parse(document, iam::PolicyKind::Resource, {std::size_t(-1)});
    if (!policy.ok())
        return makeError("MalformedPolicyDocumentException", 400,
                         std::string(view(policy.status().message())));
    if (bypass || !call.credential || access.isRoot(*call.credential))
        return absl::OkStatus();
    iam::AccessRequest asked = access.describe(*call.credential, "kms:PutKeyPolicy", key);
    asked.context.set("kms:CallerAccount", call.accountId);
    iam::PolicySet policies = access.directory().policiesOf(*call.credential);
    policies.resource = iam::NamedPolicy{"of the key", *std::move(policy)};
    policies.resourceDelegates = true;
    if (access.decide(asked, policies).allowed())
        return absl::OkStatus();
    return makeError("MalformedPolicyDocumentException", 400,
                     "The new key policy will not allow you to update the key policy in the "
                     "future.");
}

void onPolicies(OperationTable& table, KeyStore& keys, const iam::AccessControl& access)
{
    table.on<aws::kms::PutKeyPolicyRequest, Empty>(
        [&keys, &access](const CallPtr& call, const auto& request, Reply<Empty> reply) {
            const auto arn = keys.arnOf(request.key_id());
            absl::Status checked = arn.status();
            if (checked.ok())
                checked = checkPolicy(access, *call, request.policy(),
                                      request.bypass_policy_lockout_safety_check(), *arn);
            if (!checked.ok())
                return reply(checked);
            keys.putPolicy(request, [reply = std::move(reply)](const absl::Status& status) {
                status.ok() ? reply(Empty()) : reply(status);
            });
        });
    table.on<aws::kms::CreateKeyRequest, aws::kms::CreateKeyResponse>(
        [&keys, &access](const CallPtr& call, const auto& request,
                         Reply<aws::kms::CreateKeyResponse> reply) {
            const iam::Account& account = access.directory().account();
            const absl::Status checked =
                request.has_policy()
                    ? checkPolicy(access, *call, request.policy(),
                                  request.bypass_policy_lockout_safety_check(),
                                  absl::StrCat("arn:aws:kms:", account.region(), ":", account.id(),
                                               ":key/new"))
                    : absl::OkStatus();
            checked.ok() ? keys.create(request, std::move(reply)) : reply(checked);
        });
}

} // namespace

void registerKms(OperationTable& table, KeyStore& keys, const iam::AccessControl& access)
{
    onPolicies(table, keys, access);
    onRead(table, keys, &KeyStore::encrypt);
    onRead(table, keys, &KeyStore::decrypt);
    onRead(table, keys, &KeyStore::reEncrypt);
    onRead(table, keys, &KeyStore::generateDataKey);
    onRead(table, keys, &KeyStore::generateDataKeyWithoutPlaintext);
    onRead(table, keys, &KeyStore::describe);
    onRead(table, keys, &KeyStore::list);
    onRead(table, keys, &KeyStore::policy);
    onRead(table, keys, &KeyStore::policyNames);
    onRead(table, keys, &KeyStore::tags);
    onRead(table, keys, &KeyStore::listAliases);
    onChange(table, keys, &KeyStore::updateDescription);
    onChange(table, keys, &KeyStore::scheduleDeletion);
    onChange(table, keys, &KeyStore::cancelDeletion);
    onChange(table, keys, &KeyStore::rotate);
    onChange(table, keys, &KeyStore::tag);
    onChange(table, keys, &KeyStore::untag);
    onChange(table, keys, &KeyStore::createAlias);
    onChange(table, keys, &KeyStore::updateAlias);
    onChange(table, keys, &KeyStore::deleteAlias);
    onEnable<aws::kms::EnableKeyRequest>(table, keys, true);
    onEnable<aws::kms::DisableKeyRequest>(table, keys, false);
}

} // namespace gantry::api
