#pragma once

#include "backend/runtime/environment_factory.h"
#include "backend/runtime/log_capture.h"
#include "backend/runtime/runtime_api.h"
#include "backend/runtime/telemetry_hub.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <optional>

namespace gantry::runtime {

class DebugRelay;

// The state machine of one environment: a sandbox, the Runtime API beside it, its log and its
// clock.
//
//   Created -> Starting -> Initialising -> Idle <-> Invoking
//                                             \-> Settling (answered, not yet back on /next)
//   and from everywhere -> ShuttingDown (its extensions have a moment) -> Dead
//
// With extensions, an init and an invocation end only when those are back at their /next as well.
//
// Kept alive by shared pointers because callbacks may drop the environment while it is on the
// stack; after close() it does nothing more.
class SandboxedEnvironment final : public RuntimeApi::Listener,
                                   public ExtensionHub::Listener,
                                   public std::enable_shared_from_this<SandboxedEnvironment> {
public:
    struct Shared {
        boost::asio::io_context& io;
        sandbox::Engine& engine;
        const Catalogue& catalogue;
        const Clock& clock;
        EnvironmentOptions options;
    };

    // Snapshot: initialises, then waits for being copied. With an origin, which is such a one, the
    // environment is restored from it, or initialised normally when that fails.
    enum class Role { Ordinary, Snapshot, Restored };

    SandboxedEnvironment(const Shared& shared, EnvironmentSpec spec, LogSink log,
                         Role role = Role::Ordinary,
                         std::shared_ptr<SandboxedEnvironment> origin = nullptr);

    const std::string& id() const { return m_id; }
    const std::string& logStream() const { return m_logStream; }
    std::int64_t goodUntilUnixMicros() const;

    void start(Environment::Initialised done);
    void invoke(Invocation invocation, Environment::Done done);
    void freeze();
    void shutdown(std::function<void()> done);
    void onDeath(std::function<void()> callback) { m_onDeath = std::move(callback); }
    void close();

    // sandboxed_environment_snapshot.cpp. Of a snapshot: runs while it is being copied.
    void beginCopy();
    void endCopy(bool copied);
    bool restores() const { return m_role == Role::Restored; }
    std::int64_t lastRestoreMicros() const { return m_lastRestoreMicros; }
    bool isReady() const { return m_role == Role::Snapshot && m_state == State::Idle; }
    std::int64_t copies() const { return m_copies; }
    std::int64_t memoryPeak() const;

private:
    static constexpr const char* kRestoreTimedOut = "Runtime.RestoreHookUserTimeout";

    enum class State {
        Created,
        Starting,
        Initialising,
        Idle,
        Invoking,
        Settling,
        ShuttingDown,
        Dead
    };

    void startSandbox(std::vector<std::string> command, const Runtime& runtime);
    void onStarted(absl::StatusOr<std::unique_ptr<sandbox::Sandbox>> started);
    void serveInside();
    void watchExit();
    void failInit(InitOutcome outcome);
    void finishInit();

    void runtimeParked() override;
    void initFailed(std::string document, std::string errorType) override;
    void answered(RuntimeApi::Answer answer) override;
    void connectionsClosed() override;

    // sandboxed_environment_extensions.cpp
    void extensionAsks(ExtensionRequest request, ExtensionHub::Respond respond) override;
    void extensionsRegistered() override;
    void extensionsReady() override;
    void extensionFailed(std::string errorType, std::string message) override;
    ExtensionHub& extensions();
    bool extensionsBusy() const { return m_extensions && !m_extensions->ready(); }
    void watchExtensions();
    void subscribe(const ExtensionRequest& request, const ExtensionHub::Respond& respond);
    LogSink tee(bool ofExtension);
    void tellInit(bool ok, std::int64_t micros);
    void tellStart(const Invocation& invocation);
    void tellDone(const InvocationOutcome& outcome);
    void onExtensionExit(std::size_t index, sandbox::Exit exit);
    bool beginShutdown(const char* reason);
    void onRuntimeGrace();
    void tellExtensions();
    void endShutdown();

    void tryFinishInit();
    void settle();
    void discard(const char* reason);
    void onExit(sandbox::Exit exit);
    void concludeExit();
    void armDeadline(std::int64_t micros);
    void onDeadlineTimer();
    void onInitTimeout();
    void onInvocationTimeout();
    void finish(InvocationOutcome outcome);
    void failInvocation(InvocationOutcome::Kind kind, std::string type, std::string message);
    void fillAnswer(RuntimeApi::Answer& answer, InvocationOutcome& outcome) const;

    void thaw();
    void scheduleFreeze();
    void onFreezeTimer();
    void die();
    void kill();
    void arm(boost::asio::steady_timer& timer, std::int64_t micros,
             void (SandboxedEnvironment::*method)());
    // sandboxed_environment_debug.cpp
    absl::Status checkDebugger(const Runtime& runtime) const;
    void openToDebugger();
    void stopDebugging();

    void awaitsRestore() override;
    void prepareRole(sandbox::Spec& spec);
    void becomeOrdinary();
    bool retryNormally(const absl::Status& failure);
    void refuseRestored(InitOutcome& outcome) const;
    RuntimeApi::Phase phase() const;
    std::int64_t initLimit() const;

    const Shared& m_shared;
    EnvironmentSpec m_spec;
    const std::string m_id;
    const std::string m_logStream;
    absl::StatusOr<Belongings> m_belongings;
    LogSink m_logSink;
    State m_state = State::Created;
    Role m_role;
    // Kept by what was restored from it: its end would be theirs.
    std::shared_ptr<SandboxedEnvironment> m_origin;
    int m_copying = 0;
    std::int64_t m_copies = 0; // made of this snapshot
    std::int64_t m_lastRestoreMicros = 0;
    std::int64_t m_arrivedAtMicros = 0; // monotonic: of the copy in its sandbox

    std::unique_ptr<sandbox::Sandbox> m_sandbox;
    std::unique_ptr<RuntimeApi> m_api;
    std::vector<std::shared_ptr<void>> m_inside; // what serves the inside services
    std::shared_ptr<DebugRelay> m_debugRelay;
    std::unique_ptr<LogCapture> m_log;
    std::optional<sandbox::Exit> m_exit;
    std::unique_ptr<ExtensionHub> m_extensions; // once there is or was one
    std::vector<std::string> m_extensionNames;  // of the external ones
    std::size_t m_extensionsRunning = 0;        // programs of external ones
    std::unique_ptr<LogCapture> m_extensionLog;
    std::unique_ptr<TelemetryHub> m_telemetry; // as long as m_extensions
    std::int64_t m_initMicros = 0;             // told with the first invocation's report
    std::optional<InvocationOutcome> m_answer;  // waits for the extensions
    const char* m_shutdownReason = "";

    Environment::Initialised m_initialised;
    Environment::Done m_done;
    std::function<void()> m_onDeath;
    std::function<void()> m_onShutdown;

    std::string m_requestId;
    std::int64_t m_timeoutMicros = 0;
    std::int64_t m_startedAtMicros = 0; // monotonic: of the process

    boost::asio::steady_timer m_deadline; // of init, then of each invocation
    std::int64_t m_deadlineAtMicros = 0;      // monotonic; 0: none
    std::int64_t m_deadlineTimerAtMicros = 0; // when the timer fires; 0: it does not run
    boost::asio::steady_timer m_grace;    // of a phase of the shutdown
    boost::asio::steady_timer m_settle;   // an ended runtime's last words
    boost::asio::steady_timer m_freezeTimer;
    bool m_freezeTimerArmed = false;
    bool m_freezeWanted = false;
    bool m_frozen = false;
    std::int64_t m_freezeAtMicros = 0;
};

} // namespace gantry::runtime
