#include "backend/observe/slo/meter.h"

#include "backend/observe/metrics.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gantry::observe::slo {
namespace {

namespace pb = aws::applicationsignals;
using cloudwatch::Grid;
using cloudwatch::Values;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kSettledMs = 5 * 60'000; // after that a value comes no more
constexpr std::int64_t kPieceMs = kDayMs;       // of minutes, that are read at a time
constexpr std::size_t kMostBins = 100'000;

std::int64_t floorTo(std::int64_t ms, std::int64_t step)
{
    return ms - ms % step;
}
std::int64_t ceilTo(std::int64_t ms, std::int64_t step)
{
    return floorTo(ms + step - 1, step);
}

double orZero(double value)
{
    return std::isnan(value) ? 0 : value;
}

} // namespace

Meter::Meter(cloudwatch::MetricData& data, pb::ServiceLevelObjective slo)
    : m_data(data), m_slo(std::move(slo)), m_periodMs(periodMsOf(m_slo))
{
}

void Meter::cover(std::int64_t fromMs, Done done)
{
    m_asked.push_back({fromMs, std::move(done)});
    if (!std::exchange(m_busy, true))
        next();
}

void Meter::next()
{
    const std::int64_t now = m_data.clock().unixMillis();
    const std::int64_t from = std::max<std::int64_t>(0, m_asked.front().fromMs);
    if (m_doneMs == 0 || from < m_fromMs || m_bins.size() > kMostBins) {
        m_bins.clear();
        m_fromMs = from;
        m_doneMs = from;
    }
    std::erase_if(m_bins, [this](const Bin& bin) { return bin.startMs >= m_doneMs; });
    plan(m_doneMs, now);
    readPiece();
}

// Hours as far as nothing finer is kept, then days of minutes. Of periods only those that have ended.
void Meter::plan(std::int64_t fromMs, std::int64_t nowMs)
{
    m_pieces.clear();
    const std::int64_t step = m_periodMs > 0 ? m_periodMs : 60'000;
    const std::int64_t fine = ceilTo(nowMs - 15 * kDayMs, kHourMs);
    std::int64_t at = fromMs;
    if (at < fine) {
        at = floorTo(at, kHourMs);
        m_pieces.push_back({at, kHourMs, static_cast<std::size_t>((fine - at) / kHourMs)});
        at = fine;
    }
    at = floorTo(at, step);
    const std::int64_t end = m_periodMs > 0 ? floorTo(nowMs, step) : ceilTo(nowMs + 1, step);
    while (at < end) {
        const std::int64_t to = std::min(end, floorTo(at + kPieceMs, step));
        m_pieces.push_back({at, step, static_cast<std::size_t>((to - at) / step)});
        at = to;
    }
    m_doneMs = std::max(m_doneMs, floorTo(nowMs - kSettledMs, step));
}

void Meter::readPiece()
{
    if (m_pieces.empty())
        return finish(absl::OkStatus());
    const Grid grid = m_pieces.front();
    m_pieces.pop_front();
    if (m_slo.has_request_based_sli())
        readRequests(grid);
    else
        readPeriods(grid);
}

void Meter::run(const google::protobuf::RepeatedPtrField<pb::MetricDataQuery>& from, const Grid& grid,
                std::function<void(Values)> done)
{
    const auto query = queryOf(from);
    if (!query.ok())
        return finish(query.status());
    m_data.run(query->queries, [grid](int) -> absl::StatusOr<Grid> { return grid; },
               [self = shared_from_this(), id = query->result, grid, done = std::move(done)](
                   absl::StatusOr<std::vector<cloudwatch::DataSeries>> all) {
                   if (!all.ok())
                       return self->finish(all.status());
                   const auto found = std::find_if(all->begin(), all->end(), [&id](const auto& each) {
                       return each.id == id;
                   });
                   Values values = found == all->end() ? Values() : std::move(found->values);
                   values.resize(grid.bins, std::nan(""));
                   done(std::move(values));
               });
}

void Meter::readPeriods(const Grid& grid)
{
    run(m_slo.sli().sli_metric().metric_data_queries(), grid, [this, grid](const Values& values) {
        const double periods = static_cast<double>(grid.periodMs) / static_cast<double>(m_periodMs);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (std::isnan(values[i]))
                continue;
            const bool good = isGood(m_slo.sli(), values[i]);
            add(grid, i, good ? periods : 0, good ? 0 : periods);
        }
        readPiece();
    });
}

void Meter::readRequests(const Grid& grid)
{
    run(m_slo.request_based_sli().request_based_sli_metric().total_request_count_metric(), grid,
        [this, grid](Values total) { readMonitored(grid, std::move(total)); });
}

void Meter::readMonitored(const Grid& grid, Values total)
{
    const pb::MonitoredRequestCountMetricDataQueries& monitored =
        m_slo.request_based_sli().request_based_sli_metric().monitored_request_count_metric();
    const bool isGoodCount = monitored.good_count_metric_size() > 0;
    run(isGoodCount ? monitored.good_count_metric() : monitored.bad_count_metric(), grid,
        [this, grid, isGoodCount, total = std::move(total)](const Values& counts) {
            for (std::size_t i = 0; i < counts.size(); ++i) {
                const double all = orZero(total[i]);
                const double counted = std::clamp(orZero(counts[i]), 0.0, std::max(0.0, all));
                if (all > 0)
                    add(grid, i, isGoodCount ? counted : all - counted,
                        isGoodCount ? all - counted : counted);
            }
            readPiece();
        });
}

void Meter::add(const Grid& grid, std::size_t index, double good, double bad)
{
    const std::int64_t start = grid.startMs + static_cast<std::int64_t>(index) * grid.periodMs;
    m_bins.push_back({start, good, bad});
}

void Meter::finish(const absl::Status& status)
{
    if (!status.ok()) {
        m_pieces.clear();
        m_doneMs = 0; // from the beginning, next time
    }
    const Done done = std::move(m_asked.front().done);
    m_asked.pop_front();
    m_busy = false;
    done(status); // which may ask again
    if (!m_asked.empty() && !std::exchange(m_busy, true))
        next();
}

} // namespace gantry::observe::slo
