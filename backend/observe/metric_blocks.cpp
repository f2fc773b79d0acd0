#include "backend/observe/metric_blocks.h"

#include "backend/observe/compression.h"
#include "backend/observe/storage.h"
#include "gantry/store/metrics.pb.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace gantry::observe::blocks {
namespace {

using record::MetricBlock;

constexpr int kLevel = 9; // 50 MB/s; blocks are made once and kept long

// How much time a block covers: 360 minutes, 240 hours. Seconds are gone before a block would pay.
std::int64_t spanOf(int widthMs)
{
    return widthMs == 60'000 ? 6 * 3'600'000LL : widthMs == 3'600'000 ? 10 * kDayMs : 0;
}

struct NumberColumn {
    std::uint32_t id;
    std::int64_t (*get)(const Bucket&);
    void (*set)(Bucket&, std::int64_t);
};

// A number as a whole multiple of a part of its unit: durations are measured in microseconds.
template <auto Member, int Parts = 1> constexpr NumberColumn number(std::uint32_t id)
{
    return {id,
            [](const Bucket& b) {
                if constexpr (Parts == 1)
                    return static_cast<std::int64_t>(b.*Member);
                else
                    return static_cast<std::int64_t>(std::llround(b.*Member * Parts));
            },
            [](Bucket& b, std::int64_t value) {
                using Type = std::remove_reference_t<decltype(b.*Member)>;
                b.*Member = static_cast<Type>(value) / Parts;
            }};
}

// An id is for ever.
constexpr NumberColumn kNumbers[] = {
    number<&Bucket::invocations>(1),
    number<&Bucket::errors>(2),
    number<&Bucket::throttles>(3),
    number<&Bucket::coldStarts>(4),
    number<&Bucket::concurrency>(5),
    number<&Bucket::environments>(6),
    number<&Bucket::durationSumMs, 1'000>(7),
    number<&Bucket::durationMaxMs, 1'000>(8),
    number<&Bucket::initSumMs, 1'000>(9),
    number<&Bucket::initMaxMs, 1'000>(10),
    number<&Bucket::restoreSumMs, 1'000>(11),
    number<&Bucket::restoreMaxMs, 1'000>(12),
    number<&Bucket::billedMs>(13),
    number<&Bucket::billedMaxMs>(14),
    number<&Bucket::memoryMaxBytes>(15),
    number<&Bucket::asyncReceived>(16),
    number<&Bucket::asyncDropped>(17),
    number<&Bucket::deadLetterErrors>(18),
    number<&Bucket::destinationFailures>(19),
    number<&Bucket::asyncAgeSumMs, 1'000>(20),
    number<&Bucket::asyncAgeMaxMs, 1'000>(21),
    number<&Bucket::provisionedInvocations>(22),
    number<&Bucket::spillovers>(23),
    number<&Bucket::provisionedRunning>(24),
    number<&Bucket::provisionedAllocated>(25),
    number<&Bucket::provisionedUtilization, 1'000'000>(26),
    number<&Bucket::unreservedConcurrency>(27),
    number<&Bucket::claimedConcurrency>(28),
    number<&Bucket::recursionsDropped>(29),
    number<&Bucket::signatureErrors>(30),
};

struct SketchColumn {
    std::uint32_t id;
    Sketch Bucket::* member;
};
constexpr SketchColumn kSketches[] = {{1, &Bucket::durations},
                                      {2, &Bucket::asyncAges},
                                      {3, &Bucket::inits},
                                      {4, &Bucket::restores}};

void packNumbers(const std::vector<MetricsRow>& rows, MetricBlock& block)
{
    for (const NumberColumn& column : kNumbers) {
        const auto isZero = [&](const MetricsRow& row) { return column.get(row.bucket) == 0; };
        if (std::all_of(rows.begin(), rows.end(), isZero))
            continue;
        MetricBlock::Numbers& to = *block.add_numbers();
        to.set_column(column.id);
        for (const MetricsRow& row : rows)
            to.add_values(column.get(row.bucket));
    }
}

void packSketches(const std::vector<MetricsRow>& rows, MetricBlock& block)
{
    for (const SketchColumn& column : kSketches) {
        const auto isEmpty = [&](const MetricsRow& row) {
            return (row.bucket.*column.member).count() == 0;
        };
        if (std::all_of(rows.begin(), rows.end(), isEmpty))
            continue;
        MetricBlock::Bytes& to = *block.add_sketches();
        to.set_column(column.id);
        for (const MetricsRow& row : rows)
            to.add_values(isEmpty(row) ? std::string() : (row.bucket.*column.member).serialise());
    }
}

// What has another number of values than there are rows is damaged.
bool unpackInto(const MetricBlock& block, MetricsRow* rows, int count)
{
    for (const MetricBlock::Numbers& numbers : block.numbers()) {
        const auto* column = std::find_if(std::begin(kNumbers), std::end(kNumbers),
                                          [&](const auto& each) { return each.id == numbers.column(); });
        if (numbers.values_size() != count)
            return false;
        for (int i = 0; column != std::end(kNumbers) && i < count; ++i)
            column->set(rows[i].bucket, numbers.values(i));
    }
    for (const MetricBlock::Bytes& sketches : block.sketches()) {
        const auto* column = std::find_if(std::begin(kSketches), std::end(kSketches),
                                          [&](const auto& each) { return each.id == sketches.column(); });
        if (sketches.values_size() != count)
            return false;
        for (int i = 0; column != std::end(kSketches) && i < count; ++i) {
            if (auto sketch = Sketch::parse(sketches.values(i)))
                rows[i].bucket.*column->member = *std::move(sketch);
        }
    }
    if (block.costs_usd_size() != 0 && block.costs_usd_size() != count)
        return false;
    for (int i = 0; i < block.costs_usd_size(); ++i)
        rows[i].bucket.costUsd = pricing::Money::parse(block.costs_usd(i)).value_or(pricing::Money());
    return true;
}

struct Over {
    std::string function;
    std::int64_t startMs = 0; // of one of its rows
};

absl::Status packSpan(store::Database& database, const Over& over, int widthMs)
{
    const std::int64_t span = spanOf(widthMs);
    const std::int64_t from = over.startMs - over.startMs % span;
    std::vector<MetricsRow> rows;
    absl::Status status = read(database, widthMs, over.function, false, from, from + span, rows);
    if (status.ok())
        status = storage::readRows(database, over.function, widthMs, from, from + span, rows);
    if (!status.ok() || rows.empty())
        return status;
    mergeInOrder(rows);
    const std::string data = pack(rows);
    status = database.run("INSERT OR REPLACE INTO metric_blocks VALUES (?,?,?,?,?)",
                          {widthMs, over.function, from, rows.back().startMs + widthMs,
                           store::Value::blob(data)});
    if (status.ok())
        status = database.run("DELETE FROM metrics WHERE width = ? AND function = ? AND start >= ? AND "
                              "start < ?",
                              {widthMs, over.function, from, from + span});
    return status;
}

} // namespace

std::string pack(const std::vector<MetricsRow>& rows)
{
    MetricBlock block;
    if (rows.empty())
        return {};
    block.set_first_start_ms(rows.front().startMs);
    std::int64_t before = rows.front().startMs;
    for (const MetricsRow& row : rows)
        block.add_steps(static_cast<std::uint32_t>(
            (row.startMs - std::exchange(before, row.startMs)) / row.widthMs));
    packNumbers(rows, block);
    packSketches(rows, block);
    if (std::any_of(rows.begin(), rows.end(), [](const MetricsRow& row) {
            return row.bucket.costUsd != pricing::Money();
        })) {
        for (const MetricsRow& row : rows)
            block.add_costs_usd(row.bucket.costUsd.toString());
    }
    return compress(block.SerializeAsString(), kLevel);
}

bool unpack(std::string_view data, const std::string& function, int widthMs,
            std::vector<MetricsRow>& rows)
{
    const auto bytes = decompress(data);
    MetricBlock block;
    if (!bytes || !block.ParseFromString(*bytes))
        return false;
    const std::size_t first = rows.size();
    std::int64_t start = block.first_start_ms();
    for (const std::uint32_t step : block.steps()) {
        start += std::int64_t{step} * widthMs;
        rows.push_back({function, start, widthMs, {}});
    }
    return unpackInto(block, rows.data() + first, block.steps_size());
}

absl::Status packOver(store::Database& database, std::int64_t nowMs, int most)
{
    for (const Width& width : kWidths) {
        const std::int64_t span = spanOf(width.ms);
        for (int i = 0; span > 0 && i < most; ++i) {
            std::optional<Over> over;
            absl::Status status = database.query(
                "SELECT function, start FROM metrics WHERE width = ? AND start < ? ORDER BY start LIMIT 1",
                {width.ms, nowMs - nowMs % span}, [&over](const store::Row& row) {
                    over = Over{std::string(row.text(0)), row.integer(1)};
                });
            if (status.ok() && !over)
                break;
            if (status.ok())
                status = packSpan(database, *over, width.ms);
            if (!status.ok())
                return status;
        }
    }
    return absl::OkStatus();
}

absl::Status read(store::Database& database, int widthMs, const std::string& function, bool byFunction,
                  std::int64_t fromMs, std::int64_t toMs, std::vector<MetricsRow>& rows)
{
    const std::size_t first = rows.size();
    const auto take = [&](const store::Row& row) {
        // A damaged block is left out: the others are worth seeing.
        (void)unpack(row.blob(1), std::string(row.text(0)), widthMs, rows);
    };
    const std::int64_t earliest = fromMs - spanOf(widthMs); // a block that begins before may reach in
    const absl::Status status =
        byFunction
            ? database.query("SELECT function, data FROM metric_blocks WHERE width = ? AND function <> '' "
                             "AND instr(function, ':') = 0 AND start > ? AND start < ? AND stop > ?",
                             {widthMs, earliest, toMs, fromMs}, take)
            : database.query("SELECT function, data FROM metric_blocks WHERE width = ? AND function = ? "
                             "AND start > ? AND start < ? AND stop > ?",
                             {widthMs, function, earliest, toMs, fromMs}, take);
    const auto outside = [&](const MetricsRow& row) { return row.startMs < fromMs || row.startMs >= toMs; };
    rows.erase(std::remove_if(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end(), outside),
               rows.end());
    return status;
}

void mergeInOrder(std::vector<MetricsRow>& rows)
{
    std::stable_sort(rows.begin(), rows.end(), [](const MetricsRow& a, const MetricsRow& b) {
        return std::tie(a.function, a.startMs) < std::tie(b.function, b.startMs);
    });
    const auto same = [](const MetricsRow& a, const MetricsRow& b) {
        return a.startMs == b.startMs && a.function == b.function;
    };
    const auto kept = std::unique(rows.rbegin(), rows.rend(), same);
    rows.erase(rows.begin(), kept.base());
}

absl::Status prune(store::Database& database, int widthMs, std::int64_t beforeMs)
{
    return database.run("DELETE FROM metric_blocks WHERE width = ? AND stop <= ?", {widthMs, beforeMs});
}

} // namespace gantry::observe::blocks
