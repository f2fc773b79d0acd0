#pragma once

#include "backend/invoke/core.h"
#include "backend/invoke/fleet.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gantry::invoke {

class Pool;

// One execution environment in its pool and what dispatch knows of it. Starting → Idle ⇄ Busy →
// Closing; it reports each step to its pool, which decides what comes next.
class Worker final {
public:
    enum class State { Starting, Idle, Busy, Closing };

    Worker(Core& core, Pool& pool, std::shared_ptr<const runtime::EnvironmentSpec> spec);

    const std::string& id() const { return m_environment->id(); }
    // All but what only its pool knows.
    EnvironmentView view(std::int64_t nowMicros) const;
    // Ends the environment although it runs something, which fails with it.
    void end();

    // Begins init, under a limit of its own. With an execution it is the retry of an init that took
    // too long, made inside that invocation and under its time-out.
    void start(std::int64_t limitMicros, std::unique_ptr<Execution> bound = nullptr);
    void run(std::unique_ptr<Execution> execution, bool cold);
    void rest(std::int64_t nowMicros);
    // No report comes from it any more.
    void detach() { m_state = State::Closing; }
    void shutDown(std::function<void()> done);

    State state() const { return m_state; }
    std::int64_t idleSince() const { return m_idleSince; }
    // Unix time; what may begin in it no more ends it instead. 0: it never wears out.
    std::int64_t goodUntilMicros() const { return m_environment->goodUntilUnixMicros(); }
    bool isWornOut() const;
    const std::string& logStream() const { return m_environment->logStream(); }
    std::unique_ptr<Execution> takeBound() { return std::move(m_bound); }
    std::unique_ptr<Execution> takeExecution() { return std::move(m_execution); }
    bool isBound() const { return m_bound != nullptr; }
    // The lines of its init, for the tail of the invocation that waited for it.
    std::string takeInitTail() { return m_initTail.take(); }

    // Set for an init check: the lines of the init are kept for it.
    Dispatcher::InitChecked check;
    std::vector<std::string> initLog;
    std::size_t index = 0; // in its pool's list

private:
    void onLine(std::int64_t unixMicros, std::string line);
    void onInitialised(runtime::InitOutcome outcome);
    void onOutcome(runtime::InvocationOutcome outcome);
    void writeInitLine(std::string line);
    void announce();
    void reportInit(std::int64_t micros, std::string_view status, std::string_view errorType);

    Core& m_core;
    Pool& m_pool;
    std::shared_ptr<const runtime::EnvironmentSpec> m_spec;
    State m_state = State::Starting;
    std::int64_t m_idleSince = 0;
    std::int64_t m_startedAtMicros = 0; // Unix time
    std::int64_t m_invocations = 0;
    std::int64_t m_memoryPeakBytes = 0;
    std::int64_t m_initMicros = 0;
    std::int64_t m_restoreMicros = 0;
    std::int64_t m_hooksMicros = 0; // of the restore
    std::string m_requestId; // of the running invocation, then of the last one
    std::string m_tenantId; // of the latest invocation, so of every one
    LogTail m_initTail;
    std::unique_ptr<Execution> m_bound;
    std::unique_ptr<Execution> m_execution;
    std::unique_ptr<runtime::Environment> m_environment; // last: destroyed first
};

} // namespace gantry::invoke
