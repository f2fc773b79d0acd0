#include "backend/observe/recorder.h"

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/observe/cloudwatch/emf.h"

#include <boost/asio/post.hpp>

#include <chrono>
#include <utility>

namespace gantry::observe {
namespace {

constexpr std::size_t kBatchRecords = 512; // that wait in memory at most
constexpr std::size_t kMaxMessage = 256 * 1024; // of an event of CloudWatch Logs

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
    auto logs = logs::LogStore::open(io, clock, directory, options.logs);
    if (!logs.ok())
        return logs.status();
    auto custom = cloudwatch::CustomMetrics::open(io, clock, directory);
    if (!custom.ok())
        return custom.status();
    std::unique_ptr<Recorder> recorder(new Recorder(io, clock, *std::move(writer),
                                                    *std::move(reader), *counters,
                                                    *std::move(logs), *std::move(custom), options));
    for (MetricsRow& row : *rows)
        recorder->m_metrics.resume(std::move(row));
    return recorder;
}

Recorder::Recorder(boost::asio::io_context& io, const Clock& clock, store::Database writer,
                   store::Database reader, storage::Counters counters,
                   std::unique_ptr<logs::LogStore> logs,
                   std::unique_ptr<cloudwatch::CustomMetrics> custom, RecorderOptions options)
    : m_io(io), m_clock(clock), m_options(options), m_counters(counters),
      m_metrics(clock.unixMillis()), m_lastLogId(logs->lastLineId()), m_flushTimer(io),
      m_pruneTimer(io), m_logs(std::move(logs)), m_custom(std::move(custom)), m_writer(io, std::move(writer)), m_reader(std::move(reader)), m_worker(1)
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

void Recorder::throttled(const std::string& functionName, const std::string& alias,
                         const std::string& version)
{
    m_metrics.throttled(m_clock.unixMillis(), functionName,
                        resourcesOf(functionName, alias, version));
}

void Recorder::provisionedChanged(const std::string& functionName, const std::string& qualifier,
                                  int running, int allocated)
{
    m_metrics.provisionedChanged(m_clock.unixMillis(), functionName, qualifier, running, allocated);
}

void Recorder::count(const std::string& functionName, const std::function<void(Bucket&)>& change)
{
    m_metrics.count(m_clock.unixMillis(), functionName, change);
}

void Recorder::finished(invoke::InvocationRecord record)
{
    const std::int64_t now = m_clock.unixMillis();
    m_metrics.finished(now, record);
    m_counters.payloadBytesTotal +=
        static_cast<std::int64_t>(sizeOf(record.event) + sizeOf(record.response));
    m_batch.invocations.push_back({++m_counters.lastInvocationId, now, std::move(record)});
    if (m_batch.invocations.size() >= kBatchRecords)
        flush();
}

void Recorder::logged(invoke::LogEntry entry)
{
    LogLine line;
    line.entry = std::move(entry);
    (void)keep(std::move(line));
}

bool Recorder::keep(LogLine made)
{
    invoke::LogEntry& entry = made.entry;
    if (entry.message.size() > kMaxMessage)
        entry.message.resize(kMaxMessage);
    if (made.ingestedMicros == 0)
        made.ingestedMicros = entry.timeMicros;
    if (entry.source != invoke::LogEntry::Source::Platform) {
        for (cloudwatch::Datum& datum :
             cloudwatch::embeddedMetrics(entry.message, entry.timeMicros / 1'000))
            m_custom->put(std::move(datum));
    }
    made.id = ++m_lastLogId;
    auto line = std::make_shared<const LogLine>(std::move(made));
    const bool kept = m_logs->append(*line);
    m_ring.push(std::move(line));
    return kept;
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
    if (m_batch.metrics.empty() && m_batch.invocations.empty() && !companion)
        return;
    m_batch.payloadBytesTotal = m_counters.payloadBytesTotal;
    for (const storage::StoredInvocation& stored : m_batch.invocations)
        m_unpruned.insert(stored.record.functionName);
    const auto batch = std::make_shared<const storage::Batch>(std::exchange(m_batch, {}));
    m_writer.submit(
        [batch, companion](store::Database& database) {
            const absl::Status status = storage::write(database, *batch);
            return status.ok() && companion ? companion(database) : status;
        },
        [this](const absl::Status& status) { reportOutcome(status); });
}

// Says once that the disk fails and once that it is well again; the platform goes on either way.
void Recorder::reportOutcome(const absl::Status& status)
{
    if (!status.ok() && !m_diskFailed)
        log::warning("metrics and invocations are not kept: ", std::string(view(status.message())));
    if (status.ok() && m_diskFailed)
        log::info("metrics and invocations are kept again");
    m_diskFailed = !status.ok();
}

void Recorder::prune()
{
    const auto functions =
        std::make_shared<const std::vector<std::string>>(m_unpruned.begin(), m_unpruned.end());
    m_unpruned.clear();
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

void Recorder::queryDurations(DurationsQuery query, Answer<DurationsAnswer> done)
{
    read<DurationsAnswer>(
        [query = std::move(query), now = m_clock.unixMillis()](store::Database& database) {
            return queries::durations(database, query, now);
        },
        std::move(done));
}

void Recorder::queryLogs(LogQuery query, Answer<std::vector<LogLine>> done)
{
    m_logs->read<std::vector<LogLine>>(
        [query = std::move(query)](store::Database& database) {
            return queries::logs(database, query);
        },
        std::move(done));
}

void Recorder::listSeries(Answer<std::vector<std::string>> done)
{
    read<std::vector<std::string>>(
        [](store::Database& database) -> absl::StatusOr<std::vector<std::string>> {
            std::vector<std::string> names;
            const absl::Status status = database.query(
                "SELECT function FROM metrics WHERE function <> '' UNION "
                "SELECT function FROM metric_blocks WHERE function <> '' ORDER BY 1", {},
                [&](const store::Row& row) { names.emplace_back(row.text(0)); });
            if (!status.ok())
                return status;
            return names;
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
    using Detail = std::optional<InvocationDetail>;
    read<Detail>(
        [requestId = std::move(requestId)](store::Database& database) {
            return queries::invocation(database, requestId);
        },
        [this, done = std::move(done)](absl::StatusOr<Detail> detail) {
            if (!detail.ok() || !*detail)
                return done(std::move(detail));
            m_logs->read<Detail>(
                [found = **std::move(detail)](store::Database& database) -> absl::StatusOr<Detail> {
                    auto log = queries::logsOf(database, found.record);
                    if (!log.ok())
                        return log.status();
                    return InvocationDetail{found.record, *std::move(log)};
                },
                done);
        });
}

} // namespace gantry::observe
