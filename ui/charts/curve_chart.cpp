// qcustomplot.h is written with Qt's keywords, which are off in the rest of the house.
#undef QT_NO_KEYWORDS
#undef QT_NO_FOREACH

#include "ui/charts/curve_chart.h"

#include "ui/charts/chart_types.h"

#include <qcustomplot.h>

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace gantry::charts {

namespace {

constexpr int kLegendHeight = 26;
constexpr int kMarkPadding = 3;
constexpr double kMarkSize = 10;
constexpr double kKeyStep = 0.02;    // of the axis
constexpr double kFastKeyStep = 0.1; // with Shift

// QCustomPlot's choice of marks, written in the chart's way.
template <class Base> class WrittenTicker final : public Base {
public:
    std::function<QString(double)> write;

protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override
    {
        return write ? write(tick) : Base::getTickLabel(tick, locale, format, precision);
    }
};

QSharedPointer<QCPAxisTicker> tickerFor(bool logarithmic, std::function<QString(double)> write)
{
    if (logarithmic) {
        auto ticker = QSharedPointer<WrittenTicker<QCPAxisTickerLog>>::create();
        ticker->write = std::move(write);
        return ticker;
    }
    auto ticker = QSharedPointer<WrittenTicker<QCPAxisTicker>>::create();
    ticker->write = std::move(write);
    return ticker;
}

QVector<QCPGraphData> graphData(const std::vector<QPointF>& points)
{
    QVector<QCPGraphData> data;
    data.reserve(int(points.size()));
    for (const QPointF& point : points)
        data.append({point.x(), point.y()});
    return data;
}

} // namespace

struct CurveChart::Impl {
    QCustomPlot* plot = nullptr;
};

std::optional<double> valueAt(const Curve& curve, double x)
{
    const auto& points = curve.points;
    const auto after = std::lower_bound(points.begin(), points.end(), x,
                                        [](const QPointF& p, double at) { return p.x() < at; });
    if (after == points.end() || (after == points.begin() && after->x() > x))
        return std::nullopt;
    if (after == points.begin() || after->x() == x)
        return after->y();
    const QPointF before = *std::prev(after);
    return before.y() + (after->y() - before.y()) * (x - before.x()) / (after->x() - before.x());
}

CurveChart::CurveChart(const QString& objectName, const QString& accessibleName, QWidget* parent)
    : QWidget(parent), m_impl(std::make_unique<Impl>())
{
    setObjectName(objectName);
    setAccessibleName(accessibleName);
    setToolTip(tr("Drag the line along, or use the arrow keys (with Shift in larger steps)"));
    setFocusPolicy(Qt::StrongFocus);
    setMinimumHeight(220);
    m_impl->plot = new QCustomPlot(this);
    m_impl->plot->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_impl->plot->setFocusPolicy(Qt::NoFocus);
    applyTheme();
}

CurveChart::~CurveChart() = default;

void CurveChart::setData(CurveData data)
{
    m_data = std::move(data);
    draw();
}

void CurveChart::setCursorAt(std::optional<double> x)
{
    m_cursor = x;
    draw();
}

void CurveChart::applyTheme()
{
    const ChartTheme theme = ChartTheme::fromPalette(palette());
    QCustomPlot& plot = *m_impl->plot;
    plot.setBackground(QBrush(theme.surface));
    for (QCPAxis* axis : {plot.xAxis, plot.yAxis}) {
        axis->setBasePen(QPen(theme.grid));
        axis->setTickPen(QPen(theme.grid));
        axis->setSubTickPen(QPen(theme.grid));
        axis->setTickLabelColor(theme.mutedText);
        axis->setLabelColor(theme.mutedText);
        axis->setTickLabelFont(font());
        axis->setLabelFont(font());
        axis->grid()->setPen(QPen(theme.grid, 1));
        axis->grid()->setZeroLinePen(QPen(theme.grid, 1));
        axis->grid()->setSubGridVisible(false);
    }
}

void CurveChart::draw()
{
    QCustomPlot& plot = *m_impl->plot;
    const ChartTheme theme = ChartTheme::fromPalette(palette());
    plot.clearPlottables();
    plot.clearItems();
    const auto scale = [](QCPAxis* axis, bool logarithmic, std::function<QString(double)> write) {
        axis->setScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
        axis->setTicker(tickerFor(logarithmic, std::move(write)));
    };
    scale(plot.xAxis, m_data.logarithmicX, m_data.writeX);
    scale(plot.yAxis, m_data.logarithmicY, m_data.writeY);
    plot.xAxis->setLabel(m_data.xTitle);

    for (const CurveBand& band : m_data.bands) {
        QCPGraph* lower = plot.addGraph();
        QCPGraph* upper = plot.addGraph();
        lower->data()->set(graphData(band.lower), true);
        upper->data()->set(graphData(band.upper), true);
        for (QCPGraph* edge : {lower, upper})
            edge->setPen(Qt::NoPen);
        QColor fill = band.color;
        fill.setAlphaF(0.22F);
        upper->setBrush(fill);
        upper->setChannelFillGraph(lower);
    }
    for (const Curve& curve : m_data.curves) {
        QCPGraph* graph = plot.addGraph();
        graph->data()->set(graphData(curve.points), true);
        QPen pen(curve.color, 2);
        if (curve.dashed)
            pen.setStyle(Qt::DashLine);
        graph->setPen(pen);
    }
    plot.rescaleAxes();
    if (m_data.logarithmicY)
        plot.yAxis->setRange(plot.yAxis->range().lower * 0.7, plot.yAxis->range().upper * 1.4);
    else
        plot.yAxis->setRange(0, std::max(plot.yAxis->range().upper * 1.08, 1e-9));
    for (const CurveMark& mark : m_data.marks) {
        // At the coordinates themselves: the margins, and so the pixels, change as the plot is drawn.
        auto* dot = new QCPItemTracer(&plot);
        dot->setStyle(QCPItemTracer::tsCircle);
        dot->setSize(kMarkSize);
        dot->position->setCoords(mark.at);
        dot->setPen(QPen(theme.surface, 1.5));
        dot->setBrush(mark.color);
        dot->setClipToAxisRect(false); // half of it lies beyond the last value
        auto* label = new QCPItemText(&plot);
        label->position->setType(QCPItemPosition::ptAbsolute);
        label->position->setParentAnchor(dot->position);
        label->position->setCoords(0, -9);
        label->setText(mark.text);
        label->setFont(font());
        // Beside the edge it would be cut.
        const double at = plot.xAxis->coordToPixel(mark.at.x());
        const int half = fontMetrics().horizontalAdvance(mark.text) / 2 + kMarkPadding;
        const QRect inner = plot.axisRect()->rect();
        const Qt::Alignment across = at + half > inner.right()  ? Qt::AlignRight
                                     : at - half < inner.left() ? Qt::AlignLeft
                                                                    : Qt::AlignHCenter;
        label->setPositionAlignment(Qt::AlignBottom | across);
        label->setColor(theme.text);
        label->setBrush(theme.surface);
        label->setPadding(QMargins(kMarkPadding, 1, kMarkPadding, 1));
    }
    if (m_cursor) {
        auto* line = new QCPItemStraightLine(&plot);
        line->point1->setCoords(*m_cursor, plot.yAxis->range().lower);
        line->point2->setCoords(*m_cursor, plot.yAxis->range().upper);
        line->setPen(QPen(theme.accent, 2));
    }
    setAccessibleDescription(readout().join(QStringLiteral(", ")));
    plot.replot(QCustomPlot::rpQueuedReplot);
    update();
}

QStringList CurveChart::readout() const
{
    QStringList parts;
    for (const Curve& curve : m_data.curves) {
        const auto value = m_cursor ? valueAt(curve, *m_cursor) : std::nullopt;
        parts.append(value && m_data.writeY
                         ? QStringLiteral("%1 %2").arg(curve.name, m_data.writeY(*value))
                         : curve.name);
    }
    return parts;
}

void CurveChart::paintEvent(QPaintEvent*)
{
    const ChartTheme theme = ChartTheme::fromPalette(palette());
    QPainter painter(this);
    painter.fillRect(rect(), theme.surface);
    painter.setRenderHint(QPainter::Antialiasing);
    const QStringList texts = readout();
    const QFontMetrics metrics(font());
    double x = 4;
    for (std::size_t i = 0; i < m_data.curves.size(); ++i) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(m_data.curves[i].color);
        painter.drawRoundedRect(QRectF(x, kLegendHeight / 2.0 - 4, 8, 8), 2, 2);
        painter.setPen(theme.text);
        const QString& text = texts[int(i)];
        painter.drawText(QPointF(x + 14, kLegendHeight / 2.0 + metrics.ascent() / 2.0 - 1), text);
        x += 14 + metrics.horizontalAdvance(text) + 18;
    }
    if (hasFocus()) {
        painter.setPen(QPen(theme.accent, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
}

void CurveChart::placePlot()
{
    m_impl->plot->setGeometry(rect().adjusted(2, kLegendHeight, -2, -2));
}

void CurveChart::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    placePlot();
    m_impl->plot->replot();
    draw(); // labels turn away from the edges
}

void CurveChart::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        applyTheme();
        draw();
    }
}

double CurveChart::pixelOf(double x) const
{
    return m_impl->plot->x() + m_impl->plot->xAxis->coordToPixel(x);
}

void CurveChart::moveCursor(double x)
{
    const QCPRange range = m_impl->plot->xAxis->range();
    setCursorAt(std::clamp(x, range.lower, range.upper));
    Q_EMIT cursorMoved(*m_cursor);
}

void CurveChart::mousePressEvent(QMouseEvent* event)
{
    if (m_cursor && event->button() == Qt::LeftButton)
        moveCursor(m_impl->plot->xAxis->pixelToCoord(event->position().x() - m_impl->plot->x()));
}

void CurveChart::mouseMoveEvent(QMouseEvent* event)
{
    if (m_cursor && event->buttons().testFlag(Qt::LeftButton))
        moveCursor(m_impl->plot->xAxis->pixelToCoord(event->position().x() - m_impl->plot->x()));
}

void CurveChart::keyPressEvent(QKeyEvent* event)
{
    const bool left = event->key() == Qt::Key_Left;
    if (!m_cursor || (!left && event->key() != Qt::Key_Right))
        return QWidget::keyPressEvent(event);
    const QCPRange range = m_impl->plot->xAxis->range();
    const double step = (left ? -1 : 1) *
                        (event->modifiers().testFlag(Qt::ShiftModifier) ? kFastKeyStep : kKeyStep);
    if (m_data.logarithmicX)
        moveCursor(*m_cursor * std::pow(range.upper / range.lower, step));
    else
        moveCursor(*m_cursor + range.size() * step);
}

void CurveChart::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    update();
}

void CurveChart::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    update();
}

QImage CurveChart::toImage(double scale)
{
    QImage image(size() * scale, QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(scale);
    render(&image);
    return image;
}

} // namespace gantry::charts
