#pragma once

namespace gantry {

inline constexpr const char* kVersion = "0.1.0";

// Raised whenever a console built for the new level cannot work with an older daemon.
inline constexpr int kApiLevel = 2;

} // namespace gantry
