#include "backend/observe/queries.h"

#include <algorithm>
#include <limits>

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
    return result;
}

LogLine logLine(const store::Row& row)
{
    LogLine line;
    line.id = row.integer(0);
    line.entry.timeMicros = row.integer(1);
    line.entry.functionName = std::string(row.text(2));
    line.entry.requestId = std::string(row.text(3));
    line.entry.logStream = std::string(row.text(4));
    line.entry.source = static_cast<invoke::LogEntry::Source>(row.integer(5));
    line.entry.message = std::string(row.text(6));
    return line;
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
    return r;
}

std::shared_ptr<const std::string> payload(const store::Row& row, int column)
{
    if (row.isNull(column))
        return nullptr;
    return std::make_shared<const std::string>(row.blob(column));
}

// Of the init that ran just before the invocation, in its environment.
absl::Status prependInitLog(store::Database& database, InvocationDetail& detail)
{
    constexpr std::int64_t kSlackMicros = 1'000'000;
    std::vector<LogLine> lines;
    const invoke::InvocationRecord& r = detail.record;
    const absl::Status status = database.query(
        "SELECT id,time_us,function,request_id,stream,source,message FROM logs WHERE function = ? "
        "AND time_us BETWEEN ? AND ? AND stream = ? AND request_id = '' ORDER BY id LIMIT 1000",
        {r.functionName, r.acceptedAtMicros - kSlackMicros, r.startedAtMicros + kSlackMicros,
         r.logStream},
        [&](const store::Row& row) { lines.push_back(logLine(row)); });
    detail.log.insert(detail.log.begin(), std::make_move_iterator(lines.begin()),
                      std::make_move_iterator(lines.end()));
    return status;
}

// Ids follow the order in which the platform got the lines: START before what the function wrote.
void sortById(std::vector<LogLine>& lines)
{
    std::sort(lines.begin(), lines.end(),
              [](const LogLine& a, const LogLine& b) { return a.id < b.id; });
}

// There is no index on request ids: the invocation tells where its lines are. Those of one that is
// not kept any more are looked for among all.
absl::StatusOr<std::vector<LogLine>> logsOfRequest(store::Database& database, const LogQuery& query,
                                                   std::int64_t from, std::int64_t to)
{
    constexpr std::int64_t kSlackMicros = 1'000'000;
    std::string function = query.function;
    absl::Status status = database.query(
        "SELECT function, accepted_us, started_us + duration_us FROM invocations WHERE "
        "request_id = ? ORDER BY id DESC LIMIT 1",
        {query.requestId}, [&](const store::Row& row) {
            if (query.function.empty())
                function = std::string(row.text(0));
            from = std::max(from, row.integer(1) - kSlackMicros);
            to = std::min(to, row.integer(2) + kSlackMicros);
        });
    std::vector<LogLine> lines;
    if (status.ok())
        status = database.query(
            function.empty()
                ? "SELECT id,time_us,function,request_id,stream,source,message FROM logs WHERE "
                  "time_us >= ?1 AND time_us < ?2 AND request_id = ?3 AND instr(message, ?4) > 0 "
                  "AND ?5 = '' ORDER BY id DESC LIMIT ?6"
                : "SELECT id,time_us,function,request_id,stream,source,message FROM logs WHERE "
                  "time_us >= ?1 AND time_us < ?2 AND request_id = ?3 AND instr(message, ?4) > 0 "
                  "AND function = ?5 ORDER BY id DESC LIMIT ?6",
            {from, to, query.requestId, query.contains, function, query.limit},
            [&](const store::Row& row) { lines.push_back(logLine(row)); });
    if (!status.ok())
        return status;
    sortById(lines);
    return lines;
}

} // namespace

int widthFor(const MetricsQuery& query, std::int64_t nowMs)
{
    const int points = query.maxPoints > 0 ? query.maxPoints : 600;
    for (const Width& width : kWidths) {
        const bool fits = (query.toMs - query.fromMs) / width.ms <= points;
        // A chart that follows the time may ask for a little more than is kept.
        const bool kept = query.fromMs >= nowMs - width.keptMs - width.keptMs / 20;
        if (fits && kept)
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
    const auto keep = [&](const store::Row& row) { answer.rows.push_back(metricsRow(row)); };
    const absl::Status status =
        query.byFunction
            ? database.query("SELECT * FROM metrics WHERE width = ? AND function <> '' AND start "
                             ">= ? AND start < ? ORDER BY function, start",
                             {answer.widthMs, from, query.toMs}, keep)
            : database.query("SELECT * FROM metrics WHERE width = ? AND function = ? AND start >= "
                             "? AND start < ? ORDER BY start",
                             {answer.widthMs, query.function, from, query.toMs}, keep);
    if (!status.ok())
        return status;
    return answer;
}

absl::StatusOr<std::vector<LogLine>> logs(store::Database& database, const LogQuery& query)
{
    std::vector<LogLine> lines;
    const std::int64_t from = query.fromMs * 1'000;
    const std::int64_t to = (query.toMs > 0 ? query.toMs : kNever) * 1'000;
    const auto keep = [&](const store::Row& row) { lines.push_back(logLine(row)); };
    absl::Status status;
    if (!query.requestId.empty())
        return logsOfRequest(database, query, from, to);
    else if (!query.function.empty())
        status = database.query(
            "SELECT id,time_us,function,request_id,stream,source,message FROM logs WHERE function "
            "= ? AND time_us >= ? AND time_us < ? AND instr(message, ?) > 0 ORDER BY time_us DESC, "
            "id DESC LIMIT ?",
            {query.function, from, to, query.contains, query.limit}, keep);
    else
        status = database.query(
            "SELECT id,time_us,function,request_id,stream,source,message FROM logs WHERE time_us "
            ">= ? AND time_us < ? AND instr(message, ?) > 0 ORDER BY id DESC LIMIT ?",
            {from, to, query.contains, query.limit}, keep);
    if (!status.ok())
        return status;
    sortById(lines);
    return lines;
}

absl::StatusOr<std::vector<invoke::InvocationRecord>> invocations(store::Database& database,
                                                                  const InvocationsQuery& query)
{
    std::vector<invoke::InvocationRecord> records;
    const std::int64_t before = (query.beforeMs > 0 ? query.beforeMs : kNever) * 1'000;
    const auto keep = [&](const store::Row& row) { records.push_back(invocationRecord(row)); };
    const absl::Status status =
        query.function.empty()
            ? database.query(
                  "SELECT * FROM invocations WHERE started_us < ? ORDER BY id DESC LIMIT ?",
                  {before, query.limit}, keep)
            : database.query("SELECT * FROM invocations WHERE function = ? AND started_us < ? "
                             "ORDER BY id DESC LIMIT ?",
                             {query.function, before, query.limit}, keep);
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
    absl::Status status = database.query(
        "SELECT invocations.*, event, response FROM invocations LEFT JOIN payloads USING (id) "
        "WHERE request_id = ? ORDER BY id DESC LIMIT 1",
        {requestId}, [&](const store::Row& row) {
            detail.emplace();
            detail->record = invocationRecord(row);
            detail->record.event = payload(row, 22);
            detail->record.response = payload(row, 23);
        });
    if (!status.ok() || !detail)
        return status.ok() ? absl::StatusOr<std::optional<InvocationDetail>>(std::nullopt)
                           : absl::StatusOr<std::optional<InvocationDetail>>(status);
    LogQuery lines;
    lines.requestId = requestId;
    lines.limit = 10'000;
    auto log = logs(database, lines);
    if (!log.ok())
        return log.status();
    detail->log = *std::move(log);
    if (detail->record.coldStart)
        status = prependInitLog(database, *detail);
    if (!status.ok())
        return status;
    return detail;
}

} // namespace queries

namespace storage {

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
