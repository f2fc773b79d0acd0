#pragma once

#include "backend/base/unique_fd.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace gantry::images {

// A name in a directory. Directories are told by their inode, so that two paths to one, of which one
// leads over a symbolic link, are the same place.
using Place = std::pair<std::uint64_t, std::string>;

// The root file system of an image while it is made. No path leads out of it: each is looked up as
// by a process that has it as its root. Blocking.
class RootTree final {
public:
    explicit RootTree(UniqueFd directory) : m_root(std::move(directory)) {}

    int fd() const { return m_root.get(); }

    // The directory at a path without "..", made when it is missing. Refused are paths through what
    // is no directory and such that end up too deep.
    absl::StatusOr<UniqueFd> directory(const std::string& path);

    // Makes a real directory (no link to one) at the path, or an empty file: what stands in the way
    // goes. For the places where a sandbox mounts something.
    absl::Status makeMountPoint(const std::string& path, bool file);

    // Removes the name with all that is below it, but for the places that are spared.
    using Spared = std::function<bool(const Place&)>;
    static absl::Status remove(int directory, const std::string& name, const Spared& spared = {});
    // Removes all that is in the directory, but for the places that are spared.
    static absl::Status clear(int directory, const Spared& spared = {});

    static Place placeOf(int directory, std::string name);

private:
    UniqueFd m_root;
};

} // namespace gantry::images
