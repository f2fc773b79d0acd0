#pragma once

#include <string_view>

namespace gantry::runtime {
struct LogSettings;
}

namespace gantry::invoke {

// Whether a line that the function wrote belongs into its log: with LogFormat JSON those below its
// ApplicationLogLevel do not. As on AWS a line that is an object has the level that its "level"
// names, INFO without one or without a valid time; any other text has no level and passes.
bool passesLevel(const runtime::LogSettings& settings, std::string_view line);

} // namespace gantry::invoke
