#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gantry {

// The text as a gzip file (RFC 1952).
std::string gzip(std::string_view text);

// What a gzip file holds; nothing when it is damaged, or longer than the limit.
std::optional<std::string> gunzip(std::string_view file, std::size_t limit);

} // namespace gantry
