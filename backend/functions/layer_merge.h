#pragma once

#include <absl/status/status.h>

#include <filesystem>
#include <vector>

namespace gantry::functions {

// Makes one tree of several unpacked layers, the later ones over the earlier: what is at /opt. Files
// are hard links, so it costs no space; symbolic links are copied. Never follows a link, so that a
// layer's link cannot make another's files land outside. The target must be empty and on the same
// file system. Blocks.
absl::Status mergeLayers(const std::vector<std::filesystem::path>& layers,
                         const std::filesystem::path& target);

} // namespace gantry::functions
