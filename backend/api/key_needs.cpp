#include "backend/api/key_needs.h"

#include "aws/kms.pb.h"
#include "backend/base/text.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <utility>
#include <vector>

// The condition keys of KMS ("Condition keys for AWS KMS" in its developer guide), and what calls
// of KMS itself need.
namespace gantry::api {
namespace {

namespace kms = aws::kms;
using google::protobuf::Message;
using iam::AccessControl;
using iam::Need;

keys::Context contextOf(const google::protobuf::Map<std::string, std::string>& map)
{
    return {map.begin(), map.end()};
}

// As the request names it, where there is no such key.
std::string arnOf(const iam::Account& account, const std::string& keyId)
{
    return absl::StartsWith(keyId, "arn:")
               ? keyId
               : absl::StrCat("arn:aws:kms:", account.region(), ":", account.id(), ":key/", keyId);
}

std::string aliasArn(const AccessControl& access, const std::string& alias)
{
    const iam::Account& account = access.directory().account();
    return absl::StrCat("arn:aws:kms:", account.region(), ":", account.id(), ":", alias);
}

// Requests whose KeyId names the key.
template <class Request> void onKey(AccessControl& access, const KeyUses& uses)
{
    access.addNeeds(Request::descriptor(),
                    [uses](const Message& message, std::vector<Need>& needs) {
                        const auto& request = static_cast<const Request&>(message);
                        keys::Context encryption;
                        if constexpr (requires { request.encryption_context(); })
                            encryption = contextOf(request.encryption_context());
                        uses.direct(request.key_id(), encryption, needs.front());
                    });
}

template <class... Requests> void onKeys(AccessControl& access, const KeyUses& uses)
{
    (onKey<Requests>(access, uses), ...);
}

// A ciphertext names its key itself; what the caller says besides is checked when it is opened.
void addCiphertextNeeds(AccessControl& access, const KeyUses& uses)
{
    access.addNeeds(kms::DecryptRequest::descriptor(),
                    [uses](const Message& message, std::vector<Need>& needs) {
                        const auto& request = static_cast<const kms::DecryptRequest&>(message);
                        const auto key = uses.keys().keyOf(request.ciphertext_blob());
                        uses.direct(key.ok() ? *key : request.key_id(),
                                    contextOf(request.encryption_context()), needs.front());
                    });
    access.addNeeds(
        kms::ReEncryptRequest::descriptor(),
        [uses](const Message& message, std::vector<Need>& needs) {
            const auto& request = static_cast<const kms::ReEncryptRequest&>(message);
            const auto key = uses.keys().keyOf(request.ciphertext_blob());
            needs.assign(2, Need());
            needs[0].action = "kms:ReEncryptFrom";
            uses.direct(key.ok() ? *key : request.source_key_id(),
                        contextOf(request.source_encryption_context()), needs[0]);
            needs[1].action = "kms:ReEncryptTo";
            uses.direct(request.destination_key_id(),
                        contextOf(request.destination_encryption_context()), needs[1]);
        });
}

// "You need permission on both the alias and the KMS key" (CreateAlias in the KMS reference), for
// UpdateAlias on the key that has it as well.
void addAliasNeeds(AccessControl& access, const KeyUses& uses)
{
    const auto needs = [&access, uses](const std::string& action, const std::string& alias,
                                       const std::vector<std::string>& keyIds) {
        std::vector<Need> all{{action, aliasArn(access, alias)}};
        for (const std::string& id : keyIds)
            uses.direct(id, {}, all.emplace_back(Need{action, {}}));
        return all;
    };
    access.addNeeds(kms::CreateAliasRequest::descriptor(),
                    [needs](const Message& message, std::vector<Need>& out) {
                        const auto& request = static_cast<const kms::CreateAliasRequest&>(message);
                        out = needs("kms:CreateAlias", request.alias_name(),
                                    {request.target_key_id()});
                    });
    access.addNeeds(kms::UpdateAliasRequest::descriptor(),
                    [needs](const Message& message, std::vector<Need>& out) {
                        const auto& request = static_cast<const kms::UpdateAliasRequest&>(message);
                        out = needs("kms:UpdateAlias", request.alias_name(),
                                    {request.target_key_id(), request.alias_name()});
                    });
    access.addNeeds(kms::DeleteAliasRequest::descriptor(),
                    [needs](const Message& message, std::vector<Need>& out) {
                        const auto& request = static_cast<const kms::DeleteAliasRequest&>(message);
                        out = needs("kms:DeleteAlias", request.alias_name(),
                                    {request.alias_name()});
                    });
}

} // namespace

void KeyUses::direct(const std::string& keyId, const keys::Context& encryption, Need& need) const
{
    const iam::Account& account = m_access.directory().account();
    iam::PolicyContext& context = need.context;
    context.set("kms:CallerAccount", account.id());
    std::vector<std::string> names;
    for (const auto& [name, value] : encryption) {
        context.set("kms:EncryptionContext:" + name, value);
        names.push_back(name);
    }
    if (!names.empty())
        context.setMany("kms:EncryptionContextKeys", std::move(names));
    const auto key = m_keys.factsOf(keyId);
    if (!key.ok()) {
        need.resource = keyId.empty() ? "*" : arnOf(account, keyId);
        return;
    }
    need.resource = key->arn;
    if (const std::size_t alias = keyId.find("alias/"); alias != std::string::npos)
        context.set("kms:RequestAlias", keyId.substr(alias));
    if (!key->aliases.empty())
        context.setMany("kms:ResourceAliases", key->aliases);
    context.set("kms:KeySpec", "SYMMETRIC_DEFAULT");
    context.set("kms:KeyUsage", "ENCRYPT_DECRYPT");
    context.set("kms:KeyOrigin", "AWS_KMS");
    context.set("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
}

Need KeyUses::through(std::string_view service, std::string action, const std::string& keyId,
                      const keys::Context& encryption) const
{
    Need need{std::move(action), {}};
    direct(keyId, encryption, need);
    need.viaService = true;
    need.context.set("kms:ViaService",
                     absl::StrCat(view(service), ".", m_access.directory().account().region(),
                                  ".amazonaws.com"));
    return need;
}

void addKmsNeeds(AccessControl& access, const KeyUses& uses)
{
    onKeys<kms::EncryptRequest, kms::GenerateDataKeyRequest,
           kms::GenerateDataKeyWithoutPlaintextRequest, kms::DescribeKeyRequest,
           kms::EnableKeyRequest, kms::DisableKeyRequest, kms::UpdateKeyDescriptionRequest,
           kms::ScheduleKeyDeletionRequest, kms::CancelKeyDeletionRequest,
           kms::GetKeyPolicyRequest, kms::PutKeyPolicyRequest, kms::ListKeyPoliciesRequest,
           kms::RotateKeyOnDemandRequest, kms::TagResourceRequest, kms::UntagResourceRequest,
           kms::ListResourceTagsRequest>(access, uses);
    addCiphertextNeeds(access, uses);
    addAliasNeeds(access, uses);
    // Of the account, whatever key it is narrowed to.
    access.addNeeds(kms::ListAliasesRequest::descriptor(),
                    [](const Message&, std::vector<Need>& needs) { needs.front().resource = "*"; });
}

} // namespace gantry::api
