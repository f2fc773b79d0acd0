#include "ui/pages/monitor/metrics_charts.h"

#include "ui/charts/axis_ticks.h"
#include "ui/models/measures.h"
#include "ui/models/metrics_window.h"
#include "ui/widgets/theme.h"

#include <QCoreApplication>
#include <QDateTime>

#include <algorithm>

namespace gantry::ui {

using charts::ChartData;
using charts::Series;
using charts::Shape;
using charts::Unit;
using models::BinGrid;
using models::Measure;
using models::MetricSeries;
using models::MetricsWindow;
using rpc::MetricsPoint;
using widgets::Theme;

namespace {

constexpr std::size_t kTopFunctions = 5;
constexpr qint64 kCostSpanMs = 60'000; // as long as the platform's own cost per hour looks back

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::ui::charts", text);
}

std::vector<double> failuresOf(const MetricSeries& series, const BinGrid& grid)
{
    auto values = valuesOf(Measure::Errors, series, grid);
    const auto throttles = valuesOf(Measure::Throttles, series, grid);
    for (std::size_t bin = 0; bin < values.size(); ++bin)
        values[bin] += throttles[bin];
    return values;
}

Series make(const char* id, const QString& name, const QColor& color, Shape shape,
            std::vector<double> values)
{
    return {QLatin1String(id), name, color, shape, std::move(values)};
}

std::vector<Series> wholeSeries(Metric metric, const MetricSeries& series, const BinGrid& grid)
{
    const Theme& theme = Theme::current();
    const auto values = [&](Measure measure) { return valuesOf(measure, series, grid); };
    switch (metric) {
    case Metric::Concurrency:
        return {make("concurrency", tr("executions"), theme.series(0), Shape::Step,
                     values(Measure::Concurrency)),
                make("environments", tr("environments"), theme.color(Theme::FaintText), Shape::Step,
                     values(Measure::Environments))};
    case Metric::Invocations:
        return {make("invocations", tr("invocations"), theme.series(0), Shape::Stacked,
                     values(Measure::Invocations))};
    case Metric::Errors:
        return {
            make("errors", tr("errors"), theme.color(Theme::Error), Shape::Stacked, values(Measure::Errors)),
            make("throttles", tr("throttles"), theme.color(Theme::Warning), Shape::Stacked,
                 values(Measure::Throttles))};
    case Metric::Duration:
        return {make("p50", tr("p50"), theme.series(1), Shape::Line,
                     values(Measure::DurationP50)),
                make("p90", tr("p90"), theme.series(2), Shape::Line,
                     values(Measure::DurationP90)),
                make("p99", tr("p99"), theme.series(3), Shape::Line,
                     values(Measure::DurationP99))};
    case Metric::ColdStarts:
        return {make("coldStarts", tr("cold starts"), theme.series(4), Shape::Stacked,
                     values(Measure::ColdStarts))};
    case Metric::Cost:
        break;
    }
    return {
        make("cost", tr("cost per hour"), theme.series(1), Shape::Stacked, values(Measure::CostPerHour))};
}

std::vector<double> functionValues(Metric metric, const MetricSeries& series, const BinGrid& grid)
{
    switch (metric) {
    case Metric::Concurrency:
        return valuesOf(Measure::Concurrency, series, grid);
    case Metric::Invocations:
        return valuesOf(Measure::Invocations, series, grid);
    case Metric::Errors:
        return failuresOf(series, grid);
    case Metric::Duration:
        return valuesOf(Measure::DurationP99, series, grid);
    case Metric::ColdStarts:
        return valuesOf(Measure::ColdStarts, series, grid);
    case Metric::Cost:
        break;
    }
    return valuesOf(Measure::CostPerHour, series, grid);
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

std::vector<Series> functionSeries(Metric metric, const MetricsWindow& window, const BinGrid& grid,
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

BinGrid gridOf(const MetricsWindow& window)
{
    const qint64 bin = window.binMs();
    const qint64 start = window.fromMs() - bin;
    return {start, bin, int((window.toMs() - start) / bin) + 1};
}

void updateFunctions(std::vector<FunctionColor>& functions,
                     const std::vector<models::FunctionTotals>& totals)
{
    const auto isTop = [&](const FunctionColor& function) {
        const auto end = totals.begin() + std::ptrdiff_t(std::min(kTopFunctions, totals.size()));
        return std::any_of(totals.begin(), end,
                           [&](const auto& one) { return one.name == function.name; });
    };
    std::erase_if(functions, [&](const FunctionColor& function) { return !isTop(function); });
    for (std::size_t i = 0; i < totals.size() && functions.size() < kTopFunctions; ++i) {
        const auto known = [&](const FunctionColor& one) { return one.name == totals[i].name; };
        if (std::any_of(functions.begin(), functions.end(), known))
            continue;
        for (int color = 0; color < Theme::kSeriesCount; ++color) {
            const QColor candidate = Theme::current().series(color);
            const auto taken = [&](const FunctionColor& one) { return one.color == candidate; };
            if (std::none_of(functions.begin(), functions.end(), taken)) {
                functions.push_back({totals[i].name, candidate});
                break;
            }
        }
    }
}

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
    const BinGrid grid = gridOf(window);
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
