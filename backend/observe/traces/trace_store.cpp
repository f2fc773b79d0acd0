#include "backend/observe/traces/trace_store.h"

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/invoke/trace_span.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

namespace gantry::observe::traces {
namespace {

constexpr std::array<std::string_view, 1> kMigrations{R"sql(
CREATE TABLE traces (
    id TEXT PRIMARY KEY, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,
    bytes INTEGER NOT NULL, revision INTEGER NOT NULL, limited INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX traces_by_start ON traces (start_us);
CREATE TABLE segments (
    trace TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, of_function INTEGER NOT NULL,
    PRIMARY KEY (trace, id)
) WITHOUT ROWID;
)sql"};

constexpr int kFlushMs = 250;
constexpr int kTicksAPrune = 240;
constexpr std::size_t kMaxWaiting = 8 << 20;      // bytes, in memory
constexpr std::size_t kPlatformBytes = 2 * 1024;  // about what documents of an invocation take
constexpr std::int64_t kFutureMicros = 600'000'000; // that clocks may differ
constexpr int kPage = 200; // traces read at a time, so that no statement is open for long

struct Known {
    std::int64_t start = 0, end = 0, bytes = 0, revision = 0;
    bool limited = false;
};

absl::StatusOr<Known> known(store::Database& database, const std::string& id)
{
    Known known;
    const absl::Status status = database.query(
        "SELECT start_us, end_us, bytes, revision, limited FROM traces WHERE id = ?", {id},
        [&known](const store::Row& row) {
            known = {row.integer(0), row.integer(1), row.integer(2), row.integer(3),
                     row.integer(4) != 0};
        });
    if (!status.ok())
        return status;
    return known;
}

// What a document would replace.
struct Replaced {
    std::int64_t bytes = 0;
    bool ofOthers = false; // it is not a function's own
};

absl::StatusOr<Replaced> replacedBy(store::Database& database, const AcceptedSegment& segment)
{
    Replaced replaced;
    const absl::Status status = database.query(
        "SELECT length(CAST(document AS BLOB)), of_function FROM segments WHERE trace = ? AND id = "
        "?",
        {segment.traceId, segment.id}, [&replaced](const store::Row& row) {
            replaced = {row.integer(0), row.integer(1) == 0};
        });
    if (!status.ok())
        return status;
    return replaced;
}

// Writes the segments of one batch. A trace's own row is read once and written once, however many of its
// segments there are.
class BatchWriter final {
public:
    // stored: takes the documents of segments that have ended too; may be null.
    BatchWriter(store::Database& database, const TraceLimits& limits, std::vector<std::string>* stored)
        : m_database(database), m_limits(limits), m_stored(stored)
    {
    }

    absl::Status write(const AcceptedSegment& segment)
    {
        auto found = m_traces.find(segment.traceId);
        if (found == m_traces.end()) {
            const auto before = known(m_database, segment.traceId);
            if (!before.ok())
                return before.status();
            found = m_traces.emplace(segment.traceId, OpenTrace{*before, before->revision == 0, {}}).first;
        }
        return write(segment, found->second);
    }

    absl::Status finish()
    {
        for (const auto& [id, trace] : m_traces) {
            const Known& now = trace.known;
            const absl::Status status =
                m_database.run("INSERT OR REPLACE INTO traces VALUES (?, ?, ?, ?, ?, ?)",
                               {id, now.start, now.end, now.bytes, now.revision, now.limited ? 1 : 0});
            if (!status.ok())
                return status;
        }
        return absl::OkStatus();
    }

private:
    struct OpenTrace {
        Known known;
        bool isNew = false; // all of its segments are of this batch
        std::vector<std::string> written;
    };

    absl::StatusOr<Replaced> replaced(const AcceptedSegment& segment, const OpenTrace& trace)
    {
        const bool mayBeThere =
            !trace.isNew || std::find(trace.written.begin(), trace.written.end(), segment.id) !=
                                trace.written.end();
        return mayBeThere ? replacedBy(m_database, segment) : Replaced();
    }

    absl::Status write(const AcceptedSegment& segment, OpenTrace& trace)
    {
        const auto before = replaced(segment, trace);
        if (!before.ok())
            return before.status();
        if (segment.ofFunction && before->ofOthers)
            return absl::OkStatus();
        Known& known = trace.known;
        const std::int64_t bytes =
            known.bytes - before->bytes + static_cast<std::int64_t>(segment.document.size());
        if (bytes <= m_limits.traceBytes) {
            const absl::Status status = m_database.run(
                "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?)",
                {segment.traceId, segment.id, segment.document, segment.ofFunction ? 1 : 0});
            if (!status.ok())
                return status;
            known.bytes = bytes;
            trace.written.push_back(segment.id);
            if (m_stored && segment.endMicros > 0)
                m_stored->push_back(segment.document);
        } else {
            known.limited = true;
        }
        known.start = known.revision == 0 ? segment.startMicros : std::min(known.start, segment.startMicros);
        known.end = std::max(known.end, segment.endMicros);
        ++known.revision;
        return absl::OkStatus();
    }

    store::Database& m_database;
    const TraceLimits& m_limits;
    std::vector<std::string>* const m_stored;
    std::map<std::string, OpenTrace> m_traces; // in order, as they are in the table
};

absl::Status removeTrace(store::Database& database, const std::string& id)
{
    absl::Status status = database.run("DELETE FROM segments WHERE trace = ?", {id});
    if (status.ok())
        status = database.run("DELETE FROM traces WHERE id = ?", {id});
    return status;
}

// The oldest ones until the rest is young and small enough.
absl::Status pruneTraces(store::Database& database, const TraceLimits& limits,
                         std::int64_t nowMicros)
{
    std::int64_t total = 0;
    absl::Status status = database.query("SELECT SUM(bytes) FROM traces", {},
                                         [&](const store::Row& row) { total = row.integer(0); });
    while (status.ok()) {
        std::vector<std::string> old;
        std::int64_t freed = 0;
        status = database.query(
            "SELECT id, bytes, start_us FROM traces ORDER BY start_us LIMIT 500", {},
            [&](const store::Row& row) {
                if (row.integer(2) >= nowMicros - limits.keptMicros &&
                    total - freed <= limits.bytes)
                    return;
                old.emplace_back(row.text(0));
                freed += row.integer(1);
            });
        if (old.empty())
            break;
        for (const std::string& id : old)
            status.Update(removeTrace(database, id));
        total -= freed;
    }
    return status;
}

// Documents were parsed before they were kept: one that is not understood any more is left out.
absl::Status readSegments(store::Database& database, Trace& trace)
{
    return database.query("SELECT document FROM segments WHERE trace = ?", {trace.id},
                          [&trace](const store::Row& row) {
                              auto segment = parseSegment(row.text(0));
                              if (!segment.ok())
                                  return;
                              trace.documents.emplace_back(row.text(0));
                              trace.segments.push_back(*std::move(segment));
                          });
}

Trace headOf(const store::Row& row)
{
    Trace trace;
    trace.id = std::string(row.text(0));
    trace.startMicros = row.integer(1);
    trace.revision = row.integer(2);
    trace.limitExceeded = row.integer(3) != 0;
    return trace;
}

} // namespace

absl::StatusOr<AcceptedSegment> acceptSegment(std::string document)
{
    auto segment = parseSegment(document);
    if (!segment.ok())
        return segment.status();
    return AcceptedSegment{std::move(segment->traceId), std::move(segment->id),
                           std::move(document), segment->startMicros, segment->endMicros,
                           false};
}

absl::StatusOr<std::unique_ptr<TraceStore>> TraceStore::open(boost::asio::io_context& io,
                                                             const Clock& clock,
                                                             const std::filesystem::path& file,
                                                             TraceLimits limits)
{
    auto writer = store::Database::open(file, kMigrations, {.durable = false});
    if (!writer.ok())
        return writer.status();
    auto reader = store::Database::open(file, {}, {.durable = false, .readOnly = true});
    if (!reader.ok())
        return reader.status();
    return std::unique_ptr<TraceStore>(
        new TraceStore(io, clock, *std::move(writer), *std::move(reader), limits));
}

TraceStore::TraceStore(boost::asio::io_context& io, const Clock& clock, store::Database writer,
                       store::Database reader, TraceLimits limits)
    : m_io(io), m_clock(clock), m_limits(limits), m_timer(io), m_writer(io, std::move(writer)),
      m_reader(std::move(reader))
{
    schedule();
}

TraceStore::~TraceStore()
{
    m_timer.cancel();
    flush();
}

bool TraceStore::hasRoom(std::size_t bytes)
{
    if (m_batch.bytes + bytes > kMaxWaiting) {
        ++m_dropped;
        return false;
    }
    m_batch.bytes += bytes;
    return true;
}

void TraceStore::put(PlatformTrace trace)
{
    if (hasRoom(kPlatformBytes))
        m_batch.platform.push_back(std::move(trace));
}

absl::Status TraceStore::put(std::string document)
{
    auto segment = acceptSegment(std::move(document));
    return segment.ok() ? put(*std::move(segment)) : segment.status();
}

absl::Status TraceStore::put(AcceptedSegment segment)
{
    const std::int64_t now = m_clock.unixMicros();
    if (segment.startMicros < now - m_limits.keptMicros ||
        segment.startMicros > now + kFutureMicros)
        return absl::InvalidArgumentError(
            "start_time must be within 30 days before and ten minutes after now.");
    if (!hasRoom(segment.document.size()))
        return absl::ResourceExhaustedError("Too many segments at once; send it again.");
    m_batch.segments.push_back(std::move(segment));
    return absl::OkStatus();
}

void TraceStore::schedule()
{
    m_timer.expires_after(std::chrono::milliseconds(kFlushMs));
    m_timer.async_wait([this](const boost::system::error_code& error) {
        if (error)
            return;
        flush();
        if (++m_ticks % kTicksAPrune == 0)
            prune();
        schedule();
    });
}

absl::Status TraceStore::write(store::Database& database, const Batch& batch,
                               const TraceLimits& limits, std::vector<std::string>* stored)
{
    BatchWriter writer(database, limits, stored);
    for (const AcceptedSegment& segment : batch.segments) {
        if (absl::Status status = writer.write(segment); !status.ok())
            return status;
    }
    for (const PlatformTrace& trace : batch.platform) {
        for (PlatformSegment& made : platformSegments(trace)) {
            if (made.document.size() > kMaxDocument)
                continue; // an error message that makes it too long
            const AcceptedSegment segment{trace.record.trace->traceId, std::move(made.id),
                                          std::move(made.document),    made.startMicros,
                                          made.endMicros,              false};
            if (absl::Status status = writer.write(segment); !status.ok())
                return status;
        }
    }
    return writer.finish();
}

void TraceStore::flush()
{
    if (std::exchange(m_dropped, 0) > 0)
        log::warning("segments of traces come faster than they can be written: some were dropped");
    if (m_batch.platform.empty() && m_batch.segments.empty())
        return;
    const auto batch = std::make_shared<const Batch>(std::exchange(m_batch, {}));
    const auto stored = m_keepStored ? std::make_shared<std::vector<std::string>>() : nullptr;
    m_writer.submit(
        [batch, limits = m_limits, stored](store::Database& database) {
            if (stored)
                stored->clear(); // of a transaction that was rolled back
            return write(database, *batch, limits, stored.get());
        },
        [this, stored](const absl::Status& status) {
            reportOutcome(status);
            if (status.ok() && stored && m_stored)
                m_stored(std::move(*stored));
        });
}

void TraceStore::reportOutcome(const absl::Status& status)
{
    if (!status.ok() && !m_diskFailed)
        log::warning("traces are not kept: ", std::string(view(status.message())));
    m_diskFailed = !status.ok();
}

void TraceStore::prune()
{
    m_writer.submit(
        [limits = m_limits, now = m_clock.unixMicros()](store::Database& database) {
            return pruneTraces(database, limits, now);
        },
        [this](const absl::Status& status) {
            if (!status.ok())
                reportOutcome(status);
        });
}

absl::Status eachTrace(store::Database& database, const TraceWindow& window,
                       const std::optional<TracePosition>& after,
                       const std::function<bool(Trace)>& each)
{
    TracePosition at = after.value_or(TracePosition{window.toMicros, {}});
    // What ended in a window may have begun long before it.
    const std::int64_t from = window.byEnd ? 0 : window.fromMicros;
    while (true) {
        std::vector<Trace> page;
        absl::Status status = database.query(
            "SELECT id, start_us, revision, limited FROM traces WHERE start_us >= ?1 AND "
            "(start_us < ?2 OR (start_us = ?2 AND id > ?3 AND ?3 <> '')) AND "
            "(?4 = 0 OR (end_us >= ?5 AND end_us < ?6)) ORDER BY start_us DESC, id LIMIT ?7",
            {from, at.startMicros, at.id, window.byEnd ? 1 : 0, window.fromMicros, window.toMicros,
             kPage},
            [&page](const store::Row& row) { page.push_back(headOf(row)); });
        for (Trace& trace : page) {
            at = {trace.startMicros, trace.id};
            if (status.ok())
                status = readSegments(database, trace);
            if (!status.ok())
                return status;
            if (!each(std::move(trace)))
                return absl::OkStatus();
        }
        if (!status.ok() || page.size() < kPage)
            return status;
    }
}

absl::StatusOr<Trace> readTrace(store::Database& database, const std::string& id)
{
    Trace trace;
    absl::Status status =
        database.query("SELECT id, start_us, revision, limited FROM traces WHERE id = ?", {id},
                       [&trace](const store::Row& row) { trace = headOf(row); });
    if (status.ok() && !trace.id.empty())
        status = readSegments(database, trace);
    if (!status.ok())
        return status;
    return trace;
}

} // namespace gantry::observe::traces
