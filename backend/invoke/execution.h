#pragma once

#include "backend/invoke/dispatcher.h"
#include "backend/invoke/response_meter.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry::invoke {

// The last 4 KB of what a function wrote: the log tail that a caller may ask for.
class LogTail final {
public:
    static constexpr std::size_t kLimit = 4096;

    void append(std::string_view line);
    void appendText(std::string_view lines); // each with its line's end
    std::string take();

private:
    std::string m_text; // trimmed only when twice the limit, so that appending stays cheap
};

// One admitted invocation on its way from the request to its record: what was asked for, what is
// known of it so far and whom to answer.
struct Execution {
    Request request;
    Dispatcher::Done done;
    InvocationRecord record; // names and times are filled in as they become known
    LogTail tail;
    std::shared_ptr<ResponseMeter> meter; // of a response that may be streamed
    bool redelivered = false;        // its first environment had died before the event reached it
    bool started = false;            // START is in the log
    bool unreserved = false;         // it counts against the account's unreserved concurrency
    std::int64_t waitsSinceMicros = 0; // monotonic; since when it waits for an environment
    std::int64_t deadlineMicros = 0;   // monotonic; set when its init is retried under its time-out

    const runtime::EnvironmentSpec& spec() const { return *request.target.spec; }
    std::int64_t timeoutMicros() const { return std::int64_t{1'000'000} * spec().timeoutSeconds; }
};

} // namespace gantry::invoke
