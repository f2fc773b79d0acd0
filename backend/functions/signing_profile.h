#pragma once

#include "backend/base/place.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace gantry::functions {

// A publisher: a certificate under a name. The version follows from the certificate.
struct SigningProfile {
    std::string name, version;
    std::string subject;
    std::int64_t notAfterSeconds = 0; // Unix time
    std::string certificate;          // PEM, of the certificate alone
};

// Error: InvalidParameterValueException when the name is none or the text holds no certificate.
absl::StatusOr<SigningProfile> readSigningProfile(const std::string& name, const std::string& pem);

std::string profileArn(const Place& place, const SigningProfile& profile);
// NAME/VERSION.pem below the profiles' directory; empty when the ARN is not a profile version's.
std::filesystem::path profileFile(const std::filesystem::path& profiles, const std::string& arn);

} // namespace gantry::functions
