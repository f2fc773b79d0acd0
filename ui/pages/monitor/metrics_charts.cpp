#include "ui/pages/monitor/metrics_charts.h"

#include "ui/charts/axis_ticks.h"
#include "ui/models/metrics_window.h"
#include "ui/widgets/theme.h"

#include <QCoreApplication>
#include <QDateTime>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gantry::ui {

using charts::ChartData;
using charts::Series;
using charts::Shape;
using charts::Unit;
using models::MetricSeries;
using models::MetricsWindow;
using rpc::MetricsPoint;
using widgets::Theme;

namespace {

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();
constexpr double kHourMs = 3'600'000;
constexpr qint64 kCostSpanMs = 60'000; // as long as the platform's own cost per hour looks back

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::ui::charts", text);
}

struct Grid {
    qint64 startMs;
    qint64 binMs;
    int bins;
};

// One bin more at the left, which the moving edge of the view cuts.
Grid gridOf(const MetricsWindow& window)
{
    const qint64 bin = window.binMs();
    const qint64 start = window.fromMs() - bin;
    return {start, bin, int((window.toMs() - start) / bin) + 1};
}

using Value = double (*)(const MetricsPoint&);

std::vector<double> valuesOf(const MetricSeries& series, const Grid& grid, double absent,
                             Value value)
{
    std::vector<double> values(std::size_t(grid.bins), absent);
    for (const MetricsPoint& point : series.points()) {
        const qint64 bin = (point.startMs - grid.startMs) / grid.binMs;
        if (point.startMs >= grid.startMs && bin < grid.bins)
            values[std::size_t(bin)] = value(point);
    }
    return values;
}

// Idle environments live on through seconds in which nothing is told of them.
std::vector<double> environmentsOf(const MetricSeries& series, const Grid& grid)
{
    auto values = valuesOf(series, grid, kGap,
                           [](const MetricsPoint& point) { return double(point.environments); });
    double last = 0;
    for (double& value : values)
        value = last = std::isnan(value) ? last : value;
    return values;
}

template <double MetricsPoint::*Member> double durationOf(const MetricsPoint& point)
{
    return point.invocations > 0 ? point.*Member : kGap;
}

// Dollars an hour. Second by second over the last minute, as single seconds say little.
std::vector<double> costOf(const MetricSeries& series, const Grid& grid)
{
    const auto cost = [](const MetricsPoint& point) { return point.costUsd.toDouble(); };
    if (grid.binMs >= kCostSpanMs) {
        auto values = valuesOf(series, grid, 0, cost);
        for (double& value : values)
            value *= kHourMs / double(grid.binMs);
        return values;
    }
    const int span = int(kCostSpanMs / grid.binMs);
    const Grid wider{grid.startMs - (span - 1) * grid.binMs, grid.binMs, grid.bins + span - 1};
    const auto spent = valuesOf(series, wider, 0, cost);
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

double invocations(const MetricsPoint& point)
{
    return double(point.invocations);
}
double errors(const MetricsPoint& point)
{
    return double(point.errors);
}
double throttles(const MetricsPoint& point)
{
    return double(point.throttles);
}
double failures(const MetricsPoint& point)
{
    return double(point.errors + point.throttles);
}
double coldStarts(const MetricsPoint& point)
{
    return double(point.coldStarts);
}
double concurrency(const MetricsPoint& point)
{
    return double(point.concurrency);
}

Series make(const char* id, const QString& name, const QColor& color, Shape shape,
            std::vector<double> values)
{
    return {QLatin1String(id), name, color, shape, std::move(values)};
}

std::vector<Series> wholeSeries(Metric metric, const MetricSeries& series, const Grid& grid)
{
    const Theme& theme = Theme::current();
    const auto counts = [&](Value value) { return valuesOf(series, grid, 0, value); };
    switch (metric) {
    case Metric::Concurrency:
        return {make("concurrency", tr("executions"), theme.series(0), Shape::Step,
                     counts(concurrency)),
                make("environments", tr("environments"), theme.color(Theme::FaintText), Shape::Step,
                     environmentsOf(series, grid))};
    case Metric::Invocations:
        return {make("invocations", tr("invocations"), theme.series(0), Shape::Stacked,
                     counts(invocations))};
    case Metric::Errors:
        return {
            make("errors", tr("errors"), theme.color(Theme::Error), Shape::Stacked, counts(errors)),
            make("throttles", tr("throttles"), theme.color(Theme::Warning), Shape::Stacked,
                 counts(throttles))};
    case Metric::Duration:
        return {make("p50", tr("p50"), theme.series(1), Shape::Line,
                     valuesOf(series, grid, kGap, durationOf<&MetricsPoint::durationP50Ms>)),
                make("p90", tr("p90"), theme.series(2), Shape::Line,
                     valuesOf(series, grid, kGap, durationOf<&MetricsPoint::durationP90Ms>)),
                make("p99", tr("p99"), theme.series(3), Shape::Line,
                     valuesOf(series, grid, kGap, durationOf<&MetricsPoint::durationP99Ms>))};
    case Metric::ColdStarts:
        return {make("coldStarts", tr("cold starts"), theme.series(4), Shape::Stacked,
                     counts(coldStarts))};
    case Metric::Cost:
        break;
    }
    return {
        make("cost", tr("cost per hour"), theme.series(1), Shape::Stacked, costOf(series, grid))};
}

std::vector<double> functionValues(Metric metric, const MetricSeries& series, const Grid& grid)
{
    switch (metric) {
    case Metric::Concurrency:
        return valuesOf(series, grid, 0, concurrency);
    case Metric::Invocations:
        return valuesOf(series, grid, 0, invocations);
    case Metric::Errors:
        return valuesOf(series, grid, 0, failures);
    case Metric::Duration:
        return valuesOf(series, grid, kGap, durationOf<&MetricsPoint::durationP99Ms>);
    case Metric::ColdStarts:
        return valuesOf(series, grid, 0, coldStarts);
    case Metric::Cost:
        break;
    }
    return costOf(series, grid);
}

// Peaks and percentiles of several functions do not add up to the account's.
bool addsUp(Metric metric)
{
    return metric != Metric::Concurrency && metric != Metric::Duration;
}

Shape functionShape(Metric metric)
{
    if (metric == Metric::Duration)
        return Shape::Line;
    return metric == Metric::Concurrency ? Shape::Step : Shape::Stacked;
}

std::vector<Series> functionSeries(Metric metric, const MetricsWindow& window, const Grid& grid,
                                   const std::vector<FunctionColor>& functions)
{
    std::vector<Series> all;
    for (const FunctionColor& function : functions)
        all.push_back({function.name, function.name, function.color, functionShape(metric),
                       functionValues(metric, window.series(function.name), grid)});
    if (!addsUp(metric) || window.functionTotals().size() <= functions.size())
        return all;
    auto rest = functionValues(metric, window.series(), grid);
    for (const Series& series : all) {
        for (std::size_t bin = 0; bin < rest.size(); ++bin)
            rest[bin] = std::max(0.0, rest[bin] - series.values[bin]);
    }
    all.push_back(make("", tr("other"), Theme::current().color(Theme::FaintText),
                       functionShape(metric), std::move(rest)));
    return all;
}

} // namespace

const std::vector<MetricChart>& metricCharts()
{
    static const std::vector<MetricChart> charts{
        {Metric::Concurrency, QStringLiteral("concurrency"), tr("Concurrency"), Unit::Count,
         QStringLiteral("ConcurrentExecutions")},
        {Metric::Invocations, QStringLiteral("invocations"), tr("Invocations"), Unit::Count,
         QStringLiteral("Invocations")},
        {Metric::Duration, QStringLiteral("duration"), tr("Duration"), Unit::Milliseconds,
         QStringLiteral("Duration")},
        {Metric::Errors, QStringLiteral("errors"), tr("Errors and throttles"), Unit::Count,
         QStringLiteral("Errors")},
        {Metric::ColdStarts, QStringLiteral("coldStarts"), tr("Cold starts"), Unit::Count,
         QStringLiteral("ColdStarts")},
        {Metric::Cost, QStringLiteral("cost"), tr("Cost per hour"), Unit::DollarsPerHour, {}},
    };
    return charts;
}

ChartData chartData(Metric metric, const MetricsWindow& window,
                    const std::vector<FunctionColor>& functions)
{
    const Grid grid = gridOf(window);
    ChartData data{grid.startMs, grid.binMs, grid.bins, {}};
    data.series = functions.empty() ? wholeSeries(metric, window.series(), grid)
                                    : functionSeries(metric, window, grid, functions);
    return data;
}

QString chartSubtitle(Metric metric, const MetricsWindow& window, bool byFunction)
{
    const QString width = charts::formatWidth(window.binMs());
    switch (metric) {
    case Metric::Concurrency:
        return tr("highest in %1").arg(width);
    case Metric::Duration:
        return byFunction ? tr("p99 of %1").arg(width) : tr("percentiles of %1").arg(width);
    case Metric::Cost:
        return window.binMs() < kCostSpanMs ? tr("over the last 60 s") : tr("over %1").arg(width);
    default:
        return tr("per %1").arg(width);
    }
}

QString chartEmptyText(Metric metric, const MetricsWindow& window)
{
    if (window.isLoading())
        return tr("Loading…");
    switch (metric) {
    case Metric::Errors:
        return tr("No errors and no throttles");
    case Metric::ColdStarts:
        return tr("No cold starts");
    case Metric::Cost:
        return tr("Nothing was billed");
    case Metric::Concurrency:
        return tr("Nothing ran");
    default:
        return tr("No invocations in the last %1").arg(window.range().label);
    }
}

QByteArray metricsCsv(const MetricsWindow& window)
{
    QByteArray csv("time,width_ms,invocations,errors,throttles,cold_starts,concurrency,"
                   "environments,duration_sum_ms,duration_p50_ms,duration_p90_ms,duration_p99_ms,"
                   "duration_max_ms,init_sum_ms,billed_ms,cost_usd,memory_max_bytes\r\n");
    const auto number = [&csv](auto value) { csv += ',' + QByteArray::number(value); };
    const auto real = [&csv](double value) { csv += ',' + QByteArray::number(value, 'g', 12); };
    for (const MetricsPoint& point : window.series().points()) {
        if (point.startMs < window.fromMs() || point.startMs >= window.toMs())
            continue;
        csv += QDateTime::fromMSecsSinceEpoch(point.startMs, Qt::UTC)
                   .toString(Qt::ISODateWithMs)
                   .toUtf8();
        number(point.widthMs);
        for (const qint64 count :
             {point.invocations, point.errors, point.throttles, point.coldStarts})
            number(count);
        number(point.concurrency);
        number(point.environments);
        for (const double ms : {point.durationSumMs, point.durationP50Ms, point.durationP90Ms,
                                point.durationP99Ms, point.durationMaxMs, point.initSumMs})
            real(ms);
        number(point.billedMs);
        csv += ',' + QByteArray::fromStdString(point.costUsd.toString());
        number(point.memoryMaxBytes);
        csv += "\r\n";
    }
    return csv;
}

} // namespace gantry::ui
