#include "ui/pages/functions/grant_dialog.h"

#include "ui/models/grant_text.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {
constexpr int kWidth = 520;
constexpr int kMaxName = 256;
} // namespace

GrantDialog::GrantDialog(rpc::Channel& channel, QString function, const QString& arn,
                         QWidget* parent)
    : QDialog(parent), m_grants(channel), m_iam(channel), m_function(std::move(function)),
      m_place(arn.section(u':', 3, 4)), m_form(new QFormLayout), m_kind(new QComboBox),
      m_service(new QComboBox), m_identity(new QComboBox), m_action(new QComboBox),
      m_source(new QLineEdit), m_account(new QLineEdit), m_sourceLabel(new QLabel),
      m_problem(widgets::makeCaption({})),
      m_allow(widgets::makeButton(QStringLiteral("grantAllow"), tr("Allow"), ButtonKind::Primary))
{
    setObjectName(QStringLiteral("grantDialog"));
    setWindowTitle(tr("Let somebody call %1").arg(m_function));
    setAttribute(Qt::WA_DeleteOnClose);
    setMinimumWidth(kWidth);
    build();
    connect(m_kind, &QComboBox::currentIndexChanged, this, &GrantDialog::updateControls);
    connect(m_service, &QComboBox::currentIndexChanged, this, &GrantDialog::updateControls);
    connect(m_identity, &QComboBox::currentIndexChanged, this, &GrantDialog::updateControls);
    connect(m_account, &QLineEdit::textChanged, this, &GrantDialog::updateControls);
    connect(m_allow, &QPushButton::clicked, this, &GrantDialog::grant);
    offerIdentities(rpc::IdentityKind::Role, tr("role %1"));
    offerIdentities(rpc::IdentityKind::User, tr("user %1"));
    updateControls();
}

void GrantDialog::build()
{
    widgets::identify(m_kind, QStringLiteral("grantKind"), tr("Kind of caller"));
    m_kind->addItems({tr("An AWS service"), tr("A role or user of this platform"),
                      tr("Another account"), tr("Everyone")});
    widgets::identify(m_service, QStringLiteral("grantService"), tr("Service that calls"));
    for (const models::CallingService& service : models::callingServices())
        m_service->addItem(service.name);
    widgets::identify(m_source, QStringLiteral("grantSource"), tr("What of the service calls"),
                      tr("Its name; empty: anything of the service"));
    m_source->setMaxLength(kMaxName);
    m_source->setPlaceholderText(tr("Name; empty: any"));
    m_source->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("[A-Za-z0-9._/*#+=@-]*")), this));
    widgets::identify(m_identity, QStringLiteral("grantIdentity"), tr("Role or user that calls"));
    widgets::identify(m_account, QStringLiteral("grantAccount"), tr("Account that calls"),
                      tr("12 digits"));
    m_account->setPlaceholderText(tr("12 digits"));
    m_account->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("\\d{12}")), this));
    widgets::identify(m_action, QStringLiteral("grantAction"), tr("What the caller may do"));
    m_action->addItem(tr("Invoke it"), QStringLiteral("lambda:InvokeFunction"));
    m_action->addItem(tr("Call its URL, signed (AWS_IAM)"), QStringLiteral("AWS_IAM"));
    m_action->addItem(tr("Call its URL, unsigned (NONE)"), QStringLiteral("NONE"));
    m_problem->setObjectName(QStringLiteral("grantProblem"));
    m_problem->setProperty("tone", QStringLiteral("error"));
    m_problem->hide();

    m_form->setSpacing(Theme::kSpace);
    m_form->addRow(tr("Who"), m_kind);
    m_form->addRow(tr("Service"), m_service);
    m_form->addRow(m_sourceLabel, m_source);
    m_form->addRow(tr("Identity"), m_identity);
    m_form->addRow(tr("Account"), m_account);
    m_form->addRow(tr("May"), m_action);
    auto* cancel = widgets::makeButton(QStringLiteral("grantCancel"), tr("Cancel"));
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(cancel);
    buttons->addWidget(m_allow);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kMargin);
    column->addLayout(m_form);
    column->addWidget(m_problem);
    column->addStretch(1);
    column->addLayout(buttons);
}

void GrantDialog::offerIdentities(rpc::IdentityKind kind, const QString& label)
{
    m_iam.listIdentities(kind, this,
                         [this, label](const rpc::Result<QList<rpc::IdentityInfo>>& found) {
                             if (!found)
                                 return;
                             for (const rpc::IdentityInfo& each : *found)
                                 m_identity->addItem(label.arg(each.name), each.arn);
                             updateControls();
                         });
}

void GrantDialog::updateControls()
{
    const int kind = m_kind->currentIndex();
    const auto show = [this](QWidget* field, bool shown) {
        m_form->setRowVisible(field, shown);
    };
    show(m_service, kind == Service);
    show(m_source, kind == Service);
    show(m_identity, kind == Identity);
    show(m_account, kind == Account);
    show(m_action, kind != Service); // services invoke
    m_sourceLabel->setText(models::callingServices()[m_service->currentIndex()].source);
    m_allow->setEnabled(kind == Identity  ? m_identity->count() > 0
                        : kind == Account ? m_account->hasAcceptableInput()
                                          : true);
}

rpc::NewGrant GrantDialog::chosen() const
{
    const int kind = m_kind->currentIndex();
    if (kind == Service)
        return models::grantTo(models::callingServices()[m_service->currentIndex()],
                               m_source->text().trimmed(), m_place);
    rpc::NewGrant grant;
    grant.who = kind == Identity  ? m_identity->currentData().toString()
                : kind == Account ? m_account->text()
                                  : QStringLiteral("*");
    grant.id = models::statementId(kind == Identity  ? QStringLiteral("identity")
                                   : kind == Account ? QStringLiteral("account")
                                                     : QStringLiteral("everyone"));
    grant.action = m_action->currentData().toString();
    if (m_action->currentIndex() > 0) {
        grant.urlAuth = grant.action;
        grant.action = QStringLiteral("lambda:InvokeFunctionUrl");
    }
    return grant;
}

void GrantDialog::grant()
{
    m_allow->setEnabled(false);
    m_grants.add(m_function, chosen(), this, [this](const rpc::Result<rpc::Nothing>& result) {
        if (result) {
            Q_EMIT granted();
            return accept();
        }
        m_problem->setText(result.error().message);
        m_problem->show();
        updateControls();
    });
}

} // namespace gantry::ui
