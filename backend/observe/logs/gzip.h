#pragma once

#include <string>
#include <string_view>

namespace gantry::observe::logs {

// The text as a gzip file (RFC 1952).
std::string gzip(std::string_view text);

} // namespace gantry::observe::logs
