#include "ui/pages/functions/permissions_tab.h"

#include "ui/models/function_session.h"
#include "ui/pages/functions/callers_card.h"
#include "ui/pages/functions/test_tab.h"
#include "ui/pages/permissions/policy_dialog.h"
#include "ui/pages/permissions/tighten_dialog.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/rpc/functions_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {

QString when(const QDateTime& time)
{
    return time.isValid() ? QLocale().toString(time.toLocalTime(), QLocale::ShortFormat)
                          : PermissionsTab::tr("never");
}

// leftMargin: from what is beside it.
QWidget* titled(const QString& title, QWidget* content, int leftMargin)
{
    auto* widget = new QWidget;
    auto* column = new QVBoxLayout(widget);
    column->setContentsMargins(leftMargin, 0, 0, 0);
    column->addWidget(widgets::makeHeading(title));
    column->addWidget(content, 1);
    return widget;
}

} // namespace

PermissionsTab::PermissionsTab(const Services& services, models::FunctionSession& session)
    : FunctionTab(services, session), m_access(*services.channel), m_iam(*services.channel)
{
    m_roles = new QComboBox;
    widgets::identify(m_roles, QStringLiteral("functionRoleChoice"), tr("Role of the function"),
                      tr("With whose rights the function runs"));
    m_roles->setMinimumContentsLength(18);
    m_use = widgets::makeButton(QStringLiteral("functionRoleUse"), tr("Use this role"));
    m_use->setEnabled(false);
    m_title = new QLabel;
    m_title->setObjectName(QStringLiteral("functionRole"));
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_note = widgets::makeCaption({});
    m_create = widgets::makeButton(QStringLiteral("functionRoleCreate"), tr("Create the role"),
                                   ButtonKind::Primary);
    m_open = widgets::makeButton(QStringLiteral("functionRoleOpen"), tr("Open role"));
    m_simulate = widgets::makeButton(QStringLiteral("functionRoleSimulate"), tr("Simulate"));
    m_tighten = widgets::makeButton(QStringLiteral("functionTighten"), tr("Least privilege..."),
                                    ButtonKind::Primary);
    m_granted = new TextTable(QStringLiteral("functionGranted"), tr("What the role may do"),
                              {tr("Action"), tr("Last used"), tr("Policy"), tr("Resources")},
                              {230, 120, 130, 60});
    m_granted->setPlaceholder(tr("The role has no policy, so it may do nothing."));
    m_used = new TextTable(QStringLiteral("functionUsed"), tr("What was done with the role"),
                           {tr("Action"), tr("Last"), tr("Times"), tr("Decision"), tr("Resource")},
                           {210, 110, 70, 90, 60});
    m_used->setPlaceholder(tr("No call was made with this role yet."));
    auto* head = new QHBoxLayout;
    head->addWidget(new QLabel(tr("Runs with")));
    head->addWidget(m_roles);
    head->addWidget(m_use);
    head->addStretch(1);
    for (QPushButton* button : {m_create, m_simulate, m_open, m_tighten})
        head->addWidget(button);
    auto* splitter = new QSplitter;
    splitter->addWidget(titled(tr("May do"), m_granted, 0));
    splitter->addWidget(titled(tr("Did"), m_used, Theme::kSpace));
    splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, Theme::kMargin, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(head);
    column->addWidget(m_title);
    column->addWidget(m_note);
    m_callers = new CallersCard(*services.channel);
    connect(m_callers, &CallersCard::messageRequested, this, &FunctionTab::messageRequested);
    column->addWidget(splitter, 3);
    column->addWidget(m_callers, 2);
    m_create->hide();
    connect(m_roles, &QComboBox::currentIndexChanged, this,
            [this] { m_use->setEnabled(!role().isEmpty() && m_roles->currentData().toString() != role()); });
    connect(m_use, &QPushButton::clicked, this, &PermissionsTab::useRole);
    connect(m_create, &QPushButton::clicked, this, &PermissionsTab::createRole);
    connect(m_open, &QPushButton::clicked, this, [this] {
        Q_EMIT openRequested(QStringLiteral("permissions/roles/") + role().section(QLatin1Char('/'), -1));
    });
    connect(m_simulate, &QPushButton::clicked, this,
            [this] { Q_EMIT openRequested(QStringLiteral("permissions/simulator/") + role()); });
    connect(m_tighten, &QPushButton::clicked, this, &PermissionsTab::tighten);
    connect(&session, &models::FunctionSession::detailsChanged, this, &PermissionsTab::load);
    connect(&session, &models::FunctionSession::versionsChanged, this, &PermissionsTab::loadCallers);
}

void PermissionsTab::activated()
{
    m_active = true;
    load();
}

QString PermissionsTab::role() const
{
    return m_session.details() ? m_session.details()->configuration.role : QString();
}

void PermissionsTab::load()
{
    if (!m_active || role().isEmpty())
        return;
    const QString asked = role();
    m_title->setText(asked);
    loadCallers();
    loadRoles();
    m_access.use(asked, this, [this, asked](const rpc::Result<rpc::AccessUse>& use) {
        if (role() != asked)
            return;
        m_create->setVisible(!use && use.error().name == QLatin1String("NoSuchEntity"));
        for (QPushButton* button : {m_open, m_simulate, m_tighten})
            button->setEnabled(bool(use));
        if (use)
            return show(*use);
        m_granted->setRows({});
        m_used->setRows({});
        m_note->setText(m_create->isVisibleTo(this)
                            ? tr("The role does not exist, so calls made with it are denied.")
                            : use.error().message);
    });
}

void PermissionsTab::loadCallers()
{
    if (!m_active || !m_session.details())
        return;
    fillQualifiers(m_callers->qualifiers(), m_session);
    m_callers->open(m_session.name(), m_session.details()->configuration.arn);
}

void PermissionsTab::show(const rpc::AccessUse& use)
{
    QList<models::TextTableModel::Row> granted, used;
    int unused = 0;
    for (const rpc::GrantedAccess& each : use.granted) {
        const QString action = (each.allows ? QString() : tr("not ")) +
                               (each.notAction ? tr("all but ") : QString()) + each.action;
        unused += each.allows && each.count == 0 ? 1 : 0;
        granted.append({QString::number(granted.size()),
                        {action, when(each.lastUsed), each.policy, each.resources.join(QStringLiteral(", "))},
                        each.statement});
    }
    for (const rpc::UsedAccess& each : use.used)
        used.append({QString::number(used.size()),
                     {each.action, when(each.last), QString::number(each.count),
                      each.allowed ? tr("allowed") : tr("denied"), each.resource},
                     each.resource});
    m_granted->setRows(granted);
    m_used->setRows(used);
    m_note->setText(use.since.isValid()
                        ? tr("%1 of %2 permissions were never used since %3, when the record begins.")
                              .arg(unused).arg(granted.size()).arg(when(use.since))
                        : tr("Nothing was recorded yet."));
}

void PermissionsTab::loadRoles()
{
    m_iam.listIdentities(rpc::IdentityKind::Role, this,
                         [this](const rpc::Result<QList<rpc::IdentityInfo>>& roles) {
                             // What the user has just chosen stays while nothing else changes.
                             const QString now = m_session.name() + QLatin1Char('\n') + role();
                             const QString chosen = std::exchange(m_chosenFor, now) == now
                                                        ? m_roles->currentData().toString()
                                                        : role();
                             m_roles->clear();
                             for (const rpc::IdentityInfo& each : roles ? *roles : QList<rpc::IdentityInfo>())
                                 m_roles->addItem(each.name, each.arn);
                             if (m_roles->findData(role()) < 0)
                                 m_roles->addItem(role().section(QLatin1Char('/'), -1), role());
                             m_roles->setCurrentIndex(std::max(m_roles->findData(chosen), 0));
                         });
}

void PermissionsTab::useRole()
{
    m_use->setEnabled(false);
    rpc::ConfigurationChange change;
    change.role = m_roles->currentData().toString();
    m_services.functionsApi->updateConfiguration(
        m_session.name(), change, this, [this](const rpc::Result<rpc::FunctionConfiguration>& result) {
            Q_EMIT messageRequested(result ? tr("%1 runs with the role %2 from now on")
                                                 .arg(m_session.name(), m_roles->currentText())
                                           : result.error().message,
                                    !result);
            m_session.reload();
        });
}

void PermissionsTab::createRole()
{
    m_iam.create(rpc::IdentityKind::Role, role().section(QLatin1Char('/'), -1), lambdaTrust(), this,
                 [this](const rpc::Result<rpc::Nothing>& result) {
                     Q_EMIT messageRequested(result ? tr("The role is there. It may do nothing yet.")
                                                    : result.error().message,
                                             !result);
                     load();
                 });
}

void PermissionsTab::tighten()
{
    auto* dialog = new TightenDialog(m_access, m_iam, role(), window());
    connect(dialog, &QDialog::accepted, this, [this] {
        Q_EMIT messageRequested(tr("The role may do what was recorded, and nothing else."), false);
        load();
    });
    dialog->open();
}

} // namespace gantry::ui
