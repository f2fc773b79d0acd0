#include "ui/shell/drop_overlay.h"

#include "ui/widgets/theme.h"

#include <QDropEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QPainter>
#include <QUrl>
#include <QWindow>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kInset = 16;
constexpr int kIconSize = 48;

} // namespace

DropOverlay::DropOverlay(QWidget* window) : QWidget(window)
{
    setObjectName(QStringLiteral("dropOverlay"));
    setAttribute(Qt::WA_TransparentForMouseEvents);
    hide();
    window->setAcceptDrops(true);
    window->installEventFilter(this);
}

QStringList DropOverlay::localPaths(const QMimeData& data)
{
    QStringList paths;
    const QList<QUrl> urls = data.urls();
    for (const QUrl& url : urls) {
        if (url.isLocalFile())
            paths.append(url.toLocalFile());
    }
    return paths;
}

bool DropOverlay::eventFilter(QObject* watched, QEvent* event)
{
    switch (event->type()) {
    case QEvent::Show:
        // Before the widgets get it: text fields would take a file's name as text.
        if (QWindow* handle = parentWidget()->windowHandle())
            handle->installEventFilter(this);
        return false;
    case QEvent::DragEnter: return enter(*static_cast<QDragEnterEvent*>(event));
    case QEvent::DragMove:
        if (isHidden())
            return false;
        static_cast<QDragMoveEvent*>(event)->acceptProposedAction();
        return true;
    case QEvent::DragLeave:
        hide();
        return false;
    case QEvent::Drop: return drop(*static_cast<QDropEvent*>(event));
    default: return QWidget::eventFilter(watched, event);
    }
}

bool DropOverlay::enter(QDragEnterEvent& event)
{
    const QStringList paths = localPaths(*event.mimeData());
    if (paths.isEmpty())
        return false;
    m_what = paths.size() == 1 ? QFileInfo(paths.constFirst()).fileName()
                               : tr("%1 items").arg(paths.size());
    event.acceptProposedAction();
    setGeometry(parentWidget()->rect());
    show();
    raise();
    return true;
}

bool DropOverlay::drop(QDropEvent& event)
{
    hide();
    const QStringList paths = localPaths(*event.mimeData());
    if (paths.isEmpty())
        return false;
    event.acceptProposedAction();
    Q_EMIT dropped(paths);
    return true;
}

void DropOverlay::paintEvent(QPaintEvent*)
{
    const Theme& theme = Theme::current();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor veil = theme.color(Theme::Window);
    veil.setAlpha(225);
    painter.fillRect(rect(), veil);
    QPen frame(theme.color(Theme::Accent), 2);
    frame.setDashPattern({4, 3});
    painter.setPen(frame);
    painter.drawRoundedRect(QRectF(rect()).adjusted(kInset, kInset, -kInset, -kInset), 12, 12);

    const QPoint middle = rect().center();
    painter.drawPixmap(middle - QPoint(kIconSize / 2, kIconSize + 16),
                       theme.pixmap(QStringLiteral("deploy"), kIconSize, Theme::Accent,
                                    devicePixelRatioF()));
    painter.setPen(theme.color(Theme::Text));
    painter.setFont(theme.font(Theme::Title));
    painter.drawText(QRect(0, middle.y(), width(), 32), Qt::AlignCenter, tr("Deploy %1").arg(m_what));
    painter.setPen(theme.color(Theme::MutedText));
    painter.setFont(theme.font(Theme::Body));
    painter.drawText(QRect(0, middle.y() + 32, width(), 24), Qt::AlignCenter,
                     tr("Drop it to see what it would become before anything is changed."));
}

} // namespace gantry::ui
