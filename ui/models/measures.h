#pragma once

#include "ui/models/metric_series.h"

#include <QString>

#include <optional>
#include <vector>

// What can be read from the points of a MetricSeries: one number a bin, or one for a stretch of time.
// Pure functions. Counts without events are zero; durations without events are gaps, NaN.
namespace gantry::models {

enum class Measure {
    Invocations,
    Errors,
    Throttles,
    ErrorRate,
    ColdStarts,
    Concurrency,
    Environments,
    DurationAverage,
    DurationP50,
    DurationP90,
    DurationP99,
    DurationMaximum,
    InitDuration,
    BilledDuration,
    MemoryUsed,
    Cost,
    CostPerHour,
};
enum class MeasureUnit { Count, Milliseconds, Percent, Bytes, Dollars, DollarsPerHour };

struct MeasureInfo {
    Measure measure;
    QString name; // "p99 duration"
    MeasureUnit unit;
    // As CloudWatch has it: "AWS/Lambda", "Duration", "p99".
    QString space;
    QString metric;
    QString statistic;
};
const std::vector<MeasureInfo>& measures();
const MeasureInfo& infoOf(Measure measure);
// Nothing when the platform's console does not draw that metric.
std::optional<Measure> measureOf(const QString& space, const QString& metric,
                                 const QString& statistic);

// Bins [startMs + i * binMs, + binMs).
struct BinGrid {
    qint64 startMs;
    qint64 binMs;
    int bins;
};

std::vector<double> valuesOf(Measure measure, const MetricSeries& series, const BinGrid& grid);
// The same of points that are wider than the grid's bins, as the past is kept: a point stands in every
// bin it covers, what is counted in equal parts.
std::vector<double> coarseValuesOf(Measure measure, const MetricSeries& series,
                                   const BinGrid& grid);

// One number for [fromMs, toMs): sums of what is counted, true averages and maxima; of percentiles and of
// what stands the latest, as those of several intervals do not add up. NaN without any.
// A stretch that ends now has all of its last point; one in the past has the part that is inside.
enum class Edge { Now, Past };
double summaryOf(Measure measure, const MetricSeries& series, qint64 fromMs, qint64 toMs,
                 Edge edge = Edge::Now);
// Whether the summary is the latest value instead of one of the whole stretch.
bool isLatest(Measure measure);

} // namespace gantry::models
