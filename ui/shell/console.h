#pragma once

#include "ui/models/alarm_watch.h"
#include "ui/models/budget_watch.h"
#include "ui/models/findings_watch.h"
#include "ui/models/functions_model.h"
#include "ui/models/live_metrics.h"
#include "ui/models/watched_deploys.h"
#include "ui/pages/page.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/cost_api.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/monitor_api.h"
#include "ui/rpc/platform_api.h"
#include "ui/shell/backend_process.h"
#include "ui/shell/desktop_notifier.h"
#include "ui/shell/main_window.h"

namespace gantry::ui {

// The whole console of one platform, put together: the connection, what is known through it, the
// platform's process, the window. The program and the tests that drive it share this composition.
// Members are in the order in which they need each other.
class Console final {
public:
    explicit Console(const BackendProcess::Config& config);

    // Finds or starts the platform and takes up the watched folders. Not in the constructor: the
    // window paints before it waits for anything.
    void start();
    // Deploys the starter functions and keeps a gentle load on them while the console is open.
    void startDemo();

    rpc::PlatformApi& platformApi() { return m_platformApi; }
    rpc::MonitorApi& monitorApi() { return m_monitorApi; }
    rpc::Channel& channel() { return m_channel; }
    models::FunctionsModel& functions() { return m_functions; }
    BackendProcess& backend() { return m_backend; }
    MainWindow& window() { return m_window; }
    DesktopNotifier& notifier() { return m_notifier; }

private:
    Services services();
    void showAlarm(const rpc::Budget& budget);

    rpc::Channel m_channel;
    rpc::PlatformApi m_platformApi;
    rpc::FunctionsApi m_functionsApi;
    rpc::MonitorApi m_monitorApi;
    rpc::CostApi m_costApi;
    models::LiveMetrics m_liveMetrics;
    models::FunctionsModel m_functions;
    models::WatchedDeploys m_watchedDeploys;
    models::BudgetWatch m_budgets;
    models::AlarmWatch m_alarms;
    models::FindingsWatch m_findings;
    BackendProcess m_backend;
    MainWindow m_window;
    DesktopNotifier m_notifier;
};

} // namespace gantry::ui
