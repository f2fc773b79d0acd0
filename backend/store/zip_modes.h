#pragma once

#include <absl/container/flat_hash_set.h>

#include <string>
#include <string_view>

namespace gantry::store {

// Which entries of an archive carry Unix file modes. libarchive invents modes for the others (those
// packed on Windows), so that a bootstrap without any mode and one that is expressly not executable
// look alike. Read from the central directory; anything odd in it leaves an entry "known".
class ZipModes final {
public:
    explicit ZipModes(std::string_view zip);

    bool known(const std::string& path) const { return !m_unknown.contains(path); }

private:
    absl::flat_hash_set<std::string> m_unknown;
};

} // namespace gantry::store
