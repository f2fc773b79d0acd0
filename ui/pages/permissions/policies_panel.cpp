#include "ui/pages/permissions/policies_panel.h"

#include "ui/models/known_resources.h"
#include "ui/pages/permissions/policy_dialog.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Badge;
using widgets::ButtonKind;
using widgets::Theme;

namespace {
bool isAws(const QString& arn) { return arn.startsWith(QLatin1String("arn:aws:iam::aws:")); }
} // namespace

PoliciesPanel::PoliciesPanel(rpc::IamApi& iam, rpc::AccessApi& access,
                             models::KnownResources& known, widgets::MessageBar& bar,
                             QWidget* parent)
    : QWidget(parent), m_iam(iam), m_access(access), m_known(known), m_bar(bar)
{
    auto* search = new widgets::SearchField(QStringLiteral("managedSearch"), tr("Filter policies"));
    m_table = new TextTable(QStringLiteral("managedTable"), tr("List of managed policies"),
                            {tr("Policy"), tr("Whose"), tr("Attached to"), tr("What for")},
                            {320, 80, 110, 400});
    m_table->setPlaceholder(tr("No policy matches."));
    m_open = widgets::makeButton(QStringLiteral("managedOpen"), tr("Open policy"));
    m_remove = widgets::makeButton(QStringLiteral("managedRemove"), tr("Delete policy"),
                                   ButtonKind::Flat, QStringLiteral("trash"));
    m_open->setEnabled(false);
    m_remove->setEnabled(false);
    auto* row = new QHBoxLayout;
    row->addWidget(m_open);
    row->addWidget(m_remove);
    row->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(search);
    column->addWidget(m_table, 1);
    column->addLayout(row);
    connect(search, &QLineEdit::textChanged, m_table, &TextTable::setFilter);
    connect(m_table, &TextTable::currentIdChanged, this, [this] {
        const QString arn = m_table->currentId();
        m_open->setEnabled(!arn.isEmpty());
        m_remove->setEnabled(!arn.isEmpty() && !isAws(arn));
    });
    connect(m_table, &QTableView::doubleClicked, this, &PoliciesPanel::openCurrent);
    connect(m_open, &QPushButton::clicked, this, &PoliciesPanel::openCurrent);
    connect(m_remove, &QPushButton::clicked, this, &PoliciesPanel::remove);
}

void PoliciesPanel::refresh()
{
    m_iam.listPolicies(false, this, [this](const rpc::Result<QList<rpc::PolicyInfo>>& policies) {
        if (!policies) {
            if (!policies.error().unavailable)
                m_bar.showMessage(policies.error().message, Badge::Tone::Error);
            return;
        }
        QList<models::TextTableModel::Row> rows;
        for (const rpc::PolicyInfo& policy : *policies)
            rows.append({policy.arn,
                         {policy.name, policy.aws ? tr("AWS") : tr("yours"),
                          QString::number(policy.attachments), policy.description},
                         policy.arn});
        m_table->setRows(rows);
    });
}

void PoliciesPanel::open(const QString& arn)
{
    m_table->select(arn);
    m_iam.document(arn, this, [this, arn](const rpc::Result<QString>& text) {
        if (text)
            edit(arn, *text);
        else
            m_bar.showMessage(text.error().message, Badge::Tone::Error);
    });
}

void PoliciesPanel::openCurrent()
{
    if (!m_table->currentId().isEmpty())
        open(m_table->currentId());
}

void PoliciesPanel::startNew() { edit({}, emptyPolicy()); }

void PoliciesPanel::edit(const QString& arn, const QString& text)
{
    PolicyDialog::Subject subject;
    subject.name = arn.section(QLatin1Char('/'), -1);
    subject.title = arn.isEmpty() ? tr("A new policy") : tr("The policy %1").arg(subject.name);
    subject.nameFixed = !arn.isEmpty();
    subject.text = text;
    subject.readOnly = isAws(arn);
    auto* dialog = new PolicyDialog(m_access, m_known, subject, window());
    connect(dialog, &PolicyDialog::saveRequested, this, [this, dialog, arn] {
        const auto saved = [this, dialog](const rpc::Result<rpc::Nothing>& result) {
            if (!result)
                return dialog->failed(result.error().message);
            dialog->accept();
            m_bar.showMessage(tr("The policy is saved."), Badge::Tone::Success);
            refresh();
        };
        if (arn.isEmpty())
            m_iam.createPolicy(dialog->name(), dialog->text(), dialog, saved);
        else
            m_iam.savePolicy(arn, dialog->text(), dialog, saved);
    });
    dialog->open();
}

void PoliciesPanel::remove()
{
    m_iam.removePolicy(m_table->currentId(), this, [this](const rpc::Result<rpc::Nothing>& result) {
        m_bar.showMessage(result ? tr("The policy is deleted.") : result.error().message,
                          result ? Badge::Tone::Success : Badge::Tone::Error);
        refresh();
    });
}

} // namespace gantry::ui
