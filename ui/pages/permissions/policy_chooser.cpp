#include "ui/pages/permissions/policy_chooser.h"

#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

PolicyChooser::PolicyChooser(rpc::IamApi& api, QWidget* parent) : QDialog(parent)
{
    setWindowTitle(tr("Attach a policy"));
    setObjectName(QStringLiteral("policyChooser"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(680, 480);
    auto* search = new widgets::SearchField(QStringLiteral("choosePolicySearch"), tr("Filter policies to attach"));
    m_table = new TextTable(QStringLiteral("choosePolicyTable"), tr("Policies to attach"),
                            {tr("Policy"), tr("Whose"), tr("What for")}, {270, 70, 300});
    m_table->setPlaceholder(tr("No policy matches."));
    m_ok = widgets::makeButton(QStringLiteral("choosePolicy"), tr("Attach"), ButtonKind::Primary);
    m_ok->setEnabled(false);
    auto* cancel = widgets::makeButton(QStringLiteral("choosePolicyCancel"), tr("Cancel"));
    auto* bottom = new QHBoxLayout;
    bottom->addStretch(1);
    bottom->addWidget(cancel);
    bottom->addWidget(m_ok);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(Theme::kSpace);
    column->addWidget(search);
    column->addWidget(m_table, 1);
    column->addLayout(bottom);
    connect(search, &QLineEdit::textChanged, m_table, &TextTable::setFilter);
    connect(m_table, &TextTable::currentIdChanged, this,
            [this] { m_ok->setEnabled(!m_table->currentId().isEmpty()); });
    connect(m_table, &QTableView::doubleClicked, this, &PolicyChooser::pick);
    connect(m_ok, &QPushButton::clicked, this, &PolicyChooser::pick);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    api.listPolicies(false, this, [this](const rpc::Result<QList<rpc::PolicyInfo>>& policies) {
        QList<models::TextTableModel::Row> rows;
        for (const rpc::PolicyInfo& policy : policies ? *policies : QList<rpc::PolicyInfo>())
            rows.append({policy.arn,
                         {policy.name, policy.aws ? tr("AWS") : tr("yours"), policy.description},
                         policy.arn});
        m_table->setRows(rows);
    });
}

void PolicyChooser::pick()
{
    const QString arn = m_table->currentId();
    if (arn.isEmpty())
        return;
    Q_EMIT picked(arn);
    accept();
}

} // namespace gantry::ui
