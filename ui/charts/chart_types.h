#pragma once

#include <QColor>
#include <QPalette>
#include <QString>

#include <vector>

namespace gantry::charts {

// How the numbers of an axis are written.
enum class Unit { Count, Milliseconds, Dollars, DollarsPerHour, Percent, Bytes };

// Line joins the middles of the bins, Step draws each bin as wide as it is, Stacked piles the bins
// of several series on one another and fills them, Area fills each from the ground, see-through.
enum class Shape { Line, Step, Stacked, Area };

// The colours of a chart that are not a series' own. They come from the palette, which the theme
// sets for the whole program; a series brings its colour along.
struct ChartTheme {
    QColor surface;
    QColor text;
    QColor mutedText;
    QColor grid;
    QColor accent; // selection while zooming, focus

    static ChartTheme fromPalette(const QPalette& palette);
    friend bool operator==(const ChartTheme&, const ChartTheme&) = default;
};

// One value a bin of its chart; a bin without a value is NaN and is drawn as a gap.
struct Series {
    QString id;
    QString name;
    QColor color;
    Shape shape = Shape::Line;
    std::vector<double> values;
    bool compared = false; // of another time: dashed and paler
};

// What a chart shows: series over one regular grid of bins [startMs + i*binMs, + binMs), Unix time.
struct ChartData {
    qint64 startMs = 0;
    qint64 binMs = 1000;
    int bins = 0;
    std::vector<Series> series;

    qint64 endMs() const { return startMs + bins * binMs; }
    // The bin that holds a time, or -1.
    int binAt(double ms) const;
    // True when no series has a value other than zero.
    bool isBlank() const;
};

// RFC 4180 with a header row; times as ISO 8601 in UTC, gaps as empty fields.
QByteArray toCsv(const ChartData& data);

} // namespace gantry::charts
