#pragma once

#include "aws/secretsmanager.pb.h"

#include <absl/status/statusor.h>

namespace gantry::secrets {

// GetRandomPassword: characters drawn evenly with the kernel's generator.
absl::StatusOr<aws::secretsmanager::GetRandomPasswordResponse>
randomPassword(const aws::secretsmanager::GetRandomPasswordRequest& request);

} // namespace gantry::secrets
