#include "ui/pages/permissions/action_picker.h"

#include "ui/models/action_catalogue.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace gantry::ui {

using models::ActionCatalogue;
using widgets::ButtonKind;
using widgets::Theme;

ActionPicker::ActionPicker(QWidget* parent) : QDialog(parent)
{
    setWindowTitle(tr("Choose actions"));
    setObjectName(QStringLiteral("actionPicker"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(860, 620);
    m_search = new widgets::SearchField(QStringLiteral("actionSearch"),
                                        tr("Search actions, such as \"secret value\""));
    m_access = new QComboBox;
    widgets::identify(m_access, QStringLiteral("actionAccess"), tr("Access level"));
    m_access->addItem(tr("Every access level"));
    for (const char* level : {"List", "Read", "Write", "Tagging", "Permissions management"})
        m_access->addItem(QString::fromLatin1(level), QString::fromLatin1(level));
    m_tree = new QTreeWidget;
    widgets::identify(m_tree, QStringLiteral("actionTree"), tr("Actions by service"));
    m_tree->setToolTip({});
    m_tree->setHeaderLabels({tr("Action"), tr("Access level"), tr("What it lets one do")});
    m_tree->header()->resizeSection(0, 350);
    m_tree->header()->resizeSection(1, 120);
    m_tree->setUniformRowHeights(true);
    m_keys = widgets::makeCaption({});
    m_ok = widgets::makeButton(QStringLiteral("actionPick"), tr("Add actions"), ButtonKind::Primary);
    m_ok->setEnabled(false);
    auto* cancel = widgets::makeButton(QStringLiteral("actionPickCancel"), tr("Cancel"));
    auto* top = new QHBoxLayout;
    top->addWidget(m_search, 1);
    top->addWidget(m_access);
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(m_keys, 1);
    bottom->addWidget(cancel);
    bottom->addWidget(m_ok);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(Theme::kSpace);
    column->addLayout(top);
    column->addWidget(m_tree, 1);
    column->addLayout(bottom);
    fill();
    connect(m_search, &QLineEdit::textChanged, this, &ActionPicker::filter);
    connect(m_access, &QComboBox::currentIndexChanged, this, &ActionPicker::filter);
    connect(m_tree, &QTreeWidget::itemChanged, this, &ActionPicker::count);
    connect(m_tree, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
        const models::CatalogueAction* action =
            item ? ActionCatalogue::instance().action(item->text(0)) : nullptr;
        m_keys->setText(!action ? QString()
                                : tr("Resources: %1. Condition keys: %2.")
                                      .arg(action->resources.isEmpty()
                                               ? tr("only all (*)")
                                               : action->resources.join(QStringLiteral(", ")),
                                           action->keys.isEmpty()
                                               ? tr("the global ones")
                                               : action->keys.mid(0, 6).join(QStringLiteral(", "))));
    });
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_ok, &QPushButton::clicked, this, [this] {
        Q_EMIT picked(checked());
        accept();
    });
}

void ActionPicker::fill()
{
    for (const models::CatalogueService& service : ActionCatalogue::instance().services()) {
        auto* top = new QTreeWidgetItem(m_tree, {service.name, {}, tr("all: %1:*").arg(service.prefix)});
        top->setData(0, Qt::UserRole, service.prefix + QStringLiteral(":*"));
        top->setFlags(top->flags() | Qt::ItemIsUserCheckable);
        top->setCheckState(0, Qt::Unchecked);
        for (const models::CatalogueAction& action : service.actions) {
            auto* item = new QTreeWidgetItem(top, {action.name, action.access, action.about});
            item->setToolTip(2, action.about);
            item->setData(0, Qt::UserRole, action.name);
            item->setCheckState(0, Qt::Unchecked);
        }
    }
}

void ActionPicker::filter()
{
    const QStringList words = m_search->text().simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    const QString access = m_access->currentData().toString();
    const bool all = words.isEmpty() && access.isEmpty();
    for (int i = 0; i < m_tree->topLevelItemCount(); ++i) {
        QTreeWidgetItem* service = m_tree->topLevelItem(i);
        int shown = 0;
        for (int j = 0; j < service->childCount(); ++j) {
            QTreeWidgetItem* item = service->child(j);
            const QString text = item->text(0) + QLatin1Char(' ') + item->text(2);
            bool fits = access.isEmpty() || item->text(1) == access;
            for (const QString& word : words)
                fits = fits && text.contains(word, Qt::CaseInsensitive);
            item->setHidden(!fits);
            shown += fits ? 1 : 0;
        }
        service->setHidden(shown == 0);
        service->setExpanded(!all && shown > 0);
    }
}

QStringList ActionPicker::checked() const
{
    QStringList actions;
    for (int i = 0; i < m_tree->topLevelItemCount(); ++i) {
        const QTreeWidgetItem* service = m_tree->topLevelItem(i);
        if (service->checkState(0) == Qt::Checked)
            actions.append(service->data(0, Qt::UserRole).toString());
        for (int j = 0; j < service->childCount(); ++j) {
            if (service->child(j)->checkState(0) == Qt::Checked)
                actions.append(service->child(j)->data(0, Qt::UserRole).toString());
        }
    }
    return actions;
}

void ActionPicker::count()
{
    const qsizetype count = checked().size();
    m_ok->setEnabled(count > 0);
    m_ok->setText(count > 0 ? tr("Add %n action(s)", nullptr, int(count)) : tr("Add actions"));
}

} // namespace gantry::ui
