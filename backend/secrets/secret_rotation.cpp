#include "backend/secrets/secret_store.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/base/schedule.h"
#include "backend/base/text.h"
#include "backend/secrets/secret_rules.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <boost/json/parse.hpp>

#include <utility>

// The settings and the record of rotation. Running the function is the rotator's.
namespace gantry::secrets {
namespace {

namespace sm = aws::secretsmanager;
using record::RotationRecord;
using record::SecretRecord;

constexpr int kKeptRotations = 50;
constexpr std::int64_t kDefaultRotationDays = 30;
constexpr std::int64_t kMinRateSeconds = 4 * 3'600; // Secrets Manager's own bound

RotationRecord* running(SecretRecord& secret)
{
    const int count = secret.rotations_size();
    RotationRecord* last = count > 0 ? secret.mutable_rotations(count - 1) : nullptr;
    return last && last->ended_at_ms() == 0 ? last : nullptr;
}

absl::Status applyRules(const sm::RotateSecretRequest& request, SecretRecord& secret)
{
    if (request.has_rotation_lambda_arn())
        secret.set_rotation_function(request.rotation_lambda_arn());
    if (secret.rotation_function().empty())
        return invalidRequest("No Lambda rotation function ARN is associated with this secret.");
    if (!request.has_rotation_rules()) {
        if (secret.rotation_days() == 0 && secret.rotation_schedule().empty())
            secret.set_rotation_days(kDefaultRotationDays);
        return absl::OkStatus();
    }
    const sm::RotationRulesType& rules = request.rotation_rules();
    if (rules.has_schedule_expression() == rules.has_automatically_after_days()) {
        return invalidSecretParameter("Give either AutomaticallyAfterDays or ScheduleExpression.");
    }
    if (rules.has_schedule_expression()) {
        const auto schedule = Schedule::parse(rules.schedule_expression());
        if (!schedule.ok())
            return invalidSecretParameter(std::string(view(schedule.status().message())));
        if (schedule->isRate() && schedule->rateSeconds() < kMinRateSeconds)
            return invalidSecretParameter("A secret rotates every four hours at the most.");
    }
    secret.set_rotation_days(rules.automatically_after_days());
    secret.set_rotation_schedule(rules.schedule_expression());
    secret.set_rotation_duration(rules.duration());
    return absl::OkStatus();
}

// Every text in a JSON value, and the value itself: what must not be shown of it.
void collectTexts(const boost::json::value& value, std::vector<std::string>& out)
{
    if (value.is_string())
        out.emplace_back(value.get_string().c_str());
    else if (value.is_array())
        for (const auto& member : value.get_array())
            collectTexts(member, out);
    else if (value.is_object())
        for (const auto& [name, member] : value.get_object())
            collectTexts(member, out);
}

} // namespace

std::int64_t SecretStore::nextRotation(const SecretRecord& secret) const
{
    const std::int64_t now = m_clock.unixMillis();
    if (secret.rotation_schedule().empty())
        return now + secret.rotation_days() * kDayMs;
    const auto schedule = Schedule::parse(secret.rotation_schedule());
    if (!schedule.ok())
        return 0;
    const auto next = schedule->next(now / 1000);
    return next ? *next * 1000 : 0;
}

absl::Status SecretStore::orderRotation(SecretRecord& secret, const std::string& token,
                                        bool scheduled) const
{
    if (running(secret))
        return invalidRequest("A previous rotation isn't complete. That rotation will be "
                              "reattempted.");
    RotationRecord& rotation = *secret.add_rotations();
    rotation.set_token(token);
    rotation.set_started_at_ms(m_clock.unixMillis());
    rotation.set_step("createSecret");
    rotation.set_scheduled(scheduled);
    while (secret.rotations_size() > kKeptRotations)
        secret.mutable_rotations()->erase(secret.mutable_rotations()->begin());
    secret.set_next_rotation_at_ms(nextRotation(secret));
    return absl::OkStatus();
}

void SecretStore::rotate(const sm::RotateSecretRequest& request,
                         Reply<sm::RotateSecretResponse> reply)
{
    const bool now = !request.has_rotate_immediately() || request.rotate_immediately();
    auto token = std::make_shared<std::string>(request.client_request_token());
    edit(
        request.secret_id(),
        [this, request, now, token](SecretRecord& secret) -> absl::Status {
            if (secret.deleted_at_ms() > 0)
                return markedForDeletion();
            if (absl::Status status = applyRules(request, secret); !status.ok())
                return status;
            if (m_functionExists && !m_functionExists(secret.rotation_function())) {
                return makeError("AccessDeniedException", 400,
                                 "Secrets Manager cannot invoke the specified Lambda function. "
                                 "Check that it is there.");
            }
            secret.set_rotates(true);
            secret.set_next_rotation_at_ms(nextRotation(secret));
            if (!now)
                return absl::OkStatus();
            // A version that a failed rotation left behind is taken up again, not piled upon.
            const std::string pending = versionWith(secret, kPending);
            if (!pending.empty() && pending != versionWith(secret, kCurrent))
                *token = pending;
            return orderRotation(secret, *token, false);
        },
        [this, now, token, reply = std::move(reply)](const absl::StatusOr<SecretPtr>& secret) {
            if (!secret.ok())
                return reply(secret.status());
            sm::RotateSecretResponse response;
            response.set_arn((*secret)->arn());
            response.set_name((*secret)->name());
            response.set_version_id(*token);
            reply(std::move(response));
            if (now && m_order)
                m_order(RotationOrder{(*secret)->name(), *token, false});
        });
}

void SecretStore::cancelRotation(const sm::CancelRotateSecretRequest& request,
                                 Reply<sm::CancelRotateSecretResponse> reply)
{
    edit(
        request.secret_id(),
        [](SecretRecord& secret) {
            if (secret.deleted_at_ms() > 0)
                return markedForDeletion();
            secret.set_rotates(false);
            secret.set_next_rotation_at_ms(0);
            return absl::OkStatus();
        },
        [reply = std::move(reply)](const absl::StatusOr<SecretPtr>& secret) {
            if (!secret.ok())
                return reply(secret.status());
            sm::CancelRotateSecretResponse response;
            response.set_arn((*secret)->arn());
            response.set_name((*secret)->name());
            const std::string pending = versionWith(**secret, kPending);
            if (!pending.empty() && pending != versionWith(**secret, kCurrent))
                response.set_version_id(pending);
            reply(std::move(response));
        });
}

void SecretStore::noteProgress(const RotationOrder& order, const std::string& step, Done done)
{
    edit(
        order.name,
        [order, step](SecretRecord& secret) -> absl::Status {
            RotationRecord* rotation = running(secret);
            if (!rotation || rotation->token() != order.token)
                return invalidRequest("The rotation is over.");
            rotation->set_step(step);
            return absl::OkStatus();
        },
        [done = std::move(done)](const auto& result) { done(result.status()); });
}

void SecretStore::noteEnd(const RotationOrder& order, const std::string& error, Done done)
{
    edit(
        order.name,
        [order, error, now = m_clock.unixMillis()](SecretRecord& secret) -> absl::Status {
            RotationRecord* rotation = running(secret);
            if (!rotation || rotation->token() != order.token)
                return invalidRequest("The rotation is over.");
            rotation->set_ended_at_ms(now);
            rotation->set_error(error);
            if (error.empty()) {
                secret.set_rotated_at_ms(now);
                // What is current is not pending any more, whatever the function left there.
                if (const auto version = secret.mutable_versions()->find(order.token);
                    version != secret.mutable_versions()->end())
                    dropStage(version->second, kPending);
            }
            return absl::OkStatus();
        },
        [done = std::move(done)](const auto& result) { done(result.status()); });
}

std::string SecretStore::redacted(const std::string& name, std::string text) const
{
    constexpr std::size_t kShortest = 4; // less would hide half of an innocent sentence
    const SecretPtr secret = m_secrets.find(name);
    if (!secret)
        return text;
    for (const auto& [id, version] : secret->versions()) {
        const auto opened = open(*secret, id);
        if (!opened.ok())
            continue;
        std::vector<std::string> hidden{opened->text()};
        boost::json::error_code failed;
        if (const auto value = boost::json::parse({hidden[0].data(), hidden[0].size()}, failed);
            !failed)
            collectTexts(value, hidden);
        for (std::string& each : hidden) {
            if (each.size() >= kShortest)
                text = absl::StrReplaceAll(text, {{each, "(hidden)"}});
            keys::cleanse(each);
        }
    }
    return text;
}

void SecretStore::tick()
{
    const std::int64_t now = m_clock.unixMillis();
    std::vector<std::string> due, expired;
    for (const auto& [name, secret] : m_secrets.all()) {
        if (secret->deleted_at_ms() > 0) {
            if (secret->deletion_at_ms() <= now)
                expired.push_back(name);
        } else if (secret->rotates() && secret->next_rotation_at_ms() > 0 &&
                   secret->next_rotation_at_ms() <= now) {
            due.push_back(name);
        }
    }
    for (const std::string& name : expired) {
        m_secrets.change(
            name,
            [now](const SecretRecord* current) -> absl::StatusOr<std::unique_ptr<SecretRecord>> {
                if (!current || current->deleted_at_ms() == 0 || current->deletion_at_ms() > now)
                    return absl::CancelledError("restored meanwhile");
                return nullptr;
            },
            [name](const auto& removed) {
                if (removed.ok())
                    log::info("deleted the secret ", name, ": its recovery window is over");
            });
    }
    for (const std::string& name : due) {
        auto token = std::make_shared<std::string>(randomUuid());
        edit(
            name,
            [this, token](SecretRecord& secret) {
                const std::string pending = versionWith(secret, kPending);
                if (!pending.empty() && pending != versionWith(secret, kCurrent))
                    *token = pending;
                return orderRotation(secret, *token, true);
            },
            [this, name, token](const auto& ordered) {
                if (ordered.ok() && m_order)
                    m_order(RotationOrder{name, *token, true});
            });
    }
}

} // namespace gantry::secrets
