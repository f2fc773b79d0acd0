#pragma once

#include "backend/base/unique_fd.h"

#include <absl/status/statusor.h>

#include <filesystem>

namespace gantry::store {

// Keeps a second daemon off a data directory. The kernel drops it with the process, however it
// ends.
class DirectoryLock final {
public:
    // Fails when another process holds it; the message names that process.
    static absl::StatusOr<DirectoryLock> acquire(const std::filesystem::path& directory);

private:
    explicit DirectoryLock(UniqueFd fd) : m_fd(std::move(fd)) {}
    UniqueFd m_fd;
};

} // namespace gantry::store
