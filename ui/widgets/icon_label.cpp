#include "ui/widgets/icon_label.h"

#include <QPainter>

namespace gantry::widgets {

IconLabel::IconLabel(int size, QWidget* parent) : QWidget(parent) { setFixedSize(size, size); }

IconLabel::IconLabel(const QString& iconName, int size, Theme::Role role, QWidget* parent)
    : IconLabel(size, parent)
{
    set(iconName, role);
}

void IconLabel::set(const QString& iconName, Theme::Role role)
{
    m_iconName = iconName;
    m_role = role;
    update();
}

void IconLabel::paintEvent(QPaintEvent*)
{
    if (m_iconName.isEmpty())
        return;
    QPainter painter(this);
    painter.drawPixmap(rect(),
                       Theme::current().pixmap(m_iconName, width(), m_role, devicePixelRatioF()));
}

} // namespace gantry::widgets
