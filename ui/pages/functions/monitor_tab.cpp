#include "ui/pages/functions/monitor_tab.h"

#include "ui/models/function_session.h"
#include "ui/pages/monitor/monitor_panel.h"
#include "ui/rpc/functions_api.h"

#include <QVBoxLayout>

#include <utility>

namespace gantry::ui {

MonitorTab::MonitorTab(const Services& services, models::FunctionSession& session)
    : FunctionTab(services, session)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    connect(&session, &models::FunctionSession::opened, this, &MonitorTab::follow);
}

void MonitorTab::activated()
{
    m_active = true;
    follow();
}

void MonitorTab::deactivated()
{
    m_active = false;
    if (m_panel)
        m_panel->setActive(false);
}

void MonitorTab::show(const QString& subRoute)
{
    if (!subRoute.startsWith(QLatin1String("invocation/")))
        return;
    m_wanted = subRoute.section(u'/', 1);
    follow();
}

// The panel is made for one function; another function gets another panel.
void MonitorTab::follow()
{
    if (m_panel && m_function != m_session.name()) {
        delete m_panel;
        m_panel = nullptr;
    }
    m_function = m_session.name();
    if (!m_active || m_function.isEmpty())
        return;
    if (!m_panel) {
        m_panel = new MonitorPanel(m_services, m_function, this);
        layout()->addWidget(m_panel);
        connect(m_panel, &MonitorPanel::replayRequested, this, &MonitorTab::replay);
        connect(m_panel, &MonitorPanel::openRequested, this, &FunctionTab::openRequested);
    }
    m_panel->setActive(true);
    if (!m_wanted.isEmpty())
        m_panel->openInvocation(std::exchange(m_wanted, {}));
}

// The outcome shows itself as the newest invocation; only a call that did not come about is told.
void MonitorTab::replay(const QByteArray& event)
{
    rpc::InvokeRequest request;
    request.function = m_function;
    request.payload = event;
    m_services.functionsApi->invoke(request, this,
                                    [this](const rpc::Result<rpc::InvokeReply>& reply) {
                                        if (!reply)
                                            Q_EMIT messageRequested(reply.error().message, true);
                                    });
}

} // namespace gantry::ui
