#pragma once

#include <absl/strings/string_view.h>

#include <string_view>

namespace gantry {

// Debian builds Abseil with a string_view of its own, which std::string_view does not convert to.
inline absl::string_view view(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view view(absl::string_view text) { return {text.data(), text.size()}; }

} // namespace gantry
