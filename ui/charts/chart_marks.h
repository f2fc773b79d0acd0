#pragma once

#include "ui/charts/chart_types.h"

#include <QString>

#include <functional>
#include <vector>

class QPainter;
class QRect;

// What happened at a time and may explain a chart: a vertical line through it with a sign at its head,
// or a band where it took its time. Pure drawing; ChartGroup holds the marks of a page.
namespace gantry::charts {

struct ChartMark {
    enum class Sign { Triangle, Disc, Square };

    double fromMs = 0;
    double toMs = 0; // not after fromMs: a moment
    Sign sign = Sign::Triangle;
    QColor color;
    QString title;
    QString detail; // may be empty
    QString route;  // where it is told in full

    friend bool operator==(const ChartMark&, const ChartMark&) = default;
};

using XOfTime = std::function<double(double ms)>;

void paintMarks(QPainter& painter, const QRect& plot, const XOfTime& xOf,
                const std::vector<ChartMark>& marks);
// Those whose line or band is within some pixels of x, by time.
std::vector<const ChartMark*> marksAt(double x, const QRect& plot, const XOfTime& xOf,
                                      const std::vector<ChartMark>& marks);
// What a tooltip says of them: rich text.
QString marksText(const std::vector<const ChartMark*>& marks);

} // namespace gantry::charts
