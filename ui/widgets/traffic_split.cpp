#include "ui/widgets/traffic_split.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace gantry::widgets {

namespace {
constexpr int kBarHeight = 36;
constexpr int kMarkHeight = 22; // room below for the observed share
} // namespace

TrafficSplit::TrafficSplit(const QString& objectName, const QString& accessibleName,
                           QWidget* parent)
    : QWidget(parent)
{
    identify(this, objectName, accessibleName,
             tr("Drag the border, or use the arrow keys (with Shift in steps of 10 %)"));
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setMouseTracking(true);
}

void TrafficSplit::setVersions(const QString& first, const QString& second)
{
    m_first = first;
    m_second = second;
    if (second.isEmpty())
        m_percent = 0;
    setEnabled(!second.isEmpty());
    describe();
}

void TrafficSplit::setSecondPercent(int percent)
{
    m_percent = m_second.isEmpty() ? 0 : std::clamp(percent, 0, 100);
    describe();
}

void TrafficSplit::setObserved(std::optional<double> share)
{
    m_observed = share;
    describe();
}

void TrafficSplit::describe()
{
    setAccessibleDescription(m_second.isEmpty() ? tr("All traffic to version %1").arg(m_first)
                                                : tr("%1 % to version %2, %3 % to version %4")
                                                      .arg(100 - m_percent)
                                                      .arg(m_first)
                                                      .arg(m_percent)
                                                      .arg(m_second));
    update();
}

QSize TrafficSplit::sizeHint() const
{
    return {360, kBarHeight + kMarkHeight};
}

QRect TrafficSplit::bar() const
{
    return {1, 1, width() - 2, kBarHeight - 2};
}

int TrafficSplit::border() const
{
    return bar().left() + bar().width() * (100 - m_percent) / 100;
}

void TrafficSplit::choose(int percent)
{
    percent = std::clamp(percent, 0, 100);
    if (m_second.isEmpty() || percent == m_percent)
        return;
    m_percent = percent;
    describe();
    Q_EMIT secondPercentChanged(percent);
}

void TrafficSplit::mousePressEvent(QMouseEvent* event)
{
    mouseMoveEvent(event);
}

void TrafficSplit::mouseMoveEvent(QMouseEvent* event)
{
    setCursor(m_second.isEmpty() ? Qt::ArrowCursor : Qt::SplitHCursor);
    if (!event->buttons().testFlag(Qt::LeftButton) || bar().width() <= 0)
        return;
    const double share = (event->position().x() - bar().left()) / bar().width();
    choose(100 - qRound(share * 100));
}

void TrafficSplit::keyPressEvent(QKeyEvent* event)
{
    const int step = event->modifiers().testFlag(Qt::ShiftModifier) ? 10 : 1;
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Up:
        return choose(m_percent + step);
    case Qt::Key_Right:
    case Qt::Key_Down:
        return choose(m_percent - step);
    case Qt::Key_Home:
        return choose(100);
    case Qt::Key_End:
        return choose(0);
    default:
        QWidget::keyPressEvent(event);
    }
}

void TrafficSplit::focusInEvent(QFocusEvent*)
{
    update();
}
void TrafficSplit::focusOutEvent(QFocusEvent*)
{
    update();
}

void TrafficSplit::paintEvent(QPaintEvent*)
{
    const Theme& theme = Theme::current();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRect area = bar();
    QPainterPath outline;
    outline.addRoundedRect(area, Theme::kRadius, Theme::kRadius);
    painter.setClipPath(outline);
    QRect first = area;
    first.setRight(border());
    QRect second = area;
    second.setLeft(border());
    painter.fillRect(area, theme.color(Theme::AccentSoft));
    if (m_percent > 0)
        painter.fillRect(second, theme.color(Theme::Accent));
    const auto label = [&](const QRect& rect, const QString& version, int percent,
                           Theme::Role role) {
        const QString text = tr("Version %1 · %2 %").arg(version).arg(percent);
        const QString brief = tr("%1 %").arg(percent);
        const int room = rect.width() - 2 * Theme::kSpace;
        const QString& shown = fontMetrics().horizontalAdvance(text) <= room ? text : brief;
        if (fontMetrics().horizontalAdvance(shown) > room)
            return;
        painter.setPen(theme.color(role));
        painter.drawText(rect, Qt::AlignCenter, shown);
    };
    label(first, m_first, 100 - m_percent, Theme::Text);
    if (!m_second.isEmpty())
        label(second, m_second, m_percent, Theme::OnAccent);
    painter.setClipping(false);
    painter.setPen(QPen(theme.color(hasFocus() ? Theme::Accent : Theme::StrongBorder), 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(outline);
    if (!m_second.isEmpty()) { // the handle
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.color(Theme::Text));
        const int x = std::clamp(border(), area.left() + 3, area.right() - 3);
        painter.drawRoundedRect(QRect(x - 2, area.top() + 6, 4, area.height() - 12), 2, 2);
    }
    if (!m_observed || m_second.isEmpty())
        return;
    const int x = area.left() + static_cast<int>(area.width() * (1 - *m_observed));
    painter.setPen(QPen(theme.color(Theme::Success), 2));
    painter.drawLine(x, kBarHeight, x, kBarHeight + 5);
    const QString text = tr("observed %1 %").arg(qRound(*m_observed * 100));
    const int wide = fontMetrics().horizontalAdvance(text);
    const int textX =
        std::clamp(x - wide / 2, area.left(), std::max(area.left(), area.right() - wide));
    painter.drawText(textX, kBarHeight + kMarkHeight - 4, text);
}

} // namespace gantry::widgets
