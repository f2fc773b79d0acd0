#include "ui/pages/permissions/permissions_page.h"

#include "ui/models/denial.h"
#include "ui/pages/permissions/audit_panel.h"
#include "ui/pages/permissions/findings_panel.h"
#include "ui/pages/permissions/identities_panel.h"
#include "ui/pages/permissions/matrix_panel.h"
#include "ui/pages/permissions/policies_panel.h"
#include "ui/pages/permissions/simulator_panel.h"
#include "ui/rpc/channel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QPushButton>
#include <QStackedLayout>
#include <QTabWidget>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

namespace {

enum { RolesTab, UsersTab, GroupsTab, PoliciesTab, SimulatorTab, MatrixTab, AuditTab, FindingsTab };

const QStringList& tabRoutes()
{
    static const QStringList routes = {
        QStringLiteral("roles"),     QStringLiteral("users"),  QStringLiteral("groups"),
        QStringLiteral("policies"),  QStringLiteral("simulator"), QStringLiteral("matrix"),
        QStringLiteral("audit"),     QStringLiteral("findings")};
    return routes;
}

} // namespace

Page* makePermissionsPage(const Services& services, QWidget* parent)
{
    return new PermissionsPage(services, parent);
}

PermissionsPage::PermissionsPage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services), m_iam(*services.channel), m_access(*services.channel),
      m_known(*services.channel, services.functions)
{
    setObjectName(QStringLiteral("permissionsPage"));
    auto* unavailable = new widgets::EmptyState;
    unavailable->setIcon(QStringLiteral("power"));
    unavailable->setTitle(tr("The platform is not running"));
    unavailable->setText(tr("Permissions are kept by the platform; start it to see them."));
    connect(unavailable->addAction(QStringLiteral("startPlatformForPermissions"),
                                   tr("Start the platform"), QStringLiteral("play")),
            &QPushButton::clicked, this, &Page::restartDaemonRequested);
    m_stack = new QStackedLayout(this);
    m_stack->addWidget(unavailable);
    m_stack->addWidget(makeContent());
    connect(m_services.channel, &rpc::Channel::stateChanged, this, [this] {
        if (isVisible())
            load();
    });
}

QWidget* PermissionsPage::makeContent()
{
    auto* header =
        new widgets::SectionHeader(tr("Permissions"), widgets::SectionHeader::Level::Page);
    header->setSubtitle(tr("Who may do what, what decided each call, and what nobody needs."));
    m_bar = new widgets::MessageBar(nullptr, tr("permissions"));
    m_bar->setObjectName(QStringLiteral("permissionsMessage"));
    m_bar->hide();
    const auto identities = [this](rpc::IdentityKind kind) {
        auto* panel = new IdentitiesPanel(kind, m_iam, m_access, m_known, *m_bar);
        connect(panel, &IdentitiesPanel::openRequested, this, &Page::openRequested);
        return panel;
    };
    m_roles = identities(rpc::IdentityKind::Role);
    m_users = identities(rpc::IdentityKind::User);
    m_groups = identities(rpc::IdentityKind::Group);
    m_policies = new PoliciesPanel(m_iam, m_access, m_known, *m_bar);
    m_simulator = new SimulatorPanel(m_iam, m_access, m_known, *m_bar);
    m_matrix = new MatrixPanel(m_access, m_services.functionsApi, m_services.functions, *m_bar);
    m_audit = new AuditPanel(m_access, *m_bar);
    m_findings = new FindingsPanel(m_access, *m_bar);
    m_tabs = new QTabWidget;
    widgets::identify(m_tabs, QStringLiteral("permissionsTabs"), tr("What to show of permissions"));
    m_tabs->setToolTip({});
    m_tabs->setDocumentMode(true);
    const std::pair<QWidget*, QString> tabs[] = {
        {m_roles, tr("Roles")},         {m_users, tr("Users")},   {m_groups, tr("Groups")},
        {m_policies, tr("Policies")},   {m_simulator, tr("Simulator")},
        {m_matrix, tr("Functions by actions")}, {m_audit, tr("Audit")}, {m_findings, tr("Findings")}};
    for (const auto& [panel, title] : tabs) {
        panel->layout()->setContentsMargins(0, Theme::kMargin, 0, 0);
        m_tabs->addTab(panel, title);
    }
    auto* create = widgets::makeButton(QStringLiteral("newManagedPolicy"), tr("New managed policy"),
                                       widgets::ButtonKind::Normal, QStringLiteral("plus"));
    create->hide();
    header->addControl(create);
    connect(create, &QPushButton::clicked, m_policies, &PoliciesPanel::startNew);
    connect(m_tabs, &QTabWidget::currentChanged, this, [this, create](int index) {
        create->setVisible(index == PoliciesTab);
        m_bar->hide(); // it spoke of another view
        Q_EMIT routeChanged(tabRoutes().value(index));
        load();
    });
    const auto ask = [this](const rpc::AuditEntry& question) {
        m_tabs->setCurrentIndex(SimulatorTab);
        m_simulator->ask(question);
    };
    connect(m_audit, &AuditPanel::whyRequested, this, ask);
    connect(m_matrix, &MatrixPanel::askRequested, this, ask);
    connect(m_simulator, &SimulatorPanel::openRequested, this, &Page::openRequested);
    connect(m_findings, &FindingsPanel::openRequested, this, &Page::openRequested);

    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(header);
    column->addWidget(m_bar);
    column->addWidget(m_tabs, 1);
    return content;
}

void PermissionsPage::show(const QString& subRoute)
{
    const int tab = int(tabRoutes().indexOf(subRoute.section(QLatin1Char('/'), 0, 0)));
    const QString rest = subRoute.section(QLatin1Char('/'), 1);
    if (tab < 0)
        return;
    m_tabs->setCurrentIndex(tab);
    if (rest.isEmpty())
        return;
    switch (tab) {
    case RolesTab: return m_roles->open(rest);
    case UsersTab: return m_users->open(rest);
    case GroupsTab: return m_groups->open(rest);
    case PoliciesTab: return m_policies->open(rest);
    case SimulatorTab:
        if (const auto denial = models::denialOfRoute(rest))
            return m_simulator->ask(*denial);
        return m_simulator->setPrincipal(rest);
    case AuditTab: return m_audit->setFilter(rest);
    default: return;
    }
}

void PermissionsPage::load()
{
    const bool connected = m_services.channel->state() == rpc::Channel::State::Connected;
    m_stack->setCurrentIndex(connected ? 1 : 0);
    if (!connected)
        return;
    switch (m_tabs->currentIndex()) {
    case UsersTab: return m_users->refresh();
    case GroupsTab: return m_groups->refresh();
    case PoliciesTab: return m_policies->refresh();
    case SimulatorTab: return m_simulator->refresh();
    case MatrixTab: return m_matrix->refresh();
    case AuditTab: return m_audit->refresh();
    case FindingsTab: return m_findings->refresh();
    default: return m_roles->refresh();
    }
}

} // namespace gantry::ui
