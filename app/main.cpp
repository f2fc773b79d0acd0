// gantry: the console. Reads the command line and opens it; what it is made of is in ui/shell/console.
#include "ui/shell/console.h"
#include "ui/shell/console_options.h"
#include "ui/shell/settings.h"
#include "ui/shell/signal_quit.h"
#include "ui/shell/start_timer.h"
#include "ui/shell/system_scheme.h"
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

    ui::Console console({{}, options.dataDirectory, options.awsAddress, options.grpcSocket});
    ui::MainWindow& window = console.window();
    window.openRoute(options.page.isEmpty()
                         ? QSettings().value(ui::settings::kRoute, QStringLiteral("functions")).toString()
                         : options.page);
    window.show();

    ui::SignalQuit signalQuit;
    QObject::connect(&signalQuit, &ui::SignalQuit::quitRequested, &window, &QWidget::close);
    if (options.measureStart)
        new ui::StartTimer(&window);
    if (options.demo)
        console.startDemo();
    // After the first paint: the window does not wait for the desktop or the platform.
    QTimer::singleShot(0, &window, [&] {
        scheme.start();
        console.start();
    });
    return application.exec();
}
