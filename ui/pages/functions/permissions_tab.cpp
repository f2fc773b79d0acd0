#include "ui/pages/functions/permissions_tab.h"

#include "ui/models/function_session.h"
#include "ui/pages/permissions/policy_dialog.h"
#include "ui/pages/permissions/tighten_dialog.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSplitter>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {

QString when(const QDateTime& time)
{
    return time.isValid() ? QLocale().toString(time.toLocalTime(), QLocale::ShortFormat)
                          : PermissionsTab::tr("never");
}

QWidget* titled(const QString& title, QWidget* content)
{
    auto* widget = new QWidget;
    auto* column = new QVBoxLayout(widget);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(widgets::makeHeading(title));
    column->addWidget(content, 1);
    return widget;
}

} // namespace

PermissionsTab::PermissionsTab(const Services& services, models::FunctionSession& session)
    : FunctionTab(services, session), m_access(*services.channel), m_iam(*services.channel)
{
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
                              {180, 150, 150, 60});
    m_granted->setPlaceholder(tr("The role has no policy, so it may do nothing."));
    m_used = new TextTable(QStringLiteral("functionUsed"), tr("What was done with the role"),
                           {tr("Action"), tr("Last"), tr("Times"), tr("Decision"), tr("Resource")},
                           {180, 150, 65, 90, 60});
    m_used->setPlaceholder(tr("No call was made with this role yet."));
    auto* head = new QHBoxLayout;
    head->addWidget(m_title, 1);
    for (QPushButton* button : {m_create, m_simulate, m_open, m_tighten})
        head->addWidget(button);
    auto* splitter = new QSplitter;
    splitter->addWidget(titled(tr("May do"), m_granted));
    splitter->addWidget(titled(tr("Did"), m_used));
    splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, Theme::kMargin, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(head);
    column->addWidget(m_note);
    column->addWidget(splitter, 1);
    m_create->hide();
    connect(m_create, &QPushButton::clicked, this, &PermissionsTab::createRole);
    connect(m_open, &QPushButton::clicked, this, [this] {
        Q_EMIT openRequested(QStringLiteral("permissions/roles/") + role().section(QLatin1Char('/'), -1));
    });
    connect(m_simulate, &QPushButton::clicked, this,
            [this] { Q_EMIT openRequested(QStringLiteral("permissions/simulator/") + role()); });
    connect(m_tighten, &QPushButton::clicked, this, &PermissionsTab::tighten);
    connect(&session, &models::FunctionSession::detailsChanged, this, &PermissionsTab::load);
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
