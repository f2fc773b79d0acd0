#pragma once

#include "backend/runtime/debugging.h"
#include "backend/sandbox/engine.h"

#include <absl/status/status.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gantry::runtime {

// A function's LoggingConfig. Levels as AWS spells them; they count only with JSON.
struct LogSettings {
    std::string group; // /aws/lambda/NAME unless configured
    bool json = false;
    std::string applicationLevel = "INFO"; // TRACE to FATAL
    std::string systemLevel = "INFO";      // DEBUG, INFO, WARN
};

// A container image that a function runs, with the function's own ImageConfig laid over it.
struct ContainerImage {
    std::string root; // directory of its file system
    std::vector<std::string> entryPoint, command;
    std::string workingDirectory = "/";
    std::vector<std::string> env; // NAME=value, as the image has them
};

// What an environment is made from: one version of one function.
struct EnvironmentSpec {
    std::string accountId;
    std::string region;
    std::string functionName;
    std::string functionArn; // unqualified
    std::string version;     // $LATEST or a number
    std::string runtime;     // id, e.g. python3.13
    std::string handler;
    std::string architecture; // x86_64, arm64
    bool emulated = false; // the host has another architecture; the interpreter is the host's
    int memoryMb = 128;
    int tmpMb = 512;
    int timeoutSeconds = 3;
    std::string initializationType = "on-demand"; // AWS_LAMBDA_INITIALIZATION_TYPE
    bool snapStart = false; // restored from a snapshot of its version where there is one
    std::map<std::string, std::string> variables; // the user's
    std::string codeDirectory;                    // unpacked package, mounted at /var/task
    // Keeps codeDirectory on the disk until the last environment that runs from it has ended.
    std::shared_ptr<const void> codeLease;
    // Merged layers, mounted at /opt; may be empty. The executables in its folder extensions run as
    // external extensions.
    std::string layersDirectory;
    // Instead of runtime, handler, codeDirectory and layers; null: a zip package.
    std::shared_ptr<const ContainerImage> image;
    LogSettings log;
    std::string role;                             // ARN of the execution role
    // An environment's own, see EnvironmentOptions::equip.
    std::string accessKeyId, secretAccessKey, sessionToken; // of the execution role
    std::string awsEndpoint; // set as AWS_ENDPOINT_URL when reachable; may be empty
    std::string traceDaemon; // set as AWS_XRAY_DAEMON_ADDRESS; may be empty
    bool activeTracing = false; // TracingConfig: what nobody has sampled yet is sampled here
    bool tenantIsolation = false; // an environment serves the invocations of one tenant only
    // A longer init is aborted as Sandbox.Timedout. AWS then repeats it inside the first
    // invocation, under the function's own time-out: dispatch does so with a second environment.
    std::int64_t initTimeoutMicros = 10'000'000;
    // Set: it waits for a debugger and serves one invocation. Its processor is not limited.
    std::shared_ptr<Debugging> debugging;
};

// Where a response goes that the handler streams, while it still runs. I/O thread only.
class ResponseSink {
public:
    virtual ~ResponseSink() = default;
    // The response has begun.
    virtual void begin(const std::string& contentType) = 0;
    // The next bytes come after `more` was called, at once or later: so a slow reader holds the
    // function up instead of filling memory.
    virtual void write(std::string bytes, std::function<void()> more) = 0;
};

struct Invocation {
    std::string requestId;
    std::string invokedFunctionArn; // as the caller qualified it
    std::string traceId;
    std::string clientContext; // JSON, decoded
    std::string contentType = "application/json";
    std::int64_t timeoutMicros = 3'000'000;
    std::shared_ptr<const std::string> event;
    std::string tenantId; // of a function with tenant isolation; else empty
    // Takes what a streaming handler sends; null: it is gathered, up to the size of a buffered
    // response. A handler that does not stream answers in the outcome all the same.
    std::shared_ptr<ResponseSink> sink;
    std::int64_t maxStreamBytes = 200LL << 20;
};

struct InvocationOutcome {
    enum class Kind {
        Response,      // the handler answered
        FunctionError, // the handler raised; payload is the runtime's error document
        Timeout,
        Exited, // the process ended; exit tells how
        OutOfMemory,
        Failure, // the platform could not deliver the event
    };
    Kind kind = Kind::Failure;
    std::string payload; // response, or {"errorType","errorMessage",...}
    std::string contentType;
    std::string errorType; // empty on success
    std::string errorMessage;
    std::int64_t durationMicros = 0; // from delivery on /next to the answer
    std::int64_t memoryPeakBytes = 0;
    bool usable = false; // the environment can take another invocation
};

// InitOutcome::errorType of a snapshot that cannot be taken on this host or of this function, which
// has not begun its init.
inline constexpr const char* kNoSnapshots = "Runtime.NoSnapshots";

// When the init failed the environment is dead; the caller drops it. errorMessage has no
// "RequestId: ..." before it: the caller knows whether an invocation waits for the init.
struct InitOutcome {
    bool ok = false;
    bool restored = false; // from a snapshot: the function's init did not run
    std::int64_t hooksMicros = 0; // of a restore: the runtime's part of it
    std::int64_t durationMicros = 0; // process start to first /next
    std::string errorType, errorMessage;
    std::vector<std::string> stackTrace;
    std::string payload; // the runtime's error document, when it sent one
    // Not OK: the platform may not start it, and that is what the caller is told. Trying again at
    // once would not help.
    absl::Status refusal;
};

// Lines that the function writes, as they come; never blocks.
using LogSink = std::function<void(std::int64_t unixMicros, std::string line)>;

// One execution environment: a sandbox with a runtime in it and the Runtime API beside it.
// Init, then one invocation at a time, frozen in between. I/O thread only.
class Environment {
public:
    using Initialised = std::function<void(InitOutcome)>;
    using Done = std::function<void(InvocationOutcome)>;

    virtual ~Environment() = default; // kills the sandbox

    virtual const std::string& id() const = 0;
    virtual const std::string& logStream() const = 0; // 2026/11/23/[$LATEST]<32 hex>
    // Whether it begins with a restore; only its InitOutcome says whether that worked.
    virtual bool restores() const { return false; }
    // When the last invocation may begin, in Unix time; 0: at any time.
    virtual std::int64_t goodUntilUnixMicros() const { return 0; }

    virtual void start(Initialised done) = 0;
    // The answer comes at once, also while the runtime is still on its way back to /next; an
    // invocation or a freeze that follows then waits for it to be there.
    virtual void invoke(Invocation invocation, Done done) = 0;
    virtual void freeze() = 0;
    // Ends it in the order that the Extensions API promises, then calls done.
    virtual void shutdown(std::function<void()> done) = 0;
    // When the runtime ends while nothing runs (the environment is to be discarded).
    virtual void onDeath(std::function<void()> callback) = 0;
};

// The snapshot of one version of one function, as the function's page tells it.
struct SnapshotStatus {
    enum class State {
        None,      // not asked for in this run of the daemon, or lost
        Preparing, // its init runs
        Ready,
        Unavailable, // for this reason its environments are initialised normally
    };
    State state = State::None;
    std::string reason;
    std::int64_t initMicros = 0; // how long the init took that it keeps
    std::int64_t memoryBytes = 0;
    std::int64_t restores = 0;
    std::int64_t restoreMicros = 0; // how long the latest took
};

// Makes environments; an interface so that dispatch can be tested without processes.
class EnvironmentFactory {
public:
    virtual ~EnvironmentFactory() = default;
    // With spec.snapStart and a snapshot that is ready, the environment is restored from that.
    virtual std::unique_ptr<Environment> make(EnvironmentSpec spec, LogSink log) = 0;

    // Runs the init of a version once, for the environments that come. Answers the log stream of
    // that init; empty when nothing was begun, because it is known not to work or going on already:
    // done is called all the same.
    virtual std::string prepareSnapshot(EnvironmentSpec, LogSink, Environment::Initialised done)
    {
        InitOutcome outcome;
        outcome.errorType = kNoSnapshots;
        done(std::move(outcome));
        return {};
    }
    virtual SnapshotStatus snapshotStatus(const std::string& functionArn,
                                          const std::string& version) const
    {
        (void)functionArn, (void)version;
        return {SnapshotStatus::State::Unavailable, "this platform has no snapshots"};
    }
    // Environments that were restored from it live on.
    virtual void dropSnapshots(const std::function<bool(const EnvironmentSpec&)>& which)
    {
        (void)which;
    }
};

} // namespace gantry::runtime
