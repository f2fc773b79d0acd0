#include "backend/secrets/secret_store.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/secrets/secret_rules.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

#include <utility>

// Secrets and their values: finding, sealing, versions and stages.
namespace gantry::secrets {
namespace {

namespace sm = aws::secretsmanager;
using record::SecretRecord;
using record::SecretVersionRecord;

constexpr std::size_t kMaxValueBytes = 65'536;
constexpr std::size_t kMaxStages = 20;
constexpr const char* kDefaultKey = "alias/aws/secretsmanager";
constexpr std::string_view kSuffixLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// Six letters that make the ARN of a secret another one when its name is given again.
std::string arnSuffix()
{
    const std::string bytes = sha256(randomUuid());
    std::string suffix;
    for (std::size_t i = 0; i < 6; ++i)
        suffix += kSuffixLetters[static_cast<unsigned char>(bytes[i]) % kSuffixLetters.size()];
    return suffix;
}

// As AWS binds the values of a secret to it.
keys::Context contextOf(const SecretRecord& secret, const std::string& version)
{
    return {{"SecretARN", secret.arn()}, {"SecretVersionId", version}};
}

} // namespace

SecretStore::SecretStore(keys::KeyStore& keys, const Clock& clock, Place place)
    : m_keys(keys), m_clock(clock), m_place(std::move(place))
{
}

absl::StatusOr<SecretPtr> SecretStore::find(const std::string& secretId) const
{
    if (SecretPtr secret = m_secrets.find(secretId))
        return secret;
    const std::string prefix = absl::StrCat("arn:aws:secretsmanager:", m_place.region, ":",
                                            m_place.accountId, ":secret:");
    if (!absl::StartsWith(secretId, prefix))
        return secretNotFound();
    const std::string rest = secretId.substr(prefix.size());
    if (SecretPtr secret = m_secrets.find(rest))
        return secret;
    const std::size_t dash = rest.rfind('-');
    if (dash != std::string::npos) {
        const SecretPtr secret = m_secrets.find(rest.substr(0, dash));
        if (secret && secret->arn() == secretId)
            return secret;
    }
    return secretNotFound();
}

absl::StatusOr<SecretPtr> SecretStore::findLive(const std::string& secretId) const
{
    auto secret = find(secretId);
    if (secret.ok() && (*secret)->deleted_at_ms() > 0)
        return markedForDeletion();
    return secret;
}

void SecretStore::edit(const std::string& secretId, Edit edit, Changed done)
{
    const auto found = find(secretId);
    if (!found.ok())
        return done(found.status());
    m_secrets.change(
        (*found)->name(),
        [edit = std::move(edit)](const SecretRecord* current)
            -> absl::StatusOr<std::unique_ptr<SecretRecord>> {
            if (!current)
                return secretNotFound();
            auto changed = std::make_unique<SecretRecord>(*current);
            if (absl::Status status = edit(*changed); !status.ok())
                return status;
            return changed;
        },
        std::move(done));
}

std::string SecretStore::keyOf(const SecretRecord& secret) const
{
    return secret.kms_key_id().empty() ? kDefaultKey : secret.kms_key_id();
}

absl::Status SecretStore::seal(SecretRecord& secret, const std::string& version,
                               const NewValue& value) const
{
    auto sealed = m_keys.sealValue(keyOf(secret), contextOf(secret, version), value.text);
    if (!sealed.ok()) {
        return makeError("EncryptionFailure", 400,
                         absl::StrCat("Secrets Manager can't encrypt the secret with the KMS key "
                                      "it is given: ", sealed.status().message()));
    }
    SecretVersionRecord& record = (*secret.mutable_versions())[version];
    record.set_value(*std::move(sealed));
    record.set_binary(value.binary);
    return absl::OkStatus();
}

absl::StatusOr<keys::SecretBuffer> SecretStore::open(const SecretRecord& secret,
                                                     const std::string& version) const
{
    auto opened = m_keys.openValue(secret.versions().at(version).value(),
                                   contextOf(secret, version));
    if (!opened.ok()) {
        return makeError("DecryptionFailure", 400,
                         absl::StrCat("Secrets Manager can't decrypt the protected secret text "
                                      "using the provided KMS key: ", opened.status().message()));
    }
    return opened;
}

absl::Status SecretStore::useKey(SecretRecord& secret, const std::string& keyId) const
{
    if (const auto arn = m_keys.arnOf(keyId); !arn.ok())
        return arn.status();
    secret.set_kms_key_id(keyId);
    return absl::OkStatus();
}

absl::Status SecretStore::addVersion(SecretRecord& secret, const NewValue& value,
                                     const std::vector<std::string>& stages) const
{
    if (value.text.size() > kMaxValueBytes)
        return invalidSecretParameter("The secret value has more than 65,536 bytes.");
    if (stages.size() > kMaxStages)
        return makeError("LimitExceededException", 400, "A version can have up to 20 stages.");
    if (const auto there = secret.versions().find(value.token); there != secret.versions().end()) {
        const auto known = open(secret, value.token);
        if (!known.ok())
            return known.status();
        if (known->view() != value.text || there->second.binary() != value.binary) {
            return makeError("ResourceExistsException", 400,
                             absl::StrCat("You can't use ClientRequestToken ", value.token,
                                          " because that value is already in use for a version of "
                                          "secret ", secret.arn(), "."));
        }
    } else {
        if (absl::Status status = seal(secret, value.token, value); !status.ok())
            return status;
        (*secret.mutable_versions())[value.token].set_created_at_ms(m_clock.unixMillis());
    }
    for (const std::string& stage : stages)
        moveStage(secret, stage, value.token);
    if (versionWith(secret, kCurrent).empty())
        moveStage(secret, kCurrent, value.token);
    trimVersions(secret);
    secret.set_changed_at_ms(m_clock.unixMillis());
    return absl::OkStatus();
}

void SecretStore::create(const sm::CreateSecretRequest& request,
                         Reply<sm::CreateSecretResponse> reply)
{
    if (request.add_replica_regions_size() > 0)
        return reply(invalidSecretParameter("Gantry is one Region: a secret cannot be replicated."));
    if (request.has_secret_binary() && request.has_secret_string()) {
        return reply(invalidSecretParameter(
            "You can't specify both a binary secret value and a string secret value in the same "
            "secret."));
    }
    auto value = std::make_shared<NewValue>();
    value->token = request.client_request_token();
    value->binary = request.has_secret_binary();
    value->text = value->binary ? request.secret_binary() : request.secret_string();
    const bool hasValue = request.has_secret_binary() || request.has_secret_string();
    auto made = std::make_shared<SecretRecord>();
    made->set_name(request.name());
    made->set_arn(absl::StrCat("arn:aws:secretsmanager:", m_place.region, ":", m_place.accountId,
                               ":secret:", request.name(), "-", arnSuffix()));
    made->set_description(request.description());
    made->set_created_at_ms(m_clock.unixMillis());
    made->set_changed_at_ms(made->created_at_ms());
    for (const sm::Tag& tag : request.tags())
        (*made->mutable_tags())[tag.key()] = tag.value();
    absl::Status status = checkSecretName(request.name());
    if (status.ok())
        status = checkSecretTags(*made);
    if (status.ok() && request.has_kms_key_id())
        status = useKey(*made, request.kms_key_id());
    if (status.ok() && hasValue)
        status = addVersion(*made, *value, {kCurrent});
    if (!status.ok())
        return reply(status);
    m_secrets.change(
        request.name(),
        [this, made, value, hasValue](const SecretRecord* current)
            -> absl::StatusOr<std::unique_ptr<SecretRecord>> {
            if (!current)
                return std::make_unique<SecretRecord>(*made);
            if (current->deleted_at_ms() > 0) {
                return invalidRequest("You can't create this secret because a secret with this "
                                      "name is already scheduled for deletion.");
            }
            // The same request once more is answered like the first.
            const auto version = current->versions().find(value->token);
            if (hasValue && version != current->versions().end()) {
                if (const auto known = open(*current, value->token);
                    known.ok() && known->view() == value->text)
                    return std::make_unique<SecretRecord>(*current);
            }
            return makeError("ResourceExistsException", 400,
                             absl::StrCat("The operation failed because the secret ",
                                          current->name(), " already exists."));
        },
        [reply = std::move(reply), value, hasValue](const absl::StatusOr<SecretPtr>& secret) {
            if (!secret.ok())
                return reply(secret.status());
            sm::CreateSecretResponse response;
            response.set_arn((*secret)->arn());
            response.set_name((*secret)->name());
            if (hasValue)
                response.set_version_id(value->token);
            reply(std::move(response));
        });
}

absl::StatusOr<sm::GetSecretValueResponse>
SecretStore::value(const sm::GetSecretValueRequest& request)
{
    const auto secret = findLive(request.secret_id());
    if (!secret.ok())
        return secret.status();
    const std::string stage = request.has_version_stage() ? request.version_stage()
                              : request.has_version_id()  ? ""
                                                          : kCurrent;
    const std::string id =
        request.has_version_id() ? request.version_id() : versionWith(**secret, stage);
    const auto version = (*secret)->versions().find(id);
    if (version == (*secret)->versions().end()) {
        return makeError("ResourceNotFoundException", 400,
                         request.has_version_id()
                             ? absl::StrCat("Secrets Manager can't find the specified secret value "
                                            "for VersionId: ", id)
                             : absl::StrCat("Secrets Manager can't find the specified secret value "
                                            "for staging label: ", stage));
    }
    if (!stage.empty() && !hasStage(version->second, stage)) {
        return invalidRequest(absl::StrCat("The version ", id, " doesn't have the staging label ",
                                           stage, "."));
    }
    const auto opened = open(**secret, id);
    if (!opened.ok())
        return opened.status();
    sm::GetSecretValueResponse response;
    response.set_arn((*secret)->arn());
    response.set_name((*secret)->name());
    response.set_version_id(id);
    if (version->second.binary())
        response.set_secret_binary(opened->text());
    else
        response.set_secret_string(opened->text());
    *response.mutable_version_stages() = version->second.stages();
    setMillis(version->second.created_at_ms(), response.mutable_created_date());
    noteAccess(**secret, id);
    return response;
}

void SecretStore::noteAccess(const SecretRecord& secret, const std::string& version)
{
    const std::int64_t day = m_clock.unixMillis() / kDayMs * kDayMs;
    if (secret.versions().at(version).accessed_at_ms() == day && secret.accessed_at_ms() == day)
        return;
    edit(
        secret.name(),
        [day, version](SecretRecord& changed) {
            changed.set_accessed_at_ms(day);
            if (const auto found = changed.mutable_versions()->find(version);
                found != changed.mutable_versions()->end())
                found->second.set_accessed_at_ms(day);
            return absl::OkStatus();
        },
        [](const auto&) {});
}

void SecretStore::put(const sm::PutSecretValueRequest& request,
                      Reply<sm::PutSecretValueResponse> reply)
{
    if (request.has_secret_binary() == request.has_secret_string()) {
        return reply(invalidSecretParameter(
            "You must provide either SecretString or SecretBinary, and not both."));
    }
    auto value = std::make_shared<NewValue>();
    value->token = request.client_request_token();
    value->binary = request.has_secret_binary();
    value->text = value->binary ? request.secret_binary() : request.secret_string();
    std::vector<std::string> stages(request.version_stages().begin(),
                                    request.version_stages().end());
    if (stages.empty())
        stages.emplace_back(kCurrent);
    edit(
        request.secret_id(),
        [this, value, stages](SecretRecord& secret) {
            if (secret.deleted_at_ms() > 0)
                return markedForDeletion();
            return addVersion(secret, *value, stages);
        },
        [reply = std::move(reply), value](const absl::StatusOr<SecretPtr>& secret) {
            if (!secret.ok())
                return reply(secret.status());
            sm::PutSecretValueResponse response;
            response.set_arn((*secret)->arn());
            response.set_name((*secret)->name());
            response.set_version_id(value->token);
            *response.mutable_version_stages() = (*secret)->versions().at(value->token).stages();
            reply(std::move(response));
        });
}

void SecretStore::update(const sm::UpdateSecretRequest& request,
                         Reply<sm::UpdateSecretResponse> reply)
{
    if (request.has_secret_binary() && request.has_secret_string())
        return reply(invalidSecretParameter("SecretString and SecretBinary exclude each other."));
    auto value = std::make_shared<NewValue>();
    const bool hasValue = request.has_secret_binary() || request.has_secret_string();
    value->token = request.client_request_token();
    value->binary = request.has_secret_binary();
    value->text = value->binary ? request.secret_binary() : request.secret_string();
    const auto settings = std::make_shared<sm::UpdateSecretRequest>();
    if (request.has_description())
        settings->set_description(request.description());
    if (request.has_kms_key_id())
        settings->set_kms_key_id(request.kms_key_id());
    edit(
        request.secret_id(),
        [this, value, hasValue, settings](SecretRecord& secret) -> absl::Status {
            if (secret.deleted_at_ms() > 0)
                return markedForDeletion();
            if (settings->has_description())
                secret.set_description(settings->description());
            if (settings->has_kms_key_id()) {
                // The values move to the new key with their labels on: in one commit or not at all.
                std::map<std::string, NewValue> values;
                for (const auto& [id, version] : secret.versions()) {
                    if (version.stages().empty())
                        continue;
                    const auto opened = open(secret, id);
                    if (!opened.ok())
                        return opened.status();
                    NewValue& moved = values[id];
                    moved.binary = version.binary();
                    moved.text = opened->text();
                }
                if (absl::Status status = useKey(secret, settings->kms_key_id()); !status.ok())
                    return status;
                for (const auto& [id, moved] : values) {
                    if (absl::Status status = seal(secret, id, moved); !status.ok())
                        return status;
                }
            }
            secret.set_changed_at_ms(m_clock.unixMillis());
            return hasValue ? addVersion(secret, *value, {kCurrent}) : absl::OkStatus();
        },
        [reply = std::move(reply), value, hasValue](const absl::StatusOr<SecretPtr>& secret) {
            if (!secret.ok())
                return reply(secret.status());
            sm::UpdateSecretResponse response;
            response.set_arn((*secret)->arn());
            response.set_name((*secret)->name());
            if (hasValue)
                response.set_version_id(value->token);
            reply(std::move(response));
        });
}

} // namespace gantry::secrets
