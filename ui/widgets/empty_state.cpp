#include "ui/widgets/empty_state.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/icon_label.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::widgets {

namespace {

constexpr int kIconSize = 40;
constexpr int kBoxWidth = 560;

} // namespace

EmptyState::EmptyState(QWidget* parent) : QWidget(parent), m_box(new QWidget(this))
{
    m_icon = new IconLabel(kIconSize, m_box);
    m_title = makeTitle({}, m_box);
    m_text = makeCaption({}, m_box);
    m_hint = makeCaption({}, m_box);
    for (QLabel* label : {m_title, m_text, m_hint})
        label->setAlignment(Qt::AlignCenter);
    m_hint->hide();
    m_text->hide();

    m_buttons = new QHBoxLayout;
    m_buttons->setSpacing(Theme::kSpace);
    m_buttons->addStretch();
    m_buttons->addStretch();

    auto* column = new QVBoxLayout(m_box);
    column->setContentsMargins(40, 40, 40, 40);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_icon, 0, Qt::AlignHCenter);
    column->addSpacing(Theme::kSpace);
    column->addWidget(m_title);
    column->addWidget(m_text);
    column->addSpacing(Theme::kMargin);
    column->addLayout(m_buttons);
    column->addWidget(m_hint);
    m_box->setFixedWidth(kBoxWidth);

    // Stretches instead of an alignment, which would ignore that wrapped text needs height.
    auto* row = new QHBoxLayout;
    row->addStretch();
    row->addWidget(m_box);
    row->addStretch();
    auto* outer = new QVBoxLayout(this);
    outer->addStretch(2);
    outer->addLayout(row);
    outer->addStretch(3);
}

void EmptyState::setIcon(const QString& iconName)
{
    m_icon->set(iconName, Theme::Accent);
}

void EmptyState::setTitle(const QString& title) { m_title->setText(title); }

void EmptyState::setText(const QString& text)
{
    m_text->setText(text);
    m_text->setVisible(!text.isEmpty());
}

void EmptyState::setDropHint(const QString& hint)
{
    m_hint->setText(hint);
    m_hint->setVisible(!hint.isEmpty());
    update();
}

QPushButton* EmptyState::addAction(const QString& objectName, const QString& text,
                                   const QString& iconName)
{
    const bool first = m_buttons->count() == 2;
    auto* button = makeButton(objectName, text,
                              first ? ButtonKind::Primary : ButtonKind::Normal, iconName, m_box);
    m_buttons->insertWidget(m_buttons->count() - 1, button);
    return button;
}

void EmptyState::setFooter(QWidget* footer)
{
    auto* outer = static_cast<QVBoxLayout*>(layout());
    outer->insertWidget(2, footer, 0, Qt::AlignHCenter);
}

void EmptyState::paintEvent(QPaintEvent*)
{
    if (m_hint->isHidden())
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPen pen(Theme::current().color(Theme::StrongBorder), 1.5);
    pen.setDashPattern({4, 4});
    painter.setPen(pen);
    painter.setBrush(Theme::current().color(Theme::Surface));
    painter.drawRoundedRect(QRectF(m_box->geometry()).adjusted(1, 1, -1, -1), 12, 12);
}

} // namespace gantry::widgets
