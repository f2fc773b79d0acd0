#include "ui/pages/platform/platform_page.h"

#include "ui/models/format.h"
#include "ui/pages/platform/capability_list.h"
#include "ui/pages/platform/connect_card.h"
#include "ui/pages/platform/export_card.h"
#include "ui/pages/platform/keep_alive_card.h"
#include "ui/pages/platform/tls_card.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/platform_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedLayout>
#include <QTimer>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kRefreshMs = 2000;
constexpr int kContentWidth = 1120;

QString uptimeText(const QDateTime& since)
{
    const qint64 seconds = qMax<qint64>(0, since.secsTo(QDateTime::currentDateTime()));
    if (seconds < 60)
        return PlatformPage::tr("%1 s").arg(seconds);
    if (seconds < 3600)
        return PlatformPage::tr("%1 min %2 s").arg(seconds / 60).arg(seconds % 60);
    if (seconds < 86400)
        return PlatformPage::tr("%1 h %2 min").arg(seconds / 3600).arg(seconds % 3600 / 60);
    return PlatformPage::tr("%1 d %2 h").arg(seconds / 86400).arg(seconds % 86400 / 3600);
}

} // namespace

Page* makePlatformPage(const Services& services, QWidget* parent)
{
    return new PlatformPage(services, parent);
}

PlatformPage::PlatformPage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services), m_refresh(new QTimer(this))
{
    setObjectName(QStringLiteral("platformPage"));
    m_unavailable = new widgets::EmptyState(this);
    m_unavailable->setIcon(QStringLiteral("power"));
    m_unavailable->setTitle(tr("The platform is not running"));
    m_unavailable->setText(tr("Functions run, and AWS tools are answered, while it does."));
    connect(m_unavailable->addAction(QStringLiteral("startPlatform"), tr("Start the platform"),
                                     QStringLiteral("play")),
            &QPushButton::clicked, this, &Page::restartDaemonRequested);

    m_stack = new QStackedLayout(this);
    m_stack->addWidget(m_unavailable);
    m_stack->addWidget(makeContent());

    m_refresh->setInterval(kRefreshMs);
    connect(m_refresh, &QTimer::timeout, this, &PlatformPage::load);
    connect(m_services.channel, &rpc::Channel::stateChanged, this, [this] {
        if (isVisible())
            load();
    });
}

QWidget* PlatformPage::makeContent()
{
    m_header = new widgets::SectionHeader(tr("Platform"), widgets::SectionHeader::Level::Page);
    auto* restart = widgets::makeButton(QStringLiteral("restartPlatform"), tr("Restart"),
                                        widgets::ButtonKind::Normal, QStringLiteral("refresh"));
    restart->setToolTip(tr("Stop the platform in order and start it again; running calls end"));
    auto* stop = widgets::makeButton(QStringLiteral("stopPlatform"), tr("Stop"),
                                     widgets::ButtonKind::Danger, QStringLiteral("power"));
    stop->setToolTip(tr("Stop the platform in order; running calls end"));
    connect(restart, &QPushButton::clicked, this, &Page::restartDaemonRequested);
    connect(stop, &QPushButton::clicked, this, &Page::stopDaemonRequested);
    m_header->addControl(restart);
    m_header->addControl(stop);

    m_connect = new ConnectCard;
    m_keepAlive = new KeepAliveCard(*m_services.channel);
    connect(m_keepAlive, &KeepAliveCard::messageRequested, this, &Page::messageRequested);
    m_tls = new TlsCard(*m_services.channel);
    connect(m_tls, &TlsCard::messageRequested, this, &Page::messageRequested);
    m_export = new ExportCard(*m_services.channel);
    connect(m_export, &ExportCard::messageRequested, this, &Page::messageRequested);
    m_capabilities = new CapabilityList;

    auto* left = new QVBoxLayout;
    left->setSpacing(Theme::kMargin);
    left->addWidget(makeDaemonCard());
    left->addWidget(m_keepAlive);
    left->addWidget(m_connect);
    left->addWidget(m_tls);
    left->addStretch();
    auto* right = new QVBoxLayout;
    right->addWidget(m_capabilities);
    right->addWidget(m_export);
    right->addStretch();
    auto* columns = new QHBoxLayout;
    columns->setSpacing(Theme::kMargin);
    columns->addLayout(left, 1);
    columns->addLayout(right, 1);

    auto* content = new QWidget;
    content->setMaximumWidth(kContentWidth);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kMargin);
    column->addWidget(m_header);
    column->addLayout(columns);
    column->addStretch();

    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    scroll->setWidget(content);
    return scroll;
}

QWidget* PlatformPage::makeDaemonCard()
{
    QFrame* card = widgets::makeCard();
    m_facts = new widgets::FactGrid(card);
    widgets::cardLayout(card)->addWidget(widgets::makeHeading(tr("Daemon"), card));
    widgets::cardLayout(card)->addSpacing(4);
    widgets::cardLayout(card)->addWidget(m_facts);
    return card;
}

void PlatformPage::activated()
{
    m_refresh->start();
    load();
}

void PlatformPage::deactivated() { m_refresh->stop(); }

void PlatformPage::load()
{
    if (!m_services.channel->isConnected()) {
        showUnavailable();
        return;
    }
    m_keepAlive->load();
    m_export->load();
    m_services.platformApi->getPlatform(this, [this](const rpc::Result<rpc::PlatformInfo>& result) {
        if (result)
            showPlatform(*result);
        else if (!result.error().unavailable)
            Q_EMIT messageRequested(result.error().message, true);
    });
}

void PlatformPage::showUnavailable() { m_stack->setCurrentIndex(0); }

void PlatformPage::showPlatform(const rpc::PlatformInfo& platform)
{
    // Only what a restart changes needs new widgets.
    const bool another = platform.processId != m_platform.processId ||
                         platform.startedAt != m_platform.startedAt;
    m_platform = platform;
    if (another) {
        m_connect->showPlatform(platform);
        m_tls->load();
        m_capabilities->showPlatform(platform);
        m_facts->set(tr("Version"), platform.version);
        m_facts->set(tr("Account"), platform.accountId);
        m_facts->set(tr("Region"), platform.region);
        m_facts->set(tr("Concurrency limit"), models::formatCount(platform.concurrencyLimit));
        m_facts->set(tr("Data"), platform.dataDirectory);
        m_facts->set(tr("Credentials"), platform.credentialsFile);
    }
    showLiveFacts();
    m_stack->setCurrentIndex(1);
}

void PlatformPage::showLiveFacts()
{
    m_facts->set(tr("Process"), QString::number(m_platform.processId));
    m_facts->set(tr("Running for"), uptimeText(m_platform.startedAt));
    m_facts->set(tr("Memory"), models::formatBytes(m_platform.residentBytes));
}

} // namespace gantry::ui
