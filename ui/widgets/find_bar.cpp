#include "ui/widgets/find_bar.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QToolButton>

namespace gantry::widgets {

FindBar::FindBar(QWidget* parent) : QWidget(parent), m_field(new QLineEdit(this))
{
    identify(m_field, QStringLiteral("findField"), tr("Find in file"), tr("Enter: next, Shift+Enter: previous"));
    m_field->setPlaceholderText(tr("Find"));
    m_field->installEventFilter(this);
    auto* previous = makeIconButton(QStringLiteral("findPrevious"), QStringLiteral("chevron-up"),
                                    tr("Previous match"), this);
    auto* next = makeIconButton(QStringLiteral("findNext"), QStringLiteral("chevron-down"), tr("Next match"), this);
    auto* close = makeIconButton(QStringLiteral("findClose"), QStringLiteral("close"), tr("Close find"), this);

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(Theme::kSpace, Theme::kSpace / 2, Theme::kSpace, Theme::kSpace / 2);
    layout->addWidget(m_field, 1);
    layout->addWidget(previous);
    layout->addWidget(next);
    layout->addWidget(close);

    connect(m_field, &QLineEdit::textEdited, this, [this](const QString& text) { Q_EMIT findRequested(text, true); });
    connect(next, &QToolButton::clicked, this, [this] { Q_EMIT findRequested(m_field->text(), true); });
    connect(previous, &QToolButton::clicked, this, [this] { Q_EMIT findRequested(m_field->text(), false); });
    connect(close, &QToolButton::clicked, this, &FindBar::close);
    hide();
}

void FindBar::open(const QString& text)
{
    if (!text.isEmpty())
        m_field->setText(text);
    show();
    m_field->setFocus();
    m_field->selectAll();
}

void FindBar::setFound(bool found) { setStyleProperty(m_field, "invalid", !found && !m_field->text().isEmpty()); }

bool FindBar::eventFilter(QObject* object, QEvent* event)
{
    if (event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(object, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter)
        Q_EMIT findRequested(m_field->text(), !key->modifiers().testFlag(Qt::ShiftModifier));
    else if (key->key() == Qt::Key_Escape)
        close();
    else
        return QWidget::eventFilter(object, event);
    return true;
}

void FindBar::close()
{
    hide();
    Q_EMIT closed();
}

} // namespace gantry::widgets
