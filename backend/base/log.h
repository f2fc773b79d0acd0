#pragma once

#include <absl/strings/str_cat.h>

#include <string_view>

namespace gantry::log {

enum class Level { Debug, Info, Warning, Error };

// Lines below this level are not written. Default: Info.
void setLevel(Level level);

// One line on standard error: time, level, text. Never pass a secret.
void write(Level level, std::string_view text);

// Parts as for absl::StrCat.
template <class... Parts> void debug(const Parts&... parts)
{
    write(Level::Debug, absl::StrCat(parts...));
}
template <class... Parts> void info(const Parts&... parts)
{
    write(Level::Info, absl::StrCat(parts...));
}
template <class... Parts> void warning(const Parts&... parts)
{
    write(Level::Warning, absl::StrCat(parts...));
}
template <class... Parts> void error(const Parts&... parts)
{
    write(Level::Error, absl::StrCat(parts...));
}

} // namespace gantry::log
