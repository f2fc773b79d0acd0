#include "ui/charts/chart_canvas.h"

#include "ui/charts/axis_ticks.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace gantry::charts {

namespace {

constexpr int kDragThreshold = 4;
constexpr double kWheelZoom = 0.8;

} // namespace

// Transparent for the mouse; only there to be painted on.
class ChartCanvas::Sheet final : public QWidget {
public:
    explicit Sheet(ChartCanvas& canvas) : QWidget(&canvas), m_canvas(canvas)
    {
        setAttribute(Qt::WA_TransparentForMouseEvents);
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        m_canvas.paintSheet(painter);
    }

private:
    ChartCanvas& m_canvas;
};

ChartCanvas::ChartCanvas(ChartGroup& group, QWidget* parent)
    : QWidget(parent), m_group(group), m_plot(new Plot(this)), m_sheet(new Sheet(*this))
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::CrossCursor);
    m_theme = ChartTheme::fromPalette(palette());
    m_plot->setView(m_group.view());
    connect(&m_group, &ChartGroup::viewChanged, this, [this] { m_plot->setView(m_group.view()); });
    connect(&m_group, &ChartGroup::marksChanged, m_sheet, qOverload<>(&QWidget::update));
    connect(&m_group, &ChartGroup::crosshairChanged, m_sheet, qOverload<>(&QWidget::update));
}

void ChartCanvas::setTheme(const ChartTheme& theme)
{
    m_theme = theme;
    m_plot->setTheme(theme);
    m_sheet->update();
}

void ChartCanvas::setEmptyText(const QString& text)
{
    m_emptyText = text;
    m_sheet->update();
}

void ChartCanvas::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_plot->setGeometry(rect());
    m_sheet->setGeometry(rect());
}

void ChartCanvas::mouseMoveEvent(QMouseEvent* event)
{
    const QRect area = m_plot->plotRect();
    const int x = std::clamp(event->pos().x(), area.left(), area.right());
    if (m_drag) {
        m_drag->toX = x;
        m_sheet->update();
    }
    m_group.setCrosshair(m_plot->timeAt(x));
    hoverMarks(event->pos(), event->globalPosition().toPoint());
}

void ChartCanvas::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        m_drag = Drag{event->pos().x(), event->pos().x()};
}

void ChartCanvas::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !m_drag)
        return;
    const auto [left, right] = std::minmax(m_drag->fromX, m_drag->toX);
    m_drag.reset();
    m_sheet->update();
    if (right - left >= kDragThreshold)
        m_group.zoomTo({m_plot->timeAt(left), m_plot->timeAt(right)});
    else
        openMarkAt(event->pos().x());
}

void ChartCanvas::mouseDoubleClickEvent(QMouseEvent*)
{
    m_drag.reset();
    m_group.resetZoom();
}

void ChartCanvas::leaveEvent(QEvent* event)
{
    QWidget::leaveEvent(event);
    m_group.setCrosshair(std::nullopt);
}

void ChartCanvas::wheelEvent(QWheelEvent* event)
{
    const int delta = event->angleDelta().y();
    // Where the page scrolls the plain wheel belongs to it.
    if (delta == 0 || (pageScrolls() && !event->modifiers().testFlag(Qt::ControlModifier))) {
        event->ignore();
        return;
    }
    m_group.zoomBy(std::pow(kWheelZoom, delta / 120.0), m_plot->timeAt(event->position().x()));
    event->accept();
}

void ChartCanvas::keyPressEvent(QKeyEvent* event)
{
    const ChartGroup::View view = m_group.view();
    const double around = m_group.crosshair().value_or((view.fromMs + view.toMs) / 2);
    if (event->modifiers().testFlag(Qt::ShiftModifier) &&
        (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right))
        return moveToMark(event->key() == Qt::Key_Left ? -1 : 1);
    switch (event->key()) {
    case Qt::Key_Left:
        return moveCrosshair(-1);
    case Qt::Key_Right:
        return moveCrosshair(1);
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return m_group.zoomBy(kWheelZoom, around);
    case Qt::Key_Minus:
        return m_group.zoomBy(1 / kWheelZoom, around);
    case Qt::Key_Home:
        return m_group.resetZoom();
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return openMarkAt(m_plot->xOf(around));
    case Qt::Key_Escape:
        if (m_group.isZoomed() || m_group.crosshair()) {
            m_group.setCrosshair(std::nullopt);
            return m_group.resetZoom();
        }
        break;
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

void ChartCanvas::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    m_sheet->update();
}

void ChartCanvas::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    m_sheet->update();
}

void ChartCanvas::paintSheet(QPainter& painter)
{
    const QRect area = m_plot->plotRect();
    if (m_plot->data().isBlank() && !m_emptyText.isEmpty()) {
        painter.setPen(m_theme.mutedText);
        painter.drawText(area, Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
    }
    paintMarks(painter, area, xOf(), m_group.marks());
    if (m_drag) {
        const auto [left, right] = std::minmax(m_drag->fromX, m_drag->toX);
        QColor band = m_theme.accent;
        band.setAlphaF(0.2F);
        painter.fillRect(QRect(QPoint(left, area.top()), QPoint(right, area.bottom())), band);
    }
    if (const auto crosshair = m_group.crosshair()) {
        if (const int bin = m_plot->data().binAt(*crosshair); bin >= 0)
            paintCrosshair(painter, bin);
    }
    if (hasFocus()) {
        painter.setPen(QPen(m_theme.accent, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(m_sheet->rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
}

void ChartCanvas::paintCrosshair(QPainter& painter, int bin)
{
    const ChartData& data = m_plot->data();
    const QRect area = m_plot->plotRect();
    const double middle = double(data.startMs) + (bin + 0.5) * double(data.binMs);
    const double x = std::clamp(m_plot->xOf(middle), double(area.left()), double(area.right()));
    painter.setPen(QPen(m_theme.mutedText, 1));
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
    painter.setRenderHint(QPainter::Antialiasing);
    for (std::size_t i = 0; i < data.series.size(); ++i) {
        const double value = m_plot->standingValue(i, bin);
        // A layer of a pile that is nothing here would hide the one below.
        const bool absent =
            data.series[i].shape == Shape::Stacked && data.series[i].values[std::size_t(bin)] == 0;
        if (!m_plot->isSeriesVisible(data.series[i].id) || std::isnan(value) || absent)
            continue;
        painter.setPen(QPen(m_theme.surface, 1.5));
        painter.setBrush(data.series[i].color);
        painter.drawEllipse(QPointF(x, m_plot->yOf(value)), 4, 4);
    }
    paintTimeLabel(painter, bin, x);
}

void ChartCanvas::paintTimeLabel(QPainter& painter, int bin, double x)
{
    const ChartData& data = m_plot->data();
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    painter.setFont(small);
    const QString text = formatTime(data.startMs + bin * data.binMs, data.binMs);
    const QFontMetrics metrics(small);
    QRectF label(0, 0, metrics.horizontalAdvance(text) + 12, metrics.height() + 4);
    const double left = std::clamp(x - label.width() / 2, 0.0, width() - label.width());
    label.moveTopLeft({left, double(m_plot->plotRect().bottom() + 4)});
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.text);
    painter.drawRoundedRect(label, 4, 4);
    painter.setPen(m_theme.surface);
    painter.drawText(label, Qt::AlignCenter, text);
}

bool ChartCanvas::pageScrolls() const
{
    for (const QWidget* ancestor = parentWidget(); ancestor; ancestor = ancestor->parentWidget()) {
        if (const auto* area = qobject_cast<const QScrollArea*>(ancestor))
            return area->verticalScrollBar()->maximum() > 0;
    }
    return false;
}

XOfTime ChartCanvas::xOf() const
{
    return [plot = m_plot](double ms) { return plot->xOf(ms); };
}

void ChartCanvas::hoverMarks(const QPoint& at, const QPoint& global)
{
    const auto marks = marksAt(at.x(), m_plot->plotRect(), xOf(), m_group.marks());
    setCursor(marks.empty() ? Qt::CrossCursor : Qt::PointingHandCursor);
    if (!marks.empty())
        QToolTip::showText(global, marksText(marks), this);
    else if (QToolTip::isVisible())
        QToolTip::hideText();
}

void ChartCanvas::openMarkAt(double x)
{
    const auto marks = marksAt(x, m_plot->plotRect(), xOf(), m_group.marks());
    if (!marks.empty())
        m_group.activate(*marks.back());
}

// With Shift and the arrow keys, from mark to mark; Enter opens it.
void ChartCanvas::moveToMark(int direction)
{
    const ChartGroup::View view = m_group.view();
    const double from = m_group.crosshair().value_or(direction < 0 ? view.toMs : view.fromMs);
    const ChartMark* next = nullptr;
    for (const ChartMark& mark : m_group.marks()) {
        const bool beyond = direction < 0 ? mark.fromMs < from : mark.fromMs > from;
        const bool nearer = !next || (direction < 0 ? mark.fromMs > next->fromMs : mark.fromMs < next->fromMs);
        if (beyond && nearer && mark.fromMs >= view.fromMs && mark.fromMs < view.toMs)
            next = &mark;
    }
    if (!next)
        return;
    m_group.setCrosshair(next->fromMs);
    const QRect area = m_plot->plotRect();
    QToolTip::showText(mapToGlobal(QPoint(int(m_plot->xOf(next->fromMs)), area.top() + 16)),
                       marksText({next}), this);
}

void ChartCanvas::moveCrosshair(int bins)
{
    const ChartData& data = m_plot->data();
    const ChartGroup::View view = m_group.view();
    const double from = m_group.crosshair().value_or(view.toMs - double(data.binMs));
    m_group.setCrosshair(std::clamp(from + bins * double(data.binMs), view.fromMs, view.toMs - 1));
}

} // namespace gantry::charts
