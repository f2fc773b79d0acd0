#include "ui/pages/cost/cost_page.h"

#include "ui/pages/cost/budgets_tab.h"
#include "ui/pages/cost/calculator_tab.h"
#include "ui/pages/cost/compare_tab.h"
#include "ui/pages/cost/overview_tab.h"
#include "ui/pages/cost/prices_tab.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/platform_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QDateTime>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedLayout>
#include <QTabBar>
#include <QTabWidget>
#include <QTimer>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kRefreshMs = 2'000;
constexpr int kMonths = 13;
const QStringList kTabs{QStringLiteral("overview"), QStringLiteral("budgets"),
                        QStringLiteral("compare"), QStringLiteral("calculator"),
                        QStringLiteral("prices")};

} // namespace

Page* makeCostPage(const Services& services, QWidget* parent)
{
    return new CostPage(services, parent);
}

CostPage::CostPage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services), m_refresh(new QTimer(this))
{
    setObjectName(QStringLiteral("costPage"));
    auto* unavailable = new widgets::EmptyState(this);
    unavailable->setIcon(QStringLiteral("power"));
    unavailable->setTitle(tr("The platform is not running"));
    unavailable->setText(tr("It knows what its functions would cost while it runs."));
    connect(unavailable->addAction(QStringLiteral("startPlatformForCost"), tr("Start the platform"),
                                   QStringLiteral("play")),
            &QPushButton::clicked, this, &Page::restartDaemonRequested);

    auto* content = new QWidget(this);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(makeHeader());
    column->addWidget(makeTabs(), 1);
    m_stack = new QStackedLayout(this);
    m_stack->addWidget(unavailable);
    m_stack->addWidget(content);

    m_refresh->setInterval(kRefreshMs);
    connect(m_refresh, &QTimer::timeout, this, &CostPage::load);
    connect(m_services.channel, &rpc::Channel::stateChanged, this, [this] {
        if (isVisible())
            activated();
    });
}

QWidget* CostPage::makeHeader()
{
    auto* header = new widgets::SectionHeader(tr("Cost"), widgets::SectionHeader::Level::Page, this);
    header->setSubtitle(tr("What AWS would charge for what ran here (modelled)"));
    m_month = new QComboBox(header);
    widgets::identify(m_month, QStringLiteral("costMonth"), tr("Month of the bill (UTC)"));
    connect(m_month, &QComboBox::activated, this, &CostPage::load);
    auto* audit = widgets::makeButton(QStringLiteral("auditBill"), tr("Check the bill"),
                                      widgets::ButtonKind::Normal, QStringLiteral("check"), header);
    audit->setToolTip(tr("Work the month out again from the records of its invocations and compare"));
    auto* csv = widgets::makeButton(QStringLiteral("saveCostCsv"), tr("CSV"), widgets::ButtonKind::Normal,
                                    QStringLiteral("export"), header);
    csv->setToolTip(tr("Save the shares as a table, amounts in full"));
    auto* png = widgets::makeButton(QStringLiteral("saveCostPng"), tr("PNG"), widgets::ButtonKind::Normal,
                                    QStringLiteral("export"), header);
    png->setToolTip(tr("Save a picture of the overview"));
    connect(audit, &QPushButton::clicked, this, [this] { m_overview->audit(); });
    connect(csv, &QPushButton::clicked, this, [this] { m_overview->saveCsv(); });
    connect(png, &QPushButton::clicked, this, [this] { m_overview->savePng(); });
    for (QWidget* control : std::initializer_list<QWidget*>{m_month, audit, csv, png})
        header->addControl(control);
    return header;
}

QWidget* CostPage::scrolled(QWidget* content) const
{
    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    content->setProperty("page", true);
    scroll->setWidget(content);
    return scroll;
}

QWidget* CostPage::makeTabs()
{
    m_overview = new OverviewTab(m_services);
    m_budgets = new BudgetsTab(m_services);
    m_compare = new CompareTab(m_services);
    m_calculator = new CalculatorTab;
    m_prices = new PricesTab(m_services);
    m_tabs = new QTabWidget(this);
    m_tabs->setDocumentMode(true);
    widgets::identify(m_tabs->tabBar(), QStringLiteral("costTabs"), tr("Parts of the Cost page"));
    m_tabs->addTab(scrolled(m_overview), tr("Bill"));
    m_tabs->addTab(scrolled(m_budgets), tr("Budgets"));
    m_tabs->addTab(scrolled(m_compare), tr("Crossover and what if"));
    m_tabs->addTab(scrolled(m_calculator), tr("Calculator"));
    m_tabs->addTab(scrolled(m_prices), tr("Prices"));
    connect(m_tabs, &QTabWidget::currentChanged, this, [this](int tab) {
        if (kTabs[tab] == QLatin1String("compare"))
            m_compare->load();
        if (kTabs[tab] == QLatin1String("prices"))
            m_prices->load();
        Q_EMIT routeChanged(kTabs[tab]);
    });
    connect(m_overview, &OverviewTab::messageRequested, this, &Page::messageRequested);
    connect(m_compare, &CompareTab::messageRequested, this, &Page::messageRequested);
    connect(m_prices, &PricesTab::messageRequested, this, &Page::messageRequested);
    connect(m_prices, &PricesTab::pricesChanged, this, [this] {
        loadPrices();
        load();
    });
    connect(m_overview, &OverviewTab::functionPicked, this, [this](const QString& name) {
        m_tabs->setCurrentIndex(int(kTabs.indexOf(QStringLiteral("compare"))));
        m_compare->load(name);
    });
    return m_tabs;
}

void CostPage::show(const QString& subRoute)
{
    const int tab = int(kTabs.indexOf(subRoute.section(QLatin1Char('/'), 0, 0)));
    if (tab >= 0)
        m_tabs->setCurrentIndex(tab);
    const QString function = subRoute.section(QLatin1Char('/'), 1);
    if (!function.isEmpty())
        m_compare->load(function);
}

void CostPage::activated()
{
    m_stack->setCurrentIndex(m_services.channel->isConnected() ? 1 : 0);
    if (!m_services.channel->isConnected())
        return;
    m_refresh->start();
    fillMonths();
    loadPrices();
    load();
    m_compare->load();
    m_prices->load();
}

void CostPage::deactivated()
{
    m_refresh->stop();
}

void CostPage::load()
{
    if (!m_services.channel->isConnected())
        return m_stack->setCurrentIndex(0);
    // Nothing to read anew on the other tabs.
    if (m_tabs->currentIndex() == 0)
        m_overview->load(m_month->currentIndex() > 0 ? m_month->currentData().toString() : QString());
}

void CostPage::loadPrices()
{
    m_services.platformApi->getPrices(this, [this](const rpc::Result<rpc::PriceTable>& prices) {
        if (!prices)
            return;
        m_compare->setPrices(*prices);
        m_calculator->setPrices(*prices);
        if (!prices->problem.isEmpty())
            Q_EMIT messageRequested(prices->problem, true);
    });
}

void CostPage::fillMonths()
{
    const QDate today = QDateTime::currentDateTimeUtc().date();
    const QString current = today.toString(QStringLiteral("yyyy-MM"));
    if (m_month->count() > 0 && m_month->itemData(0).toString() == current)
        return;
    m_month->clear();
    for (int i = 0; i < kMonths; ++i) {
        const QDate month = QDate(today.year(), today.month(), 1).addMonths(-i);
        m_month->addItem(QLocale().toString(month, QStringLiteral("MMMM yyyy")),
                         month.toString(QStringLiteral("yyyy-MM")));
    }
}

} // namespace gantry::ui
