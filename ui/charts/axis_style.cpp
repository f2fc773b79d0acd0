// qcustomplot.h is written with Qt's keywords, which are off in the rest of the house.
#undef QT_NO_KEYWORDS
#undef QT_NO_FOREACH

#include "ui/charts/axis_style.h"

#include "ui/charts/chart_types.h"

#include <QLabel>
#include <qcustomplot.h>

namespace gantry::charts {

void applyAxisStyle(QCustomPlot& plot, QLabel& empty, const ChartTheme& theme, const QFont& font)
{
    QFont small = font;
    small.setPointSizeF(small.pointSizeF() * 0.9);
    plot.setBackground(QBrush(theme.surface));
    for (QCPAxis* axis : {plot.xAxis, plot.yAxis}) {
        axis->setTickLabelColor(theme.mutedText);
        axis->setLabelColor(theme.mutedText);
        axis->setTickLabelFont(small);
        axis->setLabelFont(small);
        axis->setSubTicks(false);
        axis->setTickLength(0, axis == plot.xAxis ? 4 : 0);
        axis->grid()->setPen(QPen(theme.grid));
        axis->grid()->setZeroLinePen(QPen(theme.grid));
    }
    plot.xAxis->setBasePen(QPen(theme.grid.darker(105)));
    plot.xAxis->setTickPen(QPen(theme.grid.darker(105)));
    QPalette muted = empty.palette();
    muted.setColor(QPalette::WindowText, theme.mutedText);
    empty.setPalette(muted);
}

} // namespace gantry::charts
