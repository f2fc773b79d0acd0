#pragma once

#include "backend/iam/credential.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry::iam {

inline constexpr std::int64_t kRegistryTokenSeconds = 12 * 3600; // as ECR's

// The password that opens the container registry in the name of the credential, until then (Unix
// seconds). It is signed with the credential's secret: when the key goes, so does the password.
std::string makeRegistryPassword(const Credential& credential, std::int64_t expires);

// The credential that the password was made of; 401 when it is none of ours or has expired.
absl::StatusOr<const Credential*> checkRegistryPassword(const CredentialLookup& lookup,
                                                        std::string_view password,
                                                        std::int64_t now);

} // namespace gantry::iam
