#include "backend/base/log.h"

#include "backend/base/text.h"

#include <absl/strings/str_format.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <atomic>
#include <string>

#include <unistd.h>

namespace gantry::log {
namespace {
std::atomic<Level> g_level{Level::Info};
constexpr const char* kNames[] = {"debug", "info", "warning", "error"};
} // namespace

void setLevel(Level level) { g_level = level; }

void write(Level level, std::string_view text)
{
    if (level < g_level.load(std::memory_order_relaxed))
        return;
    const std::string line = absl::StrFormat(
        "%s %s %s\n", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()),
        kNames[static_cast<int>(level)], view(text));
    // One write a line, so that lines of several threads do not mix.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace gantry::log
