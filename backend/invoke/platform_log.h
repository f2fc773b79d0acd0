#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry::runtime {
struct EnvironmentSpec;
}
namespace gantry::invoke {
struct TraceSpan;
}

// What the platform itself writes into a function's log, spelled as AWS spells it: tools that read
// Lambda logs parse it by pattern, tabs and all. As text, or with LogFormat JSON as records named
// platform.*, of which the function's SystemLogLevel lets through what is important enough ("System
// log level event mapping" in the developer guide). An empty result is not to be written.
namespace gantry::invoke::platform_log {

// Whose log it is, and when.
struct Place {
    const runtime::EnvironmentSpec& spec;
    std::int64_t unixMicros = 0;
};

struct Init {
    std::int64_t durationMicros = 0;
    std::string_view phase;  // "init", or "invoke" for one that is repeated
    std::string_view status; // "success", "timeout" or "error"
    std::string_view errorType; // with status "error"
};

struct Report {
    std::string_view requestId;
    std::int64_t durationMicros = 0;
    std::int64_t billedMs = 0;
    int memoryMb = 0;
    std::int64_t memoryUsedBytes = 0;
    std::int64_t initMicros = 0; // 0: no Init Duration
    std::string_view status;     // "", "timeout" or "error": how the sandbox ended the invocation
    std::string_view errorType;  // empty on success
    std::int64_t producedBytes = 0;
    std::int64_t restoreMicros = 0; // 0: no Restore Duration
    std::int64_t billedRestoreMs = 0;
    const TraceSpan* trace = nullptr; // null: not traced
};

// The runtime is named by its id, as in "python3.13": there are no patch releases to tell apart.
std::string initStart(const Place& place, std::string_view logStream);
// With SnapStart, instead of those two.
std::string restoreStart(const Place& place, std::string_view logStream);
std::string restoreReport(const Place& place, std::int64_t durationMicros,
                          std::string_view errorType); // empty on success
// As text only an init that did not come to a good end is told of.
std::string initReport(const Place& place, const Init& init);
std::string start(const Place& place, std::string_view requestId);
// END, or platform.runtimeDone.
std::string end(const Place& place, const Report& report);
std::string report(const Place& place, const Report& report);
// Why the sandbox ended an invocation; in JSON the report says it.
std::string timedOut(const Place& place, std::string_view requestId, std::int64_t timeoutMicros);
std::string failed(const Place& place, std::string_view text);

// The message of the error document when the sandbox, not the handler, ended the invocation.
std::string sandboxError(std::string_view requestId, std::string_view message);
std::string timeoutMessage(std::int64_t timeoutMicros);

// {"errorType":...,"errorMessage":...}
std::string errorDocument(std::string_view type, std::string_view message);

} // namespace gantry::invoke::platform_log
