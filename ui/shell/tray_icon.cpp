#include "ui/shell/tray_icon.h"

#include "ui/widgets/theme.h"

#include <QMenu>
#include <QPainter>

#include <algorithm>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kSizes[] = {16, 22, 32, 64};

} // namespace

TrayIcon::TrayIcon(const QIcon& icon, QMenu& menu, QObject* parent)
    : QSystemTrayIcon(parent), m_icon(icon)
{
    setObjectName(QStringLiteral("trayIcon"));
    setContextMenu(&menu);
    connect(this, &QSystemTrayIcon::activated, this, [this](ActivationReason reason) {
        if (reason == Trigger || reason == DoubleClick)
            Q_EMIT openRequested();
    });
    draw();
}

void TrayIcon::setState(const TrayState& state)
{
    if (state == m_state)
        return;
    m_state = state;
    draw();
}

void TrayIcon::draw()
{
    setToolTip(textOf(m_state));
    QIcon drawn;
    for (const int size : kSizes)
        drawn.addPixmap(badged(m_icon, m_state, size));
    setIcon(drawn);
}

QString TrayIcon::textOf(const TrayState& state)
{
    if (!state.live)
        return tr("Gantry: the platform is not running");
    QStringList lines{tr("Gantry: %n execution(s) running", nullptr, state.running),
                      state.alarms > 0 ? tr("%n alarm(s)", nullptr, state.alarms) : tr("no alarm")};
    if (!state.silence.isEmpty())
        lines.append(state.silence);
    return lines.join(u'\n');
}

// Alarms count in a red dot; without a platform the icon is pale.
QPixmap TrayIcon::badged(const QIcon& icon, const TrayState& state, int size)
{
    QPixmap pixmap(size, size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setOpacity(state.live ? 1 : 0.45);
    icon.paint(&painter, pixmap.rect());
    painter.setOpacity(1);
    if (!state.live || state.alarms == 0)
        return pixmap;
    const Theme& theme = Theme::current();
    const qreal dot = size * 0.6;
    const QRectF badge(size - dot, size - dot, dot, dot);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.color(Theme::Error));
    painter.drawEllipse(badge);
    QFont font = theme.font(Theme::Strong);
    font.setPixelSize(std::max(7, int(dot * 0.72)));
    painter.setFont(font);
    painter.setPen(Qt::white);
    painter.drawText(badge, Qt::AlignCenter,
                     state.alarms > 9 ? QStringLiteral("+") : QString::number(state.alarms));
    return pixmap;
}

} // namespace gantry::ui
