#include "backend/secrets/secret_rules.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <boost/json/parse.hpp>

#include <algorithm>

namespace gantry::secrets {
namespace {

namespace json = boost::json;

constexpr int kMaxVersions = 100;
constexpr int kMaxTags = 50;

bool isAnyone(const json::value& principal)
{
    if (principal.is_string())
        return principal.get_string() == "*";
    if (principal.is_array()) {
        return std::any_of(principal.get_array().begin(), principal.get_array().end(), isAnyone);
    }
    if (!principal.is_object())
        return false;
    const json::value* aws = principal.get_object().if_contains("AWS");
    return aws && isAnyone(*aws);
}

bool letsAnyoneIn(const json::value& statement)
{
    if (!statement.is_object())
        return false;
    const json::object& object = statement.get_object();
    const json::value* effect = object.if_contains("Effect");
    const json::value* principal = object.if_contains("Principal");
    return effect && effect->is_string() && effect->get_string() == "Allow" && principal &&
           isAnyone(*principal) && !object.contains("Condition");
}

} // namespace

absl::Status secretNotFound()
{
    return makeError("ResourceNotFoundException", 400,
                     "Secrets Manager can't find the specified secret.");
}

absl::Status markedForDeletion()
{
    return invalidRequest("You can't perform this operation on the secret because it was marked "
                          "for deletion.");
}

absl::Status invalidRequest(std::string message)
{
    return makeError("InvalidRequestException", 400, std::move(message));
}

absl::Status invalidSecretParameter(std::string message)
{
    return makeError("InvalidParameterException", 400, std::move(message));
}

void setMillis(std::int64_t millis, google::protobuf::Timestamp* out)
{
    out->set_seconds(millis / 1000);
    out->set_nanos(static_cast<int>(millis % 1000) * 1'000'000);
}

bool hasStage(const record::SecretVersionRecord& version, std::string_view stage)
{
    return std::find(version.stages().begin(), version.stages().end(), stage) !=
           version.stages().end();
}

std::string versionWith(const record::SecretRecord& secret, std::string_view stage)
{
    for (const auto& [id, version] : secret.versions()) {
        if (hasStage(version, stage))
            return id;
    }
    return {};
}

void dropStage(record::SecretVersionRecord& version, std::string_view stage)
{
    auto& stages = *version.mutable_stages();
    stages.erase(std::remove(stages.begin(), stages.end(), stage), stages.end());
}

void moveStage(record::SecretRecord& secret, const std::string& stage, const std::string& version)
{
    const std::string from = versionWith(secret, stage);
    if (from == version)
        return;
    if (!from.empty())
        dropStage(secret.mutable_versions()->at(from), stage);
    secret.mutable_versions()->at(version).add_stages(stage);
    if (stage == "AWSCURRENT" && !from.empty())
        moveStage(secret, "AWSPREVIOUS", from);
    if (stage == "AWSCURRENT")
        dropStage(secret.mutable_versions()->at(version), "AWSPREVIOUS");
}

void trimVersions(record::SecretRecord& secret)
{
    while (secret.versions_size() > kMaxVersions) {
        std::string oldest;
        std::int64_t oldestMs = 0;
        for (const auto& [id, version] : secret.versions()) {
            if (version.stages().empty() && (oldest.empty() || version.created_at_ms() < oldestMs)) {
                oldest = id;
                oldestMs = version.created_at_ms();
            }
        }
        if (oldest.empty())
            return;
        secret.mutable_versions()->erase(oldest);
    }
}

absl::Status checkSecretName(std::string_view name)
{
    const bool valid = std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
               std::string_view("/_+=.@!-").find(c) != std::string_view::npos;
    });
    return valid ? absl::OkStatus()
                 : validationError("Invalid name. Must be a valid name containing alphanumeric "
                                   "characters, or any of the following: -/_+=.@!");
}

absl::Status checkSecretTags(const record::SecretRecord& secret)
{
    if (secret.tags_size() > kMaxTags)
        return makeError("LimitExceededException", 400, "A secret can have up to 50 tags.");
    for (const auto& [name, value] : secret.tags()) {
        if (absl::StartsWith(name, "aws:"))
            return invalidSecretParameter("Tag keys that begin with aws: are reserved.");
    }
    return absl::OkStatus();
}

absl::Status checkSecretPolicy(std::string_view policy)
{
    json::error_code error;
    const json::value document = json::parse({policy.data(), policy.size()}, error);
    const json::value* statement =
        !error && document.is_object() ? document.get_object().if_contains("Statement") : nullptr;
    if (!statement || !(statement->is_object() || statement->is_array())) {
        return makeError("MalformedPolicyDocumentException", 400,
                         "This resource policy is not a JSON object with a Statement.");
    }
    return absl::OkStatus();
}

bool isPublicPolicy(std::string_view policy)
{
    json::error_code error;
    const json::value document = json::parse({policy.data(), policy.size()}, error);
    if (error || !document.is_object())
        return false;
    const json::value* statement = document.get_object().if_contains("Statement");
    if (!statement)
        return false;
    if (!statement->is_array())
        return letsAnyoneIn(*statement);
    const json::array& all = statement->get_array();
    return std::any_of(all.begin(), all.end(), letsAnyoneIn);
}

} // namespace gantry::secrets
