#include "ui/charts/heat_map_canvas.h"

#include "ui/charts/axis_ticks.h"

#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace gantry::charts {

namespace {

constexpr int kLeft = 56;
constexpr int kRight = 12;
constexpr int kTop = 8;
constexpr int kBottom = 26;
constexpr int kDragThreshold = 4;
constexpr int kPixelsPerTimeTick = 72;
constexpr double kPixelsPerValueTick = 20;
constexpr double kGapFrom = 5; // pixels of a cell that leave room for a gap to the next
constexpr double kZoom = 0.8;
constexpr float kPalest = 0.22F;
constexpr qint64 kLeastScale = 8; // so that few invocations are pale

QColor mix(const QColor& a, const QColor& b, float share)
{
    return QColor::fromRgbF(a.redF() * (1 - share) + b.redF() * share,
                            a.greenF() * (1 - share) + b.greenF() * share,
                            a.blueF() * (1 - share) + b.blueF() * share);
}

// The powers of ten in an interval, and twice and five times each where there is room.
std::vector<double> logTicks(double low, double high, double height)
{
    const double decades = std::max(1e-6, std::log10(high / low));
    const bool dense = height / decades > 3.5 * kPixelsPerValueTick;
    std::vector<double> ticks;
    for (double power = std::pow(10, std::floor(std::log10(low))); power <= high; power *= 10) {
        for (const double factor : {1.0, 2.0, 5.0}) {
            const double value = power * factor;
            if (value >= low * 0.999 && value <= high * 1.001 && (factor == 1 || dense))
                ticks.push_back(value);
        }
    }
    return ticks;
}

} // namespace

qint64 HeatMapData::highest() const
{
    qint64 highest = 0;
    for (const Column& column : columns) {
        for (const qint64 count : column.counts)
            highest = std::max(highest, count);
    }
    return highest;
}

HeatMapCanvas::HeatMapCanvas(ChartGroup& group, QWidget* parent) : QWidget(parent), m_group(group)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::CrossCursor);
    setMinimumHeight(110);
    m_theme = ChartTheme::fromPalette(palette());
    for (const auto signal :
         {&ChartGroup::viewChanged, &ChartGroup::crosshairChanged, &ChartGroup::marksChanged})
        connect(&m_group, signal, this, qOverload<>(&QWidget::update));
}

void HeatMapCanvas::setData(HeatMapData data)
{
    m_data = std::move(data);
    m_highest = std::max(kLeastScale, m_data.highest());
    fitRows();
    update();
}

void HeatMapCanvas::setTheme(const ChartTheme& theme)
{
    m_theme = theme;
    update();
}

void HeatMapCanvas::setEmptyText(const QString& text)
{
    if (text == m_emptyText)
        return;
    m_emptyText = text;
    update();
}

// At least a power of ten, with a row of air.
void HeatMapCanvas::fitRows()
{
    if (m_data.isBlank()) {
        m_lowMs = 1;
        m_highMs = 1000;
        return;
    }
    int low = m_data.columns.front().firstRow;
    int high = low;
    for (const HeatMapData::Column& column : m_data.columns) {
        low = std::min(low, column.firstRow);
        high = std::max(high, column.firstRow + int(column.counts.size()));
    }
    m_lowMs = std::pow(m_data.growth, low - 1);
    m_highMs = std::pow(m_data.growth, high + 1);
    if (const double missing = 10 * m_lowMs / m_highMs; missing > 1) {
        m_lowMs /= std::sqrt(missing);
        m_highMs *= std::sqrt(missing);
    }
}

QRect HeatMapCanvas::plotRect() const
{
    return rect().adjusted(kLeft, kTop, -kRight, -kBottom);
}

double HeatMapCanvas::xOf(double ms) const
{
    const QRect area = plotRect();
    const ChartGroup::View view = m_group.view();
    return area.left() + (ms - view.fromMs) / (view.toMs - view.fromMs) * area.width();
}

double HeatMapCanvas::timeAt(double x) const
{
    const QRect area = plotRect();
    const ChartGroup::View view = m_group.view();
    return view.fromMs + (x - area.left()) / std::max(1, area.width()) * (view.toMs - view.fromMs);
}

double HeatMapCanvas::yOf(double value) const
{
    const QRect area = plotRect();
    const double share = std::log(value / m_lowMs) / std::log(m_highMs / m_lowMs);
    return area.top() + (1 - share) * area.height();
}

const HeatMapData::Column* HeatMapCanvas::columnAt(double ms) const
{
    for (const HeatMapData::Column& column : m_data.columns) {
        if (ms >= double(column.startMs) && ms < double(column.startMs + m_data.columnMs))
            return &column;
    }
    return nullptr;
}

HeatCell HeatMapCanvas::cellOf(const HeatMapData::Column& column, int row) const
{
    const int at = row - column.firstRow;
    HeatCell cell;
    cell.fromMs = column.startMs;
    cell.toMs = column.startMs + m_data.columnMs;
    cell.aboveMs = std::pow(m_data.growth, row);
    cell.upToMs = std::pow(m_data.growth, row + 1);
    cell.count = at >= 0 && at < int(column.counts.size()) ? column.counts[std::size_t(at)] : 0;
    for (const qint64 count : column.counts)
        cell.columnCount += count;
    return cell;
}

std::optional<HeatCell> HeatMapCanvas::cell(const Place& place) const
{
    const HeatMapData::Column* column = columnAt(double(place.first));
    if (!column)
        return std::nullopt;
    const HeatCell found = cellOf(*column, place.second);
    return found.count > 0 ? std::optional(found) : std::nullopt;
}

std::optional<HeatCell> HeatMapCanvas::cellAt(const QPointF& at) const
{
    const QRect area = plotRect();
    if (!area.contains(at.toPoint()))
        return std::nullopt;
    const HeatMapData::Column* column = columnAt(timeAt(at.x()));
    if (!column)
        return std::nullopt;
    const double share = 1 - (at.y() - area.top()) / area.height();
    const double value = m_lowMs * std::pow(m_highMs / m_lowMs, share);
    const int row = int(std::floor(std::log(value) / std::log(m_data.growth)));
    return cell({column->startMs, row});
}

QRectF HeatMapCanvas::rectOf(const HeatCell& cell) const
{
    const QRect area = plotRect();
    const QRectF whole(QPointF(xOf(double(cell.fromMs)), yOf(cell.upToMs)),
                       QPointF(xOf(double(cell.toMs)), yOf(cell.aboveMs)));
    QRectF drawn = whole.intersected(area);
    const bool roomy = whole.width() > kGapFrom && whole.height() > kGapFrom;
    if (roomy)
        drawn.adjust(0, 0, -1, -1);
    return drawn;
}

std::optional<HeatCell> HeatMapCanvas::selected() const
{
    return m_selected ? cell(*m_selected) : std::nullopt;
}

QColor HeatMapCanvas::colorOf(qint64 count) const
{
    const auto t = float(std::log1p(double(count)) / std::log1p(double(m_highest)));
    constexpr float kBend = 0.7F; // beyond, towards the text's colour, which stands out in any theme
    if (t < kBend)
        return mix(m_theme.surface, m_theme.accent, kPalest + t / kBend * (1 - kPalest));
    return mix(m_theme.accent, m_theme.text, (t - kBend) / (1 - kBend) * 0.6F);
}

QString HeatMapCanvas::textOf(const HeatCell& cell)
{
    return tr("%1 to %2\n%3 to %4\n%5 invocations, %6 % of the column")
        .arg(formatTime(cell.fromMs, 1000), formatTime(cell.toMs, 1000),
             formatValue(cell.aboveMs, Unit::Milliseconds),
             formatValue(cell.upToMs, Unit::Milliseconds), QLocale().toString(cell.count),
             QLocale().toString(100.0 * double(cell.count) / double(std::max<qint64>(1, cell.columnCount)), 'f', 1));
}

void HeatMapCanvas::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    paintMap(painter);
    paintMoving(painter);
}

void HeatMapCanvas::paintMap(QPainter& painter) const
{
    painter.fillRect(rect(), m_theme.surface);
    paintAxes(painter);
    paintCells(painter);
    paintMarks(painter, plotRect(), [this](double ms) { return xOf(ms); }, m_group.marks());
    if (m_data.isBlank() && !m_emptyText.isEmpty()) {
        painter.setFont(font());
        painter.setPen(m_theme.mutedText);
        painter.drawText(plotRect(), Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
    }
}

void HeatMapCanvas::paintAxes(QPainter& painter) const
{
    const QRect area = plotRect();
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    painter.setFont(small);
    for (const double value : logTicks(m_lowMs, m_highMs, area.height())) {
        const double y = std::floor(yOf(value)) + 0.5;
        painter.setPen(m_theme.grid);
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        painter.setPen(m_theme.mutedText);
        painter.drawText(QRectF(0, y - 10, kLeft - 8, 20), Qt::AlignRight | Qt::AlignVCenter,
                         formatTick(value, Unit::Milliseconds));
    }
    painter.setPen(m_theme.grid.darker(105));
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    const ChartGroup::View view = m_group.view();
    const auto marks = timeTicks(qint64(view.fromMs), qint64(view.toMs),
                                 std::max(2, area.width() / kPixelsPerTimeTick));
    const qint64 step = marks.size() > 1 ? marks[1] - marks[0] : 1000;
    for (const qint64 mark : marks) {
        const double x = xOf(double(mark));
        painter.setPen(m_theme.grid.darker(105));
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 4));
        painter.setPen(m_theme.mutedText);
        painter.drawText(QRectF(x - 50, area.bottom() + 5, 100, 18), Qt::AlignHCenter | Qt::AlignTop,
                         formatTimeTick(mark, step));
    }
}

void HeatMapCanvas::paintCells(QPainter& painter) const
{
    const ChartGroup::View view = m_group.view();
    for (const HeatMapData::Column& column : m_data.columns) {
        if (double(column.startMs + m_data.columnMs) <= view.fromMs || double(column.startMs) >= view.toMs)
            continue;
        for (std::size_t i = 0; i < column.counts.size(); ++i) {
            if (column.counts[i] > 0)
                painter.fillRect(rectOf(cellOf(column, column.firstRow + int(i))),
                                 colorOf(column.counts[i]));
        }
    }
}

void HeatMapCanvas::paintMoving(QPainter& painter) const
{
    const QRect area = plotRect();
    if (const auto crosshair = m_group.crosshair()) {
        const double x = std::floor(xOf(*crosshair)) + 0.5;
        painter.setPen(QPen(m_theme.mutedText, 1));
        if (x >= area.left() && x <= area.right())
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
    }
    painter.setBrush(Qt::NoBrush);
    for (const auto& [place, width] : {std::pair{m_hovered, 1.0}, std::pair{m_selected, 2.0}}) {
        const auto shown = place ? cell(*place) : std::nullopt;
        if (!shown || (place == m_selected && width > 1 && !hasFocus()))
            continue;
        painter.setPen(QPen(m_theme.text, width));
        painter.drawRect(rectOf(*shown).adjusted(-0.5, -0.5, 0.5, 0.5));
    }
    if (m_drag) {
        const auto [left, right] = std::minmax(m_drag->fromX, m_drag->toX);
        QColor band = m_theme.accent;
        band.setAlphaF(0.2F);
        painter.fillRect(QRect(QPoint(left, area.top()), QPoint(right, area.bottom())), band);
    }
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(m_theme.accent, 1));
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
}

void HeatMapCanvas::mouseMoveEvent(QMouseEvent* event)
{
    const QRect area = plotRect();
    const int x = std::clamp(event->pos().x(), area.left(), area.right());
    if (m_drag)
        m_drag->toX = x;
    m_group.setCrosshair(timeAt(x));
    const auto hovered = cellAt(event->position());
    m_hovered = hovered ? std::optional(Place(hovered->fromMs, int(std::lround(std::log(hovered->aboveMs) / std::log(m_data.growth)))))
                        : std::nullopt;
    setCursor(hovered ? Qt::PointingHandCursor : Qt::CrossCursor);
    const auto marks = marksAt(x, area, [this](double ms) { return xOf(ms); }, m_group.marks());
    const QPoint global = event->globalPosition().toPoint();
    if (hovered)
        QToolTip::showText(global, textOf(*hovered) + u'\n' + tr("Click to list them"), this);
    else if (!marks.empty())
        QToolTip::showText(global, marksText(marks), this);
    else if (QToolTip::isVisible())
        QToolTip::hideText();
    update();
}

void HeatMapCanvas::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        m_drag = Drag{event->pos().x(), event->pos().x()};
}

void HeatMapCanvas::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !m_drag)
        return;
    const auto [left, right] = std::minmax(m_drag->fromX, m_drag->toX);
    m_drag.reset();
    update();
    if (right - left >= kDragThreshold)
        m_group.zoomTo({timeAt(left), timeAt(right)});
    else
        activate(cellAt(event->position()));
}

void HeatMapCanvas::leaveEvent(QEvent* event)
{
    QWidget::leaveEvent(event);
    m_hovered.reset();
    m_group.setCrosshair(std::nullopt);
    update();
}

void HeatMapCanvas::activate(const std::optional<HeatCell>& cell)
{
    if (!cell)
        return;
    const int row = int(std::lround(std::log(cell->aboveMs) / std::log(m_data.growth)));
    select({cell->fromMs, row});
    Q_EMIT cellActivated(*cell);
}

void HeatMapCanvas::keyPressEvent(QKeyEvent* event)
{
    const ChartGroup::View view = m_group.view();
    const double middle = m_selected ? double(m_selected->first) : (view.fromMs + view.toMs) / 2;
    switch (event->key()) {
    case Qt::Key_Left:
        return moveBy(-1, 0);
    case Qt::Key_Right:
        return moveBy(1, 0);
    case Qt::Key_Up:
        return moveBy(0, 1);
    case Qt::Key_Down:
        return moveBy(0, -1);
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return activate(selected());
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return m_group.zoomBy(kZoom, middle);
    case Qt::Key_Minus:
        return m_group.zoomBy(1 / kZoom, middle);
    case Qt::Key_Home:
        return m_group.resetZoom();
    case Qt::Key_Escape:
        if (m_group.isZoomed())
            return m_group.resetZoom();
        break;
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

// From one cell with invocations to the next: in its column, or in the column beside it the one that
// is nearest in height. The first step chooses the newest.
void HeatMapCanvas::moveBy(int columns, int rows)
{
    if (m_data.isBlank())
        return;
    const auto& all = m_data.columns;
    auto at = m_selected ? std::find_if(all.begin(), all.end(), [&](const auto& column) {
        return column.startMs == m_selected->first;
    }) : all.end();
    int row = m_selected ? m_selected->second : all.back().firstRow;
    if (at == all.end()) {
        at = std::prev(all.end());
    } else if (columns != 0) {
        const auto next = (at - all.begin()) + columns;
        if (next < 0 || next >= std::ptrdiff_t(all.size()))
            return;
        at = all.begin() + next;
    }
    std::optional<int> best;
    for (int i = 0; i < int(at->counts.size()); ++i) {
        const int candidate = at->firstRow + i;
        const bool beyond = rows == 0 || (candidate - row) * rows > 0;
        if (at->counts[std::size_t(i)] > 0 && beyond &&
            (!best || std::abs(candidate - row) < std::abs(*best - row)))
            best = candidate;
    }
    if (best)
        select({at->startMs, *best});
}

void HeatMapCanvas::select(const Place& place)
{
    m_selected = place;
    if (const auto chosen = cell(place)) {
        setAccessibleDescription(textOf(*chosen));
        m_group.setCrosshair(double(chosen->fromMs + chosen->toMs) / 2);
    }
    update();
}

void HeatMapCanvas::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    update();
}

void HeatMapCanvas::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    update();
}

} // namespace gantry::charts
