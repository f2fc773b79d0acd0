#include "backend/invoke/worker.h"

#include "backend/base/clock.h"
#include "backend/invoke/application_log.h"
#include "backend/invoke/platform_log.h"
#include "backend/invoke/pool.h"
#include "backend/invoke/trace_span.h"

#include <algorithm>
#include <utility>

namespace gantry::invoke {
namespace {
constexpr std::size_t kInitLogLines = 1000;
constexpr std::string_view kInitTimedOut = "Sandbox.Timedout";
} // namespace

Worker::Worker(Core& core, Pool& pool, std::shared_ptr<const runtime::EnvironmentSpec> spec)
    : m_core(core), m_pool(pool), m_spec(std::move(spec))
{
}

void Worker::start(std::int64_t limitMicros, std::unique_ptr<Execution> bound)
{
    m_bound = std::move(bound);
    m_startedAtMicros = m_core.clock.unixMicros();
    runtime::EnvironmentSpec spec = *m_spec;
    if (!spec.debugging) // whoever debugs takes the time it takes
        spec.initTimeoutMicros = limitMicros;
    m_environment =
        m_core.environments.make(std::move(spec), [this](std::int64_t time, std::string line) {
            onLine(time, std::move(line));
        });
    announce();
    m_environment->onDeath([this] {
        if (m_state == State::Idle)
            m_pool.died(*this);
    });
    m_environment->start([this](runtime::InitOutcome outcome) {
        if (m_state == State::Starting)
            onInitialised(std::move(outcome));
    });
}

// Says how it begins. What cannot be restored yet has its snapshot taken for those that follow.
void Worker::announce()
{
    using State = runtime::SnapshotStatus::State;
    const bool restores = m_environment->restores();
    const platform_log::Place place = m_core.logPlace(*m_spec);
    writeInitLine(restores ? platform_log::restoreStart(place, m_environment->logStream())
                           : platform_log::initStart(place, m_environment->logStream()));
    if (m_spec->snapStart && !restores &&
        m_core.environments.snapshotStatus(m_spec->functionArn, m_spec->version).state ==
            State::None)
        m_core.takeSnapshot(*m_spec, [](runtime::InitOutcome) {});
}

void Worker::onLine(std::int64_t unixMicros, std::string line)
{
    if (!passesLevel(m_spec->log, line))
        return;
    if (m_execution && m_execution->request.logTail)
        m_execution->tail.append(line);
    if (m_state == State::Starting) {
        m_initTail.append(line);
        if (check && initLog.size() < kInitLogLines)
            initLog.push_back(line);
    }
    LogEntry entry;
    entry.timeMicros = unixMicros;
    entry.functionName = m_spec->functionName;
    entry.requestId = m_requestId;
    entry.logGroup = m_spec->log.group;
    if (m_environment)
        entry.logStream = m_environment->logStream();
    entry.message = std::move(line);
    m_core.observer.logged(std::move(entry));
}

void Worker::onInitialised(runtime::InitOutcome outcome)
{
    (outcome.restored ? m_restoreMicros : m_initMicros) = outcome.durationMicros;
    m_hooksMicros = outcome.hooksMicros;
    if (outcome.restored)
        writeInitLine(platform_log::restoreReport(m_core.logPlace(*m_spec),
                                                  outcome.durationMicros, outcome.errorType));
    if (outcome.ok) {
        if (!outcome.restored)
            reportInit(outcome.durationMicros, "success", {});
        return m_pool.ready(*this, std::move(outcome));
    }
    if (outcome.errorType == kInitTimedOut) {
        reportInit(outcome.durationMicros, "timeout", {});
        return m_pool.initTimedOut(*this, std::move(outcome));
    }
    if (!outcome.restored)
        reportInit(outcome.durationMicros, "error", outcome.errorType);
    m_pool.initFailed(*this, std::move(outcome));
}

void Worker::reportInit(std::int64_t micros, std::string_view status, std::string_view errorType)
{
    writeInitLine(platform_log::initReport(
        m_core.logPlace(*m_spec), {micros, m_bound ? "invoke" : "init", status, errorType}));
}

void Worker::writeInitLine(std::string line)
{
    if (line.empty())
        return;
    m_initTail.append(line);
    m_core.writeLine(*m_spec, m_environment->logStream(), std::move(line), nullptr);
}

void Worker::run(std::unique_ptr<Execution> execution, bool cold)
{
    m_state = State::Busy;
    m_execution = std::move(execution);
    Execution& x = *m_execution;
    InvocationRecord& record = x.record;
    record.logStream = m_environment->logStream();
    record.startedAtMicros = m_core.clock.unixMicros();
    record.coldStart = cold;
    record.initMicros = cold ? m_initMicros : 0;
    record.restoreMicros = cold ? m_restoreMicros : 0;
    record.billedRestoreMs = cold ? (m_hooksMicros + 999) / 1000 : 0;
    m_requestId = record.requestId;
    if (cold && x.request.logTail)
        x.tail.appendText(m_initTail.take());
    if (!x.started) {
        x.started = true;
        m_core.writeLine(*m_spec, record.logStream,
                         platform_log::start(m_core.logPlace(*m_spec), record.requestId), &x);
    }
    runtime::Invocation invocation;
    invocation.requestId = record.requestId;
    invocation.invokedFunctionArn = x.request.target.invokedArn;
    invocation.traceId = record.traceId;
    invocation.clientContext = x.request.clientContext;
    invocation.event = x.request.event;
    invocation.tenantId = m_tenantId = x.request.tenantId;
    if (x.request.sink) {
        const functions::StreamPace usual{m_core.options.streamBurstBytes,
                                          m_core.options.streamBytesPerSecond};
        x.meter = std::make_shared<ResponseMeter>(m_core.io, x.request.sink,
                                                  x.request.target.streamPace.value_or(usual));
        invocation.sink = x.meter;
        invocation.maxStreamBytes = m_core.options.maxStreamBytes;
    }
    invocation.timeoutMicros = x.timeoutMicros();
    if (x.deadlineMicros > 0)
        invocation.timeoutMicros =
            std::max<std::int64_t>(x.deadlineMicros - monotonicMicros(), 1'000);
    if (record.trace)
        m_core.observer.traceBegun(record.functionName, record.trace->traceId);
    m_environment->invoke(std::move(invocation), [this](runtime::InvocationOutcome outcome) {
        if (m_state == State::Busy)
            onOutcome(std::move(outcome));
    });
}

void Worker::onOutcome(runtime::InvocationOutcome outcome)
{
    auto execution = std::move(m_execution);
    if (outcome.kind == runtime::InvocationOutcome::Kind::Failure && !execution->redelivered) {
        // It had died while idle and nobody knew yet: the event goes to another environment.
        execution->redelivered = true;
        return m_pool.redeliver(*this, std::move(execution));
    }
    const bool usable = outcome.usable;
    const std::int64_t duration = outcome.durationMicros;
    ++m_invocations;
    m_memoryPeakBytes = outcome.memoryPeakBytes;
    Result result = m_core.close(*execution, std::move(outcome));
    m_core.released(m_pool.load(), *execution);
    m_pool.finished(*this, usable, duration);
    execution->done(std::move(result));
}

void Worker::rest(std::int64_t nowMicros)
{
    m_state = State::Idle;
    m_idleSince = nowMicros;
    m_environment->freeze();
}

bool Worker::isWornOut() const
{
    return goodUntilMicros() > 0 && m_core.clock.unixMicros() >= goodUntilMicros();
}

EnvironmentView Worker::view(std::int64_t nowMicros) const
{
    EnvironmentView view;
    view.tenantId = m_tenantId;
    view.id = m_environment->id();
    view.functionName = m_spec->functionName;
    view.version = m_spec->version;
    view.memoryMb = m_spec->memoryMb;
    view.state = m_state == State::Starting ? EnvironmentView::State::Starting
                 : m_state == State::Idle   ? EnvironmentView::State::Idle
                                            : EnvironmentView::State::Busy;
    view.startedAtMicros = m_startedAtMicros;
    view.idleMicros = m_state == State::Idle ? nowMicros - m_idleSince : 0;
    view.invocations = m_invocations;
    view.memoryPeakBytes = m_memoryPeakBytes;
    return view;
}

void Worker::end()
{
    if (m_execution)
        m_execution->redelivered = true; // it has begun: no second environment gets it
    m_environment->shutdown([] {});
}

void Worker::shutDown(std::function<void()> done)
{
    m_environment->shutdown(std::move(done));
}

} // namespace gantry::invoke
