#pragma once

#include "backend/functions/target.h"
#include "backend/invoke/invocation_record.h"
#include "backend/runtime/environment.h"

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace gantry {
class Clock;
}

namespace gantry::invoke {

struct Request {
    functions::Target target;
    std::string requestId; // empty: one is made
    std::string traceId;
    std::string clientContext; // JSON
    bool logTail = false;
    std::shared_ptr<const std::string> event;
    std::shared_ptr<runtime::ResponseSink> sink; // set: the caller takes a streamed response
    std::string tenantId;                        // of a function with tenant isolation
    bool asynchronous = false;
    int attempt = 0;                 // of an asynchronous event, from 1
    std::int64_t queuedAtMicros = 0; // when that was accepted, Unix time
    bool url = false;                // the event is a request to a function URL
};

struct Result {
    std::string requestId;
    std::string executedVersion;
    std::string payload;
    std::string contentType;
    bool functionError = false; // payload is the error document
    bool streamed = false;      // the response went to the sink; payload is empty but for an error
    std::string logTail;        // the last 4 KB, when asked for
    // The function did not get to run, or to answer, for a reason of the platform's.
    bool platformFailure = false;
    InvocationRecord record; // without event and response
};

// Token buckets, which are full at first.
struct ScalingRates {
    int startsPerTenSeconds = 1000; // environments of one function
    int callsPerEnvironment = 10;   // a second, for each environment that there may be
};

struct Options {
    int accountConcurrency = 1000;
    std::int64_t keepAliveMicros = 600'000'000; // idle time after which an environment is shut down
    std::int64_t initTimeoutMicros = 10'000'000;
    std::size_t maxPayloadBytes = 6 * 1024 * 1024;
    // Lambda's bandwidth of a streamed response: a burst at full speed, then this rate (0: no
    // limit), and a total.
    std::int64_t streamBurstBytes = 6 * 1024 * 1024;
    std::int64_t streamBytesPerSecond = 2 * 1024 * 1024;
    std::int64_t maxStreamBytes = 200LL * 1024 * 1024;
    ScalingRates scaling;
    bool learnKeepAlive = false;
    std::int64_t keepAliveMinuteMicros = 60'000'000; // the resolution of what is learned
    // Whether an invocation is traced of which nobody has decided yet; none: no.
    std::function<bool(const runtime::EnvironmentSpec&)> sample;
};

// Admits invocations, finds or starts an environment for each, and closes their records.
// State lives on the I/O thread; callbacks come there too.
class Dispatcher {
public:
    using Done = std::function<void(absl::StatusOr<Result>)>;
    using InitChecked = std::function<void(runtime::InitOutcome, std::vector<std::string> log)>;

    virtual ~Dispatcher() = default;

    virtual void invoke(Request request, Done done) = 0;

    // An X-Amzn-Trace-Id with the decision whether it is traced in it, for what is invoked later and
    // perhaps more than once.
    virtual std::string decideTrace(std::string traceId, const functions::Target& /*target*/) const
    {
        return traceId;
    }

    // Starts one environment and keeps it warm when its init succeeded.
    virtual void checkInit(functions::Target target, InitChecked done) = 0;

    // Idle environments of the function's $LATEST whose key differs are shut down, busy ones after
    // their invocation; published versions never change and stay. An empty key retires all versions
    // (the function was deleted).
    virtual void retire(const std::string& functionName, const std::string& keepPoolKey) = 0;

    virtual int runningTotal() const = 0;
    virtual int running(const std::string& functionName) const = 0;

    // Refuses new invocations and ends every environment, then calls done.
    virtual void shutdown(std::function<void()> done) = 0;
};

// makeDispatcher() is in fleet.h.

} // namespace gantry::invoke
