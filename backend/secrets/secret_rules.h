#pragma once

#include "backend/base/place.h"
#include "gantry/store/secrets.pb.h"

#include <absl/status/status.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>
#include <string_view>

// Small rules and wordings of Secrets Manager that its operations share.
namespace gantry::secrets {

inline constexpr std::int64_t kDayMs = 86'400'000;

absl::Status secretNotFound();
absl::Status markedForDeletion();
absl::Status invalidRequest(std::string message);          // InvalidRequestException
absl::Status invalidSecretParameter(std::string message);  // InvalidParameterException

void setMillis(std::int64_t millis, google::protobuf::Timestamp* out);

bool hasStage(const record::SecretVersionRecord& version, std::string_view stage);
// The id of the version that has the stage; empty when none has.
std::string versionWith(const record::SecretRecord& secret, std::string_view stage);
// Gives a stage to a version and takes it from the one that had it. AWSCURRENT leaves AWSPREVIOUS
// behind.
void moveStage(record::SecretRecord& secret, const std::string& stage, const std::string& version);
void dropStage(record::SecretVersionRecord& version, std::string_view stage);
// Forgets the oldest versions without a stage: a secret has a hundred at most.
void trimVersions(record::SecretRecord& secret);

absl::Status checkSecretName(std::string_view name);
absl::Status checkSecretTags(const record::SecretRecord& secret);
// A resource policy that cannot be one: MalformedPolicyDocumentException.
absl::Status checkSecretPolicy(std::string_view policy);
// Whether the policy lets anyone in without a condition.
bool isPublicPolicy(std::string_view policy);

} // namespace gantry::secrets
