// qcustomplot.h is written with Qt's keywords, which are off in the rest of the house.
#undef QT_NO_KEYWORDS
#undef QT_NO_FOREACH

#include "ui/charts/threshold_chart.h"

#include "ui/charts/axis_style.h"
#include "ui/charts/chart_types.h"

#include <qcustomplot.h>

#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QMouseEvent>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gantry::charts {
namespace {

constexpr int kReach = 8;     // pixels from the line that count as on it
constexpr double kAir = 1.15; // above the highest of what is drawn
constexpr double kSteps = 200; // of the line over the height of the plot

QVector<double> seconds(const std::vector<double>& millis)
{
    QVector<double> result;
    result.reserve(qsizetype(millis.size()));
    for (const double each : millis)
        result.append(each / 1000);
    return result;
}

QVector<double> vectorOf(const std::vector<double>& values)
{
    return QVector<double>(values.begin(), values.end());
}

QColor withAlpha(QColor color, double alpha)
{
    color.setAlphaF(float(alpha));
    return color;
}

const QColor kAlarm(0xd1, 0x43, 0x43);

} // namespace

struct ThresholdChart::Impl {
    explicit Impl(QWidget* parent) : plot(new QCustomPlot(parent)), empty(new QLabel(parent)) {}

    QCustomPlot* plot; // the widget's, as all here
    QLabel* empty;
    ChartTheme theme;
};

ThresholdChart::ThresholdChart(const QString& id, const QString& title, QWidget* parent)
    : QWidget(parent), m_impl(std::make_unique<Impl>(this))
{
    setObjectName(id);
    setAccessibleName(title);
    setToolTip(tr("Drag the threshold, or move it with the arrow keys"));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setMinimumSize(360, 220);
    QCustomPlot& plot = *m_impl->plot;
    plot.setAttribute(Qt::WA_TransparentForMouseEvents);
    plot.setFocusPolicy(Qt::NoFocus);
    plot.setPlottingHints(QCP::phCacheLabels | QCP::phFastPolylines);
    plot.setNotAntialiasedElements(QCP::aeAxes | QCP::aeGrid);
    plot.xAxis->grid()->setVisible(false);
    plot.yAxis->setBasePen(Qt::NoPen);
    plot.yAxis->setTickPen(Qt::NoPen);
    plot.yAxis->ticker()->setTickCount(5);
    plot.axisRect()->setMinimumMargins(QMargins(8, 12, 12, 8));
    m_impl->empty->setAlignment(Qt::AlignCenter);
    m_impl->empty->setWordWrap(true);
    m_impl->empty->setAttribute(Qt::WA_TransparentForMouseEvents);
    applyTheme();
}

ThresholdChart::~ThresholdChart() = default;

void ThresholdChart::setData(ThresholdData data)
{
    m_data = std::move(data);
    draw();
}

void ThresholdChart::setThreshold(std::optional<double> threshold)
{
    if (m_threshold == threshold)
        return;
    m_threshold = threshold;
    draw();
}

void ThresholdChart::setEmptyText(const QString& text)
{
    m_impl->empty->setText(text);
}

QPoint ThresholdChart::thresholdAt() const
{
    const QCustomPlot& plot = *m_impl->plot;
    return QPoint(plot.axisRect()->center().x(),
                  qRound(plot.yAxis->coordToPixel(m_threshold.value_or(0))));
}

void ThresholdChart::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_impl->plot->setGeometry(rect());
    m_impl->empty->setGeometry(rect().adjusted(60, 20, -40, -60));
    draw();
}

void ThresholdChart::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    draw();
}

void ThresholdChart::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        applyTheme();
        draw();
    }
}

void ThresholdChart::applyTheme()
{
    m_impl->theme = ChartTheme::fromPalette(palette());
    applyAxisStyle(*m_impl->plot, *m_impl->empty, m_impl->theme, font());
}

void ThresholdChart::draw()
{
    const bool any = std::any_of(m_data.values.begin(), m_data.values.end(),
                                 [](double value) { return !std::isnan(value); });
    m_impl->empty->setVisible(!any);
    if (!isVisible())
        return;
    QCustomPlot& plot = *m_impl->plot;
    plot.clearPlottables();
    plot.clearItems();
    if (!m_dragging)
        setRanges();
    drawAlarms();
    drawBand();
    QCPGraph* line = plot.addGraph();
    line->setData(seconds(m_data.times), vectorOf(m_data.values), true);
    line->setPen(QPen(m_impl->theme.accent, 1));
    line->setLineStyle(QCPGraph::lsStepLeft);
    drawThreshold();
    plot.replot(QCustomPlot::rpQueuedReplot);
}

void ThresholdChart::setRanges()
{
    double low = 0;
    double high = m_threshold.value_or(0);
    for (const auto* values : {&m_data.values, &m_data.upper, &m_data.lower}) {
        for (const double value : *values) {
            if (!std::isfinite(value))
                continue;
            low = std::min(low, value);
            high = std::max(high, value);
        }
    }
    low = std::min(low, m_threshold.value_or(low));
    if (high <= low)
        high = low + 1;
    QCustomPlot& plot = *m_impl->plot;
    plot.yAxis->setRange(low < 0 ? low * kAir : 0, high > 0 ? high * kAir : 0);
    const double now = m_data.times.empty() ? 3'600 : m_data.times.back() / 1000;
    const double from = m_data.times.empty() ? 0 : m_data.times.front() / 1000;
    plot.xAxis->setRange(from, std::max(now, from + 1));
    QSharedPointer<QCPAxisTickerDateTime> ticker(new QCPAxisTickerDateTime);
    ticker->setDateTimeFormat(now - from > 2 * 86'400 ? QStringLiteral("ddd d")
                                                      : QStringLiteral("HH:mm"));
    ticker->setTickCount(7);
    plot.xAxis->setTicker(ticker);
    plot.xAxis->setTickLabels(!m_data.times.empty());
}

void ThresholdChart::drawBand()
{
    if (m_data.lower.empty())
        return;
    QCustomPlot& plot = *m_impl->plot;
    QCPGraph* low = plot.addGraph();
    QCPGraph* high = plot.addGraph();
    low->setData(seconds(m_data.times), vectorOf(m_data.lower), true);
    high->setData(seconds(m_data.times), vectorOf(m_data.upper), true);
    low->setPen(Qt::NoPen);
    high->setPen(Qt::NoPen);
    high->setBrush(withAlpha(m_impl->theme.mutedText, 0.18));
    high->setChannelFillGraph(low);
}

void ThresholdChart::drawAlarms()
{
    QCustomPlot& plot = *m_impl->plot;
    for (const auto& [from, to] : m_data.alarms) {
        auto* box = new QCPItemRect(&plot);
        box->topLeft->setTypeY(QCPItemPosition::ptAxisRectRatio);
        box->bottomRight->setTypeY(QCPItemPosition::ptAxisRectRatio);
        box->topLeft->setCoords(from / 1000, 0);
        box->bottomRight->setCoords(to / 1000, 1);
        box->setPen(Qt::NoPen);
        box->setBrush(withAlpha(kAlarm, 0.16));
    }
}

void ThresholdChart::drawThreshold()
{
    if (!m_threshold)
        return;
    QCustomPlot& plot = *m_impl->plot;
    auto* line = new QCPItemStraightLine(&plot);
    line->point1->setCoords(plot.xAxis->range().lower, *m_threshold);
    line->point2->setCoords(plot.xAxis->range().upper, *m_threshold);
    line->setPen(QPen(kAlarm, m_dragging || hasFocus() ? 2 : 1.4));
    auto* text = new QCPItemText(&plot);
    text->position->setCoords(plot.xAxis->range().upper, *m_threshold);
    const bool top = plot.yAxis->coordToPixel(*m_threshold) < plot.axisRect()->top() + 20;
    text->setPositionAlignment(Qt::AlignRight | (top ? Qt::AlignTop : Qt::AlignBottom));
    text->setPadding(QMargins(4, 1, 4, 1));
    text->setText(tr("threshold %1").arg(QLocale().toString(*m_threshold, 'g', 6)));
    text->setColor(kAlarm);
    text->setFont(plot.xAxis->tickLabelFont());
}

bool ThresholdChart::isOnLine(const QPoint& at) const
{
    return m_threshold && std::abs(at.y() - thresholdAt().y()) <= kReach &&
           m_impl->plot->axisRect()->rect().adjusted(0, -kReach, 0, kReach).contains(at);
}

// A round number of the axis' scale.
double ThresholdChart::step() const
{
    const double height = m_impl->plot->yAxis->range().size();
    return std::pow(10, std::floor(std::log10(std::max(height, 1e-9) / kSteps * 4)));
}

void ThresholdChart::moveTo(double threshold)
{
    const double size = step();
    const double rounded = std::round(threshold / size) * size;
    if (m_threshold == rounded)
        return;
    m_threshold = rounded;
    draw();
    Q_EMIT thresholdMoved(rounded);
}

void ThresholdChart::mousePressEvent(QMouseEvent* event)
{
    m_dragging = event->button() == Qt::LeftButton && isOnLine(event->pos());
    if (!m_dragging)
        QWidget::mousePressEvent(event);
}

void ThresholdChart::mouseMoveEvent(QMouseEvent* event)
{
    if (!m_dragging) {
        setCursor(isOnLine(event->pos()) ? Qt::SizeVerCursor : Qt::ArrowCursor);
        return;
    }
    const QRect area = m_impl->plot->axisRect()->rect();
    moveTo(m_impl->plot->yAxis->pixelToCoord(
        std::clamp(event->pos().y(), area.top(), area.bottom())));
}

void ThresholdChart::mouseReleaseEvent(QMouseEvent*)
{
    if (!std::exchange(m_dragging, false))
        return;
    draw(); // the axis may fit the threshold anew
}

void ThresholdChart::keyPressEvent(QKeyEvent* event)
{
    if (m_threshold && event->key() == Qt::Key_Up)
        moveTo(*m_threshold + step());
    else if (m_threshold && event->key() == Qt::Key_Down)
        moveTo(*m_threshold - step());
    else
        QWidget::keyPressEvent(event);
}

} // namespace gantry::charts
