#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/log.h"
#include "backend/runtime/launch_plan.h"
#include "backend/runtime/sandboxed_environment.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

namespace gantry::runtime {

namespace {

constexpr std::int64_t kRestoreLimitMicros = 10'000'000; // the platform's part and the hooks

} // namespace

// What a copy is told anew: what its code set itself, during init, stays.
void SandboxedEnvironment::prepareRole(sandbox::Spec& spec)
{
    spec.snapshot = m_role == Role::Snapshot;
    if (m_role != Role::Restored)
        return;
    std::erase_if(spec.env, [](const std::string& line) {
        return !isReservedVariable(std::string_view(line).substr(0, line.find('=')));
    });
    m_startedAtMicros = monotonicMicros();
    m_origin->beginCopy();
    spec.origin = m_origin->m_sandbox->snapshotId();
}

void SandboxedEnvironment::becomeOrdinary()
{
    m_origin.reset();
    m_role = Role::Ordinary;
    m_spec.initializationType = "on-demand";
}

// False when this was no restore: then it has failed for good.
bool SandboxedEnvironment::retryNormally(const absl::Status& failure)
{
    if (m_role != Role::Restored)
        return false;
    log::warning("Function ", m_spec.functionName, ": ", failure.message(),
                 "; it is initialised normally instead of being restored");
    m_origin->endCopy(false);
    becomeOrdinary();
    m_startedAtMicros = 0;
    start(std::exchange(m_initialised, nullptr));
    return true;
}

RuntimeApi::Phase SandboxedEnvironment::phase() const
{
    return m_role == Role::Snapshot   ? RuntimeApi::Phase::Snapshot
           : m_role == Role::Restored ? RuntimeApi::Phase::Restore
                                      : RuntimeApi::Phase::Ordinary;
}

std::int64_t SandboxedEnvironment::initLimit() const
{
    return m_role == Role::Restored ? std::min(kRestoreLimitMicros, m_spec.initTimeoutMicros)
                                    : m_spec.initTimeoutMicros;
}

// Its init had gone well, so what failed is told as an error of the restore.
void SandboxedEnvironment::refuseRestored(InitOutcome& outcome) const
{
    outcome.restored = true;
    if (!outcome.refusal.ok())
        return;
    outcome.refusal =
        outcome.errorType == kRestoreTimedOut
            ? makeError("SnapStartTimeoutException", 408,
                        "Lambda couldn't restore the snapshot within the timeout limit.")
            : makeError("SnapStartException", 400,
                        absl::StrCat("The afterRestore() runtime hook encountered an error: ",
                                     outcome.errorType, ": ", outcome.errorMessage));
}

void SandboxedEnvironment::awaitsRestore()
{
    const auto self = shared_from_this();
    if (m_role != Role::Snapshot || m_state != State::Initialising)
        return;
    m_deadlineAtMicros = 0;
    m_state = State::Idle;
    m_inside.clear(); // else copies would share the connections that init has left open
    m_log->drain();
    freeze();
    InitOutcome outcome;
    outcome.ok = true;
    outcome.durationMicros = monotonicMicros() - m_startedAtMicros;
    if (auto done = std::exchange(m_initialised, nullptr))
        done(std::move(outcome));
}

void SandboxedEnvironment::beginCopy()
{
    ++m_copying;
    m_freezeWanted = false;
    thaw();
}

void SandboxedEnvironment::endCopy(bool copied)
{
    m_copies += copied;
    if (--m_copying == 0)
        freeze();
    if (!copied && m_state == State::Idle && m_onDeath)
        m_onDeath(); // it is not trusted any more
}

} // namespace gantry::runtime
