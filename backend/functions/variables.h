#pragma once

#include "backend/functions/model.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>

namespace gantry::keys {
class KeyStore;
}

// Environment variables at rest: sealed with the function's KMS key, or with that of AWS Lambda
// (alias/aws/lambda), as "Securing environment variables" in the Lambda guide describes it.
namespace gantry::functions {

// Sealed variables of the configuration; empty when it has none. Takes what was there before when
// nothing has changed, so that a function whose key is disabled can still be configured. Errors:
// KMSDisabledException, KMSInvalidStateException, KMSNotFoundException (502).
absl::StatusOr<std::string> sealVariables(const keys::KeyStore& keys,
                                          const Configuration& configuration,
                                          const VersionPtr& before);

// Puts the sealed variables into the configuration, or an error where they would be when the key is
// gone.
void openVariables(const keys::KeyStore& keys, const std::string& sealed,
                   Configuration& configuration);

// Puts an error in the place of variables whose key cannot be used now: what GetFunctionConfiguration
// tells then.
void hideUnreadable(const keys::KeyStore& keys, const Version& version,
                    Configuration& configuration);

// Whether an invocation may read the version's variables; the same errors.
absl::Status checkVariables(const keys::KeyStore& keys, const Version& version);

} // namespace gantry::functions
