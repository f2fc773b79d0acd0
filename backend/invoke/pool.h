#pragma once

#include "backend/invoke/core.h"
#include "backend/invoke/fleet.h"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace gantry::invoke {

// The interchangeable environments of one version of one function, and the invocations that wait
// for one. An invocation takes the environment that was used last (so that the others can age out);
// when none is free one is started, and the invocation takes whichever comes first. No environment
// is started for an invocation that one of the busy ones will take within kPatienceMicros, going by
// how long the latest invocations took: a cold start takes many times that and two processors. Nor is
// one started, or a resting one woken, while short invocations keep all processors busy and the queue
// moves on: more of them would only take turns on the processors and empty their caches.
class Pool final {
public:
    static constexpr std::int64_t kPatienceMicros = 4'000;
    // The queue moves on when it will be empty within so many times that.
    static constexpr std::size_t kTurns = 2;
    // Less than a handler takes that waits for anything outside.
    static constexpr std::int64_t kShortMicros = 500;

    // With a qualifier it holds what is provisioned for that: see keep().
    Pool(Core& core, std::shared_ptr<FunctionLoad> load,
         std::shared_ptr<const runtime::EnvironmentSpec> spec, std::string qualifier = {});
    ~Pool();

    void submit(std::unique_ptr<Execution> execution);
    void checkInit(Dispatcher::InitChecked done);
    // Idle environments end now, the others after what they do.
    void retire();
    // Shuts down what the keep-alive does not keep and what is worn out, and starts what is wanted
    // to be ready; answers when to look again, or 0 when there is nothing to look at. Monotonic.
    std::int64_t reap(const KeepAliveWindows& windows, std::int64_t now);
    // Takes every invocation out of the pool and ends every environment.
    std::vector<std::unique_ptr<Execution>> abandon();

    bool empty() const
    {
        return m_workers.empty() && m_waiting.empty() && m_kept == 0 && !m_awaited;
    }
    bool hasIdle() const { return !m_idle.empty(); }
    // Whether one more invocation would have an environment started for it.
    bool needsStart() const;

    // pool_provisioned.cpp. Keeps this many environments ready, whatever ends them.
    bool isProvisioned() const { return !m_qualifier.empty(); }
    void keep(int count);
    ProvisionedState provisionedState() const;
    void countSpillover() { ++m_spillovers; }
    void reportProvisioned();

    void view(std::vector<EnvironmentView>& views, std::int64_t nowMicros) const;
    // False when there is no environment of that id that has started.
    bool end(const std::string& id);
    FunctionLoad& load() { return *m_load; }
    const runtime::EnvironmentSpec& spec() const { return *m_spec; }

    // What the workers report.
    void ready(Worker& worker, runtime::InitOutcome outcome);
    void initFailed(Worker& worker, runtime::InitOutcome outcome);
    void initTimedOut(Worker& worker, runtime::InitOutcome outcome);
    void finished(Worker& worker, bool usable, std::int64_t durationMicros);
    void redeliver(Worker& worker, std::unique_ptr<Execution> execution);
    void died(Worker& worker);

private:
    Worker& add();
    std::unique_ptr<Worker> remove(Worker& worker);
    std::unique_ptr<Execution> nextWaiting();
    bool hasUsable();
    std::int64_t endWornOut(std::int64_t now);
    std::int64_t endRested(const KeepAliveWindows& windows, std::int64_t now);
    void startOne(std::int64_t limitMicros);
    void repeatInit(std::unique_ptr<Execution> execution);
    void restore();
    void provisioningFailed(const runtime::InitOutcome& outcome);
    void startForWaiting(std::size_t patient);
    std::size_t takenSoon() const;
    std::size_t impatient() const;
    std::size_t busy() const;
    bool handsOver() const;
    void watchWaiting();
    void onPatienceOver();
    void wakeOne(std::unique_ptr<Execution> execution);
    void learn(std::int64_t durationMicros);
    void assign(Worker& worker, bool cold);
    void discard(Worker& worker);
    void shutDown(Worker& worker);

    Core& m_core;
    std::shared_ptr<FunctionLoad> m_load;
    std::shared_ptr<const runtime::EnvironmentSpec> m_spec;
    std::vector<std::unique_ptr<Worker>> m_workers;
    std::vector<Worker*> m_idle; // the last one was used last
    std::deque<std::unique_ptr<Execution>> m_waiting;
    std::size_t m_starting = 0; // at least one for each that waits too long; bound ones do not count
    int m_learnt = 0;           // invocations that the mean is made of
    double m_meanMicros = 0;    // how long the latest invocations took
    std::int64_t m_leastMicros = kShortMicros; // and what the shortest of them did
    bool m_watching = false;                   // m_patience runs
    std::size_t m_takenWhileWatching = 0;      // invocations that waited
    bool m_retired = false;
    std::int64_t m_restsSince = 0; // monotonic: the end of its last invocation
    bool m_awaited = false;        // an environment is to be ready before the next call
    // Of a provisioned one.
    std::string m_qualifier;
    std::size_t m_kept = 0;
    int m_failures = 0; // of init, one after the other
    std::string m_failure;
    std::int64_t m_invocations = 0;
    std::int64_t m_spillovers = 0;
    int m_reportedRunning = 0;
    int m_reportedAllocated = 0;
    boost::asio::steady_timer m_patience;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

} // namespace gantry::invoke
