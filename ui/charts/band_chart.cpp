// qcustomplot.h is written with Qt's keywords, which are off in the rest of the house.
#undef QT_NO_KEYWORDS
#undef QT_NO_FOREACH

#include "ui/charts/band_chart.h"

#include "ui/charts/axis_style.h"
#include "ui/charts/axis_ticks.h"

#include <qcustomplot.h>

#include <QLabel>
#include <QMouseEvent>
#include <QToolTip>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gantry::charts {
namespace {

constexpr int kReach = 14; // pixels around a marker or point that count as on it
constexpr int kTop = 24;   // room for the markers' texts
constexpr double kBandShare = 0.16;
constexpr int kValueTicks = 5;

QVector<double> vectorOf(const std::vector<double>& values)
{
    return QVector<double>(values.begin(), values.end());
}

QColor withAlpha(QColor color, double alpha)
{
    color.setAlphaF(alpha);
    return color;
}

// Of all that is drawn along an axis.
struct Extent {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    void add(double value)
    {
        if (!std::isfinite(value))
            return;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    bool any() const { return low <= high; }
};

} // namespace

struct BandChart::Impl {
    explicit Impl(QWidget* parent) : plot(new QCustomPlot(parent)) {}

    QCustomPlot* plot; // the widget's
    QLabel* title = nullptr;
    QLabel* legend = nullptr; // with more than one curve
    QLabel* empty = nullptr;
    ChartTheme theme;
};

BandChart::BandChart(const QString& id, const QString& title, Unit xUnit, Unit yUnit,
                       QWidget* parent)
    : QWidget(parent), m_impl(std::make_unique<Impl>(this)), m_title(title), m_xUnit(xUnit),
      m_yUnit(yUnit)
{
    setObjectName(id);
    setAccessibleName(title);
    setMouseTracking(true);
    setMinimumHeight(150);
    m_xText = [this](double x) { return formatValue(x, m_xUnit); };
    QCustomPlot& plot = *m_impl->plot;
    plot.setAttribute(Qt::WA_TransparentForMouseEvents);
    plot.setFocusPolicy(Qt::NoFocus);
    plot.setPlottingHints(QCP::phCacheLabels | QCP::phFastPolylines);
    plot.setNotAntialiasedElements(QCP::aeAxes | QCP::aeGrid);
    plot.xAxis->grid()->setVisible(false);
    plot.yAxis->grid()->setZeroLinePen(Qt::NoPen);
    plot.yAxis->setBasePen(Qt::NoPen);
    plot.yAxis->setTickPen(Qt::NoPen);
    plot.axisRect()->setMinimumMargins(QMargins(8, kTop, 16, 8));
    m_impl->title = new QLabel(title, this);
    QFont strong = m_impl->title->font();
    strong.setWeight(QFont::DemiBold);
    m_impl->title->setFont(strong);
    m_impl->legend = new QLabel(this);
    m_impl->legend->setObjectName(id + QStringLiteral("Legend"));
    m_impl->legend->setTextFormat(Qt::RichText);
    m_impl->legend->hide();
    m_impl->empty = new QLabel(this);
    m_impl->empty->setAlignment(Qt::AlignCenter);
    m_impl->empty->setWordWrap(true);
    m_impl->empty->hide();
    applyTheme();
}

BandChart::~BandChart() = default;

void BandChart::setData(BandData data)
{
    m_data = std::move(data);
    showLegend();
    arrange();
    draw();
}

void BandChart::showLegend()
{
    QStringList names;
    for (const BandCurve& curve : m_data.curves)
        if (!curve.x.empty() || !curve.pointsX.empty())
            names.append(QStringLiteral("<span style='color:%1'>■</span> %2")
                             .arg(curve.color.name(), curve.name.toHtmlEscaped()));
    m_impl->legend->setText(names.join(QStringLiteral("&nbsp;&nbsp; ")));
    m_impl->legend->setVisible(names.size() > 1);
}

void BandChart::arrange()
{
    int head = m_impl->title->sizeHint().height() + 4;
    m_impl->title->setGeometry(0, 0, width(), head);
    if (m_impl->legend->isVisibleTo(this)) {
        const int line = m_impl->legend->sizeHint().height();
        m_impl->legend->setGeometry(0, head, width(), line);
        head += line;
    }
    m_impl->plot->setGeometry(0, head, width(), height() - head);
    m_impl->empty->setGeometry(m_impl->plot->geometry().adjusted(40, 20, -40, -20));
}

void BandChart::setEmptyText(const QString& text)
{
    m_impl->empty->setText(text);
}

void BandChart::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
    draw();
}

void BandChart::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    draw();
}

void BandChart::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        applyTheme();
        draw();
    }
}

void BandChart::applyTheme()
{
    m_impl->theme = ChartTheme::fromPalette(palette());
    applyAxisStyle(*m_impl->plot, *m_impl->empty, m_impl->theme, font());
}

void BandChart::draw()
{
    const bool any = std::any_of(m_data.curves.begin(), m_data.curves.end(),
                                 [](const BandCurve& curve) { return !curve.x.empty(); });
    m_impl->empty->setVisible(!any);
    m_impl->plot->setVisible(any);
    if (!isVisible() || !any)
        return;
    QCustomPlot& plot = *m_impl->plot;
    plot.clearPlottables();
    plot.clearItems();
    plot.xAxis->setScaleType(m_data.logX ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    plot.xAxis->setLabel(m_data.xTitle);
    setRanges();
    drawCurves();
    // The texts of markers are placed in pixels: the new ticks' room is to be known.
    for (const auto phase : {QCPLayoutElement::upPreparation, QCPLayoutElement::upMargins,
                             QCPLayoutElement::upLayout})
        plot.plotLayout()->update(phase);
    drawMarkers();
    plot.replot(QCustomPlot::rpQueuedReplot);
}

void BandChart::setRanges()
{
    Extent x, y;
    for (const BandCurve& curve : m_data.curves) {
        for (const std::vector<double>* values : {&curve.x, &curve.pointsX})
            for (const double value : *values)
                x.add(value);
        for (const std::vector<double>* values : {&curve.y, &curve.pointsY, &curve.high})
            for (const double value : *values)
                y.add(value);
    }
    // A wide band must not press the curves flat: it may leave the picture above.
    Extent middle;
    for (const BandCurve& curve : m_data.curves)
        for (const std::vector<double>* values : {&curve.y, &curve.pointsY})
            for (const double value : *values)
                middle.add(value);
    const double top = std::min(y.high, middle.high * 1.5);
    QCustomPlot& plot = *m_impl->plot;
    const auto ticks = valueTicks(std::max(top, m_data.limitY * 1.05), m_yUnit, kValueTicks);
    QSharedPointer<QCPAxisTickerText> values(new QCPAxisTickerText);
    for (const double tick : ticks)
        values->addTick(tick, formatTick(tick, m_yUnit));
    plot.yAxis->setTicker(values);
    plot.yAxis->setRange(0, ticks.back());

    QSharedPointer<QCPAxisTickerText> places(new QCPAxisTickerText);
    if (!m_data.xTicks.empty()) {
        for (const double tick : m_data.xTicks)
            if (tick >= x.low * 0.999 && tick <= x.high * 1.001)
                places->addTick(tick, m_xText(tick));
    } else {
        for (const double tick : valueTicks(x.high, m_xUnit, kValueTicks))
            places->addTick(tick, formatTick(tick, m_xUnit));
    }
    plot.xAxis->setTicker(places);
    if (m_data.logX)
        plot.xAxis->setRange(x.low / 1.06, x.high * 1.06);
    else
        plot.xAxis->setRange(0, x.high * 1.06);
}

void BandChart::drawCurves()
{
    QCustomPlot& plot = *m_impl->plot;
    for (const BandCurve& curve : m_data.curves) {
        if (!curve.low.empty()) {
            QCPGraph* low = plot.addGraph();
            QCPGraph* high = plot.addGraph();
            low->setData(vectorOf(curve.x), vectorOf(curve.low), true);
            high->setData(vectorOf(curve.x), vectorOf(curve.high), true);
            low->setPen(Qt::NoPen);
            high->setPen(Qt::NoPen);
            high->setBrush(withAlpha(curve.color, curve.dashed ? kBandShare / 2 : kBandShare));
            high->setChannelFillGraph(low);
        }
        QCPCurve* line = new QCPCurve(plot.xAxis, plot.yAxis);
        line->setData(vectorOf(curve.x), vectorOf(curve.y));
        line->setPen(QPen(curve.color, curve.dashed ? 1 : 2, curve.dashed ? Qt::DashLine : Qt::SolidLine));
        if (curve.pointsX.empty())
            continue;
        QCPGraph* points = plot.addGraph();
        points->setData(vectorOf(curve.pointsX), vectorOf(curve.pointsY));
        points->setLineStyle(QCPGraph::lsNone);
        points->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(curve.color, 1.5),
                                                QBrush(m_impl->theme.surface), 6));
    }
    for (const double at : m_data.underWay) {
        auto* line = new QCPItemStraightLine(&plot);
        line->point1->setCoords(at, 0);
        line->point2->setCoords(at, 1);
        line->setPen(QPen(m_impl->theme.accent, 1, Qt::DotLine));
    }
    if (m_data.limitY > 0) {
        auto* line = new QCPItemStraightLine(&plot);
        line->point1->setCoords(plot.xAxis->range().lower, m_data.limitY);
        line->point2->setCoords(plot.xAxis->range().upper, m_data.limitY);
        line->setPen(QPen(m_impl->theme.mutedText, 1, Qt::DashLine));
        auto* text = new QCPItemText(&plot);
        text->position->setCoords(plot.xAxis->range().upper, m_data.limitY);
        text->setPositionAlignment(Qt::AlignRight | Qt::AlignBottom);
        text->setText(m_data.limitText);
        text->setColor(m_impl->theme.mutedText);
        text->setFont(plot.xAxis->tickLabelFont());
    }
}

void BandChart::drawMarkers()
{
    QCustomPlot& plot = *m_impl->plot;
    // The texts of markers that stand close together go one above the other.
    std::vector<QRectF> taken;
    const QFontMetrics metrics(plot.xAxis->tickLabelFont());
    for (const BandMarker& marker : m_data.markers) {
        QCPGraph* dot = plot.addGraph();
        dot->setData({marker.x}, {marker.y});
        dot->setLineStyle(QCPGraph::lsNone);
        const double size = marker.chosen ? 13 : 10;
        dot->setScatterStyle(QCPScatterStyle(
            QCPScatterStyle::ssCircle,
            QPen(marker.chosen ? m_impl->theme.text : m_impl->theme.surface, marker.chosen ? 2 : 1),
            QBrush(marker.color), size));
        if (marker.text.isEmpty())
            continue;
        const QPointF at(plot.xAxis->coordToPixel(marker.x), plot.yAxis->coordToPixel(marker.y));
        const int wide = metrics.horizontalAdvance(marker.text) + 8;
        // Not over the numbers of the axis.
        const double first = plot.axisRect()->left();
        const double left =
            std::clamp(at.x() - wide / 2.0, first, std::max(first, plot.width() - wide - 4.0));
        QRectF box(left, at.y() - 12 - metrics.height(), wide, metrics.height());
        const auto crosses = [&](const QRectF& other) { return other.intersects(box); };
        for (int tries = 0; tries < 4 && std::any_of(taken.begin(), taken.end(), crosses); ++tries)
            box.translate(0, -metrics.height());
        taken.push_back(box);
        auto* text = new QCPItemText(&plot);
        text->position->setType(QCPItemPosition::ptAbsolute);
        text->position->setCoords(box.center());
        text->setText(marker.text);
        text->setColor(m_impl->theme.text);
        text->setFont(plot.xAxis->tickLabelFont());
        text->setClipToAxisRect(false);
    }
}

QPoint BandChart::markerAt(std::size_t marker) const
{
    const BandMarker& one = m_data.markers[marker];
    const QCustomPlot& plot = *m_impl->plot;
    return QPoint(qRound(plot.xAxis->coordToPixel(one.x)),
                  qRound(plot.yAxis->coordToPixel(one.y))) +
           plot.pos();
}

BandChart::Nearest BandChart::nearest(const QPoint& at) const
{
    Nearest best;
    best.distance = std::numeric_limits<double>::infinity();
    const QCustomPlot& plot = *m_impl->plot;
    const QPointF inside = at - plot.pos();
    for (std::size_t c = 0; c < m_data.curves.size(); ++c) {
        const BandCurve& curve = m_data.curves[c];
        for (std::size_t i = 0; i < curve.x.size(); ++i) {
            const double dx = plot.xAxis->coordToPixel(curve.x[i]) - inside.x();
            const double dy = plot.yAxis->coordToPixel(curve.y[i]) - inside.y();
            // The nearest size first, the nearest curve there second.
            const double distance = std::abs(dx) + std::abs(dy) / 10;
            if (distance < best.distance)
                best = {int(c), int(i), distance};
        }
    }
    return best;
}

QString BandChart::readout(const Nearest& near) const
{
    const BandCurve& curve = m_data.curves[std::size_t(near.curve)];
    const auto i = std::size_t(near.point);
    QString text = QStringLiteral("%1 · %2\n%3")
                       .arg(m_xText(curve.x[i]), curve.name, formatValue(curve.y[i], m_yUnit));
    if (!curve.low.empty())
        text += tr(" (95 %: %1 to %2)")
                    .arg(formatValue(curve.low[i], m_yUnit), formatValue(curve.high[i], m_yUnit));
    return text;
}

void BandChart::mouseMoveEvent(QMouseEvent* event)
{
    const Nearest near = nearest(event->pos());
    if (near.curve >= 0 && m_impl->plot->isVisible() && m_impl->plot->geometry().contains(event->pos()))
        QToolTip::showText(event->globalPosition().toPoint() + QPoint(12, 8), readout(near), this);
    else
        QToolTip::hideText();
}

void BandChart::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !m_impl->plot->isVisible())
        return;
    for (std::size_t i = 0; i < m_data.markers.size(); ++i) {
        if ((markerAt(i) - event->pos()).manhattanLength() <= kReach) {
            Q_EMIT markerClicked(m_data.markers[i].id);
            return;
        }
    }
    const Nearest near = nearest(event->pos());
    if (near.curve >= 0 && near.distance <= kReach)
        Q_EMIT pointClicked(near.curve, near.point);
}

} // namespace gantry::charts
