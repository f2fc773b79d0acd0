#include "ui/pages/functions/functions_page.h"

#include "ui/pages/functions/function_detail.h"
#include "ui/pages/functions/function_list.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/platform_api.h"

#include <QStackedLayout>

namespace gantry::ui {

Page* makeFunctionsPage(const Services& services, QWidget* parent)
{
    return new FunctionsPage(services, parent);
}

FunctionsPage::FunctionsPage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services), m_stack(new QStackedLayout(this)),
      m_list(new FunctionList(services, this))
{
    setObjectName(QStringLiteral("functionsPage"));
    m_stack->addWidget(m_list);
    setFocusProxy(m_list);
    connect(m_list, &FunctionList::openRequested, this, [this](const QString& name, const QString& tab) { openFunction(name, tab); });
    connect(m_list, &FunctionList::newRequested, this, [this] { Q_EMIT deployRequested({}); });
    connect(m_list, &FunctionList::startRequested, this, &Page::restartDaemonRequested);
    connect(m_list, &FunctionList::messageRequested, this, &Page::messageRequested);
    connect(services.channel, &rpc::Channel::stateChanged, this, &FunctionsPage::loadEndpoint);
    loadEndpoint();
}

QString FunctionsPage::title() const
{
    return showsDetail() ? m_detail->name() : tr("Functions");
}

bool FunctionsPage::showsDetail() const
{
    return m_detail && m_stack->currentWidget() == m_detail;
}

FunctionDetail* FunctionsPage::detail()
{
    if (m_detail)
        return m_detail;
    m_detail = new FunctionDetail(m_services, this);
    m_stack->addWidget(m_detail);
    connect(m_detail, &FunctionDetail::backRequested, this, &FunctionsPage::openList);
    connect(m_detail, &FunctionDetail::messageRequested, this, &Page::messageRequested);
    connect(m_detail, &FunctionDetail::openRequested, this, &Page::openRequested);
    connect(m_detail, &FunctionDetail::tabChanged, this,
            [this] { Q_EMIT routeChanged(m_detail->name() + QLatin1Char('/') + m_detail->tab()); });
    return m_detail;
}

void FunctionsPage::show(const QString& subRoute)
{
    const QString name = subRoute.section(QLatin1Char('/'), 0, 0);
    if (name.isEmpty())
        openList();
    else
        openFunction(name, subRoute.section(QLatin1Char('/'), 1, 1),
                     subRoute.section(QLatin1Char('/'), 2));
}

void FunctionsPage::openFunction(const QString& name, const QString& tab, const QString& subRoute)
{
    if (name.isEmpty())
        return;
    FunctionDetail* page = detail();
    m_stack->setCurrentWidget(page);
    setFocusProxy(page);
    page->open(name, tab);
    page->setActive(m_active);
    page->showOnTab(subRoute);
}

void FunctionsPage::openList()
{
    if (m_detail)
        m_detail->setActive(false);
    m_stack->setCurrentWidget(m_list);
    setFocusProxy(m_list);
    if (isVisible())
        m_list->setFocus();
    Q_EMIT routeChanged({});
}

void FunctionsPage::activated()
{
    m_active = true;
    if (showsDetail())
        m_detail->setActive(true);
}

void FunctionsPage::deactivated()
{
    m_active = false;
    if (m_detail)
        m_detail->setActive(false);
}

QList<QAction*> FunctionsPage::commands() const
{
    return showsDetail() ? m_list->commands() + m_detail->commands() : m_list->commands();
}

void FunctionsPage::loadEndpoint()
{
    if (m_services.channel->state() != rpc::Channel::State::Connected)
        return;
    m_services.platformApi->getPlatform(this, [this](rpc::Result<rpc::PlatformInfo> platform) {
        if (platform)
            m_list->setAwsEndpoint(platform->awsEndpoint);
    });
}

} // namespace gantry::ui
