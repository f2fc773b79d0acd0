#include "backend/secrets/secret_store.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/secrets/secret_rules.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <algorithm>
#include <utility>

// What Secrets Manager tells of secrets: describe, lists and their filters.
namespace gantry::secrets {
namespace {

namespace sm = aws::secretsmanager;
using record::SecretRecord;

constexpr int kDefaultPage = 100;
constexpr int kBatchPage = 20;

// The members that a description and an entry of the list have in common.
template <class Message> void fillSecret(const SecretRecord& secret, Message& out)
{
    out.set_arn(secret.arn());
    out.set_name(secret.name());
    if (!secret.description().empty())
        out.set_description(secret.description());
    if (!secret.kms_key_id().empty())
        out.set_kms_key_id(secret.kms_key_id());
    if (!secret.rotation_function().empty()) {
        out.set_rotation_enabled(secret.rotates());
        out.set_rotation_lambda_arn(secret.rotation_function());
        sm::RotationRulesType& rules = *out.mutable_rotation_rules();
        if (secret.rotation_days() > 0)
            rules.set_automatically_after_days(secret.rotation_days());
        if (!secret.rotation_schedule().empty())
            rules.set_schedule_expression(secret.rotation_schedule());
        if (!secret.rotation_duration().empty())
            rules.set_duration(secret.rotation_duration());
    }
    setMillis(secret.created_at_ms(), out.mutable_created_date());
    setMillis(secret.changed_at_ms(), out.mutable_last_changed_date());
    if (secret.accessed_at_ms() > 0)
        setMillis(secret.accessed_at_ms(), out.mutable_last_accessed_date());
    if (secret.rotated_at_ms() > 0)
        setMillis(secret.rotated_at_ms(), out.mutable_last_rotated_date());
    if (secret.next_rotation_at_ms() > 0 && secret.rotates())
        setMillis(secret.next_rotation_at_ms(), out.mutable_next_rotation_date());
    if (secret.deleted_at_ms() > 0)
        setMillis(secret.deleted_at_ms(), out.mutable_deleted_date());
    const std::map<std::string, std::string> tags(secret.tags().begin(), secret.tags().end());
    for (const auto& [key, value] : tags) {
        sm::Tag& tag = *out.add_tags();
        tag.set_key(key);
        tag.set_value(value);
    }
}

template <class Map> void fillStages(const SecretRecord& secret, Map& out)
{
    for (const auto& [id, version] : secret.versions()) {
        if (!version.stages().empty())
            *out[id].mutable_members() = version.stages();
    }
    // From the start of a rotation the version that it is to make is listed, empty as yet: AWS's own
    // rotation functions look for it before they do anything.
    if (secret.rotations().empty())
        return;
    const record::RotationRecord& last = *secret.rotations().rbegin();
    if (last.ended_at_ms() == 0 && !secret.versions().contains(last.token()))
        out[last.token()].add_members(kPending);
}

bool matchesText(const std::string& text, const std::string& wanted, bool prefix)
{
    return prefix ? absl::StartsWith(text, wanted)
                  : absl::StrContains(absl::AsciiStrToLower(text), absl::AsciiStrToLower(wanted));
}

bool matchesTag(const SecretRecord& secret, const std::string& wanted, bool key)
{
    return std::any_of(secret.tags().begin(), secret.tags().end(), [&](const auto& tag) {
        return absl::StartsWith(key ? tag.first : tag.second, wanted);
    });
}

bool matchesValue(const SecretRecord& secret, const std::string& key, std::string wanted)
{
    const bool negated = absl::StartsWith(wanted, "!");
    if (negated)
        wanted.erase(0, 1);
    const bool matched =
        (key == "name" && matchesText(secret.name(), wanted, true)) ||
        (key == "description" && matchesText(secret.description(), wanted, true)) ||
        (key == "tag-key" && matchesTag(secret, wanted, true)) ||
        (key == "tag-value" && matchesTag(secret, wanted, false)) ||
        (key == "all" &&
         (matchesText(secret.name(), wanted, false) ||
          matchesText(secret.description(), wanted, false) || matchesTag(secret, wanted, true) ||
          matchesTag(secret, wanted, false)));
    return matched != negated;
}

// Every filter must match, each with one of its values.
template <class Filters> bool matches(const SecretRecord& secret, const Filters& filters)
{
    return std::all_of(filters.begin(), filters.end(), [&](const sm::Filter& filter) {
        return std::any_of(filter.values().begin(), filter.values().end(), [&](const auto& value) {
            return matchesValue(secret, filter.key(), value);
        });
    });
}

std::string sortKey(const SecretRecord& secret, const std::string& by)
{
    const std::int64_t ms = by == "last-accessed-date"  ? secret.accessed_at_ms()
                            : by == "last-changed-date" ? secret.changed_at_ms()
                            : by == "name"              ? 0
                                                        : secret.created_at_ms();
    return absl::StrFormat("%015d%s", ms, secret.name());
}

// A page of items with their keys, in their order, after the token's key. Gives the next token.
template <class Items, class Take>
absl::Status page(const Items& items, const std::string& token, int limit, bool descending,
                  std::string* next, Take take)
{
    std::string after;
    if (!token.empty() && !absl::WebSafeBase64Unescape(token, &after))
        return makeError("InvalidNextTokenException", 400, "The NextToken value is invalid.");
    int taken = 0;
    std::string last;
    for (const auto& [key, item] : items) {
        if (!token.empty() && (descending ? key >= after : key <= after))
            continue;
        if (taken++ == limit) {
            *next = absl::WebSafeBase64Escape(last);
            break;
        }
        take(item);
        last = key;
    }
    return absl::OkStatus();
}

} // namespace

absl::StatusOr<sm::DescribeSecretResponse>
SecretStore::describe(const sm::DescribeSecretRequest& request) const
{
    const auto secret = find(request.secret_id());
    if (!secret.ok())
        return secret.status();
    sm::DescribeSecretResponse response;
    fillSecret(**secret, response);
    fillStages(**secret, *response.mutable_version_ids_to_stages());
    return response;
}

absl::StatusOr<sm::ListSecretsResponse>
SecretStore::list(const sm::ListSecretsRequest& request) const
{
    const bool descending = request.sort_order() != "asc";
    std::vector<std::pair<std::string, SecretPtr>> sorted;
    for (const auto& [name, secret] : m_secrets.all()) {
        const bool shown = secret->deleted_at_ms() == 0 || request.include_planned_deletion();
        if (shown && matches(*secret, request.filters()))
            sorted.emplace_back(sortKey(*secret, request.sort_by()), secret);
    }
    std::sort(sorted.begin(), sorted.end(), [descending](const auto& a, const auto& b) {
        return descending ? a.first > b.first : a.first < b.first;
    });
    sm::ListSecretsResponse response;
    std::string next;
    const absl::Status status =
        page(sorted, request.next_token(),
             request.has_max_results() ? request.max_results() : kDefaultPage, descending, &next,
             [&response](const SecretPtr& secret) {
                 sm::SecretListEntry& entry = *response.add_secret_list();
                 fillSecret(*secret, entry);
                 fillStages(*secret, *entry.mutable_secret_versions_to_stages());
             });
    if (!status.ok())
        return status;
    if (!next.empty())
        response.set_next_token(next);
    return response;
}

absl::StatusOr<sm::ListSecretVersionIdsResponse>
SecretStore::versionIds(const sm::ListSecretVersionIdsRequest& request) const
{
    const auto secret = find(request.secret_id());
    if (!secret.ok())
        return secret.status();
    std::map<std::string, std::string> sorted; // by time and id
    for (const auto& [id, version] : (*secret)->versions()) {
        if (!version.stages().empty() || request.include_deprecated())
            sorted.emplace(absl::StrFormat("%015d%s", version.created_at_ms(), id), id);
    }
    sm::ListSecretVersionIdsResponse response;
    response.set_arn((*secret)->arn());
    response.set_name((*secret)->name());
    std::string next;
    const absl::Status status = page(
        sorted, request.next_token(), request.has_max_results() ? request.max_results() : kDefaultPage,
        false, &next, [&](const std::string& id) {
            const record::SecretVersionRecord& version = (*secret)->versions().at(id);
            sm::SecretVersionsListEntry& entry = *response.add_versions();
            entry.set_version_id(id);
            *entry.mutable_version_stages() = version.stages();
            setMillis(version.created_at_ms(), entry.mutable_created_date());
            if (version.accessed_at_ms() > 0)
                setMillis(version.accessed_at_ms(), entry.mutable_last_accessed_date());
            entry.add_kms_key_ids((*secret)->kms_key_id().empty() ? "DefaultEncryptionKey"
                                                                  : (*secret)->kms_key_id());
        });
    if (!status.ok())
        return status;
    if (!next.empty())
        response.set_next_token(next);
    return response;
}

std::vector<std::string>
SecretStore::wantedBy(const sm::BatchGetSecretValueRequest& request) const
{
    if (request.filters_size() == 0)
        return {request.secret_id_list().begin(), request.secret_id_list().end()};
    std::vector<std::string> names;
    for (const auto& [name, secret] : m_secrets.all()) {
        if (secret->deleted_at_ms() == 0 && matches(*secret, request.filters()))
            names.push_back(name);
    }
    return names;
}

void SecretStore::refuse(const sm::BatchGetSecretValueRequest& request, const std::string& id,
                         absl::Status why)
{
    if (m_refusedIn != &request)
        m_refused.clear();
    m_refusedIn = &request;
    m_refused.try_emplace(id, std::move(why));
}

absl::StatusOr<sm::BatchGetSecretValueResponse>
SecretStore::values(const sm::BatchGetSecretValueRequest& request)
{
    if ((request.secret_id_list_size() > 0) == (request.filters_size() > 0))
        return invalidSecretParameter("Give either SecretIdList or Filters.");
    std::vector<std::pair<std::string, std::string>> wanted; // what is sorted by, and the id
    for (const std::string& id : wantedBy(request)) {
        wanted.emplace_back(request.filters_size() > 0 ? id
                                                       : absl::StrFormat("%05d", wanted.size()),
                            id);
    }
    const auto refused = std::exchange(m_refused, {});
    if (std::exchange(m_refusedIn, nullptr) != &request && !refused.empty())
        return makeError("InternalServiceError", 500, "The secrets were decided about for another request.");
    sm::BatchGetSecretValueResponse response;
    std::string next;
    const absl::Status status = page(
        wanted, request.next_token(), request.has_max_results() ? request.max_results() : kBatchPage,
        false, &next, [&](const std::string& id) {
            sm::GetSecretValueRequest one;
            one.set_secret_id(id);
            const auto denied = refused.find(id);
            const absl::StatusOr<sm::GetSecretValueResponse> got =
                denied == refused.end() ? value(one) : denied->second;
            if (!got.ok()) {
                const AwsError error = awsErrorOf(got.status());
                sm::APIErrorType& entry = *response.add_errors();
                entry.set_secret_id(id);
                entry.set_error_code(error.name);
                entry.set_message(error.message);
                return;
            }
            sm::SecretValueEntry& entry = *response.add_secret_values();
            entry.set_arn(got->arn());
            entry.set_name(got->name());
            entry.set_version_id(got->version_id());
            if (got->has_secret_binary())
                entry.set_secret_binary(got->secret_binary());
            if (got->has_secret_string())
                entry.set_secret_string(got->secret_string());
            *entry.mutable_version_stages() = got->version_stages();
            *entry.mutable_created_date() = got->created_date();
        });
    if (!status.ok())
        return status;
    if (!next.empty())
        response.set_next_token(next);
    return response;
}

} // namespace gantry::secrets
