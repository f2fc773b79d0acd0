#include "ui/pages/page.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/platform_api.h"
#include "ui/shell/console_options.h"
#include "ui/shell/main_window.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QSettings>

using namespace gantry;

int main(int argc, char** argv)
{
    ui::ConsoleOptions options;
    if (const auto exitCode = ui::readOptions(argc, argv, options))
        return *exitCode;

    QApplication application(argc, argv);
    widgets::Theme::current().install(application);

    rpc::Channel channel;
    rpc::PlatformApi platformApi(channel);
    ui::Services services;
    services.channel = &channel;
    services.platformApi = &platformApi;

    ui::MainWindow window(services, ui::allPages());
    window.openRoute(options.page.isEmpty()
                         ? QSettings().value(QStringLiteral("window/route")).toString()
                         : options.page);
    window.show();
    channel.open(options.grpcSocket);
    return application.exec();
}
