#include "backend/invoke/pool.h"

#include "backend/base/clock.h"
#include "backend/invoke/worker.h"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace gantry::invoke {

Pool::Pool(Core& core, std::shared_ptr<FunctionLoad> load,
           std::shared_ptr<const runtime::EnvironmentSpec> spec, std::string qualifier)
    : m_core(core), m_load(std::move(load)), m_spec(std::move(spec)),
      m_qualifier(std::move(qualifier)), m_patience(core.io)
{
}

Pool::~Pool() = default;

void Pool::submit(std::unique_ptr<Execution> execution)
{
    m_invocations += isProvisioned();
    const bool handedOver = handsOver();
    if (hasUsable() && !handedOver)
        return wakeOne(std::move(execution));
    execution->waitsSinceMicros = monotonicMicros();
    m_waiting.push_back(std::move(execution));
    if (handedOver)
        watchWaiting();
    else
        startForWaiting(takenSoon());
}

// Whether one rests that can still be used.
bool Pool::hasUsable()
{
    while (!m_idle.empty() && m_idle.back()->isWornOut())
        shutDown(*m_idle.back());
    return !m_idle.empty();
}

void Pool::wakeOne(std::unique_ptr<Execution> execution)
{
    Worker* const worker = m_idle.back();
    m_idle.pop_back();
    reportProvisioned();
    worker->run(std::move(execution), false);
}

std::size_t Pool::busy() const
{
    return m_workers.size() - std::min(m_workers.size(), m_starting + m_idle.size());
}

// Whether one more invocation waits for a busy environment although others rest or could be started.
bool Pool::handsOver() const
{
    static const std::size_t enough = std::max(1U, std::thread::hardware_concurrency());
    return m_workers.size() - m_idle.size() >= enough && m_leastMicros < kShortMicros &&
           !isProvisioned();
}

void Pool::startOne(std::int64_t limitMicros)
{
    ++m_starting;
    add().start(limitMicros);
}

bool Pool::needsStart() const
{
    return m_idle.empty() && m_starting + takenSoon() <= m_waiting.size() && !handsOver();
}

// For all but those that can be patient.
void Pool::startForWaiting(std::size_t patient)
{
    if (isProvisioned())
        return restore();
    while (m_starting + patient < m_waiting.size() &&
           m_core.admission.takeStart(*m_load, monotonicMicros()))
        startOne(m_core.options.initTimeoutMicros);
    if (m_starting < m_waiting.size())
        watchWaiting();
}

// How many invocations the busy environments will take within the time that may be waited.
std::size_t Pool::takenSoon() const
{
    constexpr int kEnough = 16; // invocations, before their mean is trusted
    if (m_learnt < kEnough || m_meanMicros >= kPatienceMicros)
        return 0;
    return busy() * static_cast<std::size_t>(kPatienceMicros / std::max(m_meanMicros, 1.0));
}

// How many have waited too long already.
std::size_t Pool::impatient() const
{
    const std::int64_t since = monotonicMicros() - kPatienceMicros;
    const auto first =
        std::partition_point(m_waiting.begin(), m_waiting.end(), [since](const auto& execution) {
            return execution->waitsSinceMicros <= since;
        });
    return static_cast<std::size_t>(first - m_waiting.begin());
}

// The forecast may be wrong: this looks again when the longest wait is over.
void Pool::watchWaiting()
{
    if (std::exchange(m_watching, true))
        return;
    m_takenWhileWatching = 0;
    m_patience.expires_after(std::chrono::microseconds(kPatienceMicros));
    m_patience.async_wait([this, alive = std::weak_ptr<int>(m_alive)](
                              const boost::system::error_code& error) {
        if (error || alive.expired())
            return;
        m_watching = false;
        onPatienceOver();
    });
}

void Pool::onPatienceOver()
{
    if (isProvisioned())
        return restore();
    const bool movesOn = m_takenWhileWatching * kTurns >= m_waiting.size();
    for (std::size_t late = movesOn ? 0 : impatient(); late > 0 && hasUsable(); --late)
        wakeOne(nextWaiting());
    if (m_waiting.empty())
        return;
    if (movesOn || !m_idle.empty())
        watchWaiting();
    else
        startForWaiting(std::min(takenSoon(), m_waiting.size() - impatient()));
}

void Pool::learn(std::int64_t durationMicros)
{
    // Means soon, but long ones at once: waiting behind those is what must not happen.
    const auto duration = static_cast<double>(durationMicros);
    m_learnt = std::min(m_learnt + 1, 1'000'000);
    if (duration > 4 * kPatienceMicros)
        m_learnt = 0;
    m_leastMicros = std::min(durationMicros, m_leastMicros + m_leastMicros / 64 + 1);
    m_meanMicros += (duration - m_meanMicros) / std::min(m_learnt + 1, 16);
}

void Pool::checkInit(Dispatcher::InitChecked done)
{
    m_restsSince = monotonicMicros();
    ++m_starting;
    Worker& worker = add();
    worker.check = std::move(done);
    worker.start(m_core.options.initTimeoutMicros);
}

Worker& Pool::add()
{
    m_workers.push_back(std::make_unique<Worker>(m_core, *this, m_spec));
    m_workers.back()->index = m_workers.size() - 1;
    m_core.environmentsChanged(*m_load, +1, m_spec->tenantIsolation);
    return *m_workers.back();
}

std::unique_ptr<Worker> Pool::remove(Worker& worker)
{
    worker.detach();
    std::erase(m_idle, &worker);
    const std::size_t index = worker.index;
    std::swap(m_workers[index], m_workers.back());
    m_workers[index]->index = index;
    auto removed = std::move(m_workers.back());
    m_workers.pop_back();
    m_core.environmentsChanged(*m_load, -1, m_spec->tenantIsolation);
    reportProvisioned();
    return removed;
}

void Pool::discard(Worker& worker)
{
    m_core.dispose(remove(worker));
}

void Pool::shutDown(Worker& worker)
{
    m_core.shutDown(remove(worker));
}

std::unique_ptr<Execution> Pool::nextWaiting()
{
    if (m_waiting.empty())
        return nullptr;
    auto execution = std::move(m_waiting.front());
    m_waiting.pop_front();
    ++m_takenWhileWatching;
    return execution;
}

// What a free environment does next.
void Pool::assign(Worker& worker, bool cold)
{
    if (!cold && worker.isWornOut()) {
        shutDown(worker);
        if (!m_waiting.empty())
            startForWaiting(takenSoon());
        return;
    }
    if (auto execution = nextWaiting())
        return worker.run(std::move(execution), cold);
    if (m_retired || (isProvisioned() && m_workers.size() > m_kept))
        return shutDown(worker);
    worker.rest(monotonicMicros());
    m_idle.push_back(&worker);
    m_core.onIdle();
}

void Pool::ready(Worker& worker, runtime::InitOutcome outcome)
{
    if (auto bound = worker.takeBound())
        return worker.run(std::move(bound), true);
    --m_starting;
    m_failures = 0;
    const auto check = std::exchange(worker.check, {});
    auto log = std::move(worker.initLog);
    assign(worker, true);
    reportProvisioned();
    if (isProvisioned())
        restore();
    if (check)
        check(std::move(outcome), std::move(log));
}

void Pool::initFailed(Worker& worker, runtime::InitOutcome outcome)
{
    auto execution = worker.takeBound();
    const bool repeated = execution != nullptr;
    if (!repeated) {
        --m_starting;
        execution = nextWaiting();
    }
    const auto check = std::exchange(worker.check, {});
    auto log = std::move(worker.initLog);
    absl::StatusOr<Result> result = Result();
    if (execution && !repeated && outcome.refusal.ok() && !m_spec->debugging) {
        if (execution->request.logTail)
            execution->tail.appendText(worker.takeInitTail());
        discard(worker);
        repeatInit(std::move(execution));
        if (check)
            check(std::move(outcome), std::move(log));
        return;
    }
    if (execution && !outcome.refusal.ok()) {
        result = outcome.refusal;
        m_core.released(*m_load, *execution);
    } else if (execution) {
        execution->record.logStream = worker.logStream();
        if (execution->request.logTail)
            execution->tail.appendText(worker.takeInitTail());
        result = m_core.closeFailedInit(*execution, outcome);
        m_core.released(*m_load, *execution);
    }
    discard(worker);
    if (isProvisioned())
        provisioningFailed(outcome);
    // What is called back may end this pool.
    if (execution)
        execution->done(std::move(result));
    if (check)
        check(std::move(outcome), std::move(log));
}

void Pool::initTimedOut(Worker& worker, runtime::InitOutcome init)
{
    if (auto execution = worker.takeBound()) {
        // The retry ran out of the function's own time: that is an ordinary time-out.
        execution->record.logStream = worker.logStream();
        execution->record.startedAtMicros = m_core.clock.unixMicros();
        execution->record.coldStart = true;
        runtime::InvocationOutcome outcome;
        outcome.kind = runtime::InvocationOutcome::Kind::Timeout;
        Result result = m_core.close(*execution, std::move(outcome));
        discard(worker);
        m_core.released(*m_load, *execution);
        execution->done(std::move(result));
        return;
    }
    --m_starting;
    const auto check = std::exchange(worker.check, {});
    auto log = std::move(worker.initLog);
    discard(worker);
    if (auto execution = nextWaiting())
        repeatInit(std::move(execution));
    else if (isProvisioned())
        provisioningFailed(init);
    if (check)
        check(std::move(init), std::move(log));
}

// AWS repeats an init that failed or took too long inside the first invocation, under the
// function's own time-out.
void Pool::repeatInit(std::unique_ptr<Execution> execution)
{
    const std::int64_t limit = execution->timeoutMicros();
    execution->deadlineMicros = monotonicMicros() + limit;
    add().start(limit, std::move(execution));
}

void Pool::finished(Worker& worker, bool usable, std::int64_t durationMicros)
{
    learn(durationMicros);
    m_restsSince = monotonicMicros();
    if (usable)
        assign(worker, false);
    else
        shutDown(worker); // its extensions have a moment
    reportProvisioned();
    if (isProvisioned())
        restore();
}

void Pool::redeliver(Worker& worker, std::unique_ptr<Execution> execution)
{
    discard(worker);
    submit(std::move(execution));
}

void Pool::died(Worker& worker)
{
    shutDown(worker);
    if (isProvisioned())
        restore();
}

void Pool::retire()
{
    m_retired = true;
    m_kept = 0;
    m_awaited = false;
    while (!m_idle.empty())
        shutDown(*m_idle.back());
}

std::int64_t Pool::reap(const KeepAliveWindows& windows, std::int64_t now)
{
    const std::int64_t worn = endWornOut(now);
    const std::int64_t rested = isProvisioned() ? 0 : endRested(windows, now);
    return worn == 0 || (rested > 0 && rested < worn) ? rested : worn;
}

// Answers when the next one wears out.
std::int64_t Pool::endWornOut(std::int64_t now)
{
    std::int64_t next = 0; // Unix time
    std::vector<Worker*> worn;
    for (Worker* worker : m_idle) {
        if (worker->isWornOut())
            worn.push_back(worker);
        else if (const std::int64_t end = worker->goodUntilMicros(); end > 0)
            next = next == 0 ? end : std::min(next, end);
    }
    for (Worker* worker : worn)
        shutDown(*worker);
    if (isProvisioned() && !worn.empty())
        restore();
    return next == 0 ? 0 : now + (next - m_core.clock.unixMicros());
}

std::int64_t Pool::endRested(const KeepAliveWindows& windows, std::int64_t now)
{
    const auto endIdleFor = [this, now](std::int64_t micros) {
        while (!m_idle.empty() && m_idle.front()->idleSince() + micros <= now)
            shutDown(*m_idle.front());
    };
    const std::int64_t rested = now - m_restsSince;
    const bool expected = windows.preWarmMicros > 0 && m_load->running == 0 && !m_retired;
    if (!expected || rested >= windows.keepAliveMicros) {
        m_awaited = false;
        endIdleFor(windows.keepAliveMicros);
        return m_idle.empty() ? 0 : m_idle.front()->idleSince() + windows.keepAliveMicros;
    }
    if (rested < windows.preWarmMicros) {
        m_awaited = true;
        endIdleFor(0);
        return m_restsSince + windows.preWarmMicros;
    }
    if (std::exchange(m_awaited, false) && m_workers.empty())
        startOne(m_core.options.initTimeoutMicros);
    return m_restsSince + windows.keepAliveMicros;
}

std::vector<std::unique_ptr<Execution>> Pool::abandon()
{
    std::vector<std::unique_ptr<Execution>> abandoned;
    std::vector<Dispatcher::InitChecked> checks;
    while (auto execution = nextWaiting())
        abandoned.push_back(std::move(execution));
    while (!m_workers.empty()) {
        Worker& worker = *m_workers.back();
        if (worker.state() == Worker::State::Idle) {
            shutDown(worker);
            continue;
        }
        auto execution = worker.isBound() ? worker.takeBound() : worker.takeExecution();
        if (execution)
            abandoned.push_back(std::move(execution));
        if (worker.check)
            checks.push_back(std::move(worker.check));
        discard(worker);
    }
    m_starting = 0;
    m_kept = 0;
    m_awaited = false;
    for (const auto& check : checks) {
        runtime::InitOutcome outcome;
        outcome.errorType = "Sandbox.Failure";
        outcome.errorMessage = "The platform is shutting down.";
        check(std::move(outcome), {});
    }
    return abandoned;
}

} // namespace gantry::invoke
