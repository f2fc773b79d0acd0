#include "backend/runtime/sandboxed_environment.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/runtime/debug_relay.h"
#include "backend/runtime/error_document.h"
#include "backend/runtime/exit_reason.h"
#include "backend/runtime/launch_plan.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <ctime>
#include <utility>

namespace gantry::runtime {

namespace asio = boost::asio;

namespace {

constexpr double kMbPerVcpu = 1769.0;
constexpr std::int64_t kDebuggerBytes = 256LL << 20; // what its side of a debugger needs
// How long the answer of a runtime that has already ended may take to come off its socket.
constexpr std::int64_t kLastWordsMicros = 250'000;

std::string makeLogStream(const Clock& clock, const std::string& version, const std::string& id)
{
    const std::time_t now = clock.unixMicros() / 1'000'000;
    std::tm date = {};
    ::gmtime_r(&now, &date);
    return absl::StrFormat("%04d/%02d/%02d/[%s]%s", date.tm_year + 1900, date.tm_mon + 1,
                           date.tm_mday, version, id);
}

sandbox::Limits limitsOf(const EnvironmentSpec& spec)
{
    sandbox::Limits limits;
    limits.memoryBytes = static_cast<std::int64_t>(spec.memoryMb) << 20;
    limits.tmpBytes = static_cast<std::int64_t>(spec.tmpMb) << 20;
    limits.vcpus = spec.memoryMb / kMbPerVcpu;
    if (spec.debugging)
        limits.memoryBytes += kDebuggerBytes;
    return limits;
}

InitOutcome initError(std::string type, std::string message)
{
    InitOutcome outcome;
    outcome.errorType = std::move(type);
    outcome.errorMessage = std::move(message);
    return outcome;
}

// The type that the runtime gave in its document, else in the header.
std::string firstOf(std::string preferred, std::string other, const char* fallback)
{
    if (!preferred.empty())
        return preferred;
    return other.empty() ? fallback : other;
}

} // namespace

SandboxedEnvironment::SandboxedEnvironment(const Shared& shared, EnvironmentSpec spec, LogSink log,
                                           Role role, std::shared_ptr<SandboxedEnvironment> origin)
    : m_shared(shared), m_spec(std::move(spec)), m_id(randomHex(16)),
      m_logStream(makeLogStream(shared.clock, m_spec.version, m_id)),
      m_belongings(shared.options.equip ? shared.options.equip(m_spec) : Belongings()),
      m_logSink(std::move(log)), m_role(role), m_origin(std::move(origin)), m_deadline(shared.io),
      m_grace(shared.io), m_settle(shared.io), m_freezeTimer(shared.io)
{
}

void SandboxedEnvironment::arm(asio::steady_timer& timer, std::int64_t micros,
                               void (SandboxedEnvironment::*method)())
{
    timer.expires_after(std::chrono::microseconds(micros));
    timer.async_wait([weak = weak_from_this(), method](const boost::system::error_code& error) {
        if (const auto self = weak.lock(); self && !error)
            ((*self).*method)();
    });
}

// --- Init ---

void SandboxedEnvironment::start(Environment::Initialised done)
{
    m_initialised = std::move(done);
    m_state = State::Starting;
    absl::Status failure;
    static const Runtime kOfImage{}; // it brings its own
    const Runtime* runtime =
        m_spec.image ? &kOfImage : m_shared.catalogue.find(m_spec.runtime);
    absl::Status refusal =
        m_belongings.ok() && runtime ? checkDebugger(*runtime) : m_belongings.status();
    if (!refusal.ok()) {
        failure = refusal;
    } else if (!runtime) {
        failure = makeError(kInvalidRuntime, 502,
                            absl::StrCat("There is no runtime named ", m_spec.runtime));
    } else if (auto command = commandLine(m_spec, *runtime); command.ok()) {
        startSandbox(*std::move(command), *runtime);
        return;
    } else {
        failure = command.status();
    }
    const AwsError error = awsErrorOf(failure);
    if (error.name == kInvalidRuntime)
        refusal = failure;
    asio::post(m_shared.io, [weak = weak_from_this(), error, refusal] {
        const auto self = weak.lock();
        if (!self)
            return;
        InitOutcome outcome = initError(error.name, error.message);
        outcome.refusal = refusal;
        self->failInit(std::move(outcome));
    });
}

void SandboxedEnvironment::startSandbox(std::vector<std::string> command, const Runtime& runtime)
{
    if (m_role == Role::Restored && !m_origin->isReady())
        becomeOrdinary(); // it ended since
    sandbox::Spec spec;
    spec.id = m_id;
    spec.argv = std::move(command);
    spec.runtimeApiPort = m_shared.options.runtimeApiPort;
    spec.env = environmentVariables(m_spec, runtime, m_logStream);
    spec.mounts = mountsOf(m_spec, runtime, m_shared.options.resourceDirectory);
    if (m_spec.image) {
        spec.root = m_spec.image->root;
        spec.workingDirectory = m_spec.image->workingDirectory;
    }
    spec.limits = limitsOf(m_spec);
    for (const InsideService& service : m_belongings->services)
        (service.datagrams ? spec.datagramPorts : spec.servicePorts).push_back(service.port);
    spec.extensions = extensionPrograms(m_spec, spec.env);
    for (const sandbox::Program& program : spec.extensions)
        m_extensionNames.push_back(program.argv[0].substr(program.argv[0].rfind('/') + 1));
    prepareRole(spec);
    m_shared.engine.start(
        std::move(spec),
        [weak = weak_from_this()](absl::StatusOr<std::unique_ptr<sandbox::Sandbox>> started) {
            if (const auto self = weak.lock(); self && self->m_state == State::Starting)
                self->onStarted(std::move(started));
        });
}

void SandboxedEnvironment::onStarted(absl::StatusOr<std::unique_ptr<sandbox::Sandbox>> started)
{
    if (!started.ok() && retryNormally(started.status()))
        return;
    if (!started.ok()) {
        const AwsError error = awsErrorOf(started.status());
        const bool ofTheFunction = error.name.rfind("Runtime.", 0) == 0;
        failInit(initError(ofTheFunction ? error.name : "Sandbox.Failure", error.message));
        return;
    }
    m_sandbox = *std::move(started);
    m_state = State::Initialising;
    if (m_role != Role::Restored)
        m_startedAtMicros = monotonicMicros();
    else
        m_origin->endCopy(true);
    m_arrivedAtMicros = monotonicMicros();
    m_log = std::make_unique<LogCapture>(m_shared.io, m_shared.clock, m_sandbox->takeStdout(),
                                         m_sandbox->takeStderr(), tee(false));
    m_api = std::make_unique<RuntimeApi>(m_shared.io, m_sandbox->takeRuntimeApiListener(), *this,
                                         phase());
    serveInside();
    if (m_spec.debugging)
        openToDebugger();
    armDeadline(initLimit());
    watchExit();
    if (!m_extensionNames.empty())
        watchExtensions();
}

void SandboxedEnvironment::serveInside()
{
    std::vector<UniqueFd> sockets = m_sandbox->takeServiceListeners();
    std::size_t taken = 0;
    for (const bool datagrams : {false, true}) { // the order in which they come
        for (const InsideService& service : m_belongings->services) {
            if (service.datagrams == datagrams && taken < sockets.size())
                m_inside.push_back(service.serve(std::move(sockets[taken++])));
        }
    }
}

// What init got hold of is the snapshot's own, so a copy is good for no longer than that.
std::int64_t SandboxedEnvironment::goodUntilUnixMicros() const
{
    const std::int64_t own = m_belongings.ok() ? m_belongings->goodUntilUnixMicros : 0;
    const std::int64_t inherited = m_origin ? m_origin->goodUntilUnixMicros() : 0;
    return own == 0 || inherited == 0 ? std::max(own, inherited) : std::min(own, inherited);
}

void SandboxedEnvironment::watchExit()
{
    // Posted: the sandbox must not be destroyed from inside its own callback.
    m_sandbox->onExit([weak = weak_from_this(), &io = m_shared.io](sandbox::Exit exit) {
        asio::post(io, [weak, exit] {
            if (const auto self = weak.lock())
                self->onExit(exit);
        });
    });
}

void SandboxedEnvironment::onInitTimeout()
{
    failInit(m_role == Role::Restored ? initError(kRestoreTimedOut, "The restore hooks timed out")
                                      : initError("Sandbox.Timedout", "Init timed out"));
}

void SandboxedEnvironment::failInit(InitOutcome outcome)
{
    const auto self = shared_from_this();
    if (m_startedAtMicros > 0)
        outcome.durationMicros = monotonicMicros() - m_startedAtMicros;
    if (m_log)
        m_log->drain();
    if (m_role == Role::Restored)
        refuseRestored(outcome);
    die();
    if (auto done = std::exchange(m_initialised, nullptr))
        done(std::move(outcome));
}

void SandboxedEnvironment::tryFinishInit()
{
    if (m_state != State::Initialising || !m_api->parked() || extensionsBusy())
        return;
    if (m_role == Role::Snapshot)
        failInit(initError("Runtime.Unavailable", "The runtime did not wait to be restored"));
    else
        finishInit();
}

void SandboxedEnvironment::finishInit()
{
    if (m_extensions) {
        m_extensions->closeRegistration();
        tellInit(true, monotonicMicros() - m_startedAtMicros);
    }

    m_deadlineAtMicros = 0;
    m_state = State::Idle;
    m_sandbox->limitCpu(!m_spec.debugging);
    m_log->drain();
    InitOutcome outcome;
    outcome.ok = true;
    outcome.durationMicros = monotonicMicros() - m_startedAtMicros;
    if (m_role == Role::Restored) {
        outcome.restored = true;
        outcome.hooksMicros = monotonicMicros() - m_arrivedAtMicros;
        m_origin->m_lastRestoreMicros = outcome.durationMicros;
    }
    if (auto done = std::exchange(m_initialised, nullptr))
        done(std::move(outcome));
}

// --- What the runtime says ---

void SandboxedEnvironment::runtimeParked()
{
    const auto self = shared_from_this();
    if (m_state == State::Initialising)
        tryFinishInit();
    else if (m_state == State::Settling)
        settle();
}

// Idle once the runtime and the extensions wait for the next event.
void SandboxedEnvironment::settle()
{
    if (!m_api->parked() || extensionsBusy() || m_answer)
        return;
    m_deadlineAtMicros = 0;
    m_state = State::Idle;
    if (m_freezeWanted)
        scheduleFreeze();
}

void SandboxedEnvironment::initFailed(std::string document, std::string errorType)
{
    if (m_state != State::Initialising)
        return;
    ErrorDocument parsed = parseErrorDocument(document);
    InitOutcome outcome =
        initError(firstOf(std::move(parsed.type), std::move(errorType), "Runtime.Unknown"),
                  std::move(parsed.message));
    outcome.stackTrace = std::move(parsed.stackTrace);
    outcome.payload = std::move(document);
    failInit(std::move(outcome));
}

void SandboxedEnvironment::answered(RuntimeApi::Answer answer)
{
    if (m_state != State::Invoking)
        return;
    InvocationOutcome outcome;
    outcome.durationMicros = monotonicMicros() - m_api->deliveredAtMicros();
    fillAnswer(answer, outcome);
    outcome.usable = !m_exit && !m_spec.debugging;
    if (m_exit)
        discard("failure");
    else
        m_state = State::Settling;
    if (!m_exit && extensionsBusy())
        m_answer = std::move(outcome); // their time counts too
    else
        finish(std::move(outcome));
}

void SandboxedEnvironment::fillAnswer(RuntimeApi::Answer& answer, InvocationOutcome& outcome) const
{
    outcome.contentType = std::move(answer.contentType);
    if (!answer.failed && !answer.tooLarge && !answer.invalidMode) {
        outcome.kind = InvocationOutcome::Kind::Response;
        outcome.payload = std::move(answer.body);
        return;
    }
    outcome.kind = InvocationOutcome::Kind::FunctionError;
    if (answer.tooLarge) {
        outcome.errorType = "Function.ResponseSizeTooLarge";
        outcome.errorMessage =
            absl::StrCat("Response payload size exceeded maximum allowed payload size (",
                         answer.limit, " bytes).");
    } else if (answer.truncated) {
        outcome.errorType = "Runtime.TruncatedResponse";
        outcome.errorMessage = "The runtime ended its connection inside the response";
    } else if (answer.invalidMode) {
        outcome.errorType = "Runtime.InvalidResponseModeHeader";
        outcome.errorMessage = "The runtime named an unknown response mode";
    } else {
        ErrorDocument parsed = parseErrorDocument(answer.body);
        outcome.errorType =
            firstOf(std::move(parsed.type), std::move(answer.errorType), "Function.Unknown");
        outcome.errorMessage = std::move(parsed.message);
        outcome.payload = std::move(answer.body);
    }
    if (outcome.payload.empty()) {
        outcome.payload = makeErrorDocument(outcome.errorType, outcome.errorMessage);
        outcome.contentType = "application/json";
    }
}

void SandboxedEnvironment::connectionsClosed()
{
    const auto self = shared_from_this();
    if (m_exit && m_state != State::Dead)
        concludeExit();
}

// --- Invocations ---

void SandboxedEnvironment::invoke(Invocation invocation, Environment::Done done)
{
    m_done = std::move(done);
    m_requestId = invocation.requestId;
    m_freezeWanted = false;
    if (m_state != State::Idle && m_state != State::Settling) {
        asio::post(m_shared.io, [weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->failInvocation(InvocationOutcome::Kind::Failure, "Sandbox.Failure",
                                     "The execution environment has ended");
        });
        return;
    }
    m_state = State::Invoking;
    m_timeoutMicros = invocation.timeoutMicros;
    armDeadline(m_timeoutMicros);
    thaw();
    const std::int64_t deadline = m_shared.clock.unixMillis() + m_timeoutMicros / 1000;
    if (m_extensions) {
        tellStart(invocation);
        m_extensions->invoke(invocation, deadline);
    }
    m_api->deliver(std::move(invocation), deadline);
}

// Invocations come by the thousand and their deadlines hardly ever: the timer stays where it is as
// long as it fires early enough, and looks then whether the time has come.
void SandboxedEnvironment::armDeadline(std::int64_t micros)
{
    m_deadlineAtMicros = monotonicMicros() + micros;
    if (m_deadlineTimerAtMicros != 0 && m_deadlineTimerAtMicros <= m_deadlineAtMicros)
        return;
    m_deadlineTimerAtMicros = m_deadlineAtMicros;
    arm(m_deadline, micros, &SandboxedEnvironment::onDeadlineTimer);
}

void SandboxedEnvironment::onDeadlineTimer()
{
    const std::int64_t now = monotonicMicros();
    if (now < m_deadlineTimerAtMicros)
        return; // armed anew while this was on its way
    m_deadlineTimerAtMicros = 0;
    if (m_deadlineAtMicros == 0)
        return;
    if (now < m_deadlineAtMicros)
        armDeadline(m_deadlineAtMicros - now);
    else if (m_state == State::Initialising)
        onInitTimeout();
    else
        onInvocationTimeout();
}

void SandboxedEnvironment::onInvocationTimeout()
{
    if (m_state == State::Settling) {
        // It has answered but did not ask for more within its time: background work is cut off.
        const auto self = shared_from_this();
        discard("timeout");
        if (m_answer) {
            m_answer->usable = false;
            finish(*std::exchange(m_answer, std::nullopt));
        } else if (m_onDeath) {
            m_onDeath();
        }
    } else if (m_state == State::Invoking) {
        failInvocation(InvocationOutcome::Kind::Timeout, "Sandbox.Timedout",
                       absl::StrFormat("RequestId: %s Error: Task timed out after %.2f seconds",
                                       m_requestId, m_timeoutMicros / 1e6));
    }
}

void SandboxedEnvironment::failInvocation(InvocationOutcome::Kind kind, std::string type,
                                          std::string message)
{
    InvocationOutcome outcome;
    outcome.kind = kind;
    if (m_api && m_api->deliveredAtMicros() > 0)
        outcome.durationMicros = monotonicMicros() - m_api->deliveredAtMicros();
    outcome.payload = makeErrorDocument(type, message);
    outcome.contentType = "application/json";
    outcome.errorType = std::move(type);
    outcome.errorMessage = std::move(message);
    discard(kind == InvocationOutcome::Kind::Timeout ? "timeout" : "failure");
    finish(std::move(outcome));
}

void SandboxedEnvironment::finish(InvocationOutcome outcome)
{
    const auto self = shared_from_this();
    outcome.memoryPeakBytes = memoryPeak();
    if (m_log)
        m_log->drain();
    if (m_telemetry)
        tellDone(outcome);
    if (auto done = std::exchange(m_done, nullptr))
        done(std::move(outcome));
}

std::int64_t SandboxedEnvironment::memoryPeak() const
{
    return m_sandbox ? m_sandbox->memoryPeakBytes() : 0;
}

// --- Freezing ---

void SandboxedEnvironment::freeze()
{
    m_freezeWanted = true;
    if (m_state == State::Idle)
        scheduleFreeze();
}

void SandboxedEnvironment::scheduleFreeze()
{
    m_freezeAtMicros = monotonicMicros() + m_shared.options.freezeDelayMicros;
    if (m_freezeTimerArmed || m_frozen)
        return;
    m_freezeTimerArmed = true;
    arm(m_freezeTimer, m_shared.options.freezeDelayMicros, &SandboxedEnvironment::onFreezeTimer);
}

// The timer is not moved by every invocation: it looks, when it fires, whether its time has come.
void SandboxedEnvironment::onFreezeTimer()
{
    m_freezeTimerArmed = false;
    if (!m_freezeWanted || m_state != State::Idle)
        return;
    const std::int64_t left = m_freezeAtMicros - monotonicMicros();
    if (left > 0) {
        m_freezeTimerArmed = true;
        arm(m_freezeTimer, left, &SandboxedEnvironment::onFreezeTimer);
        return;
    }
    m_sandbox->freeze();
    m_frozen = true;
}

void SandboxedEnvironment::thaw()
{
    if (std::exchange(m_frozen, false))
        m_sandbox->thaw();
}

// --- The end ---

void SandboxedEnvironment::onExit(sandbox::Exit exit)
{
    m_exit = exit;
    if (m_sandbox && m_extensionsRunning == 0 && m_role != Role::Snapshot)
        m_sandbox->kill(); // what the runtime left behind
    if (m_state == State::ShuttingDown)
        return tellExtensions();
    if (m_state == State::Dead) {
        if (auto done = std::exchange(m_onShutdown, nullptr))
            done();
        return;
    }
    // Its last answer may still be in its socket.
    const bool expectsWords = m_state == State::Initialising || m_state == State::Invoking;
    if (expectsWords && m_api->hasConnections())
        arm(m_settle, kLastWordsMicros, &SandboxedEnvironment::concludeExit);
    else
        concludeExit();
}

void SandboxedEnvironment::concludeExit()
{
    const auto self = shared_from_this();
    const ExitReason reason = describeExit(*m_exit);
    if (m_state == State::Initialising) {
        failInit(initError(reason.errorType, reason.message));
    } else if (m_state == State::Invoking && m_api->deliveredAtMicros() == 0) {
        failInvocation(InvocationOutcome::Kind::Failure, "Sandbox.Failure",
                       "The runtime ended before it took the event");
    } else if (m_state == State::Invoking) {
        const bool outOfMemory = m_exit->kind == sandbox::Exit::Kind::OutOfMemory;
        failInvocation(
            outOfMemory ? InvocationOutcome::Kind::OutOfMemory : InvocationOutcome::Kind::Exited,
            reason.errorType, absl::StrCat("RequestId: ", m_requestId, " Error: ", reason.message));
    } else if (m_state != State::Dead && m_state != State::ShuttingDown) {
        m_log->drain();
        discard("failure");
        if (m_onDeath)
            m_onDeath();
    }
}

// It serves no more invocations. Its extensions may live a moment longer.
void SandboxedEnvironment::discard(const char* reason)
{
    if (!beginShutdown(reason))
        die();
}

// Nothing more is asked of it or heard from it, apart from its log.
void SandboxedEnvironment::die()
{
    m_state = State::Dead;
    m_deadline.cancel();
    m_grace.cancel();
    m_settle.cancel();
    m_freezeTimer.cancel();
    kill();
    m_api.reset();
    m_inside.clear();
    if (m_debugRelay)
        std::exchange(m_debugRelay, nullptr)->close();
    if (m_belongings.ok() && m_role != Role::Snapshot) // whose copies may use what init got hold of
        m_belongings->leases.clear();
}

void SandboxedEnvironment::kill()
{
    if (!m_sandbox || (m_exit && m_extensionsRunning == 0))
        return;
    thaw(); // a frozen process does not even die
    m_sandbox->kill();
}

void SandboxedEnvironment::shutdown(std::function<void()> done)
{
    const auto self = shared_from_this();
    const bool running = m_sandbox && (!m_exit || m_state == State::ShuttingDown);
    if (running)
        m_onShutdown = std::move(done);
    else
        asio::post(m_shared.io, std::move(done));
    if (m_state == State::ShuttingDown)
        return;
    if (m_done)
        failInvocation(InvocationOutcome::Kind::Failure, "Sandbox.Failure",
                       "The execution environment was shut down");
    else
        discard("spindown");
}

void SandboxedEnvironment::close()
{
    m_initialised = nullptr;
    m_done = nullptr;
    m_onDeath = nullptr;
    m_onShutdown = nullptr;
    die();
    m_log.reset();
    m_extensionLog.reset();
    m_sandbox.reset();
}

} // namespace gantry::runtime
