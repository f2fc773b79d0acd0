#pragma once

#include "pricing/money.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace gantry::invoke {

// An event or a response above this size is not kept with its record.
inline constexpr std::size_t kKeptPayloadBytes = 64 * 1024;

struct TraceSpan;

// The one record that an invocation leaves. Charts, logs, bills, traces and the tuner read this and
// nothing else (rule 5).
struct InvocationRecord {
    std::string requestId;
    std::string functionName;
    std::string version; // that ran
    std::string alias;   // through which it was called; may be empty
    std::string architecture;
    bool emulated = false;
    int memoryMb = 0;
    int tmpMb = 0;
    std::int64_t acceptedAtMicros = 0; // Unix time
    std::int64_t startedAtMicros = 0;  // Unix time at which the environment took the event
    std::int64_t durationMicros = 0;
    std::int64_t initMicros = 0; // 0 when warm or restored
    std::int64_t restoreMicros = 0; // of a cold start from a snapshot
    std::int64_t billedRestoreMs = 0; // the runtime's part of it, rounded up; beside billedMs
    std::int64_t billedMs = 0;   // duration (and init when cold), rounded up to 1 ms
    std::int64_t memoryUsedBytes = 0;
    bool coldStart = false;
    std::string errorType; // empty on success
    std::string errorMessage;
    std::string logStream;
    std::string traceId; // the whole X-Amzn-Trace-Id that the runtime was given
    std::shared_ptr<const TraceSpan> trace; // null unless it is traced
    pricing::Money costUsd; // set by the pricer, from the same numbers; without the free tier
    std::shared_ptr<const std::string> event; // kept by observe within its limits
    std::shared_ptr<const std::string> response;
    // What went out as a streamed response (0 when it was buffered), and when its first byte came
    // after the event was taken. Streamed bytes beyond the first 6 MB are billed.
    std::int64_t streamedBytes = 0;
    std::int64_t firstByteMicros = 0;
    std::string tenantId; // of a function with tenant isolation: its environments are billed
    // It ran in a provisioned environment, which is billed otherwise; or on demand because all of
    // those were busy, which is not kept in the database.
    bool provisioned = false;
    bool spillover = false;
    // The size of an event that came asynchronously: a large one is billed as several requests.
    std::int64_t asyncEventBytes = 0;
};

// What a record costs; called once for each, in the order in which they end.
using Pricer = std::function<pricing::Money(const InvocationRecord&)>;

struct LogEntry {
    enum class Source { Function, Platform };
    std::int64_t timeMicros = 0;
    std::string functionName;
    std::string requestId; // of the invocation that ran; empty during init
    std::string logGroup; // empty: /aws/lambda/ and the function's name
    std::string logStream;
    std::string message; // without the line's end
    Source source = Source::Function;
};

// Where dispatch reports what happens. Called on the I/O thread; must not block.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void concurrencyChanged(const std::string& functionName, int running) = 0;
    virtual void environmentsChanged(const std::string& functionName, int live) = 0;
    // alias: through which it was called; may be empty.
    virtual void throttled(const std::string& functionName, const std::string& alias,
                           const std::string& version) = 0;
    // A traced invocation that was throttled: it has the names and no times but acceptedAtMicros.
    virtual void refused(const InvocationRecord& /*record*/) {}
    // A function is about to run in that trace, and may add to it.
    virtual void traceBegun(const std::string& /*functionName*/, const std::string& /*traceId*/) {}
    // How many more or fewer of the environments provisioned for a version or an alias run something,
    // and how many more or fewer there are.
    virtual void provisionedChanged(const std::string& /*functionName*/,
                                    const std::string& /*qualifier*/, int /*running*/,
                                    int /*allocated*/)
    {
    }
    virtual void finished(InvocationRecord record) = 0;
    virtual void logged(LogEntry entry) = 0;
};

} // namespace gantry::invoke
