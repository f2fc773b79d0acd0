#include "backend/invoke/core.h"

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/invoke/application_log.h"
#include "backend/invoke/platform_log.h"
#include "backend/invoke/worker.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace gantry::invoke {
namespace {

constexpr const char* kPlatformFailure = "Sandbox.Failure";

std::int64_t billedMillis(const InvocationRecord& record)
{
    return (record.durationMicros + record.initMicros + 999) / 1000;
}

// The document that the caller gets when the sandbox, not the handler, ended the invocation.
std::string sandboxDocument(const InvocationRecord& record)
{
    return platform_log::errorDocument(record.errorType, record.errorMessage);
}

std::string withRequestId(const std::string& requestId, const std::string& message)
{
    if (message.starts_with("RequestId: "))
        return message;
    return platform_log::sandboxError(requestId, message);
}

} // namespace

Core::Core(boost::asio::io_context& io, const Clock& clock,
           runtime::EnvironmentFactory& environments, Observer& observer,
           Pricer price, Options options)
    : io(io), clock(clock), environments(environments), observer(observer), options(options),
      admission(options), keepAlive(options.learnKeepAlive ? KeepAlive::Policy::Learned
                                                           : KeepAlive::Policy::Fixed,
                                    options.keepAliveMicros, options.keepAliveMinuteMicros),
      m_price(std::move(price))
{
}

Core::~Core() = default;

void Core::admitted(FunctionLoad& load, const Execution& execution)
{
    if (load.running == 0)
        keepAlive.called(load.name, monotonicMicros(), execution.spec().memoryMb);
    admission.admitted(execution.unreserved);
    ++runningTotal;
    observer.concurrencyChanged(load.name, ++load.running);
}

void Core::released(FunctionLoad& load, const Execution& execution)
{
    admission.released(execution.unreserved);
    --runningTotal;
    observer.concurrencyChanged(load.name, --load.running);
    if (load.running == 0)
        keepAlive.wentIdle(load.name, monotonicMicros());
}

void Core::environmentsChanged(FunctionLoad& load, int delta, bool ofTenant)
{
    if (ofTenant)
        admission.tenantEnvironmentsChanged(delta);
    load.environments += delta;
    observer.environmentsChanged(load.name, load.environments);
}

void Core::writeLine(const runtime::EnvironmentSpec& spec, const std::string& logStream,
                     std::string message, Execution* execution)
{
    if (message.empty())
        return;
    LogEntry entry;
    entry.timeMicros = clock.unixMicros();
    entry.functionName = spec.functionName;
    entry.logGroup = spec.log.group;
    entry.logStream = logStream;
    entry.source = LogEntry::Source::Platform;
    if (execution) {
        entry.requestId = execution->record.requestId;
        if (execution->request.logTail)
            execution->tail.append(message);
    }
    entry.message = std::move(message);
    observer.logged(std::move(entry));
}

platform_log::Place Core::logPlace(const runtime::EnvironmentSpec& spec) const
{
    return {spec, clock.unixMicros()};
}

void Core::takeSnapshot(const runtime::EnvironmentSpec& spec,
                        runtime::Environment::Initialised done)
{
    const auto stream = std::make_shared<std::string>();
    const auto log = [this, alive = std::weak_ptr<int>(m_alive), stream,
                      name = spec.functionName,
                      settings = spec.log](std::int64_t unixMicros, std::string line) {
        if (alive.expired() || !passesLevel(settings, line))
            return;
        LogEntry entry;
        entry.timeMicros = unixMicros;
        entry.functionName = name;
        entry.logGroup = settings.group;
        entry.logStream = *stream;
        entry.message = std::move(line);
        observer.logged(std::move(entry));
    };
    *stream = environments.prepareSnapshot(spec, log, std::move(done));
    if (!stream->empty())
        writeLine(spec, *stream, platform_log::initStart(logPlace(spec), *stream), nullptr);
}

Result Core::close(Execution& execution, runtime::InvocationOutcome outcome)
{
    using Kind = runtime::InvocationOutcome::Kind;
    InvocationRecord& record = execution.record;
    record.durationMicros = outcome.durationMicros;
    record.memoryUsedBytes = outcome.memoryPeakBytes;
    std::string_view status;
    switch (outcome.kind) {
    case Kind::Response:
        break;
    case Kind::FunctionError:
        record.errorType =
            outcome.errorType.empty() ? "Function.Unknown" : std::move(outcome.errorType);
        record.errorMessage = std::move(outcome.errorMessage);
        break;
    case Kind::Timeout:
        status = "timeout";
        record.durationMicros = execution.timeoutMicros();
        record.errorType = "Sandbox.Timedout";
        record.errorMessage = platform_log::sandboxError(
            record.requestId, platform_log::timeoutMessage(execution.timeoutMicros()));
        outcome.payload = sandboxDocument(record);
        writeLine(execution.spec(), record.logStream,
                  platform_log::timedOut(logPlace(execution.spec()), record.requestId,
                                         execution.timeoutMicros()),
                  &execution);
        break;
    case Kind::Exited:
    case Kind::OutOfMemory:
    case Kind::Failure:
        status = "error";
        record.errorType =
            outcome.errorType.empty() ? kPlatformFailure : std::move(outcome.errorType);
        record.errorMessage = withRequestId(record.requestId, outcome.errorMessage);
        if (outcome.payload.empty())
            outcome.payload = sandboxDocument(record);
        writeFailure(execution);
        break;
    }
    Result result = this->record(execution, std::move(outcome.payload),
                                 std::move(outcome.contentType), status);
    result.platformFailure = outcome.kind == Kind::Failure;
    return result;
}

void Core::writeFailure(Execution& execution)
{
    const platform_log::Place place = logPlace(execution.spec());
    const InvocationRecord& record = execution.record;
    for (const std::string* text : {&record.errorMessage, &record.errorType})
        writeLine(execution.spec(), record.logStream, platform_log::failed(place, *text),
                  &execution);
}

Result Core::closeFailedInit(Execution& execution, const runtime::InitOutcome& init)
{
    InvocationRecord& record = execution.record;
    record.startedAtMicros = clock.unixMicros();
    record.coldStart = true;
    record.initMicros = init.durationMicros;
    record.errorType = init.errorType.empty() ? "Runtime.InitError" : init.errorType;
    record.errorMessage = init.errorMessage;
    writeLine(execution.spec(), record.logStream,
              platform_log::start(logPlace(execution.spec()), record.requestId), &execution);
    std::string payload = init.payload;
    const bool ofThePlatform = payload.empty() && record.errorType == kPlatformFailure;
    if (payload.empty()) {
        record.errorMessage = withRequestId(record.requestId, init.errorMessage);
        payload = sandboxDocument(record);
        writeFailure(execution);
    }
    Result result = this->record(execution, std::move(payload), "application/json", "error");
    result.platformFailure = ofThePlatform;
    return result;
}

Result Core::record(Execution& execution, std::string payload, std::string contentType,
                    std::string_view status)
{
    InvocationRecord& record = execution.record;
    record.billedMs = billedMillis(record);
    if (execution.meter)
        execution.meter->report(record);
    const bool debugged = execution.spec().debugging != nullptr; // neither billed nor measured
    record.costUsd = m_price && !debugged ? m_price(record) : pricing::Money();
    const platform_log::Report report = {
        record.requestId,
        record.durationMicros,
        record.billedMs,
        record.memoryMb,
        record.memoryUsedBytes,
        record.initMicros,
        status,
        record.errorType,
        static_cast<std::int64_t>(payload.size()) + record.streamedBytes,
        record.restoreMicros,
        record.billedRestoreMs,
        record.trace.get()};
    const platform_log::Place place = logPlace(execution.spec());
    writeLine(execution.spec(), record.logStream, platform_log::end(place, report), &execution);
    writeLine(execution.spec(), record.logStream, platform_log::report(place, report), &execution);

    Result result;
    result.requestId = record.requestId;
    result.executedVersion = record.version;
    result.functionError = !record.errorType.empty();
    result.streamed = execution.meter && execution.meter->begun();
    result.contentType = contentType.empty() ? "application/json" : std::move(contentType);
    if (execution.request.logTail)
        result.logTail = execution.tail.take();
    result.record = record;
    if (execution.request.event && execution.request.event->size() <= kKeptPayloadBytes)
        record.event = std::move(execution.request.event);
    if (execution.meter && execution.meter->begun() && record.errorType.empty())
        record.response = execution.meter->kept();
    else if (payload.size() <= kKeptPayloadBytes)
        record.response = std::make_shared<const std::string>(payload);
    if (!debugged)
        observer.finished(std::move(record));
    result.payload = std::move(payload);
    return result;
}

void Core::dispose(std::unique_ptr<Worker> worker)
{
    m_disposed.push_back(std::move(worker));
    if (m_disposed.size() > 1)
        return;
    boost::asio::post(io, [this, alive = std::weak_ptr<int>(m_alive)] {
        if (!alive.expired())
            std::exchange(m_disposed, {}).clear();
    });
}

void Core::shutDown(std::unique_ptr<Worker> worker)
{
    Worker* const key = worker.get();
    m_closing.push_back(std::move(worker));
    key->shutDown([this, key] {
        const auto found =
            std::find_if(m_closing.begin(), m_closing.end(),
                         [key](const auto& closing) { return closing.get() == key; });
        if (found == m_closing.end())
            return;
        dispose(std::move(*found));
        m_closing.erase(found);
        if (m_closing.empty() && m_allClosed)
            whenAllClosed(std::exchange(m_allClosed, {}));
    });
}

void Core::whenAllClosed(std::function<void()> done)
{
    if (m_closing.empty())
        boost::asio::post(io, std::move(done)); // behind the destruction of what is disposed of
    else
        m_allClosed = std::move(done);
}

} // namespace gantry::invoke
