#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace gantry::store {

// Writes a file that is complete or absent, whatever happens: into temporary first, to the disk,
// then renamed. Both paths are on one file system.
absl::Status writeDurably(const std::filesystem::path& file, std::string_view data,
                          const std::filesystem::path& temporary);

// Puts what was written below a directory on the disk, then gives it its final name.
absl::Status renameDurably(const std::filesystem::path& from, const std::filesystem::path& to);

absl::StatusOr<std::string> readFile(const std::filesystem::path& file);

// The error of a failed system call on a file; a full disk is told apart.
absl::Status fileError(const std::filesystem::path& file, int error);

} // namespace gantry::store
