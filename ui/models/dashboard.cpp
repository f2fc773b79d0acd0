#include "ui/models/dashboard.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>

namespace gantry::models {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::models::dashboard", text);
}

TileSeries of(Measure measure)
{
    return {measure, {}, {}};
}

} // namespace

bool Tile::uses(const QString& variable) const
{
    const auto isIt = [&variable](const QString& function, const QString& version) {
        return function == variable || version == variable;
    };
    return isIt(function, version) ||
           std::any_of(series.begin(), series.end(), [&](const TileSeries& one) {
               return isIt(one.function, one.version);
           });
}

bool Dashboard::uses(const QString& variable) const
{
    return std::any_of(tiles.begin(), tiles.end(),
                       [&variable](const Tile& tile) { return tile.uses(variable); });
}

Tile resolved(Tile tile, const Dashboard& dashboard)
{
    const auto resolve = [&dashboard](QString& function, QString& version) {
        if (function == kFunctionVariable)
            function = dashboard.function;
        if (version == kVersionVariable)
            version = dashboard.version;
        if (function.isEmpty())
            version.clear();
    };
    resolve(tile.function, tile.version);
    for (TileSeries& series : tile.series)
        resolve(series.function, series.version);
    return tile;
}

bool isDashboardName(const QString& name)
{
    static const QRegularExpression allowed(QStringLiteral("^[A-Za-z0-9_-]{1,255}\\z"));
    return allowed.match(name).hasMatch();
}

QString dashboardNameFrom(const QString& text)
{
    static const QRegularExpression other(QStringLiteral("[^A-Za-z0-9_-]+"));
    return QString(text).replace(other, QStringLiteral("-")).left(255);
}

QString nameOf(TileKind kind)
{
    switch (kind) {
    case TileKind::Line:
        return tr("Line chart");
    case TileKind::Area:
        return tr("Area chart");
    case TileKind::Stacked:
        return tr("Stacked chart");
    case TileKind::HeatMap:
        return tr("Heat map of duration");
    case TileKind::Number:
        return tr("Number");
    case TileKind::Table:
        return tr("Table of functions");
    case TileKind::Log:
        return tr("Log");
    case TileKind::Alarms:
        return tr("Alarms");
    case TileKind::Text:
        return tr("Text");
    case TileKind::Unknown:
        break;
    }
    return tr("Unknown tile");
}

Tile makeTile(TileKind kind)
{
    Tile tile;
    tile.kind = kind;
    switch (kind) {
    case TileKind::Line:
        tile.title = tr("Duration");
        tile.series = {of(Measure::DurationP50), of(Measure::DurationP99)};
        tile.place = {0, 0, 8, 6};
        break;
    case TileKind::Area:
        tile.title = tr("Concurrent executions");
        tile.series = {of(Measure::Concurrency)};
        tile.place = {0, 0, 8, 6};
        break;
    case TileKind::Stacked:
        tile.title = tr("Errors and throttles");
        tile.series = {of(Measure::Errors), of(Measure::Throttles)};
        tile.place = {0, 0, 8, 6};
        break;
    case TileKind::HeatMap:
        tile.title = tr("Durations");
        tile.place = {0, 0, 12, 7};
        break;
    case TileKind::Number:
        tile.title = tr("Invocations");
        tile.series = {of(Measure::Invocations)};
        tile.place = {0, 0, 4, 3};
        break;
    case TileKind::Table:
        tile.title = tr("Functions");
        tile.place = {0, 0, 16, 6};
        break;
    case TileKind::Log:
        tile.title = tr("Log");
        tile.place = {0, 0, 12, 6};
        break;
    case TileKind::Alarms:
        tile.title = tr("Alarms");
        tile.place = {0, 0, 8, 6};
        break;
    case TileKind::Text:
        tile.title = tr("Note");
        tile.text = tr("**Write here** what whoever looks at this should know.");
        tile.place = {0, 0, 8, 3};
        break;
    case TileKind::Unknown:
        break;
    }
    return tile;
}

Dashboard starterDashboard()
{
    Dashboard dashboard;
    const auto put = [&dashboard](TileKind kind, const QRect& place) -> Tile& {
        Tile tile = makeTile(kind);
        tile.place = place;
        tile.id = QStringLiteral("t%1").arg(dashboard.tiles.size() + 1);
        dashboard.tiles.append(tile);
        return dashboard.tiles.last();
    };
    const auto number = [&](int column, Measure measure) {
        Tile& tile = put(TileKind::Number, {column, 0, 6, 3});
        tile.series = {of(measure)};
        tile.title = infoOf(measure).name;
    };
    number(0, Measure::Invocations);
    number(6, Measure::ErrorRate);
    number(12, Measure::DurationP99);
    number(18, Measure::Cost);
    Tile& invocations = put(TileKind::Stacked, {0, 3, 12, 6});
    invocations.title = tr("Invocations by function");
    invocations.series = {of(Measure::Invocations)};
    invocations.byFunction = true;
    put(TileKind::Line, {12, 3, 12, 6});
    put(TileKind::Table, {0, 9, 16, 6});
    put(TileKind::Alarms, {16, 9, 8, 6});
    return dashboard;
}

} // namespace gantry::models
