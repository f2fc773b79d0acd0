#pragma once

class QCustomPlot;
class QFont;
class QLabel;

namespace gantry::charts {

struct ChartTheme;

// The axes of the charts that draw on a plot of their own: background, muted labels in a font a
// little smaller than the page's, a quiet grid. The label is what stands there without data.
void applyAxisStyle(QCustomPlot& plot, QLabel& empty, const ChartTheme& theme, const QFont& font);

} // namespace gantry::charts
