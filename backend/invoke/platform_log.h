#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// The lines that the platform itself writes into a function's log, spelled as AWS spells them:
// tools that read Lambda logs parse them by pattern, tabs and all.
namespace gantry::invoke::platform_log {

struct Report {
    std::string_view requestId;
    std::int64_t durationMicros = 0;
    std::int64_t billedMs = 0;
    int memoryMb = 0;
    std::int64_t memoryUsedBytes = 0;
    std::int64_t initMicros = 0; // 0: no Init Duration
    std::string_view status;     // "", "timeout" or "error"
    std::string_view errorType;  // with status "error"
};

// The runtime is named by its id, as in "python3.13": there are no patch releases to tell apart.
std::string initStart(std::string_view runtime, std::string_view region);
// Only for an init that did not come to a good end; phase is "init" or "invoke".
std::string initReport(std::int64_t durationMicros, std::string_view phase, std::string_view status,
                       std::string_view errorType);
std::string start(std::string_view requestId, std::string_view version);
std::string end(std::string_view requestId);
std::string report(const Report& report);
std::string timedOut(std::int64_t unixMicros, std::string_view requestId,
                     std::int64_t timeoutMicros);
// The message of the error document when the sandbox, not the handler, ended the invocation.
std::string sandboxError(std::string_view requestId, std::string_view message);
std::string timeoutMessage(std::int64_t timeoutMicros);

// {"errorType":...,"errorMessage":...}
std::string errorDocument(std::string_view type, std::string_view message);

} // namespace gantry::invoke::platform_log
