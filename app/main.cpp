// gantry: the console. Puts the parts together; what they do is in ui/.
#include "ui/models/demo.h"
#include "ui/models/functions_model.h"
#include "ui/models/live_metrics.h"
#include "ui/models/watched_deploys.h"
#include "ui/pages/page.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/monitor_api.h"
#include "ui/rpc/platform_api.h"
#include "ui/shell/backend_process.h"
#include "ui/shell/console_options.h"
#include "ui/shell/deploy_flow.h"
#include "ui/shell/main_window.h"
#include "ui/shell/settings.h"
#include "ui/shell/signal_quit.h"
#include "ui/shell/start_timer.h"
#include "ui/shell/system_scheme.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QSettings>
#include <QTimer>

using namespace gantry;

int main(int argc, char** argv)
{
    ui::ConsoleOptions options;
    if (const auto exitCode = ui::readOptions(argc, argv, options))
        return *exitCode;

    QApplication application(argc, argv);
    widgets::Theme::current().install(application);
    ui::SystemScheme scheme;
    QObject::connect(&scheme, &ui::SystemScheme::darkChanged, &widgets::Theme::current(),
                     &widgets::Theme::setSystemDark);

    rpc::Channel channel;
    rpc::PlatformApi platformApi(channel);
    rpc::FunctionsApi functionsApi(channel);
    rpc::MonitorApi monitorApi(channel);
    models::LiveMetrics liveMetrics(channel, monitorApi);
    models::FunctionsModel functions(channel, monitorApi, &liveMetrics);
    models::WatchedDeploys watchedDeploys(functionsApi);
    const ui::Services services{&channel,   &functionsApi, &monitorApi,    &platformApi,
                                &functions, &liveMetrics,  &watchedDeploys};

    ui::BackendProcess backend(channel, platformApi,
                               {{}, options.dataDirectory, options.awsAddress, options.grpcSocket});
    ui::MainWindow window(services, ui::allPages());
    window.attach(backend);
    new ui::DeployFlow(services, window);
    window.openRoute(options.page.isEmpty()
                         ? QSettings().value(ui::settings::kRoute, QStringLiteral("functions")).toString()
                         : options.page);
    window.show();

    ui::SignalQuit signalQuit;
    QObject::connect(&signalQuit, &ui::SignalQuit::quitRequested, &window, &QWidget::close);
    if (options.measureStart)
        new ui::StartTimer(&window);
    if (options.demo) {
        auto* demo = new models::Demo(channel, functionsApi, platformApi, &window);
        QObject::connect(demo, &models::Demo::failed, &window, [&window](const QString& text) {
            window.messages().showMessage(text, widgets::Badge::Tone::Warning);
        });
    }
    // After the first paint: the window does not wait for the desktop or the platform.
    QTimer::singleShot(0, &window, [&] {
        scheme.start();
        backend.ensureRunning();
        watchedDeploys.restore();
    });
    return application.exec();
}
