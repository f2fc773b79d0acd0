#pragma once

namespace gantry::rpc {

// The lowest api_level (PlatformInfo) of a daemon that this console works with.
inline constexpr int kNeededApiLevel = 2;

} // namespace gantry::rpc
