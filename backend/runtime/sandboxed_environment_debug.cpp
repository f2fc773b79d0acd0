#include "backend/base/error.h"
#include "backend/runtime/debug_relay.h"
#include "backend/runtime/launch_plan.h"
#include "backend/runtime/sandboxed_environment.h"

#include <boost/asio/post.hpp>

#include <utility>

namespace gantry::runtime {

absl::Status SandboxedEnvironment::checkDebugger(const Runtime& runtime) const
{
    if (!m_spec.debugging)
        return absl::OkStatus();
    if (m_shared.engine.name() == "process")
        return invalidParameter("Debugging needs isolated environments, which this host does not "
                                "offer: see the Platform page.");
    return debuggerOf(m_spec, runtime).status();
}

// The program finds out by itself that it is to wait; here is how a debugger gets to it.
void SandboxedEnvironment::openToDebugger()
{
    const Debugger debugger = *debuggerOf(m_spec, *m_shared.catalogue.find(m_spec.runtime));
    const std::weak_ptr<SandboxedEnvironment> weak = weak_from_this();
    m_spec.debugging->stop = [weak] {
        if (const auto self = weak.lock())
            self->stopDebugging();
    };
    auto relay = DebugRelay::open(m_shared.io, debugger.port,
                                  [weak](std::function<void(UniqueFd)> opened) {
                                      const auto self = weak.lock();
                                      if (self && self->m_sandbox)
                                          self->m_sandbox->openSocket(std::move(opened));
                                  });
    if (!relay.ok()) {
        boost::asio::post(m_shared.io, m_spec.debugging->stop);
        return;
    }
    m_debugRelay = *std::move(relay);
    if (m_spec.debugging->onWaiting)
        m_spec.debugging->onWaiting({debugger.protocol, m_debugRelay->port()});
}

void SandboxedEnvironment::stopDebugging()
{
    const auto self = shared_from_this();
    constexpr const char* kType = "Sandbox.DebuggingEnded";
    constexpr const char* kMessage = "Debugging was ended before the function had answered";
    if (m_state == State::Initialising) {
        InitOutcome outcome;
        outcome.errorType = kType;
        outcome.errorMessage = kMessage;
        failInit(std::move(outcome));
    } else if (m_state == State::Invoking) {
        failInvocation(InvocationOutcome::Kind::Exited, kType, kMessage);
    }
}

} // namespace gantry::runtime
