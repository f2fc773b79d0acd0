#include "ui/pages/logs/logs_page.h"

#include "ui/pages/logs/function_chooser.h"
#include "ui/pages/logs/insights_view.h"
#include "ui/pages/monitor/invocation_detail_view.h"
#include "ui/pages/monitor/log_view.h"
#include "ui/models/functions_model.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/monitor_api.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::SectionHeader;
using widgets::Theme;

Page* makeLogsPage(const Services& services, QWidget* parent)
{
    return new LogsPage(services, parent);
}

LogsPage::LogsPage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services),
      m_chooser(new FunctionChooser(services.functions, this)), m_tabs(new QTabWidget(this)),
      m_log(new LogView(services, {}, this)), m_detail(new InvocationDetailView(services, this)),
      m_insights(new InsightsView(*services.channel, this))
{
    setObjectName(QStringLiteral("logsPage"));
    m_tabs->setObjectName(QStringLiteral("logsTabs"));
    m_tabs->setAccessibleName(tr("Ways to look at logs"));
    m_tabs->addTab(makeLive(), tr("Live tail and search"));
    m_tabs->addTab(m_insights, tr("Insights"));
    m_insights->layout()->setContentsMargins(0, Theme::kSpace, 0, 0);

    auto* columns = new QHBoxLayout;
    columns->setSpacing(Theme::kMargin);
    columns->addWidget(m_chooser);
    columns->addWidget(m_tabs, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::kPageMargin, Theme::kMargin, Theme::kPageMargin,
                               Theme::kMargin);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(new SectionHeader(tr("Logs"), SectionHeader::Level::Page, this));
    layout->addLayout(columns, 1);

    connect(m_chooser, &FunctionChooser::changed, this, &LogsPage::chooseFunctions);
    connect(m_log, &LogView::invocationRequested, this, &LogsPage::openInvocation);
    connect(m_log, &LogView::openRequested, this, &Page::openRequested);
    connect(m_insights, &InsightsView::openRequested, this, &Page::openRequested);
    connect(m_detail, &InvocationDetailView::openRequested, this, &Page::openRequested);
    connect(m_detail, &InvocationDetailView::closeRequested, m_detail, &QWidget::hide);
    connect(m_detail, &InvocationDetailView::replayRequested, this, &LogsPage::replay);
    chooseFunctions();
}

QWidget* LogsPage::makeLive()
{
    auto* splitter = new QSplitter(this);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_log);
    splitter->addWidget(m_detail);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    m_log->layout()->setContentsMargins(0, Theme::kSpace, 0, 0);
    m_detail->hide();
    return splitter;
}

void LogsPage::show(const QString& subRoute)
{
    const QString tab = subRoute.section(QLatin1Char('/'), 0, 0);
    const QString functions = subRoute.section(QLatin1Char('/'), 1);
    m_tabs->setCurrentIndex(tab == QLatin1String("insights") ? 1 : 0);
    if (!functions.isEmpty())
        m_chooser->choose(functions.split(QLatin1Char(',')));
}

void LogsPage::activated()
{
    m_log->setActive(true);
}

void LogsPage::deactivated()
{
    m_log->setActive(false);
}

void LogsPage::chooseFunctions()
{
    m_log->setFunctions(m_chooser->chosen(), m_chooser->all());
    QStringList groups;
    for (const QString& name : m_chooser->chosen()) {
        const rpc::FunctionOverview* function = m_services.functions->find(name);
        const QString group = function && !function->logGroup.isEmpty()
                                  ? function->logGroup
                                  : QStringLiteral("/aws/lambda/") + name;
        if (!groups.contains(group))
            groups << group;
    }
    m_insights->setGroups(groups);
}

void LogsPage::openInvocation(const QString& requestId, const QString& functionName)
{
    m_detailFunction = functionName;
    rpc::InvocationSummary summary;
    summary.requestId = requestId;
    summary.functionName = functionName;
    m_detail->showSummary(summary);
    m_detail->show();
    m_services.monitorApi->getInvocation(
        requestId, this, [this, requestId](const rpc::Result<rpc::InvocationDetail>& detail) {
            if (m_detail->requestId() != requestId)
                return;
            if (detail) {
                m_detail->showSummary(detail->summary);
                m_detail->showDetail(*detail);
            } else { // nothing is known of it, so nothing is said
                m_detail->hide();
                Q_EMIT messageRequested(detail.error().message, true);
            }
        });
}

void LogsPage::replay(const QByteArray& event)
{
    rpc::InvokeRequest request;
    request.function = m_detailFunction;
    request.payload = event;
    m_services.functionsApi->invoke(request, this,
                                    [this](const rpc::Result<rpc::InvokeReply>& reply) {
                                        if (!reply)
                                            Q_EMIT messageRequested(reply.error().message, true);
                                    });
}

} // namespace gantry::ui
