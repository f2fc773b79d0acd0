#include "ui/pages/functions/event_panel.h"

#include "ui/models/json_text.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/json_view.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QPushButton>
#include <QToolButton>

namespace gantry::ui {

using widgets::Theme;

namespace {

enum Kind { Template = Qt::UserRole, Name }; // item data roles of the choices

} // namespace

EventPanel::EventPanel(QWidget* parent)
    : QWidget(parent), m_templates(models::eventTemplates()),
      m_editor(new widgets::JsonView(QStringLiteral("testEvent"), tr("Test event"),
                                     widgets::JsonView::Mode::Edit))
{
    m_error = widgets::makeButton(QStringLiteral("eventError"), tr("Event is valid"),
                                  widgets::ButtonKind::Link);
    m_error->setToolTip(tr("Go to the error"));
    connect(m_error, &QPushButton::clicked, m_editor, &widgets::JsonView::goToError);
    connect(m_editor, &widgets::JsonView::validated, this, &EventPanel::showValidity);
    connect(m_editor, &widgets::JsonView::textChanged, this, [this] {
        m_texts[m_function] = m_editor->text();
        Q_EMIT textChanged();
    });
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(makeToolbar());
    layout->addWidget(m_editor, 1);
    layout->addWidget(m_error, 0, Qt::AlignLeft);
}

QWidget* EventPanel::makeToolbar()
{
    m_choices = new QComboBox;
    widgets::identify(m_choices, QStringLiteral("eventChoices"), tr("Event"),
                      tr("Saved events and templates"));
    m_choices->setMaxVisibleItems(24);
    m_choices->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_choices->setMinimumContentsLength(20);
    connect(m_choices, &QComboBox::activated, this, &EventPanel::choose);
    m_save = widgets::makeIconButton(QStringLiteral("saveEvent"), QStringLiteral("save"),
                                     tr("Save event"));
    connect(m_save, &QToolButton::clicked, this, &EventPanel::save);
    m_remove = widgets::makeIconButton(QStringLiteral("removeEvent"), QStringLiteral("trash"),
                                       tr("Delete saved event"));
    connect(m_remove, &QToolButton::clicked, this, &EventPanel::removeSaved);
    auto* format = widgets::makeButton(QStringLiteral("formatEvent"), tr("Format"),
                                       widgets::ButtonKind::Flat, QStringLiteral("code"));
    format->setToolTip(tr("Indent the event (Ctrl+Shift+F)"));
    format->setShortcut(Qt::CTRL | Qt::SHIFT | Qt::Key_F);
    connect(format, &QPushButton::clicked, this, [this] {
        if (checkText())
            m_editor->replaceText(models::formatJson(m_editor->text()));
    });
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_choices, 1);
    row->addWidget(m_save);
    row->addWidget(m_remove);
    row->addWidget(format);
    return bar;
}

void EventPanel::setFunction(const QString& name)
{
    m_function = name;
    m_savedName.clear();
    const QString typed = m_texts.value(name);
    fillChoices({});
    m_editor->setText(typed.isEmpty() && !m_templates.isEmpty() ? m_templates.first().text : typed);
}

QString EventPanel::text() const
{
    return m_editor->text();
}

void EventPanel::setText(const QString& text)
{
    m_savedName.clear();
    m_remove->setEnabled(false);
    m_editor->replaceText(text);
}

bool EventPanel::checkText()
{
    if (m_editor->isValid())
        return true;
    m_editor->goToError();
    return false;
}

void EventPanel::fillChoices(const QString& current)
{
    m_choices->clear();
    const QStringList saved = m_store.names(m_function);
    for (const QString& name : saved) {
        m_choices->addItem(Theme::current().icon(QStringLiteral("file")), name);
        m_choices->setItemData(m_choices->count() - 1, name, Name);
    }
    if (!saved.isEmpty())
        m_choices->insertSeparator(m_choices->count());
    for (qsizetype i = 0; i < m_templates.size(); ++i) {
        m_choices->addItem(m_templates[i].name);
        m_choices->setItemData(m_choices->count() - 1, static_cast<int>(i), Template);
    }
    const int index =
        current.isEmpty() ? m_choices->findData(0, Template) : m_choices->findData(current, Name);
    m_choices->setCurrentIndex(index);
    m_savedName = current;
    m_remove->setEnabled(!current.isEmpty());
}

void EventPanel::choose(int index)
{
    const QVariant name = m_choices->itemData(index, Name);
    const QVariant number = m_choices->itemData(index, Template);
    m_savedName = name.toString();
    m_remove->setEnabled(!m_savedName.isEmpty());
    if (!m_savedName.isEmpty())
        m_editor->replaceText(m_store.load(m_function, m_savedName));
    else if (number.isValid())
        m_editor->replaceText(m_templates[number.toInt()].text);
}

void EventPanel::showValidity()
{
    const models::JsonError* error = m_editor->error();
    m_error->setText(
        error ? tr("Line %1, column %2: %3").arg(error->line).arg(error->column).arg(error->message)
              : tr("Valid JSON"));
    m_error->setEnabled(error != nullptr);
    widgets::setKind(m_error, error ? widgets::ButtonKind::Danger : widgets::ButtonKind::Link);
}

void EventPanel::save()
{
    if (m_savedName.isEmpty())
        askName();
    else
        saveAs(m_savedName);
}

void EventPanel::askName()
{
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Save event"));
    dialog->setLabelText(tr("Name of the event"));
    dialog->setObjectName(QStringLiteral("eventName"));
    connect(dialog, &QInputDialog::textValueSelected, this, &EventPanel::saveAs);
    dialog->open();
}

void EventPanel::saveAs(const QString& name)
{
    const QString why = m_store.save(m_function, name, m_editor->text());
    if (!why.isEmpty())
        Q_EMIT problem(why);
    else
        fillChoices(name);
}

void EventPanel::removeSaved()
{
    m_store.remove(m_function, m_savedName);
    fillChoices({});
}

} // namespace gantry::ui
