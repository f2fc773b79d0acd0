#include "backend/observe/cloudwatch/custom_metrics.h"

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/text.h"

#include <absl/strings/str_split.h>
#include <boost/asio/post.hpp>

#include <array>
#include <chrono>
#include <utility>

namespace gantry::observe::cloudwatch {
namespace {

constexpr std::array<std::string_view, 1> kMigrations{R"sql(
CREATE TABLE series (
    id INTEGER PRIMARY KEY, space TEXT NOT NULL, name TEXT NOT NULL, dimensions TEXT NOT NULL,
    unit TEXT NOT NULL, last_ms INTEGER NOT NULL, UNIQUE (space, name, dimensions)
);
CREATE TABLE points (
    series INTEGER NOT NULL, width INTEGER NOT NULL, start INTEGER NOT NULL, count REAL NOT NULL,
    sum REAL NOT NULL, minimum REAL NOT NULL, maximum REAL NOT NULL, sketch BLOB NOT NULL,
    PRIMARY KEY (series, width, start)
) WITHOUT ROWID;
CREATE INDEX points_by_time ON points (width, start);
)sql"};

constexpr int kSecond = 1'000;
constexpr int kMinute = 60'000;
constexpr std::int64_t kSecondsKeptMs = 3 * 3'600'000LL;
constexpr std::int64_t kMinutesKeptMs = 455 * 86'400'000LL;
constexpr int kFlushMs = 1'000;
constexpr int kTicksAPrune = 300;

absl::StatusOr<std::int64_t> seriesId(store::Database& database, const Metric& metric)
{
    std::int64_t id = 0;
    const std::string dimensions = metric.dimensionText();
    const absl::Status status = database.query(
        "SELECT id FROM series WHERE space = ? AND name = ? AND dimensions = ?",
        {metric.space, metric.name, dimensions},
        [&](const store::Row& row) { id = row.integer(0); });
    if (!status.ok())
        return status;
    return id;
}

Statistics statisticsOf(const store::Row& row, int first)
{
    Statistics s;
    s.count = row.real(first);
    s.sum = row.real(first + 1);
    s.minimum = row.real(first + 2);
    s.maximum = row.real(first + 3);
    (void)s.parse(row.blob(first + 4)); // damaged: no percentiles
    return s;
}

bool has(const Metric& metric, const MetricQuery& query)
{
    for (const auto& [key, value] : query.dimensions) {
        const auto found =
            std::find_if(metric.dimensions.begin(), metric.dimensions.end(),
                         [&key = key](const auto& each) { return each.first == key; });
        if (found == metric.dimensions.end() || (!value.empty() && found->second != value))
            return false;
    }
    return true;
}

} // namespace

std::vector<std::pair<std::string, std::string>> parseDimensions(std::string_view text)
{
    std::vector<std::pair<std::string, std::string>> dimensions;
    for (const absl::string_view part : absl::StrSplit(view(text), '\x1e', absl::SkipEmpty())) {
        const std::pair<std::string, std::string> pair =
            absl::StrSplit(part, absl::MaxSplits('\x1f', 1));
        dimensions.push_back(pair);
    }
    return dimensions;
}

absl::StatusOr<std::unique_ptr<CustomMetrics>>
CustomMetrics::open(boost::asio::io_context& io, const Clock& clock,
                    const std::filesystem::path& directory)
{
    const std::filesystem::path file = directory / "metrics.db";
    auto writer = store::Database::open(file, kMigrations, {.durable = false});
    if (!writer.ok())
        return writer.status();
    auto reader = store::Database::open(file, {}, {.durable = false, .readOnly = true});
    if (!reader.ok())
        return reader.status();
    return std::unique_ptr<CustomMetrics>(
        new CustomMetrics(io, clock, *std::move(writer), *std::move(reader)));
}

CustomMetrics::CustomMetrics(boost::asio::io_context& io, const Clock& clock,
                             store::Database writer, store::Database reader)
    : m_io(io), m_clock(clock), m_timer(io), m_writer(io, std::move(writer)),
      m_reader(std::move(reader))
{
    schedule();
}

CustomMetrics::~CustomMetrics()
{
    flush();
}

void CustomMetrics::put(Datum datum)
{
    datum.metric.sortDimensions();
    add(datum, kMinute);
    if (datum.fine)
        add(datum, kSecond);
}

void CustomMetrics::add(const Datum& datum, int widthMs)
{
    Pending& pending =
        m_pending[Key{datum.metric.key(), widthMs, datum.timeMs - datum.timeMs % widthMs}];
    if (pending.statistics.empty()) {
        pending.metric = datum.metric;
        pending.unit = datum.unit;
    }
    pending.statistics.merge(datum.statistics);
}

void CustomMetrics::schedule()
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

// Adds to what the database has of the same intervals.
absl::Status CustomMetrics::write(store::Database& database, const Batch& batch)
{
    for (const auto& [key, pending] : batch) {
        const std::string dimensions = pending.metric.dimensionText();
        absl::Status status = database.run(
            "INSERT INTO series (space, name, dimensions, unit, last_ms) VALUES (?1, ?2, ?3, ?4, "
            "?5) ON CONFLICT DO UPDATE SET unit = ?4, last_ms = MAX(last_ms, ?5)",
            {pending.metric.space, pending.metric.name, dimensions, pending.unit, key.startMs});
        if (!status.ok())
            return status;
        const auto id = seriesId(database, pending.metric);
        if (!id.ok())
            return id.status();
        Statistics all = pending.statistics;
        status = database.query(
            "SELECT count, sum, minimum, maximum, sketch FROM points WHERE series = ? AND width = "
            "? AND start = ?",
            {*id, key.widthMs, key.startMs},
            [&](const store::Row& row) { all.merge(statisticsOf(row, 0)); });
        const std::string sketch = all.serialise();
        if (status.ok())
            status = database.run("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                                  {*id, key.widthMs, key.startMs, all.count, all.sum, all.minimum,
                                   all.maximum, store::Value::blob(sketch)});
        if (!status.ok())
            return status;
    }
    return absl::OkStatus();
}

void CustomMetrics::flush()
{
    if (m_pending.empty())
        return;
    const auto batch = std::make_shared<const Batch>(std::exchange(m_pending, {}));
    m_writer.submit([batch](store::Database& database) { return write(database, *batch); },
                    [](const absl::Status& status) {
                        if (!status.ok())
                            log::warning("custom metrics are not kept: ",
                                         std::string(view(status.message())));
                    });
}

void CustomMetrics::prune()
{
    m_writer.submit(
        [now = m_clock.unixMillis()](store::Database& database) {
            absl::Status status = database.run("DELETE FROM points WHERE width = ? AND start < ?",
                                               {kSecond, now - kSecondsKeptMs});
            if (status.ok())
                status = database.run("DELETE FROM points WHERE width = ? AND start < ?",
                                      {kMinute, now - kMinutesKeptMs});
            if (status.ok())
                status = database.run("DELETE FROM series WHERE last_ms < ?", {now - kMinutesKeptMs});
            return status;
        },
        [](const absl::Status&) {});
}

template <class T>
void CustomMetrics::ask(std::function<absl::StatusOr<T>(store::Database&)> query, Answer<T> done)
{
    flush();
    m_writer.submit([](store::Database&) { return absl::OkStatus(); },
                    [this, query = std::move(query), done = std::move(done)](const absl::Status&) {
                        m_worker.post([this, query, done, alive = std::weak_ptr<int>(m_alive)] {
                            auto result = std::make_shared<absl::StatusOr<T>>(query(m_reader));
                            boost::asio::post(m_io, [done, alive, result] {
                                if (!alive.expired())
                                    done(std::move(*result));
                            });
                        });
                    });
}

void CustomMetrics::read(Metric metric, Grid grid, Answer<std::vector<Statistics>> done)
{
    metric.sortDimensions();
    ask<std::vector<Statistics>>(
        [metric = std::move(metric),
         grid](store::Database& database) -> absl::StatusOr<std::vector<Statistics>> {
            const auto id = seriesId(database, metric);
            if (!id.ok())
                return id.status();
            std::vector<Statistics> bins(grid.bins);
            const absl::Status status = database.query(
                "SELECT start, count, sum, minimum, maximum, sketch FROM points WHERE series = ? "
                "AND width = ? AND start >= ? AND start < ? ORDER BY start",
                {*id, grid.periodMs < kMinute ? kSecond : kMinute, grid.startMs, grid.endMs()},
                [&](const store::Row& row) {
                    bins[grid.binOf(row.integer(0))].merge(statisticsOf(row, 1));
                });
            if (!status.ok())
                return status;
            return bins;
        },
        std::move(done));
}

void CustomMetrics::list(MetricQuery query, Answer<std::vector<Metric>> done)
{
    ask<std::vector<Metric>>(
        [query =
             std::move(query)](store::Database& database) -> absl::StatusOr<std::vector<Metric>> {
            std::vector<Metric> metrics;
            const absl::Status status = database.query(
                "SELECT space, name, dimensions FROM series WHERE (?1 = '' OR space = ?1) AND (?2 "
                "= '' OR name = ?2) AND last_ms >= ?3 ORDER BY space, name, dimensions",
                {query.space, query.name, query.sinceMs}, [&](const store::Row& row) {
                    Metric metric{std::string(row.text(0)), std::string(row.text(1)),
                                  parseDimensions(row.text(2))};
                    if (has(metric, query))
                        metrics.push_back(std::move(metric));
                });
            if (!status.ok())
                return status;
            return metrics;
        },
        std::move(done));
}

} // namespace gantry::observe::cloudwatch
