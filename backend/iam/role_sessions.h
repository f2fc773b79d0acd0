#pragma once

#include "backend/iam/credential.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>

namespace gantry::iam {

class Directory;

// Temporary credentials with which functions act as their execution role: one set for each
// execution environment, in memory only. I/O thread only.
class RoleSessions final {
public:
    // AWS's own limit.
    static constexpr std::int64_t kMaxSeconds = 12 * 3600;

    RoleSessions(Directory& directory, std::int64_t seconds)
        : m_directory(directory), m_seconds(seconds)
    {
    }

    // Lambda assumes the role for the function; the session has the function's name. The
    // credentials are worth nothing once the handle is gone or they have expired. Null for a role
    // of another account, which cannot be assumed here. Error: AccessDeniedException (403) when the
    // role is not there or its trust policy does not let Lambda in.
    absl::StatusOr<std::shared_ptr<const Credential>> assume(const std::string& roleArn,
                                                             const std::string& functionName,
                                                             const std::string& functionArn);

private:
    Directory& m_directory;
    const std::int64_t m_seconds;
};

} // namespace gantry::iam
