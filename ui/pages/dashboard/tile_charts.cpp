#include "ui/pages/dashboard/tile_charts.h"

#include "ui/charts/axis_ticks.h"
#include "ui/models/dashboard_data.h"
#include "ui/widgets/theme.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace gantry::ui {

using charts::ChartData;
using charts::Series;
using charts::Shape;
using models::BinGrid;
using models::DashboardData;
using models::Measure;
using models::MeasureUnit;
using models::Tile;
using models::TileKind;
using models::TileSeries;
using widgets::Theme;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::ui::tiles", text);
}

Shape shapeOf(TileKind kind, Measure measure)
{
    if (kind == TileKind::Stacked)
        return Shape::Stacked;
    if (kind == TileKind::Area)
        return Shape::Area;
    const bool stands = measure == Measure::Concurrency || measure == Measure::Environments;
    return stands ? Shape::Step : Shape::Line;
}

// What always means the same has always the same colour.
QColor colorOf(Measure measure, int index)
{
    const Theme& theme = Theme::current();
    switch (measure) {
    case Measure::Errors:
    case Measure::ErrorRate:
        return theme.color(Theme::Error);
    case Measure::Throttles:
        return theme.color(Theme::Warning);
    default:
        return theme.series(index);
    }
}

// A pile and an area have no gaps: nothing is as high as zero.
void closeGaps(std::vector<double>& values)
{
    for (double& value : values)
        value = std::isnan(value) ? 0 : value;
}

struct One {
    QString id;
    QString name;
    QColor color;
    Measure measure;
    QString source; // in DashboardData
};

bool sameScope(const Tile& tile)
{
    return std::all_of(tile.series.begin(), tile.series.end(), [&tile](const TileSeries& one) {
        return one.function == tile.series.first().function &&
               one.version == tile.series.first().version;
    });
}

std::vector<One> seriesOf(const Tile& tile, const std::vector<FunctionColor>& functions)
{
    std::vector<One> all;
    if (tile.series.isEmpty())
        return all;
    if (tile.byFunction) {
        const Measure measure = tile.series.first().measure;
        for (const FunctionColor& function : functions)
            all.push_back({function.name, function.name, function.color, measure, function.name});
        return all;
    }
    const MeasureUnit unit = unitOf(tile);
    const bool same = sameScope(tile);
    int index = 0;
    for (const TileSeries& one : tile.series) {
        const models::MeasureInfo& info = models::infoOf(one.measure);
        if (info.unit != unit)
            continue;
        const QString source = DashboardData::nameOf(one.function, one.version);
        const QString name =
            same ? info.name
                 : tr("%1 of %2").arg(info.name, source.isEmpty() ? tr("all functions") : source);
        all.push_back({QStringLiteral("s%1").arg(index), name, colorOf(one.measure, index),
                       one.measure, source});
        ++index;
    }
    return all;
}

void addPast(ChartData& chart, const std::vector<One>& all, const Tile& tile,
             const DashboardData& data, const BinGrid& grid)
{
    const QString then = pastName(data.compare());
    std::vector<double> pile(std::size_t(std::max(0, grid.bins)), 0.0);
    for (const One& one : all) {
        auto values = models::coarseValuesOf(one.measure, data.past(one.source), grid);
        if (tile.kind != TileKind::Stacked) {
            chart.series.push_back({one.id + QStringLiteral("_past"),
                                    tr("%1, %2").arg(one.name, then), one.color, Shape::Step,
                                    std::move(values), true});
            continue;
        }
        closeGaps(values);
        for (std::size_t bin = 0; bin < pile.size(); ++bin)
            pile[bin] += values[bin];
    }
    if (tile.kind == TileKind::Stacked && !all.empty())
        chart.series.push_back({QStringLiteral("past"), tr("all, %1").arg(then),
                                Theme::current().color(Theme::MutedText), Shape::Step, pile, true});
}

} // namespace

charts::Unit unitOf(MeasureUnit unit)
{
    switch (unit) {
    case MeasureUnit::Count:
        break;
    case MeasureUnit::Milliseconds:
        return charts::Unit::Milliseconds;
    case MeasureUnit::Percent:
        return charts::Unit::Percent;
    case MeasureUnit::Bytes:
        return charts::Unit::Bytes;
    case MeasureUnit::Dollars:
        return charts::Unit::Dollars;
    case MeasureUnit::DollarsPerHour:
        return charts::Unit::DollarsPerHour;
    }
    return charts::Unit::Count;
}

MeasureUnit unitOf(const Tile& tile)
{
    return tile.series.isEmpty() ? MeasureUnit::Count
                                 : models::infoOf(tile.series.first().measure).unit;
}

ChartData tileData(const Tile& tile, const DashboardData& data,
                   const std::vector<FunctionColor>& functions)
{
    const BinGrid grid = gridOf(data.window());
    ChartData chart{grid.startMs, grid.binMs, grid.bins, {}};
    const std::vector<One> all = seriesOf(tile, functions);
    for (const One& one : all) {
        const Shape shape = shapeOf(tile.kind, one.measure);
        auto values = models::valuesOf(one.measure, data.series(one.source), grid);
        if (shape == Shape::Stacked || shape == Shape::Area)
            closeGaps(values);
        chart.series.push_back({one.id, one.name, one.color, shape, std::move(values)});
    }
    if (data.isComparing())
        addPast(chart, all, tile, data, grid);
    return chart;
}

QStringList wantedBy(const Tile& tile)
{
    QStringList names;
    for (const TileSeries& one : tile.series)
        names.append(DashboardData::nameOf(one.function, one.version));
    return names;
}

QString tileSubtitle(const Tile& tile, const DashboardData& data)
{
    QStringList parts;
    const bool same = sameScope(tile);
    if (tile.byFunction)
        parts.append(tr("by function"));
    else if (same && !tile.series.isEmpty() && !tile.series.first().function.isEmpty())
        parts.append(
            DashboardData::nameOf(tile.series.first().function, tile.series.first().version));
    if (!tile.series.isEmpty() && tile.kind != TileKind::Number)
        parts.append(tr("per %1").arg(charts::formatWidth(data.window().binMs())));
    const MeasureUnit unit = unitOf(tile);
    const auto left = std::count_if(tile.series.begin(), tile.series.end(),
                                    [unit](const auto& one) {
                                        return models::infoOf(one.measure).unit != unit;
                                    }) +
                      tile.otherMetrics.size();
    if (left > 0)
        parts.append(tr("%1 not drawn").arg(left));
    return parts.join(QStringLiteral(" · "));
}

QString pastName(const QString& compare)
{
    return compare == QLatin1String("7d") ? tr("a week ago") : tr("yesterday");
}

} // namespace gantry::ui
