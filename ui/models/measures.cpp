#include "ui/models/measures.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gantry::models {

namespace {

using rpc::MetricsPoint;

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();
constexpr double kHourMs = 3'600'000;
constexpr qint64 kQuietMs = 2'000;
constexpr qint64 kCostSpanMs = 60'000; // as long as the platform's own cost per hour looks back

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::models::measures", text);
}

// What is nothing in an interval without events, and adds up over intervals.
bool isCounted(Measure measure)
{
    switch (measure) {
    case Measure::Invocations:
    case Measure::Errors:
    case Measure::Throttles:
    case Measure::ColdStarts:
    case Measure::BilledDuration:
    case Measure::Cost:
        return true;
    default:
        return false;
    }
}

double averageOf(double sum, qint64 count)
{
    return count > 0 ? sum / double(count) : kGap;
}

double valueOf(Measure measure, const MetricsPoint& point)
{
    const auto ofInvocations = [&point](double value) {
        return point.invocations > 0 ? value : kGap;
    };
    switch (measure) {
    case Measure::Invocations:
        return double(point.invocations);
    case Measure::Errors:
        return double(point.errors);
    case Measure::Throttles:
        return double(point.throttles);
    case Measure::ErrorRate:
        return averageOf(100.0 * double(point.errors), point.invocations);
    case Measure::ColdStarts:
        return double(point.coldStarts);
    case Measure::Concurrency:
        return double(point.concurrency);
    case Measure::Environments:
        return double(point.environments);
    case Measure::DurationAverage:
        return averageOf(point.durationSumMs, point.invocations);
    case Measure::DurationP50:
        return ofInvocations(point.durationP50Ms);
    case Measure::DurationP90:
        return ofInvocations(point.durationP90Ms);
    case Measure::DurationP99:
        return ofInvocations(point.durationP99Ms);
    case Measure::DurationMaximum:
        return ofInvocations(point.durationMaxMs);
    case Measure::InitDuration:
        return averageOf(point.initSumMs, point.coldStarts);
    case Measure::BilledDuration:
        return double(point.billedMs);
    case Measure::MemoryUsed:
        return ofInvocations(double(point.memoryMaxBytes));
    case Measure::Cost:
        return point.costUsd.toDouble();
    case Measure::CostPerHour:
        break;
    }
    return point.costUsd.toDouble() * kHourMs / double(point.widthMs);
}

// Of a bin that nothing is told of.
double absentOf(Measure measure)
{
    return isCounted(measure) || measure == Measure::Concurrency || measure == Measure::CostPerHour
               ? 0
               : kGap;
}

std::vector<double> plainValues(Measure measure, const MetricSeries& series, const BinGrid& grid)
{
    std::vector<double> values(std::size_t(std::max(0, grid.bins)), absentOf(measure));
    for (const MetricsPoint& point : series.points()) {
        const qint64 bin = (point.startMs - grid.startMs) / grid.binMs;
        if (point.startMs >= grid.startMs && bin < grid.bins)
            values[std::size_t(bin)] = valueOf(measure, point);
    }
    return values;
}

// Idle environments live on through seconds in which nothing is told of them.
void holdLast(std::vector<double>& values)
{
    double last = 0;
    for (double& value : values)
        value = last = std::isnan(value) ? last : value;
}

// Second by second over the last minute, as single seconds say little.
std::vector<double> costPerHour(const MetricSeries& series, const BinGrid& grid)
{
    if (grid.binMs >= kCostSpanMs)
        return plainValues(Measure::CostPerHour, series, grid);
    const int span = int(kCostSpanMs / grid.binMs);
    const BinGrid wider{grid.startMs - (span - 1) * grid.binMs, grid.binMs, grid.bins + span - 1};
    const auto spent = plainValues(Measure::Cost, series, wider);
    std::vector<double> values;
    double sum = 0;
    for (int bin = 0; bin < wider.bins; ++bin) {
        sum += spent[std::size_t(bin)];
        if (bin >= span)
            sum -= spent[std::size_t(bin - span)];
        if (bin >= span - 1)
            values.push_back(std::max(0.0, sum) * kHourMs / double(kCostSpanMs));
    }
    return values;
}

} // namespace

const std::vector<MeasureInfo>& measures()
{
    using Unit = MeasureUnit;
    static const auto info = [](Measure measure, const QString& name, Unit unit, const char* space,
                                const char* metric, const char* statistic) {
        return MeasureInfo{measure,
                           name,
                           unit,
                           QLatin1String(space),
                           QLatin1String(metric),
                           QLatin1String(statistic)};
    };
    static constexpr const char* kAws = "AWS/Lambda";
    static constexpr const char* kOwn = "Gantry/Lambda";
    static const std::vector<MeasureInfo> all{
        info(Measure::Invocations, tr("Invocations"), Unit::Count, kAws, "Invocations", "Sum"),
        info(Measure::Errors, tr("Errors"), Unit::Count, kAws, "Errors", "Sum"),
        info(Measure::Throttles, tr("Throttles"), Unit::Count, kAws, "Throttles", "Sum"),
        info(Measure::ErrorRate, tr("Error rate"), Unit::Percent, kAws, "Errors", "Average"),
        info(Measure::ColdStarts, tr("Cold starts"), Unit::Count, kOwn, "ColdStarts", "Sum"),
        info(Measure::Concurrency, tr("Concurrent executions"), Unit::Count, kAws,
             "ConcurrentExecutions", "Maximum"),
        info(Measure::Environments, tr("Environments"), Unit::Count, kOwn, "Environments",
             "Maximum"),
        info(Measure::DurationAverage, tr("Average duration"), Unit::Milliseconds, kAws, "Duration",
             "Average"),
        info(Measure::DurationP50, tr("p50 duration"), Unit::Milliseconds, kAws, "Duration", "p50"),
        info(Measure::DurationP90, tr("p90 duration"), Unit::Milliseconds, kAws, "Duration", "p90"),
        info(Measure::DurationP99, tr("p99 duration"), Unit::Milliseconds, kAws, "Duration", "p99"),
        info(Measure::DurationMaximum, tr("Longest duration"), Unit::Milliseconds, kAws, "Duration",
             "Maximum"),
        info(Measure::InitDuration, tr("Init duration"), Unit::Milliseconds, kOwn, "InitDuration",
             "Average"),
        info(Measure::BilledDuration, tr("Billed duration"), Unit::Milliseconds, kOwn,
             "BilledDuration", "Sum"),
        info(Measure::MemoryUsed, tr("Memory used"), Unit::Bytes, kOwn, "MemoryUsed", "Maximum"),
        info(Measure::Cost, tr("Cost"), Unit::Dollars, kOwn, "Cost", "Sum"),
        info(Measure::CostPerHour, tr("Cost per hour"), Unit::DollarsPerHour, kOwn, "CostPerHour",
             "Average"),
    };
    return all;
}

const MeasureInfo& infoOf(Measure measure)
{
    return measures()[std::size_t(measure)];
}

std::optional<Measure> measureOf(const QString& space, const QString& metric,
                                 const QString& statistic)
{
    for (const MeasureInfo& info : measures()) {
        if (info.space == space && info.metric == metric && info.statistic == statistic)
            return info.measure;
    }
    return std::nullopt;
}

std::vector<double> valuesOf(Measure measure, const MetricSeries& series, const BinGrid& grid)
{
    if (measure == Measure::CostPerHour)
        return costPerHour(series, grid);
    auto values = plainValues(measure, series, grid);
    if (measure == Measure::Environments)
        holdLast(values);
    return values;
}

std::vector<double> coarseValuesOf(Measure measure, const MetricSeries& series,
                                   const BinGrid& grid)
{
    std::vector<double> values(std::size_t(std::max(0, grid.bins)), absentOf(measure));
    for (const MetricsPoint& point : series.points()) {
        const double share = isCounted(measure) ? double(grid.binMs) / double(point.widthMs) : 1;
        const qint64 first = (point.startMs - grid.startMs) / grid.binMs;
        const qint64 last = (point.startMs + point.widthMs - grid.startMs) / grid.binMs;
        for (qint64 bin = std::max<qint64>(0, first); bin < std::min<qint64>(last, grid.bins); ++bin)
            values[std::size_t(bin)] = share * valueOf(measure, point);
    }
    if (measure == Measure::Environments)
        holdLast(values);
    return values;
}

bool isLatest(Measure measure)
{
    switch (measure) {
    case Measure::Concurrency:
    case Measure::Environments:
    case Measure::DurationP50:
    case Measure::DurationP90:
    case Measure::DurationP99:
    case Measure::CostPerHour:
        return true;
    default:
        return false;
    }
}

double summaryOf(Measure measure, const MetricSeries& series, qint64 fromMs, qint64 toMs, Edge edge)
{
    double sum = 0;
    double weight = 0; // of an average
    double highest = kGap;
    double latest = kGap;
    qint64 latestEndMs = 0;
    for (const MetricsPoint& point : series.points()) {
        const qint64 begin = std::max(fromMs, point.startMs);
        const qint64 end = std::min(toMs, point.startMs + point.widthMs);
        if (end <= begin)
            continue;
        const double inside =
            edge == Edge::Now ? 1 : double(end - begin) / double(point.widthMs);
        const double value = valueOf(measure, point);
        if (!std::isnan(value)) {
            latest = value;
            latestEndMs = point.startMs + point.widthMs;
            highest = std::isnan(highest) ? value : std::max(highest, value);
        }
        switch (measure) {
        case Measure::ErrorRate:
            sum += 100.0 * double(point.errors);
            weight += double(point.invocations);
            break;
        case Measure::DurationAverage:
            sum += point.durationSumMs;
            weight += double(point.invocations);
            break;
        case Measure::InitDuration:
            sum += point.initSumMs;
            weight += double(point.coldStarts);
            break;
        default:
            sum += inside * (std::isnan(value) ? 0 : value);
        }
    }
    if (isCounted(measure))
        return sum;
    if (weight > 0)
        return sum / weight;
    if (measure == Measure::CostPerHour) {
        // Of the last minute, as the chart has it.
        const auto spent = summaryOf(Measure::Cost, series, toMs - kCostSpanMs, toMs, edge);
        return spent * kHourMs / double(kCostSpanMs);
    }
    // A function that nothing is told of any more is idle.
    if (measure == Measure::Concurrency && edge == Edge::Now && latestEndMs + kQuietMs < toMs)
        return 0;
    if (isLatest(measure))
        return latest;
    return measure == Measure::DurationMaximum || measure == Measure::MemoryUsed ? highest : kGap;
}

} // namespace gantry::models
