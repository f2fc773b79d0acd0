#include "ui/charts/chart_marks.h"

#include "ui/charts/axis_ticks.h"

#include <QCoreApplication>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace gantry::charts {

namespace {

constexpr double kReach = 5;
constexpr double kSign = 4; // half of its width
constexpr std::size_t kMostTold = 8;

QColor withAlpha(QColor color, float alpha)
{
    color.setAlphaF(alpha);
    return color;
}

void paintSign(QPainter& painter, ChartMark::Sign sign, double x, double top)
{
    switch (sign) {
    case ChartMark::Sign::Triangle: {
        const QPointF corners[] = {{x - kSign, top}, {x + kSign, top}, {x, top + 2 * kSign}};
        painter.drawPolygon(corners, 3);
        break;
    }
    case ChartMark::Sign::Disc:
        painter.drawEllipse(QPointF(x, top + kSign), kSign, kSign);
        break;
    case ChartMark::Sign::Square:
        painter.drawRect(QRectF(x - kSign + 0.5, top + 0.5, 2 * kSign - 1, 2 * kSign - 1));
        break;
    }
}

} // namespace

void paintMarks(QPainter& painter, const QRect& plot, const XOfTime& xOf,
                const std::vector<ChartMark>& marks)
{
    painter.save();
    painter.setClipRect(plot.adjusted(-int(kSign), 0, int(kSign), 0));
    painter.setRenderHint(QPainter::Antialiasing);
    for (const ChartMark& mark : marks) {
        const double x = std::floor(xOf(mark.fromMs)) + 0.5;
        const double end = mark.toMs > mark.fromMs ? xOf(mark.toMs) : x;
        if (end < plot.left() || x > plot.right())
            continue;
        if (end - x >= 1)
            painter.fillRect(QRectF(x, plot.top(), end - x, plot.height()),
                             withAlpha(mark.color, 0.1F));
        painter.setPen(QPen(withAlpha(mark.color, 0.75F), 1, Qt::DashLine));
        painter.drawLine(QPointF(x, plot.top() + 2 * kSign), QPointF(x, plot.bottom()));
        painter.setPen(Qt::NoPen);
        painter.setBrush(mark.color);
        paintSign(painter, mark.sign, x, plot.top());
    }
    painter.restore();
}

std::vector<const ChartMark*> marksAt(double x, const QRect& plot, const XOfTime& xOf,
                                      const std::vector<ChartMark>& marks)
{
    std::vector<const ChartMark*> found;
    if (x < plot.left() - kReach || x > plot.right() + kReach)
        return found;
    for (const ChartMark& mark : marks) {
        const double from = xOf(mark.fromMs);
        if (x >= from - kReach && x <= std::max(from, xOf(mark.toMs)) + kReach &&
            from <= plot.right() + kReach)
            found.push_back(&mark);
    }
    return found;
}

QString marksText(const std::vector<const ChartMark*>& marks)
{
    QStringList told;
    for (const ChartMark* mark : marks) {
        if (std::size_t(told.size()) == kMostTold) {
            told.append(QCoreApplication::translate("ChartMarks", "and %1 more")
                            .arg(marks.size() - kMostTold));
            break;
        }
        QString text = QStringLiteral("<b>%1</b> &nbsp;%2")
                           .arg(mark->title.toHtmlEscaped(), formatTime(qint64(mark->fromMs), 1000));
        if (!mark->detail.isEmpty())
            text += QStringLiteral("<br>") + mark->detail.left(300).toHtmlEscaped();
        told.append(text);
    }
    return told.join(QStringLiteral("<br>"));
}

} // namespace gantry::charts
