#include "ui/pages/permissions/list_field.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QCompleter>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {
constexpr int kListHeight = 92;
} // namespace

ListField::ListField(const QString& objectName, const QString& title, const QString& placeholder,
                     const QString& browse, QWidget* parent)
    : QWidget(parent), m_title(new QLabel(title)), m_list(new QListWidget), m_edit(new QLineEdit)
{
    widgets::identify(m_list, objectName + QStringLiteral("List"), title);
    m_list->setToolTip({});
    m_list->setFixedHeight(kListHeight);
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setTextElideMode(Qt::ElideMiddle);
    widgets::identify(m_edit, objectName + QStringLiteral("Edit"), tr("Add to %1").arg(title),
                      placeholder);
    m_edit->setPlaceholderText(placeholder);
    auto* add = widgets::makeButton(objectName + QStringLiteral("Add"), tr("Add"));
    add->setAccessibleName(tr("Add to the list of %1").arg(title));
    m_remove = widgets::makeButton(objectName + QStringLiteral("Remove"), tr("Remove"),
                                   ButtonKind::Flat);
    m_remove->setAccessibleName(tr("Remove from %1").arg(title));
    m_remove->setEnabled(false);
    auto* head = new QHBoxLayout;
    head->addWidget(m_title);
    head->addStretch(1);
    head->addWidget(m_remove);
    auto* row = new QHBoxLayout;
    row->addWidget(m_edit, 1);
    row->addWidget(add);
    if (!browse.isEmpty()) {
        auto* choose = widgets::makeButton(objectName + QStringLiteral("Browse"), browse);
        choose->setAccessibleName(tr("%1 for %2").arg(browse, title));
        connect(choose, &QPushButton::clicked, this, &ListField::browseRequested);
        row->addWidget(choose);
    }
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace / 2);
    column->addLayout(head);
    column->addWidget(m_list);
    column->addLayout(row);
    connect(add, &QPushButton::clicked, this, &ListField::addTyped);
    connect(m_edit, &QLineEdit::returnPressed, this, &ListField::addTyped);
    connect(m_remove, &QPushButton::clicked, this, &ListField::removeSelected);
    connect(m_list, &QListWidget::itemSelectionChanged, this,
            [this] { m_remove->setEnabled(!m_list->selectedItems().isEmpty()); });
}

void ListField::setTitle(const QString& title) { m_title->setText(title); }

void ListField::setItems(const QStringList& items)
{
    m_list->clear();
    for (const QString& text : items) {
        m_list->addItem(text);
        m_list->item(m_list->count() - 1)->setToolTip(text);
    }
}

QStringList ListField::items() const
{
    QStringList items;
    for (int i = 0; i < m_list->count(); ++i)
        items.append(m_list->item(i)->text());
    return items;
}

void ListField::add(const QStringList& items)
{
    QStringList all = this->items();
    all.append(items);
    all.removeDuplicates();
    setItems(all);
    Q_EMIT itemsChanged();
}

void ListField::setCompletions(const QStringList& words)
{
    auto* completer = new QCompleter(words, m_edit);
    completer->setCaseSensitivity(Qt::CaseInsensitive);
    completer->setFilterMode(Qt::MatchContains);
    m_edit->setCompleter(completer);
}

void ListField::addTyped()
{
    const QString text = m_edit->text().trimmed();
    if (text.isEmpty())
        return;
    m_edit->clear();
    add({text});
}

void ListField::removeSelected()
{
    qDeleteAll(m_list->selectedItems());
    Q_EMIT itemsChanged();
}

} // namespace gantry::ui
