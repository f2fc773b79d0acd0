#include "backend/invoke/platform_log.h"

#include "backend/base/text.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace gantry::invoke::platform_log {
namespace {

double toMs(std::int64_t micros)
{
    return static_cast<double>(micros) / 1000.0;
}

// "python3.13" -> "python:3.13", "nodejs22.x" -> "nodejs:22", "provided.al2023" ->
// "provided:al2023".
std::string runtimeVersion(std::string_view id)
{
    std::size_t split = id.find_first_of("0123456789.");
    if (split == std::string_view::npos)
        return std::string(id);
    const std::string_view family = id.substr(0, split);
    std::string_view version = id.substr(split);
    if (version.starts_with('.'))
        version.remove_prefix(1);
    if (version.ends_with(".x"))
        version.remove_suffix(2);
    return absl::StrCat(view(family), ":", view(version));
}

} // namespace

std::string initStart(std::string_view runtime, std::string_view region)
{
    return absl::StrCat("INIT_START Runtime Version: ", runtimeVersion(runtime),
                        "\tRuntime Version ARN: arn:aws:lambda:", view(region),
                        "::runtime:", view(runtime));
}

std::string initReport(std::int64_t durationMicros, std::string_view phase, std::string_view status,
                       std::string_view errorType)
{
    std::string line = absl::StrFormat("INIT_REPORT Init Duration: %.2f ms\tPhase: %s\tStatus: %s",
                                       toMs(durationMicros), view(phase), view(status));
    if (!errorType.empty())
        absl::StrAppend(&line, "\tError Type: ", view(errorType));
    return line;
}

std::string start(std::string_view requestId, std::string_view version)
{
    return absl::StrCat("START RequestId: ", view(requestId), " Version: ", view(version));
}

std::string end(std::string_view requestId)
{
    return absl::StrCat("END RequestId: ", view(requestId));
}

std::string report(const Report& report)
{
    constexpr std::int64_t kMegabyte = 1024 * 1024;
    std::string line = absl::StrFormat(
        "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\t"
        "Max Memory Used: %d MB\t",
        view(report.requestId), toMs(report.durationMicros), report.billedMs, report.memoryMb,
        (report.memoryUsedBytes + kMegabyte - 1) / kMegabyte);
    if (report.initMicros > 0)
        absl::StrAppendFormat(&line, "Init Duration: %.2f ms\t", toMs(report.initMicros));
    if (!report.status.empty())
        absl::StrAppend(&line, "Status: ", view(report.status));
    if (!report.errorType.empty())
        absl::StrAppend(&line, "\tError Type: ", view(report.errorType));
    return line;
}

std::string timeoutMessage(std::int64_t timeoutMicros)
{
    return absl::StrFormat("Task timed out after %.2f seconds",
                           static_cast<double>(timeoutMicros) / 1e6);
}

std::string timedOut(std::int64_t unixMicros, std::string_view requestId,
                     std::int64_t timeoutMicros)
{
    return absl::StrCat(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMicros(unixMicros),
                                         absl::UTCTimeZone()),
                        " ", view(requestId), " ", timeoutMessage(timeoutMicros));
}

std::string sandboxError(std::string_view requestId, std::string_view message)
{
    return absl::StrCat("RequestId: ", view(requestId), " Error: ", view(message));
}

std::string errorDocument(std::string_view type, std::string_view message)
{
    return boost::json::serialize(boost::json::value{
        {"errorType", boost::json::string_view(type.data(), type.size())},
        {"errorMessage", boost::json::string_view(message.data(), message.size())}});
}

} // namespace gantry::invoke::platform_log
