#include "ui/shell/console.h"

#include "ui/models/demo.h"
#include "ui/models/format.h"
#include "ui/shell/deploy_flow.h"
#include "ui/shell/page_stack.h"
#include "ui/widgets/message_bar.h"

namespace gantry::ui {

Console::Console(const BackendProcess::Config& config)
    : m_platformApi(m_channel), m_functionsApi(m_channel), m_monitorApi(m_channel), m_costApi(m_channel),
      m_liveMetrics(m_channel, m_monitorApi), m_functions(m_channel, m_monitorApi, &m_liveMetrics),
      m_watchedDeploys(m_functionsApi), m_budgets(m_channel, m_costApi), m_alarms(m_channel), m_findings(m_channel), m_backend(m_channel, m_platformApi, config),
      m_window(services(), allPages()), m_notifier(m_window, m_liveMetrics, m_alarms)
{
    m_window.attach(m_backend);
    new DeployFlow(services(), m_window);  // the window's
    QObject::connect(&m_budgets, &models::BudgetWatch::alarmed, &m_window,
                     [this](const rpc::Budget& budget) { showAlarm(budget); });
    QObject::connect(&m_findings, &models::FindingsWatch::changed, &m_window,
                     [this] { m_window.showCount(QStringLiteral("findings"), m_findings.open()); });
    // What was dismissed there is counted no more.
    QObject::connect(&m_window.pages(), &PageStack::moved, &m_findings,
                     [this] { m_findings.refresh(); });
    QObject::connect(&m_alarms, &models::AlarmWatch::notified, &m_notifier, &DesktopNotifier::show);
}

Services Console::services()
{
    return {&m_channel,   &m_functionsApi, &m_monitorApi,    &m_platformApi,
            &m_functions, &m_liveMetrics,  &m_watchedDeploys, &m_costApi,
            &m_budgets};
}

// A budget that reached its limit is said once, wherever the user is.
void Console::showAlarm(const rpc::Budget& budget)
{
    m_window.messages().showMessage(
        MainWindow::tr("Budget “%1” is in alarm: %2 of %3 this month, forecast %4 (estimated)")
            .arg(budget.name, models::formatUsd(budget.actual), models::formatUsd(budget.limit),
                 models::formatUsd(budget.forecast)),
        widgets::Badge::Tone::Warning, MainWindow::tr("Show"),
        [this] { m_window.openRoute(QStringLiteral("cost/budgets")); });
}

void Console::start()
{
    m_backend.ensureRunning();
    m_watchedDeploys.restore();
    m_notifier.start();
}

void Console::startDemo()
{
    auto* demo = new models::Demo(m_channel, m_functionsApi, m_platformApi, &m_window);
    QObject::connect(demo, &models::Demo::failed, &m_window, [this](const QString& text) {
        m_window.messages().showMessage(text, widgets::Badge::Tone::Warning);
    });
}

} // namespace gantry::ui
