#include "backend/observe/cloudwatch/metric_reader.h"

#include "backend/observe/cloudwatch/platform_metrics.h"
#include "backend/observe/recorder.h"

#include <utility>

namespace gantry::observe::cloudwatch {

void readMetric(Recorder& recorder, Metric metric, Grid grid, StatisticsAnswer done)
{
    const auto series = seriesOf(metric);
    if (!series)
        return recorder.custom().read(std::move(metric), grid, std::move(done));
    MetricsQuery query;
    query.function = *series;
    query.fromMs = grid.startMs;
    query.toMs = grid.endMs();
    // So many points that no interval is wider than the period, as far as such are kept.
    const std::int64_t width = grid.periodMs < 60'000 ? 1'000 : 60'000;
    query.maxPoints = static_cast<int>((query.toMs - query.fromMs) / width);
    recorder.queryMetrics(query, [metric = std::move(metric), grid, done = std::move(done)](
                                     absl::StatusOr<MetricsAnswer> answer) {
        if (!answer.ok())
            return done(answer.status());
        std::vector<Statistics> bins(grid.bins);
        for (const MetricsRow& row : answer->rows) {
            const std::size_t bin = grid.binOf(row.startMs);
            if (bin < bins.size())
                bins[bin].merge(statisticsOf(row.bucket, metric));
        }
        done(std::move(bins));
    });
}

} // namespace gantry::observe::cloudwatch
