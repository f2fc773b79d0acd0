#include "ui/pages/permissions/denial_bar.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

DenialBar::DenialBar(const QString& objectName, QWidget* parent) : QWidget(parent)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace / 2);
    for (int i = 0; i < kMost; ++i) {
        QPushButton*& button = m_buttons[std::size_t(i)];
        const QString name = i == 0 ? objectName : objectName + QString::number(i + 1);
        button = widgets::makeButton(name, {}, widgets::ButtonKind::Normal, QStringLiteral("key"));
        connect(button, &QPushButton::clicked, this, [this, i] {
            Q_EMIT openRequested(models::routeToReason(m_denials.value(i)));
        });
        column->addWidget(button, 0, Qt::AlignLeft);
    }
    hide();
}

void DenialBar::setText(const QString& text)
{
    m_denials = models::denialsIn(text);
    for (int i = 0; i < kMost; ++i) {
        QPushButton* button = m_buttons[std::size_t(i)];
        button->setVisible(i < m_denials.size());
        if (i >= m_denials.size())
            continue;
        const models::Denial& denial = m_denials[i];
        const QString what = tr("Why was %1 denied?").arg(denial.action);
        button->setText(what);
        button->setAccessibleName(what + (i > 0 ? QStringLiteral(" (%1)").arg(i + 1) : QString()));
        button->setToolTip(tr("Asks the simulator about %1 on %2").arg(denial.action, denial.resource));
    }
    setVisible(!m_denials.isEmpty());
}

} // namespace gantry::ui
