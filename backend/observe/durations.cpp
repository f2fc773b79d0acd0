#include "backend/observe/durations.h"

#include "backend/observe/metric_blocks.h"
#include "backend/observe/queries.h"
#include "backend/observe/sketch_bins.h"
#include "backend/observe/storage.h"

#include <algorithm>
#include <cmath>

namespace gantry::observe::queries {
namespace {

constexpr int kBinsPerRow = 8; // of the sketch: 14 rows to a power of ten

int rowOf(int bin)
{
    const int below = bin - 1;
    return below >= 0 ? below / kBinsPerRow : -((-below + kBinsPerRow - 1) / kBinsPerRow);
}

// The coarsest roll-up that is no wider than a column; else the finest that is kept of that time.
int rollUpFor(const DurationsQuery& query, std::int64_t columnMs, std::int64_t nowMs)
{
    for (auto width = kWidths.rbegin(); width != kWidths.rend(); ++width) {
        if (width->ms <= columnMs && isKept(*width, query.fromMs, nowMs))
            return width->ms;
    }
    const auto finest = std::find_if(kWidths.begin(), kWidths.end(), [&](const Width& width) {
        return isKept(width, query.fromMs, nowMs);
    });
    return finest == kWidths.end() ? kWidths.back().ms : finest->ms;
}

// One of steps that divide the hour and the day, so that columns begin at round times.
std::int64_t roundUp(std::int64_t ms)
{
    constexpr std::int64_t kSteps[] = {1,     2,     5,      10,     15,     30,     60,    120,
                                       300,   600,   900,    1'800,  3'600,  7'200,  10'800,
                                       21'600, 43'200, 86'400, 172'800, 604'800, 1'209'600};
    for (const std::int64_t step : kSteps) {
        if (step * 1'000 >= ms)
            return step * 1'000;
    }
    return (ms + kDayMs - 1) / kDayMs * kDayMs;
}

} // namespace

absl::StatusOr<DurationsAnswer> durations(store::Database& database, const DurationsQuery& query,
                                          std::int64_t nowMs)
{
    DurationsAnswer answer;
    const std::int64_t span = query.toMs - query.fromMs;
    const std::int64_t wanted = roundUp((span + query.maxColumns - 1) / query.maxColumns);
    answer.rollUpMs = rollUpFor(query, wanted, nowMs);
    answer.columnMs = std::max<std::int64_t>(wanted, answer.rollUpMs);
    answer.growth = std::pow(binGrowth(), kBinsPerRow);
    const std::int64_t from = query.fromMs - query.fromMs % answer.columnMs;
    const int width = static_cast<int>(answer.rollUpMs);
    std::vector<MetricsRow> rows;
    absl::Status status =
        blocks::read(database, width, query.function, false, from, query.toMs, rows);
    if (status.ok())
        status = storage::readRows(database, query.function, width, from, query.toMs, rows);
    if (!status.ok())
        return status;
    blocks::mergeInOrder(rows);
    for (const MetricsRow& row : rows) {
        if (row.bucket.invocations == 0)
            continue;
        auto& column = answer.columns[row.startMs - row.startMs % answer.columnMs];
        forEachBin(row.bucket.durations.serialise(),
                   [&column](int bin, std::uint32_t count) { column[rowOf(bin)] += count; });
    }
    return answer;
}

} // namespace gantry::observe::queries
