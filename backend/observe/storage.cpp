#include "backend/observe/storage.h"

#include "backend/invoke/trace_span.h"
#include "backend/observe/metric_blocks.h"

#include <algorithm>
#include <array>

namespace gantry::observe::storage {
namespace {

constexpr std::array<std::string_view, 12> kMigrations{R"sql(
CREATE TABLE metrics (
    width INTEGER NOT NULL, function TEXT NOT NULL, start INTEGER NOT NULL,
    invocations INTEGER NOT NULL, errors INTEGER NOT NULL, throttles INTEGER NOT NULL,
    cold_starts INTEGER NOT NULL, concurrency INTEGER NOT NULL, environments INTEGER NOT NULL,
    duration_sum REAL NOT NULL, duration_max REAL NOT NULL, init_sum REAL NOT NULL,
    billed_ms INTEGER NOT NULL, cost REAL NOT NULL, memory_max INTEGER NOT NULL,
    sketch BLOB NOT NULL,
    PRIMARY KEY (width, function, start)
) WITHOUT ROWID;
CREATE INDEX metrics_by_time ON metrics (width, start);

CREATE TABLE invocations (
    id INTEGER PRIMARY KEY, request_id TEXT NOT NULL, function TEXT NOT NULL,
    version TEXT NOT NULL, alias TEXT NOT NULL, architecture TEXT NOT NULL,
    emulated INTEGER NOT NULL, memory_mb INTEGER NOT NULL, accepted_us INTEGER NOT NULL,
    started_us INTEGER NOT NULL, duration_us INTEGER NOT NULL, init_us INTEGER NOT NULL,
    billed_ms INTEGER NOT NULL, memory_used INTEGER NOT NULL, cold INTEGER NOT NULL,
    error_type TEXT NOT NULL, error_message TEXT NOT NULL, log_stream TEXT NOT NULL,
    cost REAL NOT NULL
);
CREATE INDEX invocations_by_function ON invocations (function);
CREATE INDEX invocations_by_request ON invocations (request_id);
CREATE TABLE payloads (id INTEGER PRIMARY KEY, event BLOB, response BLOB);
CREATE TRIGGER invocation_gone AFTER DELETE ON invocations
    BEGIN DELETE FROM payloads WHERE id = OLD.id; END;

CREATE TABLE logs (
    id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, function TEXT NOT NULL,
    request_id TEXT NOT NULL, stream TEXT NOT NULL, source INTEGER NOT NULL, message TEXT NOT NULL
);
CREATE INDEX logs_by_function ON logs (function, time_us);
CREATE INDEX logs_by_request ON logs (request_id) WHERE request_id <> '';

-- How many bytes had ever been kept when a row was written: where to cut to stay within a size.
CREATE TABLE marks (
    kind TEXT NOT NULL, id INTEGER NOT NULL, total INTEGER NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
)sql",
// Ids are random: keeping lines in their order was a third of all the work that a call left here.
R"sql(
DROP INDEX logs_by_request;
)sql",
// Log lines went to a file of their own.
R"sql(
DROP TABLE logs;
DELETE FROM marks WHERE kind = 'logs';
)sql",
// Money became exact: decimal text.
R"sql(
ALTER TABLE metrics ADD COLUMN cost_usd TEXT NOT NULL DEFAULT '0';
UPDATE metrics SET cost_usd = printf('%.13f', cost);
ALTER TABLE metrics DROP COLUMN cost;
ALTER TABLE invocations ADD COLUMN cost_usd TEXT NOT NULL DEFAULT '0';
UPDATE invocations SET cost_usd = printf('%.13f', cost);
ALTER TABLE invocations DROP COLUMN cost;
ALTER TABLE invocations ADD COLUMN tmp_mb INTEGER NOT NULL DEFAULT 512;
ALTER TABLE invocations ADD COLUMN streamed_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invocations ADD COLUMN tenant TEXT NOT NULL DEFAULT '';
ALTER TABLE invocations ADD COLUMN provisioned INTEGER NOT NULL DEFAULT 0;

-- What bills are made of, by day of UTC; backend/cost owns it. It is here because it is committed
-- together with the records that it sums up.
CREATE TABLE usage (
    day INTEGER NOT NULL, function TEXT NOT NULL, version TEXT NOT NULL, alias TEXT NOT NULL,
    tenant TEXT NOT NULL, tags TEXT NOT NULL, memory_mb INTEGER NOT NULL,
    amounts TEXT NOT NULL, cost_usd TEXT NOT NULL,
    PRIMARY KEY (day, function, version, alias, tenant, tags, memory_mb)
) WITHOUT ROWID;
)sql",
// Asynchronous events and provisioned concurrency are counted; aliases and versions have rows.
R"sql(
ALTER TABLE metrics ADD COLUMN async_received INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN async_dropped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN dead_letter_errors INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN destination_failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN async_age_sum REAL NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN async_age_max REAL NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN async_ages BLOB NOT NULL DEFAULT x'';
ALTER TABLE metrics ADD COLUMN provisioned_invocations INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN spillovers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN provisioned_running INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN provisioned_allocated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN provisioned_utilization REAL NOT NULL DEFAULT 0;
)sql",
// Ids are random, and one index of all of them had a page written for nearly every record. So there is
// one for each 4,096 records, of which only the newest is written to.
R"sql(
DROP INDEX invocations_by_request;
CREATE INDEX invocations_by_request ON invocations (id >> 12, request_id);
)sql",
// Large asynchronous events are billed as several requests.
R"sql(
ALTER TABLE invocations ADD COLUMN async_bytes INTEGER NOT NULL DEFAULT 0;
)sql",
R"sql(
ALTER TABLE invocations ADD COLUMN restore_us INTEGER NOT NULL DEFAULT 0;
)sql",
// Of those that are traced.
R"sql(
ALTER TABLE invocations ADD COLUMN trace TEXT NOT NULL DEFAULT '';
)sql",
// The interval that the metrics counted it in.
R"sql(
ALTER TABLE invocations ADD COLUMN finished_ms INTEGER NOT NULL DEFAULT 0;
UPDATE invocations SET finished_ms = (started_us + duration_us) / 1000;
)sql",
// Inits and restores have quantiles; the account's concurrency, loops and unsigned packages are counted.
R"sql(
ALTER TABLE metrics ADD COLUMN init_max REAL NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN inits BLOB NOT NULL DEFAULT x'';
ALTER TABLE metrics ADD COLUMN restore_sum REAL NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN restore_max REAL NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN restores BLOB NOT NULL DEFAULT x'';
ALTER TABLE metrics ADD COLUMN billed_max INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN unreserved INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN claimed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN recursions_dropped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metrics ADD COLUMN signature_errors INTEGER NOT NULL DEFAULT 0;
)sql",
// What is over takes little room.
blocks::kTable};

constexpr int kBlocksAtOnce = 50; // of each width, a few milliseconds each

std::string bytesOf(const Sketch& sketch)
{
    return sketch.count() > 0 ? sketch.serialise() : std::string();
}

absl::Status writeMetrics(store::Database& database, const MetricsRow& row)
{
    const Bucket& b = row.bucket;
    const std::string sketch = b.durations.serialise();
    const std::string cost = b.costUsd.toString();
    const std::string ages = bytesOf(b.asyncAges);
    const std::string inits = bytesOf(b.inits);
    const std::string restores = bytesOf(b.restores);
    return database.run(
        "INSERT OR REPLACE INTO metrics VALUES "
        "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        {row.widthMs, row.function, row.startMs, b.invocations, b.errors, b.throttles, b.coldStarts,
         b.concurrency, b.environments, b.durationSumMs, b.durationMaxMs, b.initSumMs, b.billedMs,
         b.memoryMaxBytes, store::Value::blob(sketch), cost, b.asyncReceived, b.asyncDropped,
         b.deadLetterErrors, b.destinationFailures, b.asyncAgeSumMs, b.asyncAgeMaxMs,
         store::Value::blob(ages), b.provisionedInvocations, b.spillovers, b.provisionedRunning,
         b.provisionedAllocated, b.provisionedUtilization, b.initMaxMs, store::Value::blob(inits),
         b.restoreSumMs, b.restoreMaxMs, store::Value::blob(restores), b.billedMaxMs,
         b.unreservedConcurrency, b.claimedConcurrency, b.recursionsDropped, b.signatureErrors});
}

store::Value blobOrNull(const std::shared_ptr<const std::string>& bytes)
{
    return bytes ? store::Value::blob(*bytes) : store::Value(nullptr);
}

absl::Status writeInvocation(store::Database& database, const StoredInvocation& stored)
{
    const invoke::InvocationRecord& r = stored.record;
    const std::string cost = r.costUsd.toString();
    const absl::Status status = database.run(
        "INSERT OR REPLACE INTO invocations VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        {stored.id, r.requestId, r.functionName, r.version, r.alias, r.architecture,
         r.emulated ? 1 : 0, r.memoryMb, r.acceptedAtMicros, r.startedAtMicros, r.durationMicros,
         r.initMicros, r.billedMs, r.memoryUsedBytes, r.coldStart ? 1 : 0, r.errorType,
         r.errorMessage, r.logStream, cost, r.tmpMb, r.streamedBytes, r.tenantId,
         r.provisioned ? 1 : 0, r.asyncEventBytes, r.restoreMicros,
         r.trace ? std::string_view(r.trace->traceId) : std::string_view(), stored.finishedMs});
    if (!status.ok() || (!r.event && !r.response))
        return status;
    return database.run("INSERT OR REPLACE INTO payloads VALUES (?,?,?)",
                        {stored.id, blobOrNull(r.event), blobOrNull(r.response)});
}

absl::Status mark(store::Database& database, std::string_view kind, std::int64_t id,
                  std::int64_t total)
{
    return database.run("INSERT OR REPLACE INTO marks VALUES (?,?,?)", {kind, id, total});
}

// The newest row that has to go so that what was kept after it fits into the limit; 0 when all
// fits.
absl::StatusOr<std::int64_t> cut(store::Database& database, std::string_view kind,
                                 std::int64_t belowTotal)
{
    std::int64_t id = 0;
    const absl::Status status =
        database.query("SELECT MAX(id) FROM marks WHERE kind = ? AND total <= ?",
                       {kind, belowTotal}, [&](const store::Row& row) { id = row.integer(0); });
    if (!status.ok())
        return status;
    return id;
}

absl::Status forgetMarks(store::Database& database, std::string_view kind, std::int64_t before)
{
    return database.run("DELETE FROM marks WHERE kind = ? AND id < ?", {kind, before});
}

absl::Status pruneInvocations(store::Database& database, const Limits& limits, const Counters& now,
                              const std::vector<std::string>& functions)
{
    for (const std::string& function : functions) {
        const absl::Status status = database.run(
            "DELETE FROM invocations WHERE function = ?1 AND id <= (SELECT id FROM invocations "
            "WHERE function = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            {function, limits.invocationsPerFunction});
        if (!status.ok())
            return status;
    }
    absl::Status status = database.run("DELETE FROM invocations WHERE id <= (SELECT id FROM "
                                       "invocations ORDER BY id DESC LIMIT 1 OFFSET ?)",
                                       {limits.invocations});
    if (!status.ok())
        return status;
    const auto last = cut(database, "payloads", now.payloadBytesTotal - limits.payloadBytes);
    if (!last.ok())
        return last.status();
    status = database.run("DELETE FROM payloads WHERE id <= ?", {*last});
    if (status.ok())
        status = forgetMarks(database, "payloads", *last);
    return status;
}

} // namespace

std::span<const std::string_view> migrations()
{
    return kMigrations;
}

absl::Status write(store::Database& database, const Batch& batch)
{
    // Stops at the first failure: a full disk ends the transaction, and what came after it would be
    // committed on its own.
    for (const MetricsRow& row : batch.metrics) {
        if (const absl::Status status = writeMetrics(database, row); !status.ok())
            return status;
    }
    for (const StoredInvocation& stored : batch.invocations) {
        if (const absl::Status status = writeInvocation(database, stored); !status.ok())
            return status;
    }
    if (batch.invocations.empty())
        return absl::OkStatus();
    return mark(database, "payloads", batch.invocations.back().id, batch.payloadBytesTotal);
}

absl::StatusOr<Counters> counters(store::Database& database)
{
    Counters counters;
    absl::Status status = database.query(
        "SELECT (SELECT MAX(id) FROM invocations), "
        "(SELECT MAX(total) FROM marks WHERE kind = 'payloads')",
        {}, [&](const store::Row& row) { counters = {row.integer(0), row.integer(1)}; });
    if (!status.ok())
        return status;
    return counters;
}

absl::Status prune(store::Database& database, const Limits& limits, const Counters& now,
                   std::int64_t nowMs, const std::vector<std::string>& functions)
{
    for (const Width& width : kWidths) {
        absl::Status status = database.run("DELETE FROM metrics WHERE width = ? AND start < ?",
                                           {width.ms, nowMs - width.keptMs});
        if (status.ok())
            status = blocks::prune(database, width.ms, nowMs - width.keptMs);
        if (!status.ok())
            return status;
    }
    absl::Status status = database.run("DELETE FROM usage WHERE day < ?",
                                       {(nowMs - kWidths.back().keptMs) / kDayMs});
    if (status.ok())
        status = blocks::packOver(database, nowMs, kBlocksAtOnce);
    return status.ok() ? pruneInvocations(database, limits, now, functions) : status;
}

} // namespace gantry::observe::storage
