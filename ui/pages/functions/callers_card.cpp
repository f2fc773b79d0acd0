#include "ui/pages/functions/callers_card.h"

#include "ui/models/grant_text.h"
#include "ui/pages/functions/grant_dialog.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

CallersCard::CallersCard(rpc::Channel& channel, QWidget* parent)
    : QFrame(parent), m_channel(channel), m_api(channel), m_qualifier(new QComboBox),
      m_table(new TextTable(QStringLiteral("functionCallers"), tr("Who may call the function"),
                            {tr("Who"), tr("May"), tr("Only from"), tr("Further conditions"),
                             tr("Statement")},
                            {200, 200, 160, 200, 160})),
      m_add(widgets::makeButton(QStringLiteral("addCaller"), tr("Let somebody call…"),
                                ButtonKind::Normal, QStringLiteral("plus"))),
      m_remove(widgets::makeButton(QStringLiteral("removeCaller"), tr("Remove"), ButtonKind::Danger,
                                   QStringLiteral("trash")))
{
    setObjectName(QStringLiteral("callersCard"));
    m_table->setPlaceholder(tr("Nobody by the function's own policy: only identities of this "
                               "platform whose policies allow it."));
    widgets::identify(m_qualifier, QStringLiteral("callersQualifier"),
                      tr("Version or alias whose callers are shown"));
    m_qualifier->addItem(QStringLiteral("$LATEST"), QString());
    m_add->setToolTip(tr("Add a statement to the policy of the function"));
    m_remove->setToolTip(tr("Take the selected statement out of the policy"));
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kSpace);
    row->addWidget(widgets::makeHeading(tr("May be called by"), this));
    row->addWidget(m_qualifier);
    row->addStretch(1);
    row->addWidget(m_add);
    row->addWidget(m_remove);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, Theme::kSpace, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(row);
    column->addWidget(m_table, 1);
    connect(m_qualifier, &QComboBox::activated, this, &CallersCard::load);
    connect(m_table, &TextTable::currentIdChanged, this,
            [this] { m_remove->setEnabled(!m_table->currentId().isEmpty()); });
    connect(m_add, &QPushButton::clicked, this, &CallersCard::add);
    connect(m_remove, &QPushButton::clicked, this, &CallersCard::remove);
    m_remove->setEnabled(false);
}

QString CallersCard::qualified() const
{
    const QString qualifier = m_qualifier->currentData().toString();
    return qualifier.isEmpty() ? m_function : m_function + u':' + qualifier;
}

void CallersCard::open(const QString& function, const QString& arn)
{
    m_function = function;
    m_arn = arn;
    load();
}

void CallersCard::load()
{
    m_api.ofFunction(qualified(), this,
                     [this, asked = qualified()](const rpc::Result<QList<rpc::Grant>>& grants) {
                         if (asked != qualified())
                             return;
                         if (grants)
                             take(*grants);
                         else if (!grants.error().unavailable)
                             Q_EMIT messageRequested(grants.error().message, true);
                     });
}

void CallersCard::take(const QList<rpc::Grant>& grants)
{
    QList<models::TextTableModel::Row> rows;
    for (const rpc::Grant& grant : grants)
        rows.append({grant.id,
                     {models::whoText(grant), grant.action, models::sourceText(grant), grant.more,
                      grant.id},
                     grant.source});
    m_table->setRows(rows);
    m_remove->setEnabled(!m_table->currentId().isEmpty());
}

void CallersCard::add()
{
    auto* dialog = new GrantDialog(m_channel, qualified(), m_arn, window());
    connect(dialog, &GrantDialog::granted, this, [this] {
        Q_EMIT messageRequested(tr("The policy of %1 is changed").arg(qualified()), false);
        load();
    });
    dialog->open();
}

void CallersCard::remove()
{
    m_remove->setEnabled(false);
    m_api.remove(qualified(), m_table->currentId(), this,
                 [this](const rpc::Result<rpc::Nothing>& result) {
                     Q_EMIT messageRequested(
                         result ? tr("The policy of %1 is changed").arg(qualified())
                                : result.error().message,
                         !result);
                     load();
                 });
}

} // namespace gantry::ui
