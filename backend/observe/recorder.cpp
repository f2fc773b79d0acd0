#include "backend/observe/recorder.h"

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/text.h"

#include <boost/asio/post.hpp>

#include <chrono>
#include <utility>

namespace gantry::observe {
namespace {

// CloudWatch Logs takes 256 KB an event; the console shows lines, not dumps.
constexpr std::size_t kMaxMessage = 64 * 1024;
constexpr std::int64_t kPruneAfterLogs = 50'000;

std::size_t sizeOf(const std::shared_ptr<const std::string>& bytes)
{
    return bytes ? bytes->size() : 0;
}

} // namespace

absl::StatusOr<std::unique_ptr<Recorder>> Recorder::open(boost::asio::io_context& io,
                                                         const Clock& clock,
                                                         const std::filesystem::path& directory,
                                                         RecorderOptions options)
{
    const std::filesystem::path file = directory / "observe.db";
    auto writer = store::Database::open(file, storage::migrations(), {.durable = false});
    if (!writer.ok())
        return writer.status();
    auto counters = storage::counters(*writer);
    if (!counters.ok())
        return counters.status();
    auto rows = storage::openRows(*writer, clock.unixMillis());
    if (!rows.ok())
        return rows.status();
    auto reader = store::Database::open(file, {}, {.durable = false, .readOnly = true});
    if (!reader.ok())
        return reader.status();
    std::unique_ptr<Recorder> recorder(
        new Recorder(io, clock, *std::move(writer), *std::move(reader), *counters, options));
    for (MetricsRow& row : *rows)
        recorder->m_metrics.resume(std::move(row));
    return recorder;
}

Recorder::Recorder(boost::asio::io_context& io, const Clock& clock, store::Database writer,
                   store::Database reader, storage::Counters counters, RecorderOptions options)
    : m_io(io), m_clock(clock), m_options(options), m_counters(counters),
      m_metrics(clock.unixMillis()), m_flushTimer(io), m_pruneTimer(io),
      m_writer(io, std::move(writer)), m_reader(std::move(reader)), m_worker(1)
{
    scheduleFlush();
    schedulePrune();
}

Recorder::~Recorder()
{
    m_flushTimer.cancel();
    m_pruneTimer.cancel();
    flush();
}

void Recorder::concurrencyChanged(const std::string& functionName, int running)
{
    m_metrics.concurrencyChanged(m_clock.unixMillis(), functionName, running);
}

void Recorder::environmentsChanged(const std::string& functionName, int live)
{
    m_metrics.environmentsChanged(m_clock.unixMillis(), functionName, live);
}

void Recorder::throttled(const std::string& functionName)
{
    m_metrics.throttled(m_clock.unixMillis(), functionName);
}

void Recorder::finished(invoke::InvocationRecord record)
{
    m_metrics.finished(m_clock.unixMillis(), record);
    m_counters.payloadBytesTotal +=
        static_cast<std::int64_t>(sizeOf(record.event) + sizeOf(record.response));
    m_batch.invocations.push_back({++m_counters.lastInvocationId, std::move(record)});
}

void Recorder::logged(invoke::LogEntry entry)
{
    if (entry.message.size() > kMaxMessage)
        entry.message.resize(kMaxMessage);
    const auto bytes = static_cast<std::int64_t>(entry.message.size());
    auto line = std::make_shared<const LogLine>(LogLine{++m_counters.lastLogId, std::move(entry)});
    m_ring.push(line);
    if (m_pendingLogs >= m_options.maxPendingLogs) {
        ++m_droppedLogs;
        return;
    }
    ++m_pendingLogs;
    m_counters.logBytesTotal += bytes;
    m_batch.logs.push_back(std::move(line));
}

LiveMetrics& Recorder::metrics()
{
    m_metrics.advance(m_clock.unixMillis());
    return m_metrics;
}

void Recorder::scheduleFlush()
{
    m_flushTimer.expires_after(std::chrono::milliseconds(m_options.flushMs));
    m_flushTimer.async_wait([this](const boost::system::error_code& error) {
        if (error)
            return;
        flush();
        scheduleFlush();
    });
}

void Recorder::schedulePrune()
{
    m_pruneTimer.expires_after(std::chrono::milliseconds(m_options.pruneMs));
    m_pruneTimer.async_wait([this](const boost::system::error_code& error) {
        if (error)
            return;
        prune();
        schedulePrune();
    });
}

void Recorder::flush()
{
    m_batch.metrics = metrics().takeRows();
    const auto companion = m_companion ? m_companion() : nullptr;
    if (m_batch.metrics.empty() && m_batch.invocations.empty() && m_batch.logs.empty() &&
        !companion)
        return;
    m_batch.logBytesTotal = m_counters.logBytesTotal;
    m_batch.payloadBytesTotal = m_counters.payloadBytesTotal;
    for (const storage::StoredInvocation& stored : m_batch.invocations)
        m_unpruned.insert(stored.record.functionName);
    m_unprunedLogs += static_cast<std::int64_t>(m_batch.logs.size());
    const auto batch = std::make_shared<const storage::Batch>(std::exchange(m_batch, {}));
    m_writer.submit(
        [batch, companion](store::Database& database) {
            const absl::Status status = storage::write(database, *batch);
            return status.ok() && companion ? companion(database) : status;
        },
                    [this, lines = batch->logs.size()](const absl::Status& status) {
                        m_pendingLogs -= lines;
                        reportOutcome(status);
                    });
    if (m_unprunedLogs > kPruneAfterLogs)
        prune();
}

// Says once that the disk fails and once that it is well again; the platform goes on either way.
void Recorder::reportOutcome(const absl::Status& status)
{
    if (!status.ok() && !m_diskFailed)
        log::warning("metrics and logs are not kept: ", std::string(view(status.message())));
    if (status.ok() && m_diskFailed)
        log::info("metrics and logs are kept again");
    m_diskFailed = !status.ok();
    if (m_droppedLogs > 0 && m_pendingLogs < m_options.maxPendingLogs / 2)
        log::warning(std::exchange(m_droppedLogs, 0), " log lines came faster than the disk takes "
                                                      "them and were not kept");
}

void Recorder::prune()
{
    const auto functions =
        std::make_shared<const std::vector<std::string>>(m_unpruned.begin(), m_unpruned.end());
    m_unpruned.clear();
    m_unprunedLogs = 0;
    m_writer.submit(
        [functions, limits = m_options.limits, counters = m_counters,
         now = m_clock.unixMillis()](store::Database& database) {
            return storage::prune(database, limits, counters, now, *functions);
        },
        [this](const absl::Status& status) {
            if (!status.ok())
                reportOutcome(status);
        });
}

void Recorder::queryMetrics(MetricsQuery query, Answer<MetricsAnswer> done)
{
    read<MetricsAnswer>(
        [query = std::move(query), now = m_clock.unixMillis()](store::Database& database) {
            return queries::metrics(database, query, now);
        },
        std::move(done));
}

void Recorder::queryLogs(LogQuery query, Answer<std::vector<LogLine>> done)
{
    read<std::vector<LogLine>>(
        [query = std::move(query)](store::Database& database) {
            return queries::logs(database, query);
        },
        std::move(done));
}

void Recorder::listInvocations(InvocationsQuery query,
                               Answer<std::vector<invoke::InvocationRecord>> done)
{
    read<std::vector<invoke::InvocationRecord>>(
        [query = std::move(query)](store::Database& database) {
            return queries::invocations(database, query);
        },
        std::move(done));
}

void Recorder::getInvocation(std::string requestId, Answer<std::optional<InvocationDetail>> done)
{
    read<std::optional<InvocationDetail>>(
        [requestId = std::move(requestId)](store::Database& database) {
            return queries::invocation(database, requestId);
        },
        std::move(done));
}

} // namespace gantry::observe
