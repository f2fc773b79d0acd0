#include "ui/widgets/fact_grid.h"

#include "ui/widgets/theme.h"

#include <QGridLayout>
#include <QLabel>

namespace gantry::widgets {

FactGrid::FactGrid(QWidget* parent) : QWidget(parent), m_grid(new QGridLayout(this))
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(Theme::kPageMargin);
    m_grid->setVerticalSpacing(Theme::kSpace);
    m_grid->setColumnStretch(1, 1);
}

void FactGrid::set(const QString& name, const QString& value)
{
    QLabel*& label = m_values[name];
    if (!label) {
        const int row = m_grid->rowCount();
        auto* key = new QLabel(name, this);
        key->setProperty("muted", true);
        label = new QLabel(this);
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        label->setAccessibleName(name);
        m_grid->addWidget(key, row, 0, Qt::AlignTop);
        m_grid->addWidget(label, row, 1);
    }
    if (label->text() != value)
        label->setText(value);
}

QString FactGrid::value(const QString& name) const
{
    const QLabel* label = m_values.value(name);
    return label ? label->text() : QString();
}

} // namespace gantry::widgets
