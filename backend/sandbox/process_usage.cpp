#include "backend/sandbox/process_usage.h"

#include "backend/sandbox/host_files.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <cstdlib>
#include <vector>

#include <unistd.h>

namespace gantry::sandbox {
namespace {

// A line such as "VmRSS:      5120 kB", in bytes.
std::int64_t statusBytes(const std::string& status, const char* name)
{
    const std::size_t at = status.find(name);
    return at == std::string::npos
               ? 0
               : std::strtoll(status.c_str() + at + std::string_view(name).size(), nullptr, 10) *
                     1024;
}

} // namespace

Usage processUsage(pid_t init)
{
    const std::string children =
        readHostFile(absl::StrCat("/proc/", init, "/task/", init, "/children"));
    const long pid = std::strtol(children.c_str(), nullptr, 10);
    Usage usage;
    if (pid <= 0)
        return usage;
    const std::string status = readHostFile(absl::StrCat("/proc/", pid, "/status"));
    usage.memoryBytes = statusBytes(status, "VmRSS:");
    usage.memoryPeakBytes = statusBytes(status, "VmHWM:");
    // After the name in parentheses, user and system time are fields 12 and 13, in clock ticks.
    const std::string stat = readHostFile(absl::StrCat("/proc/", pid, "/stat"));
    const std::vector<std::string> fields =
        absl::StrSplit(stat.substr(std::min(stat.size(), stat.rfind(')') + 2)), ' ');
    if (fields.size() > 12)
        usage.cpuMicros = (std::atoll(fields[11].c_str()) + std::atoll(fields[12].c_str())) *
                          1'000'000 / ::sysconf(_SC_CLK_TCK);
    return usage;
}

} // namespace gantry::sandbox
