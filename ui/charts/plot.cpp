// qcustomplot.h is written with Qt's keywords, which are off in the rest of the house.
#undef QT_NO_KEYWORDS
#undef QT_NO_FOREACH

#include "ui/charts/plot.h"

#include "ui/charts/axis_ticks.h"

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gantry::charts {

namespace {

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();
constexpr int kRightMargin = 10;
constexpr int kPixelsPerTimeTick = 72;
constexpr double kDotSize = 3.5;
constexpr float kPileShare = 0.75F; // of the series' colour; the rest is the surface's
constexpr float kAreaAlpha = 0.25F;
constexpr float kPastShare = 0.55F;

// Marks worked out by axis_ticks; QCustomPlot only draws them.
class GivenTicker final : public QCPAxisTicker {
public:
    void set(QVector<double> ticks, QVector<QString> labels)
    {
        m_ticks = std::move(ticks);
        m_labels = std::move(labels);
    }
    void generate(const QCPRange&, const QLocale&, QChar, int, QVector<double>& ticks,
                  QVector<double>*, QVector<QString>* labels) override
    {
        ticks = m_ticks;
        if (labels)
            *labels = m_labels;
    }

private:
    QVector<double> m_ticks;
    QVector<QString> m_labels;
};

using Points = QVector<QCPGraphData>;

// One layer of a pile of series: every bin filled from the ground to its height, one rectangle a
// pixel column. A filled QCPGraph makes a polygon of all bins, which costs twenty times as much.
// The layers above are drawn first and this one over them, so the colour has to be opaque.
class PileGraph final : public QCPGraph {
public:
    using QCPGraph::QCPGraph;

protected:
    void draw(QCPPainter* painter) override
    {
        const auto range = mKeyAxis->range();
        const auto end = mDataContainer->constEnd();
        auto bin = mDataContainer->findBegin(range.lower);
        const int ground = qRound(mValueAxis->coordToPixel(0));
        QVector<QRect> columns;
        int left = bin != end ? qRound(mKeyAxis->coordToPixel(bin->key)) : 0;
        int top = ground;
        for (; bin != end && std::next(bin) != end && bin->key < range.upper; ++bin) {
            const int right = qRound(mKeyAxis->coordToPixel(std::next(bin)->key));
            top = std::min(top, qRound(mValueAxis->coordToPixel(bin->value)));
            if (right <= left)
                continue; // several bins share this column: the highest stands
            if (top < ground)
                columns.append(QRect(left, top, right - left, ground - top));
            left = right;
            top = ground;
        }
        painter->setAntialiasing(false);
        painter->setPen(Qt::NoPen);
        painter->setBrush(mBrush);
        painter->drawRects(columns);
    }
};

QColor mix(const QColor& a, const QColor& b, float share)
{
    return QColor::fromRgbF(a.redF() * (1 - share) + b.redF() * share,
                            a.greenF() * (1 - share) + b.greenF() * share,
                            a.blueF() * (1 - share) + b.blueF() * share);
}

double middleOf(const ChartData& data, int bin)
{
    return double(data.startMs) + (bin + 0.5) * double(data.binMs);
}

double startOf(const ChartData& data, int bin)
{
    return double(data.startMs + bin * data.binMs);
}

Points linePoints(const ChartData& data, const std::vector<double>& values)
{
    Points points;
    points.reserve(data.bins);
    for (int bin = 0; bin < data.bins; ++bin)
        points.append({middleOf(data, bin), values[std::size_t(bin)]});
    return points;
}

// A bin is as wide as it is: the last one ends with a point of its own.
Points stepPoints(const ChartData& data, const std::vector<double>& values)
{
    Points points;
    points.reserve(data.bins + 1);
    for (int bin = 0; bin < data.bins; ++bin)
        points.append({startOf(data, bin), values[std::size_t(bin)]});
    if (data.bins > 0)
        points.append({double(data.endMs()), values[std::size_t(data.bins - 1)]});
    return points;
}

// Values with a gap on both sides: a line through them has no length, so they get a dot.
Points lonePoints(const ChartData& data, const std::vector<double>& values)
{
    const auto isGap = [&](int bin) {
        return bin < 0 || bin >= data.bins || std::isnan(values[std::size_t(bin)]);
    };
    Points points;
    for (int bin = 0; bin < data.bins; ++bin) {
        if (!isGap(bin) && isGap(bin - 1) && isGap(bin + 1))
            points.append({middleOf(data, bin), values[std::size_t(bin)]});
    }
    return points;
}

} // namespace

struct Plot::Impl {
    struct Drawn {
        QString id;
        Shape shape;
        QCPGraph* graph;
        QCPGraph* dots; // for lines only
        QCPGraph* fill = nullptr; // below an area's line
    };

    explicit Impl(QWidget* parent) : plot(new QCustomPlot(parent)) {}

    void clear()
    {
        plot->clearPlottables();
        drawn.clear();
    }
    bool draws(const ChartData& data) const
    {
        return std::equal(drawn.begin(), drawn.end(), data.series.begin(), data.series.end(),
                          [](const Drawn& one, const Series& series) {
                              return one.id == series.id && one.shape == series.shape;
                          });
    }
    void make(const ChartData& data);
    Drawn makeOne(const Series& series);

    QCustomPlot* plot; // owned by the widget
    QSharedPointer<GivenTicker> timeTicker{new GivenTicker};
    QSharedPointer<GivenTicker> valueTicker{new GivenTicker};
    std::vector<Drawn> drawn;
    double top = 0;
};

void Plot::Impl::make(const ChartData& data)
{
    clear();
    // Backwards, as the lower layers of a pile are drawn over the upper ones.
    for (auto series = data.series.rbegin(); series != data.series.rend(); ++series)
        drawn.insert(drawn.begin(), makeOne(*series));
}

Plot::Impl::Drawn Plot::Impl::makeOne(const Series& series)
{
    if (series.shape == Shape::Stacked)
        return {series.id, series.shape, new PileGraph(plot->xAxis, plot->yAxis), nullptr};
    QCPGraph* fill = nullptr;
    if (series.shape == Shape::Area)
        fill = new PileGraph(plot->xAxis, plot->yAxis);
    Drawn one{series.id, series.shape, plot->addGraph(), nullptr, fill};
    one.graph->setAdaptiveSampling(true);
    if (series.shape == Shape::Step || series.shape == Shape::Area) {
        one.graph->setAntialiased(false);
        one.graph->setLineStyle(QCPGraph::lsStepLeft);
    } else {
        one.dots = plot->addGraph();
        one.dots->setLineStyle(QCPGraph::lsNone);
    }
    return one;
}

Plot::Plot(QWidget* parent) : QWidget(parent), m_impl(std::make_unique<Impl>(this))
{
    QCustomPlot& plot = *m_impl->plot;
    plot.setAttribute(Qt::WA_TransparentForMouseEvents);
    plot.setFocusPolicy(Qt::NoFocus);
    plot.setPlottingHints(QCP::phCacheLabels | QCP::phFastPolylines);
    plot.setNotAntialiasedElements(QCP::aeAxes | QCP::aeGrid | QCP::aeFills);
    plot.axisRect()->setAutoMargins(QCP::msNone);
    plot.xAxis->setTicker(m_impl->timeTicker);
    plot.yAxis->setTicker(m_impl->valueTicker);
    plot.xAxis->grid()->setVisible(false);
    plot.yAxis->grid()->setZeroLinePen(Qt::NoPen);
    plot.yAxis->setBasePen(Qt::NoPen);
    plot.yAxis->setTickPen(Qt::NoPen);
    for (QCPAxis* axis : {plot.xAxis, plot.yAxis}) {
        axis->setSubTicks(false);
        axis->setTickLength(0, axis == plot.xAxis ? 4 : 0);
        axis->setTickLabelPadding(axis == plot.xAxis ? 4 : 8);
    }
    plot.installEventFilter(this);
    connect(&plot, &QCustomPlot::afterReplot, this, &Plot::drawn);
    setTheme(ChartTheme::fromPalette(palette()));
}

Plot::~Plot() = default;

void Plot::setTheme(const ChartTheme& theme)
{
    if (theme == m_theme)
        return;
    m_theme = theme;
    applyTheme();
    refresh();
}

void Plot::setUnit(Unit unit)
{
    m_unit = unit;
    refresh();
}

void Plot::setData(ChartData data)
{
    m_data = std::move(data);
    m_dataDirty = true;
    refresh();
}

void Plot::setView(ChartGroup::View view)
{
    m_view = view;
    refresh();
}

void Plot::setSeriesVisible(const QString& id, bool visible)
{
    if (visible)
        m_hidden.remove(id);
    else
        m_hidden.insert(id);
    m_dataDirty = true;
    refresh();
}

QRect Plot::plotRect() const
{
    return m_impl->plot->axisRect()->rect();
}

double Plot::timeAt(double x) const
{
    return m_impl->plot->xAxis->pixelToCoord(x);
}

double Plot::xOf(double ms) const
{
    return m_impl->plot->xAxis->coordToPixel(ms);
}

double Plot::yOf(double value) const
{
    return m_impl->plot->yAxis->coordToPixel(value);
}

double Plot::standingValue(std::size_t series, int bin) const
{
    const Series& one = m_data.series[series];
    if (one.shape != Shape::Stacked)
        return one.values[std::size_t(bin)];
    double sum = 0;
    for (std::size_t i = 0; i <= series; ++i) {
        const Series& below = m_data.series[i];
        if (below.shape == Shape::Stacked && isSeriesVisible(below.id))
            sum += below.values[std::size_t(bin)];
    }
    return sum;
}

void Plot::drawTo(QPaintDevice& device, const QRect& area,
                  const std::function<void(QPainter&)>& decorate)
{
    applySeries();
    applyAxes();
    QCPPainter painter;
    painter.begin(&device);
    decorate(painter);
    painter.save();
    painter.translate(area.topLeft());
    m_impl->plot->toPainter(&painter, area.width(), area.height());
    painter.restore();
    painter.end();
    m_impl->plot->replot(QCustomPlot::rpQueuedReplot);
}

void Plot::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_impl->plot->setGeometry(rect());
    refresh();
}

void Plot::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refresh();
}

void Plot::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        applyTheme();
        refresh();
    }
}

void Plot::refresh()
{
    // Scrolled out of sight counts as hidden: QCustomPlot would draw it all the same.
    m_stale = !isVisible() || m_impl->plot->visibleRegion().isEmpty() ||
              m_impl->plot->viewport().isEmpty();
    if (m_stale)
        return;
    applySeries();
    applyAxes();
    m_impl->plot->replot(QCustomPlot::rpQueuedReplot);
}

bool Plot::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Paint && m_stale)
        refresh(); // it came into sight; drawn anew after this
    return QWidget::eventFilter(watched, event);
}

void Plot::applyTheme()
{
    QCustomPlot& plot = *m_impl->plot;
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    const QFontMetrics metrics(small);
    // The same margins in every chart, so that the time axes of a page stand under one another.
    const int left = metrics.horizontalAdvance(QStringLiteral("$0.00000")) + 10;
    plot.axisRect()->setMargins(
        QMargins(left, metrics.height() / 2 + 5, kRightMargin, metrics.height() + 10));
    plot.setBackground(QBrush(m_theme.surface));
    plot.xAxis->setBasePen(QPen(m_theme.grid.darker(105)));
    plot.xAxis->setTickPen(QPen(m_theme.grid.darker(105)));
    plot.yAxis->grid()->setPen(QPen(m_theme.grid));
    m_dataDirty = true; // piles mix their colours with the surface
    for (QCPAxis* axis : {plot.xAxis, plot.yAxis}) {
        axis->setTickLabelColor(m_theme.mutedText);
        axis->setTickLabelFont(small);
    }
}

void Plot::applySeries()
{
    if (!m_dataDirty)
        return;
    m_dataDirty = false;
    if (!m_impl->draws(m_data))
        m_impl->make(m_data);
    std::vector<double> pile(std::size_t(std::max(0, m_data.bins)), 0.0);
    for (std::size_t i = 0; i < m_data.series.size(); ++i) {
        const Series& series = m_data.series[i];
        Impl::Drawn& drawn = m_impl->drawn[i];
        const bool visible = isSeriesVisible(series.id);
        drawn.graph->setVisible(visible);
        drawn.graph->setPen(series.compared
                                ? QPen(mix(m_theme.surface, series.color, kPastShare), 1, Qt::DashLine)
                                : QPen(series.color, 1));
        for (QCPGraph* beside : {drawn.dots, drawn.fill}) {
            if (beside)
                beside->setVisible(visible);
        }
        if (!visible)
            continue;
        if (series.shape == Shape::Line) {
            drawn.graph->data()->set(linePoints(m_data, series.values), true);
            drawn.dots->data()->set(lonePoints(m_data, series.values), true);
            drawn.dots->setScatterStyle(
                QCPScatterStyle(QCPScatterStyle::ssDisc, series.color, kDotSize));
        } else if (series.shape == Shape::Step || series.shape == Shape::Area) {
            const Points points = stepPoints(m_data, series.values);
            drawn.graph->data()->set(points, true);
            if (drawn.fill) {
                QColor wash = series.color;
                wash.setAlphaF(kAreaAlpha);
                drawn.fill->data()->set(points, true);
                drawn.fill->setBrush(wash);
            }
        } else {
            for (std::size_t bin = 0; bin < pile.size(); ++bin)
                pile[bin] += series.values[bin];
            drawn.graph->data()->set(stepPoints(m_data, pile), true);
            drawn.graph->setBrush(mix(m_theme.surface, series.color, kPileShare));
        }
    }
}

void Plot::applyAxes()
{
    QCustomPlot& plot = *m_impl->plot;
    plot.xAxis->setRange(m_view.fromMs, m_view.toMs);
    QVector<double> times;
    QVector<QString> timeLabels;
    const int width = std::max(1, plot.width() - plot.axisRect()->margins().left() - kRightMargin);
    const auto marks = timeTicks(qint64(m_view.fromMs), qint64(m_view.toMs),
                                 std::max(2, width / kPixelsPerTimeTick));
    const qint64 step = marks.size() > 1 ? marks[1] - marks[0] : 1000;
    for (const qint64 mark : marks) {
        times.append(double(mark));
        timeLabels.append(formatTimeTick(mark, step));
    }
    m_impl->timeTicker->set(times, timeLabels);

    const auto values = valueTicks(highestInView(), m_unit);
    // Grows at once, shrinks only when half of it would do: an axis that breathes is unreadable.
    if (values.back() > m_impl->top || values.back() < m_impl->top / 2) {
        m_impl->top = values.back();
        QVector<double> positions(values.begin(), values.end());
        QVector<QString> labels;
        for (const double value : values)
            labels.append(formatTick(value, m_unit));
        m_impl->valueTicker->set(positions, labels);
        plot.yAxis->setRange(0, m_impl->top);
    }
}

double Plot::highestInView() const
{
    const int first =
        std::max(0, int((m_view.fromMs - double(m_data.startMs)) / double(m_data.binMs)));
    const int last = std::min(m_data.bins - 1,
                              int((m_view.toMs - double(m_data.startMs)) / double(m_data.binMs)));
    double highest = 0;
    for (int bin = first; bin <= last; ++bin) {
        for (std::size_t i = 0; i < m_data.series.size(); ++i) {
            const double value =
                isSeriesVisible(m_data.series[i].id) ? standingValue(i, bin) : kGap;
            if (value > highest) // false for a gap
                highest = value;
        }
    }
    return highest;
}

} // namespace gantry::charts
