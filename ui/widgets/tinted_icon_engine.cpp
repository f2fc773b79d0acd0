#include "ui/widgets/tinted_icon_engine.h"

#include <QPainter>

namespace gantry::widgets {

Theme::Role TintedIconEngine::roleFor(QIcon::Mode mode) const
{
    if (mode == QIcon::Disabled)
        return Theme::FaintText;
    return m_role;
}

void TintedIconEngine::paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State)
{
    const int side = qMin(rect.width(), rect.height());
    const QPixmap drawn = Theme::current().pixmap(m_name, side, roleFor(mode),
                                                  painter->device()->devicePixelRatioF());
    const QPoint corner(rect.x() + (rect.width() - side) / 2, rect.y() + (rect.height() - side) / 2);
    painter->drawPixmap(QRect(corner, QSize(side, side)), drawn);
}

QPixmap TintedIconEngine::pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state)
{
    return scaledPixmap(size, mode, state, 1.0);
}

// size is in device pixels already; scale only says how the caller will show it.
QPixmap TintedIconEngine::scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal)
{
    QPixmap drawn(size);
    drawn.fill(Qt::transparent);
    QPainter painter(&drawn);
    paint(&painter, QRect(QPoint(0, 0), size), mode, state);
    return drawn;
}

} // namespace gantry::widgets
