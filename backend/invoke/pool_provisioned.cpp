#include "backend/base/clock.h"
#include "backend/invoke/pool.h"
#include "backend/invoke/worker.h"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

// What is provisioned, and what an operator sees and does.
namespace gantry::invoke {
namespace {

constexpr std::size_t kStartsAtOnce = 4;
constexpr int kFailuresToGiveUp = 3;
// AWS gives the init of a provisioned environment this long.
constexpr std::int64_t kInitLimitMicros = 130'000'000;
constexpr std::chrono::seconds kRetry{30};

} // namespace

void Pool::keep(int count)
{
    m_kept = static_cast<std::size_t>(count);
    m_retired = false;
    m_failures = 0;
    m_failure.clear();
    while (m_workers.size() > m_kept && !m_idle.empty())
        shutDown(*m_idle.front());
    restore();
}

void Pool::restore()
{
    if (m_failures >= kFailuresToGiveUp)
        return; // until the next try
    while (m_workers.size() < m_kept && m_starting < kStartsAtOnce)
        startOne(kInitLimitMicros);
}

void Pool::provisioningFailed(const runtime::InitOutcome& outcome)
{
    m_failure = outcome.errorType;
    if (++m_failures < kFailuresToGiveUp)
        return restore();
    m_patience.expires_after(kRetry);
    m_patience.async_wait([this, alive = std::weak_ptr<int>(m_alive)](
                              const boost::system::error_code& error) {
        if (error || alive.expired())
            return;
        m_failures = kFailuresToGiveUp - 1; // one try
        restore();
    });
}

ProvisionedState Pool::provisionedState() const
{
    ProvisionedState state;
    state.functionName = m_spec->functionName;
    state.qualifier = m_qualifier;
    state.requested = static_cast<int>(m_kept);
    state.allocated = static_cast<int>(m_workers.size() - std::min(m_starting, m_workers.size()));
    state.inUse = state.allocated - static_cast<int>(m_idle.size());
    state.invocations = m_invocations;
    state.spillovers = m_spillovers;
    if (m_failures >= kFailuresToGiveUp) {
        state.status = "FAILED";
        state.statusReason = "FUNCTION_ERROR_INIT_FAILURE: " + m_failure;
    } else {
        state.status = m_workers.size() - m_starting >= m_kept ? "READY" : "IN_PROGRESS";
    }
    return state;
}

// Tells the observer how that changed since the last time.
void Pool::reportProvisioned()
{
    if (!isProvisioned())
        return;
    const auto allocated = static_cast<int>(m_workers.size() - std::min(m_starting, m_workers.size()));
    const int running = std::max(0, allocated - static_cast<int>(m_idle.size()));
    const int runs = running - std::exchange(m_reportedRunning, running);
    const int stand = allocated - std::exchange(m_reportedAllocated, allocated);
    if (runs != 0 || stand != 0)
        m_core.observer.provisionedChanged(m_spec->functionName, m_qualifier, runs, stand);
}

void Pool::view(std::vector<EnvironmentView>& views, std::int64_t nowMicros) const
{
    for (const auto& worker : m_workers) {
        views.push_back(worker->view(nowMicros));
        views.back().qualifier = m_qualifier;
    }
}

bool Pool::end(const std::string& id)
{
    const auto found = std::find_if(m_workers.begin(), m_workers.end(), [&id](const auto& worker) {
        return worker->state() != Worker::State::Starting && worker->id() == id;
    });
    if (found == m_workers.end())
        return false;
    Worker& worker = **found;
    if (worker.state() == Worker::State::Busy) {
        worker.end();
        return true;
    }
    shutDown(worker);
    if (isProvisioned())
        restore();
    return true;
}

} // namespace gantry::invoke
