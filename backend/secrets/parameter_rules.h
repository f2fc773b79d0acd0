#pragma once

#include "aws/ssm.pb.h"
#include "gantry/store/secrets.pb.h"

#include <absl/status/status.h>

#include <string>

// Limits and wordings of the Parameter Store ("Managing parameter tiers" and PutParameter in the
// Systems Manager documents).
namespace gantry::secrets {

absl::Status parameterNotFound(const std::string& name);
absl::Status parameterVersionNotFound(const std::string& name, const std::string& selector);

// The name alone: characters, levels, reserved beginnings.
absl::Status checkParameterName(const std::string& name);
// What the value must be for its type, tier and pattern. tier is Standard or Advanced.
absl::Status checkParameterValue(const aws::ssm::PutParameterRequest& request,
                                 const std::string& type, const std::string& tier);
// Labels that may not be: the reason does not matter to AWS, the answer lists them.
bool isValidLabel(const std::string& label);

inline constexpr const char* kDefaultParameterKey = "alias/aws/ssm";

// Whether a parameter is under the path, or with recursive anywhere below it.
bool isBelow(const std::string& name, const std::string& path, bool recursive);
// What a request makes of the version before: an advanced parameter or not, the key of a
// SecureString.
bool isAdvanced(const aws::ssm::PutParameterRequest& request,
                const record::ParameterVersionRecord& before);
std::string keyFor(const aws::ssm::PutParameterRequest& request,
                   const record::ParameterVersionRecord& before);

} // namespace gantry::secrets
