#include "ui/pages/concurrency/concurrency_bar.h"

#include "ui/models/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>

namespace gantry::ui {

using widgets::Theme;

namespace {
constexpr int kBarHeight = 48;
constexpr int kLegendHeight = 24;
constexpr int kGrip = 5; // pixels at both sides of a border that take it
} // namespace

ConcurrencyBar::ConcurrencyBar(QWidget* parent) : QWidget(parent)
{
    widgets::identify(this, QStringLiteral("concurrencyBar"), tr("Shares of the concurrency"),
                      tr("Drag the border of a reservation; or choose one with Left and Right, "
                         "change it with Up and Down, and set it with Enter"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize ConcurrencyBar::sizeHint() const
{
    return {480, kBarHeight + kLegendHeight};
}

void ConcurrencyBar::setFrame(const rpc::ConcurrencyFrame& frame)
{
    m_frame = frame;
    if (m_moved) {
        m_stale = true; // what is being dragged stays under the pointer
        return;
    }
    rebuild();
}

void ConcurrencyBar::rebuild()
{
    m_stale = false;
    m_segments.clear();
    for (const rpc::FunctionConcurrency& function : m_frame.functions) {
        if (function.reserved) {
            m_segments.push_back({function.name, true, *function.reserved,
                                  function.provisionedTotal(), function.running});
        } else if (const int provisioned = function.provisionedTotal(); provisioned > 0) {
            int used = 0;
            for (const rpc::ProvisionedConcurrency& config : function.provisioned)
                used += config.inUse;
            m_segments.push_back({function.name, false, provisioned, provisioned, used});
        }
    }
    m_segments.push_back({{}, false, std::max(m_frame.unreservedLimit, 0),
                          m_frame.leastUnreserved, m_frame.unreservedRunning});
    if (m_chosen && *m_chosen + 1 >= m_segments.size())
        m_chosen.reset();
    describe();
}

void ConcurrencyBar::describe()
{
    QStringList parts;
    for (const Segment& segment : m_segments)
        parts << tip(segment);
    setAccessibleDescription(parts.join(QStringLiteral("; ")));
    update();
}

QString ConcurrencyBar::tip(const Segment& segment) const
{
    if (segment.name.isEmpty()) {
        return tr("Unreserved: %1, shared by all other functions; %2 in use. At least %3 must be "
                  "left.")
            .arg(segment.size)
            .arg(segment.used)
            .arg(m_frame.leastUnreserved);
    }
    return segment.reserved
               ? tr("%1 reserves %2; %3 in use").arg(segment.name).arg(segment.size).arg(segment.used)
               : tr("%1: %2 provisioned; %3 in use")
                     .arg(segment.name)
                     .arg(segment.size)
                     .arg(segment.used);
}

QRect ConcurrencyBar::bar() const
{
    return {1, 1, width() - 2, kBarHeight - 2};
}

int ConcurrencyBar::unitsBefore(std::size_t index) const
{
    int units = 0;
    for (std::size_t i = 0; i < index; ++i)
        units += m_segments[i].size;
    return units;
}

int ConcurrencyBar::xOf(int units) const
{
    const int all = std::max(unitsBefore(m_segments.size()), 1);
    return bar().left() + static_cast<int>(qint64(bar().width()) * units / all);
}

QRect ConcurrencyBar::rectOf(std::size_t index) const
{
    const int left = xOf(unitsBefore(index));
    const int right = xOf(unitsBefore(index + 1));
    return {left, bar().top(), right - left, bar().height()};
}

std::optional<std::size_t> ConcurrencyBar::borderAt(int x) const
{
    for (std::size_t i = m_segments.size(); i-- > 0;) {
        if (m_segments[i].reserved && std::abs(x - xOf(unitsBefore(i + 1))) <= kGrip)
            return i;
    }
    return std::nullopt;
}

std::size_t ConcurrencyBar::segmentAt(int x) const
{
    for (std::size_t i = 0; i < m_segments.size(); ++i) {
        if (x < xOf(unitsBefore(i + 1)))
            return i;
    }
    return m_segments.size() - 1;
}

// What a reservation takes or gives comes from and goes to the unreserved.
void ConcurrencyBar::move(std::size_t index, int size)
{
    Segment& segment = m_segments[index];
    Segment& rest = m_segments.back();
    const int most = segment.size + std::max(rest.size - rest.least, 0);
    const int chosen = std::clamp(size, segment.least, std::max(most, segment.least));
    rest.size -= chosen - segment.size;
    segment.size = chosen;
    m_moved = index;
    describe();
}

void ConcurrencyBar::commit()
{
    m_dragging = false;
    if (!m_moved)
        return;
    const Segment moved = m_segments[*std::exchange(m_moved, std::nullopt)];
    const auto before = std::find_if(m_frame.functions.cbegin(), m_frame.functions.cend(),
                                     [&](const auto& f) { return f.name == moved.name; });
    if (before != m_frame.functions.cend() && before->reserved != moved.size)
        Q_EMIT reserveRequested(moved.name, moved.size);
    else if (m_stale)
        rebuild();
}

void ConcurrencyBar::mousePressEvent(QMouseEvent* event)
{
    const int x = static_cast<int>(event->position().x());
    m_chosen = borderAt(x);
    m_dragging = m_chosen.has_value() && event->button() == Qt::LeftButton;
    update();
}

void ConcurrencyBar::mouseMoveEvent(QMouseEvent* event)
{
    const int x = static_cast<int>(event->position().x());
    if (!m_dragging) {
        setCursor(borderAt(x) ? Qt::SplitHCursor : Qt::ArrowCursor);
        return;
    }
    const int all = std::max(unitsBefore(m_segments.size()), 1);
    const double units = double(x - bar().left()) * all / std::max(bar().width(), 1);
    move(*m_chosen, qRound(units) - unitsBefore(*m_chosen));
    QToolTip::showText(event->globalPosition().toPoint(), tip(m_segments[*m_chosen]), this);
}

void ConcurrencyBar::mouseReleaseEvent(QMouseEvent*)
{
    commit();
}

void ConcurrencyBar::leaveEvent(QEvent*)
{
    unsetCursor();
}

void ConcurrencyBar::choose(int step)
{
    std::vector<std::size_t> movable;
    for (std::size_t i = 0; i < m_segments.size(); ++i) {
        if (m_segments[i].reserved)
            movable.push_back(i);
    }
    if (movable.empty())
        return;
    const auto at = m_chosen ? std::find(movable.begin(), movable.end(), *m_chosen) : movable.end();
    const auto index = at == movable.end() ? 0 : int(at - movable.begin()) + step;
    m_chosen = movable[static_cast<std::size_t>(std::clamp(index, 0, int(movable.size()) - 1))];
    update();
}

void ConcurrencyBar::keyPressEvent(QKeyEvent* event)
{
    const auto change = [this](int by) {
        if (!m_chosen)
            choose(0);
        if (m_chosen)
            move(*m_chosen, m_segments[*m_chosen].size + by);
    };
    switch (event->key()) {
    case Qt::Key_Left:
        commit();
        return choose(-1);
    case Qt::Key_Right:
        commit();
        return choose(+1);
    case Qt::Key_Up:
        return change(+1);
    case Qt::Key_Down:
        return change(-1);
    case Qt::Key_PageUp:
        return change(+10);
    case Qt::Key_PageDown:
        return change(-10);
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return commit();
    case Qt::Key_Escape:
        m_moved.reset();
        return rebuild();
    default:
        QWidget::keyPressEvent(event);
    }
}

void ConcurrencyBar::focusInEvent(QFocusEvent*)
{
    update();
}

void ConcurrencyBar::focusOutEvent(QFocusEvent*)
{
    commit();
    update();
}

bool ConcurrencyBar::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip || m_segments.empty())
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    QToolTip::showText(help->globalPos(), tip(m_segments[segmentAt(help->pos().x())]), this);
    return true;
}

void ConcurrencyBar::paintSegment(QPainter& painter, std::size_t index) const
{
    const Theme& theme = Theme::current();
    const Segment& segment = m_segments[index];
    const bool rest = segment.name.isEmpty();
    const QRect area = rectOf(index);
    const QColor color = rest ? theme.color(Theme::MutedText)
                              : theme.series(static_cast<int>(index) % Theme::kSeriesCount);
    QColor soft = color;
    soft.setAlphaF(rest ? 0.10f : 0.28f);
    painter.fillRect(area, soft);
    if (segment.used > 0 && segment.size > 0) {
        QRect used = area;
        used.setWidth(std::max(
            static_cast<int>(qint64(area.width()) * std::min(segment.used, segment.size) /
                             segment.size),
            2));
        QColor strong = color;
        strong.setAlphaF(rest ? 0.45f : 0.85f);
        painter.fillRect(used, strong);
    }
    const QString name = rest ? tr("Unreserved") : segment.name;
    const QString whole = QStringLiteral("%1 · %2").arg(name, models::formatCount(segment.size));
    const int room = area.width() - 2 * Theme::kSpace;
    const QString shown = fontMetrics().horizontalAdvance(whole) <= room
                              ? whole
                              : models::formatCount(segment.size);
    if (fontMetrics().horizontalAdvance(shown) <= area.width() - 4) {
        painter.setPen(theme.color(Theme::Text));
        painter.drawText(area, Qt::AlignCenter, shown);
    }
}

void ConcurrencyBar::paintHandle(QPainter& painter, std::size_t index) const
{
    if (!m_segments[index].reserved)
        return;
    const Theme& theme = Theme::current();
    const QRect area = rectOf(index);
    const bool chosen = hasFocus() && m_chosen == index;
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.color(chosen ? Theme::Accent : Theme::Text));
    const int x = std::clamp(area.right(), bar().left() + 3, bar().right() - 3);
    painter.drawRoundedRect(QRect(x - 2, area.top() + 8, 4, area.height() - 16), 2, 2);
}

void ConcurrencyBar::paintLegend(QPainter& painter) const
{
    painter.setPen(Theme::current().color(Theme::MutedText));
    painter.setFont(Theme::current().font(Theme::Caption));
    const QRect line(0, kBarHeight, width(), kLegendHeight);
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, QStringLiteral("0"));
    painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter,
                     models::formatCount(m_frame.accountLimit));
    if (m_segments.size() > 1) {
        painter.drawText(line, Qt::AlignCenter,
                         tr("Drag a border to change what a function reserves"));
    }
}

void ConcurrencyBar::paintEvent(QPaintEvent*)
{
    if (m_segments.empty())
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath outline;
    outline.addRoundedRect(bar(), Theme::kRadius, Theme::kRadius);
    painter.setClipPath(outline);
    for (std::size_t i = 0; i < m_segments.size(); ++i)
        paintSegment(painter, i);
    for (std::size_t i = 0; i < m_segments.size(); ++i)
        paintHandle(painter, i);
    painter.setClipping(false);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(
        QPen(Theme::current().color(hasFocus() ? Theme::Accent : Theme::StrongBorder), 1));
    painter.drawPath(outline);
    paintLegend(painter);
}

} // namespace gantry::ui
