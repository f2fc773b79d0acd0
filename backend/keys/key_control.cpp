#include "backend/keys/key_store.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/keys/key_rules.h"
#include "backend/keys/sealing.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <utility>

// The control plane of KMS: keys, their states, tags and aliases.
namespace gantry::keys {
namespace {

using record::KeyRecord;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr int kDefaultWindowDays = 30;
constexpr int kMinWindowDays = 7;
constexpr int kMaxTags = 50;
constexpr int kDefaultPage = 100;

void setMillis(std::int64_t millis, google::protobuf::Timestamp* out)
{
    out->set_seconds(millis / 1000);
    out->set_nanos(static_cast<int>(millis % 1000) * 1'000'000);
}

absl::Status unsupported(std::string_view what)
{
    return makeError("UnsupportedOperationException", 400,
                     absl::StrCat(view(what), " is not supported: Gantry has symmetric encryption "
                                              "keys whose material it makes itself."));
}

absl::Status checkTags(const KeyRecord& key)
{
    if (key.tags_size() > kMaxTags)
        return makeError("LimitExceededException", 400, "A key has 50 tags at most.");
    for (const auto& [name, value] : key.tags()) {
        if (absl::StartsWith(name, "aws:"))
            return makeError("TagException", 400, "Tag keys that begin with aws: are reserved.");
    }
    return absl::OkStatus();
}

// One page of a map's keys after the marker. Gives the next marker through truncated and next.
template <class Map, class Response, class Take>
void page(const Map& all, const std::string& marker, int limit, Response& response, Take take)
{
    int taken = 0;
    for (auto item = marker.empty() ? all.begin() : all.upper_bound(marker); item != all.end();
         ++item) {
        if (taken == limit) {
            response.set_truncated(true);
            return;
        }
        if (take(*item->second)) {
            ++taken;
            response.set_next_marker(item->first);
        }
    }
    response.clear_next_marker();
    response.set_truncated(false);
}

} // namespace

aws::kms::KeyMetadata KeyStore::metadata(const KeyRecord& key) const
{
    aws::kms::KeyMetadata data;
    data.set_aws_account_id(m_place.accountId);
    data.set_key_id(key.id());
    data.set_arn(keyArn(key.id()));
    setMillis(key.created_at_ms(), data.mutable_creation_date());
    data.set_enabled(!key.disabled() && key.deletion_at_ms() == 0);
    data.set_description(key.description());
    data.set_key_usage("ENCRYPT_DECRYPT");
    data.set_key_state(key.deletion_at_ms() > 0 ? "PendingDeletion"
                       : key.disabled()         ? "Disabled"
                                                : "Enabled");
    if (key.deletion_at_ms() > 0)
        setMillis(key.deletion_at_ms(), data.mutable_deletion_date());
    data.set_origin("AWS_KMS");
    data.set_key_manager(key.aws_managed() ? "AWS" : "CUSTOMER");
    data.set_customer_master_key_spec("SYMMETRIC_DEFAULT");
    data.set_key_spec("SYMMETRIC_DEFAULT");
    data.add_encryption_algorithms("SYMMETRIC_DEFAULT");
    data.set_multi_region(false);
    return data;
}

void KeyStore::create(const aws::kms::CreateKeyRequest& request,
                      Reply<aws::kms::CreateKeyResponse> reply)
{
    if (request.has_key_usage() && request.key_usage() != "ENCRYPT_DECRYPT")
        return reply(unsupported(request.key_usage()));
    for (const std::string& spec : {request.key_spec(), request.customer_master_key_spec()}) {
        if (!spec.empty() && spec != "SYMMETRIC_DEFAULT")
            return reply(unsupported(spec));
    }
    if (request.has_origin() && request.origin() != "AWS_KMS")
        return reply(unsupported(absl::StrCat("Origin ", request.origin())));
    if (request.multi_region())
        return reply(unsupported("A multi-Region key"));
    if (request.has_policy()) {
        if (absl::Status status = checkKeyPolicy(request.policy()); !status.ok())
            return reply(status);
    }
    auto material = std::make_shared<SecretBuffer>();
    KeyRecord made = newKey(*material);
    made.set_description(request.description());
    made.set_policy(request.policy());
    for (const aws::kms::Tag& tag : request.tags())
        (*made.mutable_tags())[tag.tag_key()] = tag.tag_value();
    if (absl::Status status = checkTags(made); !status.ok())
        return reply(status);
    const std::string id = made.id();
    m_keys.change(
        id,
        [this, made = std::move(made), material](const KeyRecord*) mutable
            -> absl::StatusOr<std::unique_ptr<KeyRecord>> {
            // Wrapped here and not before: the master key may have changed while this waited.
            made.mutable_material(0)->set_wrapped(wrap(made.id(), *material));
            return std::make_unique<KeyRecord>(made);
        },
        [this, id, material, reply = std::move(reply)](absl::StatusOr<KeyPtr> key) {
            if (!key.ok())
                return reply(key.status());
            m_material[id].push_back(std::move(*material));
            aws::kms::CreateKeyResponse response;
            *response.mutable_key_metadata() = metadata(**key);
            reply(std::move(response));
        });
}

absl::StatusOr<aws::kms::DescribeKeyResponse>
KeyStore::describe(const aws::kms::DescribeKeyRequest& request) const
{
    const auto key = find(request.key_id());
    if (!key.ok())
        return key.status();
    aws::kms::DescribeKeyResponse response;
    *response.mutable_key_metadata() = metadata(**key);
    return response;
}

absl::StatusOr<aws::kms::ListKeysResponse>
KeyStore::list(const aws::kms::ListKeysRequest& request) const
{
    aws::kms::ListKeysResponse response;
    page(m_keys.all(), request.marker(), request.has_limit() ? request.limit() : kDefaultPage,
         response, [&](const KeyRecord& key) {
             aws::kms::KeyListEntry& entry = *response.add_keys();
             entry.set_key_id(key.id());
             entry.set_key_arn(keyArn(key.id()));
             return true;
         });
    return response;
}

void KeyStore::setEnabled(const std::string& keyId, bool enabled, Done done)
{
    edit(
        keyId,
        [this, enabled](KeyRecord& key) {
            if (key.aws_managed())
                return managedByAws(keyArn(key.id()));
            if (key.deletion_at_ms() > 0)
                return usable(key);
            key.set_disabled(!enabled);
            return absl::OkStatus();
        },
        statusOnly<KeyPtr>(std::move(done)));
}

void KeyStore::updateDescription(const aws::kms::UpdateKeyDescriptionRequest& request, Done done)
{
    edit(
        request.key_id(),
        [this, text = request.description()](KeyRecord& key) {
            if (key.aws_managed())
                return managedByAws(keyArn(key.id()));
            if (key.deletion_at_ms() > 0)
                return usable(key);
            key.set_description(text);
            return absl::OkStatus();
        },
        statusOnly<KeyPtr>(std::move(done)));
}

void KeyStore::scheduleDeletion(const aws::kms::ScheduleKeyDeletionRequest& request,
                                Reply<aws::kms::ScheduleKeyDeletionResponse> reply)
{
    const int days =
        request.has_pending_window_in_days() ? request.pending_window_in_days() : kDefaultWindowDays;
    if (days < kMinWindowDays || days > kDefaultWindowDays)
        return reply(validationError("PendingWindowInDays must be between 7 and 30."));
    edit(
        request.key_id(),
        [this, days](KeyRecord& key) {
            if (key.aws_managed())
                return managedByAws(keyArn(key.id()));
            if (key.deletion_at_ms() > 0)
                return usable(key);
            key.set_deletion_at_ms(m_clock.unixMillis() + days * kDayMs);
            key.set_deletion_window_days(days);
            return absl::OkStatus();
        },
        [this, days, reply = std::move(reply)](const absl::StatusOr<KeyPtr>& key) {
            if (!key.ok())
                return reply(key.status());
            aws::kms::ScheduleKeyDeletionResponse response;
            response.set_key_id(keyArn((*key)->id()));
            setMillis((*key)->deletion_at_ms(), response.mutable_deletion_date());
            response.set_key_state("PendingDeletion");
            response.set_pending_window_in_days(days);
            reply(std::move(response));
        });
}

void KeyStore::cancelDeletion(const aws::kms::CancelKeyDeletionRequest& request,
                              Reply<aws::kms::CancelKeyDeletionResponse> reply)
{
    edit(
        request.key_id(),
        [this](KeyRecord& key) {
            if (key.deletion_at_ms() == 0) {
                return makeError("KMSInvalidStateException", 400,
                                 absl::StrCat(keyArn(key.id()), " is not pending deletion."));
            }
            key.set_deletion_at_ms(0);
            key.set_disabled(true); // as AWS leaves it
            return absl::OkStatus();
        },
        [this, reply = std::move(reply)](const absl::StatusOr<KeyPtr>& key) {
            if (!key.ok())
                return reply(key.status());
            aws::kms::CancelKeyDeletionResponse response;
            response.set_key_id(keyArn((*key)->id()));
            reply(std::move(response));
        });
}

void KeyStore::rotate(const aws::kms::RotateKeyOnDemandRequest& request,
                      Reply<aws::kms::RotateKeyOnDemandResponse> reply)
{
    auto material = std::make_shared<SecretBuffer>(SecretBuffer::random(kKeyBytes));
    edit(
        request.key_id(),
        [this, material](KeyRecord& key) {
            if (key.aws_managed())
                return managedByAws(keyArn(key.id()));
            if (absl::Status status = usable(key); !status.ok())
                return status;
            record::KeyMaterial& next = *key.add_material();
            next.set_created_at_ms(m_clock.unixMillis());
            next.set_wrapped(wrap(key.id(), *material));
            return absl::OkStatus();
        },
        [this, material, reply = std::move(reply)](const absl::StatusOr<KeyPtr>& key) {
            if (!key.ok())
                return reply(key.status());
            m_material[(*key)->id()].push_back(std::move(*material));
            aws::kms::RotateKeyOnDemandResponse response;
            response.set_key_id(keyArn((*key)->id()));
            reply(std::move(response));
        });
}

void KeyStore::tag(const aws::kms::TagResourceRequest& request, Done done)
{
    edit(
        request.key_id(),
        [tags = request.tags()](KeyRecord& key) {
            for (const aws::kms::Tag& tag : tags)
                (*key.mutable_tags())[tag.tag_key()] = tag.tag_value();
            return checkTags(key);
        },
        statusOnly<KeyPtr>(std::move(done)));
}

void KeyStore::untag(const aws::kms::UntagResourceRequest& request, Done done)
{
    edit(
        request.key_id(),
        [names = request.tag_keys()](KeyRecord& key) {
            for (const std::string& name : names)
                key.mutable_tags()->erase(name);
            return absl::OkStatus();
        },
        statusOnly<KeyPtr>(std::move(done)));
}

absl::StatusOr<aws::kms::ListResourceTagsResponse>
KeyStore::tags(const aws::kms::ListResourceTagsRequest& request) const
{
    const auto key = find(request.key_id());
    if (!key.ok())
        return key.status();
    aws::kms::ListResourceTagsResponse response;
    response.set_truncated(false);
    const std::map<std::string, std::string> sorted((*key)->tags().begin(), (*key)->tags().end());
    for (const auto& [name, value] : sorted) {
        aws::kms::Tag& tag = *response.add_tags();
        tag.set_tag_key(name);
        tag.set_tag_value(value);
    }
    return response;
}

namespace {

absl::Status checkAliasName(const std::string& name)
{
    if (!absl::StartsWith(name, "alias/") || name.size() == std::string_view("alias/").size())
        return makeError("InvalidAliasNameException", 400, "Alias must start with the prefix \"alias/\"");
    if (absl::StartsWith(name, "alias/aws/"))
        return makeError("NotAuthorizedException", 400,
                         "Aliases that begin with alias/aws/ belong to the platform.");
    return absl::OkStatus();
}

} // namespace

void KeyStore::createAlias(const aws::kms::CreateAliasRequest& request, Done done)
{
    if (absl::Status status = checkAliasName(request.alias_name()); !status.ok())
        return done(status);
    const auto key = find(request.target_key_id());
    if (!key.ok())
        return done(key.status());
    m_aliases.change(
        request.alias_name(),
        [now = m_clock.unixMillis(), id = (*key)->id(), name = request.alias_name(),
         arn = aliasArn(request.alias_name())](const record::KeyAliasRecord* current)
            -> absl::StatusOr<std::unique_ptr<record::KeyAliasRecord>> {
            if (current)
                return makeError("AlreadyExistsException", 400,
                                 absl::StrCat("An alias with the name ", arn, " already exists"));
            auto made = std::make_unique<record::KeyAliasRecord>();
            made->set_name(name);
            made->set_key_id(id);
            made->set_created_at_ms(now);
            made->set_updated_at_ms(now);
            return made;
        },
        [done = std::move(done)](const auto& result) { done(result.status()); });
}

void KeyStore::updateAlias(const aws::kms::UpdateAliasRequest& request, Done done)
{
    if (absl::Status status = checkAliasName(request.alias_name()); !status.ok())
        return done(status);
    const auto key = find(request.target_key_id());
    if (!key.ok())
        return done(key.status());
    m_aliases.change(
        request.alias_name(),
        [now = m_clock.unixMillis(), id = (*key)->id(),
         arn = aliasArn(request.alias_name())](const record::KeyAliasRecord* current)
            -> absl::StatusOr<std::unique_ptr<record::KeyAliasRecord>> {
            if (!current)
                return makeError("NotFoundException", 400,
                                 absl::StrCat("Alias ", arn, " is not found."));
            auto changed = std::make_unique<record::KeyAliasRecord>(*current);
            changed->set_key_id(id);
            changed->set_updated_at_ms(now);
            return changed;
        },
        [done = std::move(done)](const auto& result) { done(result.status()); });
}

void KeyStore::deleteAlias(const aws::kms::DeleteAliasRequest& request, Done done)
{
    if (absl::Status status = checkAliasName(request.alias_name()); !status.ok())
        return done(status);
    m_aliases.change(
        request.alias_name(),
        [arn = aliasArn(request.alias_name())](const record::KeyAliasRecord* current)
            -> absl::StatusOr<std::unique_ptr<record::KeyAliasRecord>> {
            if (!current)
                return makeError("NotFoundException", 400,
                                 absl::StrCat("Alias ", arn, " is not found."));
            return nullptr;
        },
        [done = std::move(done)](const auto& result) { done(result.status()); });
}

absl::StatusOr<aws::kms::ListAliasesResponse>
KeyStore::listAliases(const aws::kms::ListAliasesRequest& request) const
{
    std::string only;
    if (request.has_key_id()) {
        const auto key = find(request.key_id());
        if (!key.ok())
            return key.status();
        only = (*key)->id();
    }
    aws::kms::ListAliasesResponse response;
    page(m_aliases.all(), request.marker(), request.has_limit() ? request.limit() : kDefaultPage,
         response, [&](const record::KeyAliasRecord& alias) {
             if (!only.empty() && alias.key_id() != only)
                 return false;
             aws::kms::AliasListEntry& entry = *response.add_aliases();
             entry.set_alias_name(alias.name());
             entry.set_alias_arn(aliasArn(alias.name()));
             entry.set_target_key_id(alias.key_id());
             setMillis(alias.created_at_ms(), entry.mutable_creation_date());
             setMillis(alias.updated_at_ms(), entry.mutable_last_updated_date());
             return true;
         });
    return response;
}

} // namespace gantry::keys
