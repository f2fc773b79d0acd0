#pragma once

#include "ui/models/measures.h"

#include <QByteArray>
#include <QJsonArray>
#include <QJsonObject>
#include <QList>
#include <QRect>
#include <QString>

#include <optional>

// A dashboard as CloudWatch has it: tiles on a grid of 24 columns, written as JSON that CloudWatch reads
// too. What CloudWatch has no word for stands under "gantry", and what Gantry does not know is kept.
namespace gantry::models {

enum class TileKind { Line, Area, Stacked, HeatMap, Number, Table, Log, Alarms, Text, Unknown };

inline constexpr int kGridColumns = 24;
inline constexpr int kMostTiles = 500; // as many as CloudWatch takes
inline constexpr int kLeastTile = 2;   // columns and rows
inline constexpr int kTallestTile = 100;
inline constexpr qsizetype kMostDashboardBytes = 1 << 20;

// What stands for the chosen value of a dashboard's variable.
inline const QString kFunctionVariable = QStringLiteral("${function}");
inline const QString kVersionVariable = QStringLiteral("${version}");

struct TileSeries {
    Measure measure = Measure::Invocations;
    QString function; // empty: the account
    QString version;  // or alias; empty: all of the function

    friend bool operator==(const TileSeries&, const TileSeries&) = default;
};

struct Tile {
    QString id; // of this session, e.g. "t1"
    TileKind kind = TileKind::Line;
    QRect place{0, 0, 6, 6}; // columns and rows
    QString title;
    QString function; // what its series, log lines, alarms are of; empty: the account
    QString version;
    bool byFunction = false; // a series for each of the busiest functions
    QList<TileSeries> series;
    QString text; // Markdown of a text, the query that a log came with
    QJsonArray otherMetrics; // that the console does not draw, as they came
    QJsonObject source;      // the widget of the file, of an unknown kind

    bool operator==(const Tile&) const = default;
    bool uses(const QString& variable) const;
};

struct Dashboard {
    QList<Tile> tiles;
    QString range = QStringLiteral("5m"); // a MetricsRange's id
    QString compare;                      // "", "1d", "7d": how long ago
    QString function;                     // values of the variables; empty: none chosen
    QString version;

    bool operator==(const Dashboard&) const = default;
    bool uses(const QString& variable) const;
};

// What a kind is called, and a tile of it as it is added: with a title and something to show.
QString nameOf(TileKind kind);
Tile makeTile(TileKind kind);

// The dashboard of a file or of the platform; nothing and the reason when it is none. Numbers out of
// bounds are brought inside.
std::optional<Dashboard> readDashboard(const QByteArray& json, QString* problem);
QByteArray writeDashboard(const Dashboard& dashboard);

// The tile with the values of the variables in their places.
Tile resolved(Tile tile, const Dashboard& dashboard);

// What a dashboard's name may be in CloudWatch: letters, digits, - and _; the nearest to a text.
bool isDashboardName(const QString& name);
QString dashboardNameFrom(const QString& text);

// The stock of a first own dashboard.
Dashboard starterDashboard();

} // namespace gantry::models
