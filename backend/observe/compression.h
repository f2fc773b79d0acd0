#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gantry::observe {

// zstd with a context for each thread. Level 1 makes 300 MB/s and more.
std::string compress(std::string_view data, int level);
// Nothing when it is damaged, or claims more than 64 MB.
std::optional<std::string> decompress(std::string_view data);

} // namespace gantry::observe
