#include "ui/pages/permissions/tighten_dialog.h"

#include "ui/models/policy_document.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/code_editor.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr QLatin1String kPolicyName("LeastPrivilege");

QString roleName(const QString& arn) { return arn.section(QLatin1Char('/'), -1); }

} // namespace

TightenDialog::TightenDialog(rpc::AccessApi& access, rpc::IamApi& iam, const QString& roleArn,
                             QWidget* parent)
    : QDialog(parent), m_access(access), m_iam(iam), m_arn(roleArn),
      m_denied(new QCheckBox(tr("Also allow what was denied")))
{
    setWindowTitle(tr("Least privilege for %1").arg(roleName(roleArn)));
    setObjectName(QStringLiteral("tightenDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(900, 760);
    widgets::identify(m_denied, QStringLiteral("tightenDenied"), m_denied->text(),
                      tr("For calls that failed although the function needs them"));
    m_summary = widgets::makeCaption(tr("Reading the record..."));
    m_effect = widgets::makeCaption({});
    m_effect->setObjectName(QStringLiteral("tightenEffect"));
    m_diff = new widgets::CodeEditor;
    m_diff->setIdentity(QStringLiteral("tightenDiff"), tr("What changes in the policy"));
    m_diff->setReadOnly(true);
    m_calls = new TextTable(QStringLiteral("tightenCalls"), tr("Recorded calls under the new policy"),
                            {tr("Action"), tr("Times"), tr("Was"), tr("Would be"), tr("Resource")},
                            {230, 75, 80, 95, 350});
    m_calls->setMaximumHeight(200);
    m_calls->setPlaceholder(tr("No call was recorded."));
    m_apply = widgets::makeButton(QStringLiteral("tightenApply"), tr("Put it in force"), ButtonKind::Primary);
    m_apply->setEnabled(false);
    auto* cancel = widgets::makeButton(QStringLiteral("tightenCancel"), tr("Cancel"));
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(m_denied);
    bottom->addStretch(1);
    bottom->addWidget(cancel);
    bottom->addWidget(m_apply);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_summary);
    column->addWidget(m_diff, 1);
    column->addWidget(m_effect);
    column->addWidget(m_calls);
    column->addLayout(bottom);
    connect(m_denied, &QCheckBox::toggled, this, &TightenDialog::generate);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_apply, &QPushButton::clicked, this, &TightenDialog::apply);
    generate();
}

void TightenDialog::fail(const rpc::Error& error)
{
    m_summary->setText(error.message);
    m_apply->setEnabled(false);
}

void TightenDialog::generate()
{
    m_access.generate(m_arn, m_denied->isChecked(), this,
                      [this](const rpc::Result<rpc::GeneratedPolicy>& policy) {
                          policy ? show(*policy) : fail(policy.error());
                      });
}

void TightenDialog::show(const rpc::GeneratedPolicy& policy)
{
    m_document = models::formatPolicyText(policy.document);
    m_summary->setText(
        tr("Recorded calls that this was made from: %1. It takes the place of every policy of the role.")
            .arg(policy.calls));
    const QString diff = models::diffTexts(models::formatPolicyText(policy.current), m_document);
    m_diff->setText(diff);
    preview();
}

void TightenDialog::preview()
{
    m_access.preview(m_arn, m_document, this, [this](const rpc::Result<rpc::PolicyPreview>& preview) {
        if (!preview)
            return fail(preview.error());
        QList<models::TextTableModel::Row> rows;
        for (const rpc::PreviewedCall& each : preview->calls)
            rows.append({QString::number(rows.size()),
                         {each.call.action, QString::number(each.call.count),
                          each.call.allowed ? tr("allowed") : tr("denied"),
                          each.allowedThen ? tr("allowed") : tr("denied"), each.call.resource},
                         each.reason});
        m_calls->setRows(rows);
        m_effect->setText(preview->wouldBeDenied == 0
                              ? tr("None of the recorded calls would have been denied.")
                              : tr("Recorded calls that would have been denied: %1.")
                                    .arg(preview->wouldBeDenied));
        m_apply->setEnabled(true);
    });
}

void TightenDialog::apply()
{
    m_apply->setEnabled(false);
    m_iam.heldPolicies(
        rpc::IdentityKind::Role, roleName(m_arn), this,
        [this](const rpc::Result<QList<rpc::HeldPolicy>>& held) {
            if (!held)
                return fail(held.error());
            QList<rpc::HeldPolicy> others = *held;
            others.removeIf([](const rpc::HeldPolicy& each) {
                return each.arn.isEmpty() && each.name == kPolicyName;
            });
            m_iam.putOwn(rpc::IdentityKind::Role, roleName(m_arn), kPolicyName, m_document, this,
                         [this, others](const rpc::Result<rpc::Nothing>& put) {
                             put ? dropOthers(others) : fail(put.error());
                         });
        });
}

void TightenDialog::dropOthers(QList<rpc::HeldPolicy> others)
{
    if (others.isEmpty())
        return accept();
    const rpc::HeldPolicy next = others.takeFirst();
    const auto then = [this, others](const rpc::Result<rpc::Nothing>& dropped) {
        dropped ? dropOthers(others) : fail(dropped.error());
    };
    if (next.arn.isEmpty())
        m_iam.removeOwn(rpc::IdentityKind::Role, roleName(m_arn), next.name, this, then);
    else
        m_iam.detach(rpc::IdentityKind::Role, roleName(m_arn), next.arn, this, then);
}

} // namespace gantry::ui
