#pragma once

#include <absl/container/flat_hash_map.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::store {

// The names of a package seen so far. It decides whether an entry may exist at all: no path leaves
// the package, none runs through a file or a link, none occurs twice.
class ZipPaths final {
public:
    enum class Kind { Directory, File, Link };

    explicit ZipPaths(std::size_t maxBytes) : m_maxBytes(maxBytes) {}

    // The entry's path without "." and empty parts; empty for the package itself.
    // Nothing when the name is absolute, has "..", a drive letter, or is not UTF-8.
    std::optional<std::string> normalise(std::string_view name) const;

    // False when the path cannot be added. Parents that have no entry of their own are implied.
    bool add(const std::string& path, Kind kind);

    // Whether a link at this path may have this target. ".." is allowed only in front: behind
    // another name it could climb out through a second link.
    static bool linkStaysInside(std::string_view path, std::string_view target);

private:
    std::size_t m_maxBytes;
    absl::flat_hash_map<std::string, Kind> m_kinds;
};

} // namespace gantry::store
