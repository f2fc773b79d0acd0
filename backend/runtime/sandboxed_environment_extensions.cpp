#include "backend/runtime/sandboxed_environment.h"

#include "backend/base/clock.h"
#include "backend/runtime/error_document.h"
#include "backend/runtime/exit_reason.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <utility>

// An environment's extensions: their part in init and invocations, and the phases of its end
// ("Lambda execution environment lifecycle" in the developer guide).
namespace gantry::runtime {

namespace {

// The whole shutdown with external extensions, and the runtime's part of it; with internal ones
// only, that is all there is.
constexpr std::int64_t kShutdownMicros = 2'000'000;
constexpr std::int64_t kRuntimeShareMicros = 600'000;
constexpr std::int64_t kInternalMicros = 500'000;
// What a shell answers, and the launcher too, when a program could not be executed.
constexpr int kNotExecuted = 127;

double toMs(std::int64_t micros)
{
    return static_cast<double>(micros) / 1000.0;
}

} // namespace

ExtensionHub& SandboxedEnvironment::extensions()
{
    if (!m_extensions) {
        m_extensions = std::make_unique<ExtensionHub>(
            ExtensionHub::Host{m_spec.functionName, m_spec.version, m_spec.handler,
                               m_spec.accountId},
            m_extensionNames, *this);
        m_telemetry = std::make_unique<TelemetryHub>(
            m_shared.io, m_shared.clock,
            [weak = weak_from_this()](std::function<void(UniqueFd)> opened) {
                const auto self = weak.lock();
                if (self && self->m_sandbox)
                    self->m_sandbox->openSocket(std::move(opened));
                else
                    opened(UniqueFd());
            });
        m_telemetry->platform("platform.initStart",
                              {{"initializationType", "on-demand"},
                               {"phase", "init"},
                               {"functionName", m_spec.functionName},
                               {"functionVersion", m_spec.version},
                               {"instanceMaxMemory", std::int64_t{m_spec.memoryMb} << 20}});
        if (m_state != State::Initialising) {
            m_extensions->closeRegistration();
            m_telemetry->endInit();
        }
    }
    return *m_extensions;
}

// Lines go into the log, and to the subscribers that there may be.
LogSink SandboxedEnvironment::tee(bool ofExtension)
{
    return [this, ofExtension](std::int64_t unixMicros, std::string line) {
        if (m_telemetry)
            m_telemetry->line(ofExtension, unixMicros, line);
        m_logSink(unixMicros, std::move(line));
    };
}

void SandboxedEnvironment::subscribe(const ExtensionRequest& request,
                                     const ExtensionHub::Respond& respond)
{
    const std::string* name = extensions().nameOf(request.identifier);
    if (!name)
        return respond({403,
                        makeErrorDocument(request.identifier.empty()
                                              ? "Extension.MissingExtensionIdentifier"
                                              : "Extension.InvalidExtensionIdentifier",
                                          "Register before subscribing"),
                        {}});
    respond(m_telemetry->subscribe(*name, request.body,
                                   request.kind == ExtensionRequest::Kind::Logs));
}

void SandboxedEnvironment::tellInit(bool ok, std::int64_t micros)
{
    const char* status = ok ? "success" : "error";
    m_initMicros = micros;
    m_telemetry->platform(
        "platform.initRuntimeDone",
        {{"initializationType", "on-demand"}, {"phase", "init"}, {"status", status}});
    for (const ExtensionHub::Described& extension : m_extensions->describe()) {
        boost::json::array events;
        for (const std::string& event : extension.events)
            events.emplace_back(event);
        m_telemetry->platform(
            "platform.extension",
            {{"name", extension.name}, {"state", extension.state}, {"events", events}});
    }
    m_telemetry->platform("platform.initReport",
                          {{"initializationType", "on-demand"},
                           {"phase", "init"},
                           {"status", status},
                           {"metrics", {{"durationMs", toMs(micros)}}}});
    m_telemetry->endInit();
}

void SandboxedEnvironment::tellStart(const Invocation& invocation)
{
    m_telemetry->platform("platform.start",
                          {{"requestId", invocation.requestId},
                           {"version", m_spec.version},
                           {"tracing",
                            {{"type", "X-Amzn-Trace-Id"}, {"value", invocation.traceId}}}});
}

void SandboxedEnvironment::tellDone(const InvocationOutcome& outcome)
{
    using Kind = InvocationOutcome::Kind;
    const char* status = outcome.kind == Kind::Response        ? "success"
                         : outcome.kind == Kind::FunctionError ? "error"
                         : outcome.kind == Kind::Timeout       ? "timeout"
                                                               : "failure";
    const std::int64_t init = std::exchange(m_initMicros, 0);
    m_telemetry->platform("platform.runtimeDone",
                          {{"requestId", m_requestId},
                           {"status", status},
                           {"metrics",
                            {{"durationMs", toMs(outcome.durationMicros)},
                             {"producedBytes", outcome.payload.size()}}}});
    boost::json::object metrics = {
        {"durationMs", toMs(outcome.durationMicros)},
        {"billedDurationMs", (outcome.durationMicros + init + 999) / 1000},
        {"memorySizeMB", m_spec.memoryMb},
        {"maxMemoryUsedMB", (outcome.memoryPeakBytes + (1 << 20) - 1) >> 20}};
    if (init > 0)
        metrics["initDurationMs"] = toMs(init);
    m_telemetry->platform(
        "platform.report",
        {{"requestId", m_requestId}, {"status", status}, {"metrics", std::move(metrics)}});
    m_telemetry->flush();
}

void SandboxedEnvironment::watchExtensions()
{
    extensions();
    m_extensionsRunning = m_extensionNames.size();
    m_extensionLog = std::make_unique<LogCapture>(
        m_shared.io, m_shared.clock, m_sandbox->takeExtensionOutput(), UniqueFd(), tee(true));
    m_sandbox->onExtensionExit(
        [weak = weak_from_this(), &io = m_shared.io](std::size_t index, sandbox::Exit exit) {
            boost::asio::post(io, [weak, index, exit] {
                if (const auto self = weak.lock())
                    self->onExtensionExit(index, exit);
            });
        });
}

void SandboxedEnvironment::extensionAsks(ExtensionRequest request, ExtensionHub::Respond respond)
{
    const auto self = shared_from_this();
    if (request.kind == ExtensionRequest::Kind::Telemetry ||
        request.kind == ExtensionRequest::Kind::Logs)
        subscribe(request, respond);
    else
        extensions().handle(request, std::move(respond));
}

// The runtime starts when its external extensions are there.
void SandboxedEnvironment::extensionsRegistered()
{
    if (m_state == State::Initialising)
        m_sandbox->startProgram();
}

void SandboxedEnvironment::extensionsReady()
{
    const auto self = shared_from_this();
    if (m_state == State::Initialising) {
        tryFinishInit();
    } else if (m_state == State::Settling) {
        if (m_answer) {
            InvocationOutcome outcome = *std::exchange(m_answer, std::nullopt);
            outcome.durationMicros = monotonicMicros() - m_api->deliveredAtMicros();
            settle();
            finish(std::move(outcome));
        } else {
            settle();
        }
    }
}

void SandboxedEnvironment::extensionFailed(std::string errorType, std::string message)
{
    const auto self = shared_from_this();
    if (m_state == State::Initialising) {
        InitOutcome outcome;
        outcome.errorType = std::move(errorType);
        outcome.errorMessage = std::move(message);
        failInit(std::move(outcome));
    } else if (m_done) {
        m_answer.reset();
        failInvocation(InvocationOutcome::Kind::Exited, std::move(errorType),
                       absl::StrCat("RequestId: ", m_requestId, " Error: ", message));
    } else if (m_state == State::Idle || m_state == State::Settling) {
        discard("failure");
        if (m_onDeath)
            m_onDeath();
    }
}

void SandboxedEnvironment::onExtensionExit(std::size_t index, sandbox::Exit exit)
{
    if (m_extensionsRunning > 0)
        --m_extensionsRunning;
    if (m_state == State::ShuttingDown) {
        if (m_extensionsRunning == 0 && m_exit)
            endShutdown();
        return;
    }
    if (m_state == State::Dead)
        return;
    m_extensions->programEnded(index);
    const bool launched = exit.kind != sandbox::Exit::Kind::Exited || exit.value != kNotExecuted;
    const std::string& name = m_extensionNames[index];
    extensionFailed(launched ? "Extension.Crash" : "Extension.LaunchError",
                    launched ? absl::StrCat("Extension ", name, " ended: ",
                                            describeExit(exit).message)
                             : absl::StrCat("Extension ", name, " could not be started"));
}

// SIGTERM for the runtime, SIGKILL when its share is over; then SHUTDOWN for the extensions, and
// SIGKILL for what is left when the time is up. False when there is no extension to wait for:
// then all are killed at once.
bool SandboxedEnvironment::beginShutdown(const char* reason)
{
    const bool begun = m_state != State::Created && m_state != State::Starting &&
                       m_state != State::Initialising && m_state != State::ShuttingDown &&
                       m_state != State::Dead;
    if (!begun || !m_sandbox || !m_extensions || !m_extensions->hasAny())
        return false;
    m_state = State::ShuttingDown;
    m_shutdownReason = reason;
    m_deadlineAtMicros = 0;
    m_settle.cancel();
    m_freezeTimer.cancel();
    thaw();
    m_sandbox->limitCpu(false);
    if (m_exit) {
        boost::asio::post(m_shared.io, [weak = weak_from_this()] {
            if (const auto self = weak.lock(); self && self->m_state == State::ShuttingDown)
                self->tellExtensions();
        });
        return true;
    }
    // A runtime that failed gets no time of its own.
    if (std::string_view(reason) == "spindown")
        m_sandbox->terminate();
    else
        m_sandbox->killProgram();
    arm(m_grace, m_extensions->hasExternal() ? kRuntimeShareMicros : kInternalMicros,
        &SandboxedEnvironment::onRuntimeGrace);
    return true;
}

// What the runtime did not use of its share; its end brings tellExtensions().
void SandboxedEnvironment::onRuntimeGrace()
{
    if (m_state != State::ShuttingDown)
        return;
    if (m_extensions->hasExternal())
        m_sandbox->killProgram();
    else
        endShutdown();
}

void SandboxedEnvironment::tellExtensions()
{
    const std::int64_t left = kShutdownMicros - kRuntimeShareMicros;
    const std::int64_t deadline = m_shared.clock.unixMillis() + left / 1000;
    if (m_extensionsRunning == 0 || !m_extensions->shutDown(m_shutdownReason, deadline))
        return endShutdown();
    arm(m_grace, left, &SandboxedEnvironment::endShutdown);
}

void SandboxedEnvironment::endShutdown()
{
    const auto self = shared_from_this();
    if (m_extensionLog)
        m_extensionLog->drain();
    const bool exited = m_exit.has_value();
    die();
    if (!exited)
        return; // the end of the sandbox calls back
    if (auto done = std::exchange(m_onShutdown, nullptr))
        done();
}

} // namespace gantry::runtime
