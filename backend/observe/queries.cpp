#include "backend/observe/queries.h"

#include "backend/invoke/trace_span.h"
#include "backend/observe/logs/scan.h"
#include "backend/observe/metric_blocks.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace gantry::observe {
namespace queries {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max() / 1'000'000;

pricing::Money money(std::string_view decimal)
{
    return pricing::Money::parse(decimal).value_or(pricing::Money());
}

MetricsRow metricsRow(const store::Row& row)
{
    MetricsRow result;
    result.widthMs = static_cast<int>(row.integer(0));
    result.function = std::string(row.text(1));
    result.startMs = row.integer(2);
    Bucket& b = result.bucket;
    b.invocations = row.integer(3);
    b.errors = row.integer(4);
    b.throttles = row.integer(5);
    b.coldStarts = row.integer(6);
    b.concurrency = static_cast<int>(row.integer(7));
    b.environments = static_cast<int>(row.integer(8));
    b.durationSumMs = row.real(9);
    b.durationMaxMs = row.real(10);
    b.initSumMs = row.real(11);
    b.billedMs = row.integer(12);
    b.memoryMaxBytes = row.integer(13);
    if (auto sketch = Sketch::parse(row.blob(14)))
        b.durations = *std::move(sketch);
    b.costUsd = money(row.text(15));
    b.asyncReceived = row.integer(16);
    b.asyncDropped = row.integer(17);
    b.deadLetterErrors = row.integer(18);
    b.destinationFailures = row.integer(19);
    b.asyncAgeSumMs = row.real(20);
    b.asyncAgeMaxMs = row.real(21);
    if (auto sketch = Sketch::parse(row.blob(22)))
        b.asyncAges = *std::move(sketch);
    b.provisionedInvocations = row.integer(23);
    b.spillovers = row.integer(24);
    b.provisionedRunning = static_cast<int>(row.integer(25));
    b.provisionedAllocated = static_cast<int>(row.integer(26));
    b.provisionedUtilization = row.real(27);
    b.initMaxMs = row.real(28);
    if (auto sketch = Sketch::parse(row.blob(29)))
        b.inits = *std::move(sketch);
    b.restoreSumMs = row.real(30);
    b.restoreMaxMs = row.real(31);
    if (auto sketch = Sketch::parse(row.blob(32)))
        b.restores = *std::move(sketch);
    b.billedMaxMs = row.integer(33);
    b.unreservedConcurrency = static_cast<int>(row.integer(34));
    b.claimedConcurrency = static_cast<int>(row.integer(35));
    b.recursionsDropped = row.integer(36);
    b.signatureErrors = row.integer(37);
    return result;
}

invoke::InvocationRecord invocationRecord(const store::Row& row)
{
    invoke::InvocationRecord r;
    r.requestId = std::string(row.text(1));
    r.functionName = std::string(row.text(2));
    r.version = std::string(row.text(3));
    r.alias = std::string(row.text(4));
    r.architecture = std::string(row.text(5));
    r.emulated = row.integer(6) != 0;
    r.memoryMb = static_cast<int>(row.integer(7));
    r.acceptedAtMicros = row.integer(8);
    r.startedAtMicros = row.integer(9);
    r.durationMicros = row.integer(10);
    r.initMicros = row.integer(11);
    r.billedMs = row.integer(12);
    r.memoryUsedBytes = row.integer(13);
    r.coldStart = row.integer(14) != 0;
    r.errorType = std::string(row.text(15));
    r.errorMessage = std::string(row.text(16));
    r.logStream = std::string(row.text(17));
    r.costUsd = money(row.text(18));
    r.tmpMb = static_cast<int>(row.integer(19));
    r.streamedBytes = row.integer(20);
    r.tenantId = std::string(row.text(21));
    r.provisioned = row.integer(22) != 0;
    r.asyncEventBytes = row.integer(23);
    r.restoreMicros = row.integer(24);
    if (const std::string_view trace = row.text(25); !trace.empty()) {
        auto span = std::make_shared<invoke::TraceSpan>();
        span->traceId = std::string(trace);
        r.trace = std::move(span);
    }
    return r;
}

std::shared_ptr<const std::string> payload(const store::Row& row, int column)
{
    if (row.isNull(column))
        return nullptr;
    return std::make_shared<const std::string>(row.blob(column));
}

// What the name of a resource says of the calls that are counted under it; see resourcesOf.
struct Qualified {
    std::optional<std::string> alias;
    std::optional<std::string> version;
};

Qualified qualifiedBy(const std::string& qualifier)
{
    if (qualifier.empty())
        return {};
    if (const std::size_t comma = qualifier.find(','); comma != std::string::npos)
        return {qualifier.substr(0, comma), qualifier.substr(comma + 1)};
    const bool version = qualifier == "$LATEST" ||
                         qualifier.find_first_not_of("0123456789") == std::string::npos;
    return version ? Qualified{"", qualifier} : Qualified{qualifier, std::nullopt};
}

store::Value orNull(const std::optional<std::string>& text)
{
    return text ? store::Value(*text) : store::Value(nullptr);
}

// Ids follow the order in which the platform got the lines: START before what the function wrote.
void sortById(std::vector<LogLine>& lines)
{
    std::sort(lines.begin(), lines.end(),
              [](const LogLine& a, const LogLine& b) { return a.id < b.id; });
}

} // namespace

bool isKept(const Width& width, std::int64_t fromMs, std::int64_t nowMs)
{
    // A chart that follows the time may ask for a little more than is kept.
    return fromMs >= nowMs - width.keptMs - width.keptMs / 20;
}

int widthFor(const MetricsQuery& query, std::int64_t nowMs)
{
    const int points = query.maxPoints > 0 ? query.maxPoints : 600;
    for (const Width& width : kWidths) {
        const bool fits = (query.toMs - query.fromMs) / width.ms <= points;
        if (fits && isKept(width, query.fromMs, nowMs))
            return width.ms;
    }
    return kWidths.back().ms;
}

absl::StatusOr<MetricsAnswer> metrics(store::Database& database, const MetricsQuery& query,
                                      std::int64_t nowMs)
{
    MetricsAnswer answer;
    answer.widthMs = widthFor(query, nowMs);
    const std::int64_t from = query.fromMs - query.fromMs % answer.widthMs;
    absl::Status status = blocks::read(database, answer.widthMs, query.function, query.byFunction,
                                       from, query.toMs, answer.rows);
    if (status.ok() && query.byFunction)
        status = database.query("SELECT * FROM metrics WHERE width = ? AND function <> '' AND "
                                "instr(function, ':') = 0 AND start >= ? AND start < ?",
                                {answer.widthMs, from, query.toMs}, [&answer](const store::Row& row) {
                                    answer.rows.push_back(metricsRow(row));
                                });
    else if (status.ok())
        status = storage::readRows(database, query.function, answer.widthMs, from, query.toMs,
                                   answer.rows);
    if (!status.ok())
        return status;
    blocks::mergeInOrder(answer.rows);
    return answer;
}

absl::StatusOr<std::vector<LogLine>> logs(store::Database& database, const LogQuery& query)
{
    logs::Scan scan;
    scan.functions = query.functions;
    scan.requestId = query.requestId;
    scan.fromMicros = query.fromMs * 1'000;
    scan.toMicros = (query.toMs > 0 ? query.toMs : kNever) * 1'000;
    scan.texts = {query.contains};
    scan.anyCase = query.anyCase;
    auto lines = logs::findLines(database, scan, logs::Order::NewestFirst,
                                 static_cast<std::size_t>(query.limit));
    if (lines.ok())
        sortById(*lines);
    return lines;
}

absl::StatusOr<std::vector<LogLine>> logsOf(store::Database& database,
                                            const invoke::InvocationRecord& record)
{
    constexpr std::int64_t kSlackMicros = 5'000'000; // its last lines may come after its end
    constexpr std::size_t kMostLines = 10'000;
    logs::Scan scan;
    scan.functions = {record.functionName};
    scan.streams = {record.logStream};
    scan.fromMicros = record.acceptedAtMicros - record.initMicros - kSlackMicros;
    scan.toMicros = record.startedAtMicros + record.durationMicros + kSlackMicros;
    const std::int64_t initEnd = record.startedAtMicros + kSlackMicros;
    auto lines = logs::findLines(
        database, scan, logs::Order::OldestFirst, kMostLines, [&](const logs::LineView& line) {
            return line.requestId == record.requestId ||
                   (record.coldStart && line.requestId.empty() && line.timeMicros <= initEnd);
        });
    if (lines.ok())
        sortById(*lines);
    return lines;
}

absl::StatusOr<std::vector<invoke::InvocationRecord>> invocations(store::Database& database,
                                                                  const InvocationsQuery& query)
{
    std::vector<invoke::InvocationRecord> records;
    const std::int64_t before = (query.beforeMs > 0 ? query.beforeMs : kNever) * 1'000;
    const auto keep = [&](const store::Row& row) { records.push_back(invocationRecord(row)); };
    const Qualified asked = qualifiedBy(query.qualifier);
    const std::int64_t finishedTo = query.finishedToMs > 0 ? query.finishedToMs : kNever;
    const double durationTo = (query.durationToMs > 0 ? query.durationToMs : kNever) * 1'000;
    // Two statements, as one of both kinds would not use the index of functions.
    const absl::Status status =
        query.function.empty()
            ? database.query("SELECT * FROM invocations WHERE started_us < ?1 "
                             "AND finished_ms >= ?3 AND finished_ms < ?4 "
                             "AND duration_us > ?5 AND duration_us <= ?6 ORDER BY id DESC LIMIT ?2",
                             {before, query.limit, query.finishedFromMs, finishedTo,
                              query.durationAboveMs * 1'000, durationTo},
                             keep)
            : database.query("SELECT * FROM invocations WHERE function = ?9 AND started_us < ?1 "
                             "AND finished_ms >= ?3 AND finished_ms < ?4 "
                             "AND duration_us > ?5 AND duration_us <= ?6 "
                             "AND (?7 IS NULL OR alias = ?7) AND (?8 IS NULL OR version = ?8) "
                             "ORDER BY id DESC LIMIT ?2",
                             {before, query.limit, query.finishedFromMs, finishedTo,
                              query.durationAboveMs * 1'000, durationTo,
                              orNull(asked.alias), orNull(asked.version), query.function},
                             keep);
    if (!status.ok())
        return status;
    return records;
}

absl::Status eachInvocation(store::Database& database, std::int64_t fromMicros,
                            std::int64_t toMicros,
                            const std::function<void(const invoke::InvocationRecord&)>& each)
{
    return database.query("SELECT * FROM invocations WHERE started_us >= ? AND started_us < ? "
                          "ORDER BY id",
                          {fromMicros, toMicros},
                          [&each](const store::Row& row) { each(invocationRecord(row)); });
}

absl::StatusOr<std::optional<InvocationDetail>> invocation(store::Database& database,
                                                           const std::string& requestId)
{
    std::optional<InvocationDetail> detail;
    const absl::Status status = database.query(
        "WITH RECURSIVE parts(n) AS (SELECT MAX(id) >> 12 FROM invocations UNION ALL "
        "SELECT n - 1 FROM parts WHERE n > (SELECT MIN(id) >> 12 FROM invocations)) "
        "SELECT invocations.*, event, response FROM parts "
        "CROSS JOIN invocations ON invocations.id >> 12 = n AND request_id = ? "
        "LEFT JOIN payloads ON payloads.id = invocations.id "
        "ORDER BY invocations.id DESC LIMIT 1",
        {requestId}, [&](const store::Row& row) {
            detail.emplace();
            detail->record = invocationRecord(row);
            detail->record.event = payload(row, 27);
            detail->record.response = payload(row, 28);
        });
    if (!status.ok())
        return status;
    return detail;
}

} // namespace queries

namespace storage {

absl::Status readRows(store::Database& database, const std::string& function, int widthMs,
                      std::int64_t fromMs, std::int64_t toMs, std::vector<MetricsRow>& rows)
{
    return database.query("SELECT * FROM metrics WHERE width = ? AND function = ? AND start >= ? AND "
                          "start < ? ORDER BY start",
                          {widthMs, function, fromMs, toMs}, [&rows](const store::Row& row) {
                              rows.push_back(queries::metricsRow(row));
                          });
}

absl::StatusOr<std::vector<MetricsRow>> openRows(store::Database& database, std::int64_t nowMs)
{
    std::vector<MetricsRow> rows;
    for (const Width& width : kWidths) {
        const absl::Status status =
            database.query("SELECT * FROM metrics WHERE width = ? AND start = ?",
                           {width.ms, nowMs - nowMs % width.ms}, [&](const store::Row& row) {
                               rows.push_back(queries::metricsRow(row));
                           });
        if (!status.ok())
            return status;
    }
    return rows;
}

} // namespace storage
} // namespace gantry::observe
