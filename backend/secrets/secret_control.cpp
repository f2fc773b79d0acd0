#include "backend/secrets/secret_store.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/secrets/secret_rules.h"

#include <absl/strings/str_cat.h>

#include <utility>

// The control plane of secrets: stages, deletion, tags and policies.
namespace gantry::secrets {
namespace {

namespace sm = aws::secretsmanager;
using record::SecretRecord;

constexpr int kDefaultWindowDays = 30;
constexpr int kMinWindowDays = 7;

// The answer that is a secret's ARN and name, which many operations give.
template <class Response>
std::function<void(absl::StatusOr<SecretPtr>)> namedReply(Reply<Response> reply)
{
    return [reply = std::move(reply)](const absl::StatusOr<SecretPtr>& secret) {
        if (!secret.ok())
            return reply(secret.status());
        Response response;
        response.set_arn((*secret)->arn());
        response.set_name((*secret)->name());
        reply(std::move(response));
    };
}

absl::Status notAttached(const std::string& stage, const std::string& version)
{
    return invalidSecretParameter(absl::StrCat("The staging label ", stage,
                                               " isn't attached to the version ", version, "."));
}

// Checks the wish against where the stage is; the wordings are AWS's.
absl::Status checkMove(const SecretRecord& secret, const std::string& stage,
                       const std::string& from, const std::string& to)
{
    const std::string holder = versionWith(secret, stage);
    for (const std::string& version : {from, to}) {
        if (!version.empty() && !secret.versions().contains(version)) {
            return makeError("ResourceNotFoundException", 400,
                             absl::StrCat("Secrets Manager can't find the specified secret version: ",
                                          version));
        }
    }
    if (from.empty() && to.empty())
        return invalidSecretParameter("Give MoveToVersionId, RemoveFromVersionId or both.");
    if (!from.empty() && holder != from)
        return notAttached(stage, from);
    if (from.empty() && !holder.empty() && holder != to) {
        return invalidSecretParameter(absl::StrCat(
            "The parameter RemoveFromVersionId can't be empty. Staging label ", stage,
            " is currently attached to version ", holder,
            ", so you must explicitly reference that version in RemoveFromVersionId."));
    }
    if (to.empty() && stage == kCurrent) {
        return invalidSecretParameter("You can only move staging label AWSCURRENT to a different "
                                      "secret version. It can't be completely removed.");
    }
    return absl::OkStatus();
}

} // namespace

void SecretStore::updateStage(const sm::UpdateSecretVersionStageRequest& request,
                              Reply<sm::UpdateSecretVersionStageResponse> reply)
{
    edit(
        request.secret_id(),
        [now = m_clock.unixMillis(), stage = request.version_stage(),
         from = request.remove_from_version_id(),
         to = request.move_to_version_id()](SecretRecord& secret) {
            if (secret.deleted_at_ms() > 0)
                return markedForDeletion();
            if (absl::Status status = checkMove(secret, stage, from, to); !status.ok())
                return status;
            if (to.empty())
                dropStage(secret.mutable_versions()->at(from), stage);
            else
                moveStage(secret, stage, to);
            secret.set_changed_at_ms(now);
            return absl::OkStatus();
        },
        namedReply(std::move(reply)));
}

void SecretStore::remove(const sm::DeleteSecretRequest& request,
                         Reply<sm::DeleteSecretResponse> reply)
{
    const std::int64_t days =
        request.has_recovery_window_in_days() ? request.recovery_window_in_days() : kDefaultWindowDays;
    if (request.force_delete_without_recovery() && request.has_recovery_window_in_days()) {
        return reply(invalidSecretParameter("You can't use ForceDeleteWithoutRecovery in "
                                            "conjunction with RecoveryWindowInDays."));
    }
    if (days < kMinWindowDays || days > kDefaultWindowDays) {
        return reply(invalidSecretParameter("RecoveryWindowInDays value must be between 7 and 30 "
                                            "days (inclusive)."));
    }
    const auto found = find(request.secret_id());
    if (!found.ok())
        return reply(found.status());
    const std::int64_t now = m_clock.unixMillis();
    const auto answer = [reply = std::move(reply), arn = (*found)->arn(),
                         name = (*found)->name()](const absl::Status& status, std::int64_t at) {
        if (!status.ok())
            return reply(status);
        sm::DeleteSecretResponse response;
        response.set_arn(arn);
        response.set_name(name);
        setMillis(at, response.mutable_deletion_date());
        reply(std::move(response));
    };
    if (request.force_delete_without_recovery()) {
        return m_secrets.change(
            (*found)->name(),
            [](const SecretRecord*) -> absl::StatusOr<std::unique_ptr<SecretRecord>> {
                return nullptr;
            },
            [answer, now](const auto& result) { answer(result.status(), now); });
    }
    edit(
        request.secret_id(),
        [now, days](SecretRecord& secret) {
            if (secret.deleted_at_ms() > 0)
                return markedForDeletion();
            secret.set_deleted_at_ms(now);
            secret.set_deletion_at_ms(now + days * kDayMs);
            return absl::OkStatus();
        },
        [answer, now, days](const auto& result) { answer(result.status(), now + days * kDayMs); });
}

void SecretStore::restore(const sm::RestoreSecretRequest& request,
                          Reply<sm::RestoreSecretResponse> reply)
{
    edit(
        request.secret_id(),
        [](SecretRecord& secret) {
            secret.set_deleted_at_ms(0);
            secret.set_deletion_at_ms(0);
            return absl::OkStatus();
        },
        namedReply(std::move(reply)));
}

void SecretStore::tag(const sm::TagResourceRequest& request, Done done)
{
    edit(
        request.secret_id(),
        [tags = request.tags()](SecretRecord& secret) {
            for (const sm::Tag& tag : tags)
                (*secret.mutable_tags())[tag.key()] = tag.value();
            return checkSecretTags(secret);
        },
        [done = std::move(done)](const auto& result) { done(result.status()); });
}

void SecretStore::untag(const sm::UntagResourceRequest& request, Done done)
{
    edit(
        request.secret_id(),
        [names = request.tag_keys()](SecretRecord& secret) {
            for (const std::string& name : names)
                secret.mutable_tags()->erase(name);
            return absl::OkStatus();
        },
        [done = std::move(done)](const auto& result) { done(result.status()); });
}

void SecretStore::putPolicy(const sm::PutResourcePolicyRequest& request,
                            Reply<sm::PutResourcePolicyResponse> reply)
{
    if (absl::Status status = checkSecretPolicy(request.resource_policy()); !status.ok())
        return reply(status);
    if (request.block_public_policy() && isPublicPolicy(request.resource_policy())) {
        return reply(makeError("PublicPolicyException", 400,
                               "You can't attach a resource policy that allows broad access to the "
                               "secret."));
    }
    edit(
        request.secret_id(),
        [policy = request.resource_policy()](SecretRecord& secret) {
            if (secret.deleted_at_ms() > 0)
                return markedForDeletion();
            secret.set_policy(policy);
            return absl::OkStatus();
        },
        namedReply(std::move(reply)));
}

absl::StatusOr<sm::GetResourcePolicyResponse>
SecretStore::policy(const sm::GetResourcePolicyRequest& request) const
{
    const auto secret = findLive(request.secret_id());
    if (!secret.ok())
        return secret.status();
    sm::GetResourcePolicyResponse response;
    response.set_arn((*secret)->arn());
    response.set_name((*secret)->name());
    if (!(*secret)->policy().empty())
        response.set_resource_policy((*secret)->policy());
    return response;
}

void SecretStore::removePolicy(const sm::DeleteResourcePolicyRequest& request,
                               Reply<sm::DeleteResourcePolicyResponse> reply)
{
    edit(
        request.secret_id(),
        [](SecretRecord& secret) {
            if (secret.deleted_at_ms() > 0)
                return markedForDeletion();
            secret.clear_policy();
            return absl::OkStatus();
        },
        namedReply(std::move(reply)));
}

absl::StatusOr<sm::ValidateResourcePolicyResponse>
SecretStore::validatePolicy(const sm::ValidateResourcePolicyRequest& request) const
{
    sm::ValidateResourcePolicyResponse response;
    const absl::Status wellFormed = checkSecretPolicy(request.resource_policy());
    const bool isPublic = wellFormed.ok() && isPublicPolicy(request.resource_policy());
    response.set_policy_validation_passed(wellFormed.ok() && !isPublic);
    if (!response.policy_validation_passed()) {
        sm::ValidationErrorsEntry& error = *response.add_validation_errors();
        error.set_check_name(isPublic ? "PUBLIC_POLICY" : "SYNTAX");
        error.set_error_message(isPublic ? "The policy lets anyone read the secret."
                                         : std::string(view(wellFormed.message())));
    }
    return response;
}

void SecretStore::noteMove(const std::string& arn, record::MovedFrom from, Done done)
{
    edit(
        arn,
        [from = std::move(from)](SecretRecord& secret) {
            *secret.mutable_moved_from() = from;
            return absl::OkStatus();
        },
        [done = std::move(done)](const absl::StatusOr<SecretPtr>& noted) { done(noted.status()); });
}

} // namespace gantry::secrets
