#pragma once

#include "backend/invoke/core.h"

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
// how long the latest invocations took: a cold start takes ten times that and two processors.
class Pool final {
public:
    static constexpr std::int64_t kPatienceMicros = 2'000;

    Pool(Core& core, std::shared_ptr<FunctionLoad> load,
         std::shared_ptr<const runtime::EnvironmentSpec> spec);
    ~Pool();

    void submit(std::unique_ptr<Execution> execution);
    void checkInit(Dispatcher::InitChecked done);
    // Idle environments end now, the others after what they do.
    void retire();
    // Shuts down what has been idle since before the given time; answers when the next one is due
    // by the same measure (monotonic), or 0 when nothing is idle.
    std::int64_t reap(std::int64_t idleBefore);
    // Takes every invocation out of the pool and ends every environment.
    std::vector<std::unique_ptr<Execution>> abandon();

    bool empty() const { return m_workers.empty() && m_waiting.empty(); }
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
    void startForWaiting();
    std::size_t takenSoon() const;
    std::size_t impatient() const;
    void watchWaiting();
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
    bool m_watching = false;    // m_patience runs
    bool m_retired = false;
    boost::asio::steady_timer m_patience;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

} // namespace gantry::invoke
