#include "ui/pages/secrets/secrets_page.h"

#include "ui/pages/secrets/keys_panel.h"
#include "ui/pages/secrets/parameters_panel.h"
#include "ui/pages/secrets/pasted_panel.h"
#include "ui/pages/secrets/secrets_panel.h"
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
enum { SecretsTab, ParametersTab, KeysTab, PastedTab };
} // namespace

Page* makeSecretsPage(const Services& services, QWidget* parent)
{
    return new SecretsPage(services, parent);
}

SecretsPage::SecretsPage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services), m_api(*services.channel)
{
    setObjectName(QStringLiteral("secretsPage"));
    m_unavailable = new widgets::EmptyState;
    m_unavailable->setIcon(QStringLiteral("power"));
    m_unavailable->setTitle(tr("The platform is not running"));
    m_unavailable->setText(tr("Secrets are kept by the platform; start it to see them."));
    connect(m_unavailable->addAction(QStringLiteral("startPlatformForSecrets"),
                                     tr("Start the platform"), QStringLiteral("play")),
            &QPushButton::clicked, this, &Page::restartDaemonRequested);
    m_stack = new QStackedLayout(this);
    m_stack->addWidget(m_unavailable);
    m_stack->addWidget(makeContent());
    makeCommands();
    connect(m_services.channel, &rpc::Channel::stateChanged, this, [this] {
        if (isVisible())
            load();
    });
}

QWidget* SecretsPage::makeContent()
{
    auto* header =
        new widgets::SectionHeader(tr("Secrets"), widgets::SectionHeader::Level::Page);
    header->setSubtitle(tr("Encrypted on the disk. Functions read them by SDK, or at "
                           "localhost:2773 without one, as far as their role allows."));
    m_new = widgets::makeButton(QStringLiteral("newSecret"), tr("New secret"),
                                widgets::ButtonKind::Primary, QStringLiteral("plus"));
    connect(m_new, &QPushButton::clicked, this, [this] {
        if (m_tabs->currentIndex() == ParametersTab)
            return m_parameters->startNew();
        m_tabs->setCurrentIndex(SecretsTab);
        m_secrets->startNew();
    });
    header->addControl(m_new);
    m_bar = new widgets::MessageBar(nullptr, tr("secrets"));
    m_bar->setObjectName(QStringLiteral("secretsMessage"));
    m_bar->hide();
    m_secrets = new SecretsPanel(m_services, m_api, *m_bar);
    m_parameters = new ParametersPanel(m_api, *m_bar);
    m_keys = new KeysPanel(m_api, *m_bar);
    m_pasted = new PastedPanel(m_api, *m_bar);
    m_tabs = new QTabWidget;
    widgets::identify(m_tabs, QStringLiteral("secretsTabs"), tr("What to show of secrets"));
    m_tabs->setToolTip({});
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(m_secrets, tr("Secrets"));
    m_tabs->addTab(m_parameters, tr("Parameters"));
    m_tabs->addTab(m_keys, tr("Keys"));
    m_tabs->addTab(m_pasted, tr("Found in functions"));
    for (QWidget* panel : {static_cast<QWidget*>(m_secrets), static_cast<QWidget*>(m_parameters),
                           static_cast<QWidget*>(m_keys), static_cast<QWidget*>(m_pasted)})
        panel->layout()->setContentsMargins(0, Theme::kMargin, 0, 0);
    connect(m_tabs, &QTabWidget::currentChanged, this, &SecretsPage::showTab);
    connect(m_secrets, &SecretsPanel::openRequested, this, &Page::openRequested);
    connect(m_pasted, &PastedPanel::openRequested, this, &Page::openRequested);
    connect(m_secrets, &SecretsPanel::routeChanged, this, &Page::routeChanged);

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

void SecretsPage::makeCommands()
{
    m_newSecret = new QAction(tr("New secret"), this);
    connect(m_newSecret, &QAction::triggered, this, [this] {
        m_tabs->setCurrentIndex(SecretsTab);
        m_secrets->startNew();
    });
    m_find = new QAction(tr("Find secrets that were pasted into functions"), this);
    connect(m_find, &QAction::triggered, this, [this] { m_tabs->setCurrentIndex(PastedTab); });
}

QList<QAction*> SecretsPage::commands() const
{
    return {m_newSecret, m_find};
}

void SecretsPage::show(const QString& subRoute)
{
    const QString tab = subRoute.section(QLatin1Char('/'), 0, 0);
    if (tab == QLatin1String("parameters"))
        m_tabs->setCurrentIndex(ParametersTab);
    else if (tab == QLatin1String("keys"))
        m_tabs->setCurrentIndex(KeysTab);
    else if (tab == QLatin1String("found"))
        m_tabs->setCurrentIndex(PastedTab);
    else if (!tab.isEmpty())
        m_tabs->setCurrentIndex(SecretsTab);
    if (tab == QLatin1String("secrets"))
        m_secrets->open(subRoute.section(QLatin1Char('/'), 1));
    if (tab == QLatin1String("found"))
        m_pasted->setFunction(subRoute.section(QLatin1Char('/'), 1));
}

void SecretsPage::showTab(int index)
{
    m_new->setVisible(index == SecretsTab || index == ParametersTab);
    m_new->setText(index == ParametersTab ? tr("New parameter") : tr("New secret"));
    if (index != SecretsTab)
        m_secrets->leave();
    if (index != ParametersTab)
        m_parameters->leave();
    static const QStringList kRoutes = {QStringLiteral("secrets"), QStringLiteral("parameters"),
                                        QStringLiteral("keys"), QStringLiteral("found")};
    Q_EMIT routeChanged(kRoutes.value(index));
    load();
}

void SecretsPage::load()
{
    const bool connected = m_services.channel->state() == rpc::Channel::State::Connected;
    m_stack->setCurrentIndex(connected ? 1 : 0);
    if (!connected)
        return;
    switch (m_tabs->currentIndex()) {
    case ParametersTab: return m_parameters->refresh();
    case KeysTab: return m_keys->refresh();
    case PastedTab: return m_pasted->refresh();
    default: return m_secrets->refresh();
    }
}

void SecretsPage::activated()
{
    load();
}

void SecretsPage::deactivated()
{
    m_secrets->leave();
    m_parameters->leave();
}

} // namespace gantry::ui
