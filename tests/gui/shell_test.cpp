#include "gantry/v1/monitor.pb.h"
#include "gantry/v1/platform.pb.h"
#include "tests/support/control_checker.h"
#include "tests/support/grpc_server.h"
#include "ui/models/budget_watch.h"
#include "ui/models/functions_model.h"
#include "ui/models/live_metrics.h"
#include "ui/pages/page.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/cost_api.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/monitor_api.h"
#include "ui/rpc/platform_api.h"
#include "ui/shell/action_collection.h"
#include "ui/shell/command_model.h"
#include "ui/shell/command_palette.h"
#include "ui/shell/drop_overlay.h"
#include "ui/shell/main_window.h"
#include "ui/shell/page_stack.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QDateTime>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QPushButton>
#include <QSet>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QUrl>
#include <QWindow>

using namespace gantry;
using test::Reply;
using widgets::Theme;

namespace {

constexpr int kWaitMs = 30000;
constexpr int kManyFunctions = 10000;

Reply platformReply()
{
    v1::PlatformInfo info;
    info.set_version("0.1.0");
    info.set_api_level(2);
    info.set_account_id("000000000000");
    info.set_region("us-east-1");
    info.set_data_directory("/home/dev/.local/share/gantry");
    info.set_aws_endpoint("http://127.0.0.1:4566");
    info.set_credentials_file("/home/dev/my data/credentials");
    info.set_engine("native");
    info.set_engine_reason("This host offers everything that the native engine needs.");
    info.set_started_at_ms(QDateTime::currentMSecsSinceEpoch() - 3720 * 1000);
    info.set_process_id(4711);
    info.set_account_concurrency_limit(1000);
    info.set_resident_memory_bytes(43 << 20);
    const auto add = [&](const char* id, const char* title, v1::HostCapability::State state,
                         const char* detail, const char* remedy) {
        auto* capability = info.add_capabilities();
        capability->set_id(id);
        capability->set_title(title);
        capability->set_state(state);
        capability->set_detail(detail);
        capability->set_remedy(remedy);
    };
    add("user-namespaces", "User namespaces", v1::HostCapability::AVAILABLE,
        "Functions run as a user of their own.", "");
    add("cgroups", "Control groups", v1::HostCapability::DEGRADED,
        "Version 1: memory and CPU limits work, pressure is not measured.",
        "Boot with systemd.unified_cgroup_hierarchy=1");
    add("seccomp", "System call filter", v1::HostCapability::MISSING,
        "The kernel was built without CONFIG_SECCOMP_FILTER.",
        "Use a kernel of your distribution.");
    return {{info.SerializeAsString()}, {}, {}, false};
}

Reply runtimesReply()
{
    v1::ListRuntimesResponse response;
    const auto add = [&](const char* id, const char* family, bool available, bool exact,
                         const char* path, const char* version, const char* note) {
        auto* runtime = response.add_runtimes();
        runtime->set_id(id);
        runtime->set_family(family);
        runtime->set_available(available);
        runtime->set_exact(exact);
        runtime->set_interpreter(path);
        runtime->set_interpreter_version(version);
        runtime->set_note(note);
    };
    add("python3.11", "python", true, true, "/usr/bin/python3.11", "3.11.2", "");
    add("python3.13", "python", true, false, "/usr/bin/python3.11", "3.11.2",
        "python3.13 runs on Python 3.11.2");
    add("nodejs20.x", "nodejs", true, true, "/usr/bin/node", "20.19.0", "");
    response.mutable_runtimes(2)->set_deprecated(true);
    add("java21", "java", false, false, "", "", "Not supported yet");
    return {{response.SerializeAsString()}, {}, {}, false};
}

Reply functionsReply(int count)
{
    Reply reply;
    reply.stayOpen = true;
    for (int i = 0; i < count; ++i) {
        v1::FunctionEvent event;
        event.set_kind(v1::FunctionEvent::PRESENT);
        event.mutable_function()->set_name("worker-" + std::to_string(i));
        event.mutable_function()->set_runtime(i == 2 ? "nodejs20.x" : "python3.11");
        reply.messages.push_back(event.SerializeAsString());
    }
    v1::FunctionEvent end;
    end.set_kind(v1::FunctionEvent::SNAPSHOT_END);
    reply.messages.push_back(end.SerializeAsString());
    return reply;
}

Reply metricsReply()
{
    v1::MetricsFrame frame;
    frame.set_time_ms(QDateTime::currentMSecsSinceEpoch());
    frame.mutable_account()->set_start_ms(frame.time_ms() / 1000 * 1000);
    frame.mutable_account()->set_width_ms(1000);
    frame.mutable_account()->set_concurrency(7);
    frame.set_cost_per_hour_usd("0.42");
    return {{frame.SerializeAsString()}, {}, {}, true};
}

// Puts a picture of the window into $GANTRY_SCREENSHOTS, where somebody wants to look at it.
void keepScreenshot(QWidget& window, const char* name)
{
    const QString folder = qEnvironmentVariable("GANTRY_SCREENSHOTS");
    if (!folder.isEmpty())
        window.grab().save(QStringLiteral("%1/%2.png").arg(folder, QLatin1String(name)));
}

} // namespace

// The real window with all its pages, driven by keys, against a platform that answers over gRPC.
class ShellTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QSettings().clear();
        Theme::current().setMode(Theme::Mode::Light);
        const bool many = QTest::currentTestFunction() == QByteArray("paletteFindsAFunctionAmongMany");
        m_dir = std::make_unique<QTemporaryDir>();
        m_server = std::make_unique<test::GrpcServer>(
            m_dir->filePath(QStringLiteral("d.sock")).toStdString());
        m_server->on("/gantry.v1.Platform/GetPlatform", [](const auto&) { return platformReply(); });
        m_server->on("/gantry.v1.Platform/ListRuntimes", [](const auto&) { return runtimesReply(); });
        m_server->on("/gantry.v1.Monitor/WatchFunctions", [many](const auto&) {
            return functionsReply(many ? kManyFunctions : 3);
        });
        m_server->on("/gantry.v1.Monitor/WatchMetrics", [](const auto&) { return metricsReply(); });
        QVERIFY(m_server->start());

        m_channel = std::make_unique<rpc::Channel>();
        m_platformApi = std::make_unique<rpc::PlatformApi>(*m_channel);
        m_functionsApi = std::make_unique<rpc::FunctionsApi>(*m_channel);
        m_monitorApi = std::make_unique<rpc::MonitorApi>(*m_channel);
        m_costApi = std::make_unique<rpc::CostApi>(*m_channel);
        m_budgets = std::make_unique<models::BudgetWatch>(*m_channel, *m_costApi);
        m_metrics = std::make_unique<models::LiveMetrics>(*m_channel, *m_monitorApi);
        m_functions =
            std::make_unique<models::FunctionsModel>(*m_channel, *m_monitorApi, m_metrics.get());
        m_backend = std::make_unique<ui::BackendProcess>(
            *m_channel, *m_platformApi,
            ui::BackendProcess::Config{QStringLiteral("/nonexistent/gantryd"),
                                       m_dir->filePath(QStringLiteral("data")),
                                       QStringLiteral("127.0.0.1:4566"),
                                       m_dir->filePath(QStringLiteral("d.sock"))});
        makeWindow();
        m_backend->ensureRunning();
        QTRY_COMPARE_WITH_TIMEOUT(m_backend->state(), ui::BackendProcess::State::Running, kWaitMs);
    }
    void cleanup()
    {
        m_window.reset();
        m_backend.reset();
        m_functions.reset();
        m_metrics.reset();
        m_channel.reset();
        m_server.reset();
    }

    void everyPageOpensByItsKey()
    {
        for (const ui::PageEntry& entry : m_window->pages().entries()) {
            press(QKeySequence(entry.shortcut));
            QTRY_COMPARE(m_window->pages().currentId(), entry.id);
            QCOMPARE(find<QLabel>("pageTitle")->text(), m_window->pages().currentPage()->title());
        }
    }

    void everyControlCanBeFoundAndRead()
    {
        for (const ui::PageEntry& entry : m_window->pages().entries()) {
            m_window->openRoute(entry.id);
            QTest::qWait(300);  // what the page asked for arrives
            QCOMPARE(test::controlProblems(*m_window).join(QLatin1String("; ")), QString());
        }
    }

    void noTwoActionsShareAShortcut()
    {
        for (const ui::PageEntry& entry : m_window->pages().entries()) {
            m_window->openRoute(entry.id);
            const QList<QAction*> more = m_window->pages().currentPage()->commands();
            QCOMPARE(m_window->actions().conflicts(more).join(QLatin1String("; ")), QString());
        }
    }

    void backAndForwardFollowTheWay()
    {
        m_window->openRoute(QStringLiteral("platform"));
        const QString last = m_window->pages().entries().front().id;
        m_window->openRoute(last + QStringLiteral("/x"));
        const QString after = m_window->pages().currentRoute();
        press(QKeySequence(Qt::ALT | Qt::Key_Left));
        QCOMPARE(m_window->pages().currentId(), QStringLiteral("platform"));
        QVERIFY(m_window->pages().canGoForward());
        press(QKeySequence(Qt::ALT | Qt::Key_Right));
        QCOMPARE(m_window->pages().currentRoute(), after);
    }

    void paletteFindsAFunctionAmongMany()
    {
        QTRY_COMPARE_WITH_TIMEOUT(m_functions->rowCount(), kManyFunctions, kWaitMs);
        press(QKeySequence(Qt::CTRL | Qt::Key_K));
        auto* input = find<QLineEdit>("paletteInput");
        QTRY_VERIFY(input->hasFocus());
        QTest::keyClicks(input, QStringLiteral("work 9876"));
        const ui::CommandModel& model = m_window->palette().model();
        QTRY_COMPARE(model.data(model.index(0), Qt::DisplayRole).toString(),
                     QStringLiteral("worker-9876"));
        QCOMPARE(model.ranges(0).size(), 2);
        keepScreenshot(*m_window, "palette");
        QTest::keyClick(input, Qt::Key_Escape);
        QVERIFY(!m_window->palette().isVisible());
    }

    void paletteRunsAnAction()
    {
        press(QKeySequence(Qt::CTRL | Qt::Key_K));
        auto* input = find<QLineEdit>("paletteInput");
        QTRY_VERIFY(input->hasFocus());
        QTest::keyClicks(input, QStringLiteral("dark"));
        QTest::keyClick(input, Qt::Key_Return);
        QVERIFY(!m_window->palette().isVisible());
        QTRY_VERIFY(Theme::current().isDark());
    }

    void paletteArrowsGoRound()
    {
        press(QKeySequence(Qt::CTRL | Qt::Key_K));
        auto* input = find<QLineEdit>("paletteInput");
        auto* list = find<QListView>("paletteList");
        QTRY_VERIFY(input->hasFocus());
        const int rows = list->model()->rowCount();
        QVERIFY(rows > 3);
        QTest::keyClick(input, Qt::Key_Up);
        QCOMPARE(list->currentIndex().row(), rows - 1);
        QTest::keyClick(input, Qt::Key_Down);
        QCOMPARE(list->currentIndex().row(), 0);
        QTest::keyClicks(input, QStringLiteral("zzqx"));
        QCOMPARE(list->model()->rowCount(), 0);
        QTest::keyClick(input, Qt::Key_Return);  // nothing to run is no crash
    }

    void themeReachesEveryWidget()
    {
        m_window->openRoute(QStringLiteral("platform"));
        QTRY_VERIFY_WITH_TIMEOUT(
            m_window->findChild<QWidget*>(QStringLiteral("capability-seccomp")), kWaitMs);
        QTest::qWait(50);
        keepScreenshot(*m_window, "platform-light");
        const QColor light = m_window->grab().toImage().pixelColor(m_window->width() / 2, 5);
        QVERIFY(light.lightness() > 200);
        press(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_L));
        QVERIFY(Theme::current().isDark());
        const QColor dark = m_window->grab().toImage().pixelColor(m_window->width() / 2, 5);
        QVERIFY(dark.lightness() < 60);
        QCOMPARE(m_window->pages().currentPage()->QWidget::palette().color(QPalette::Base),
                 Theme::current().color(Theme::Surface));
        keepScreenshot(*m_window, "platform-dark");
        QCOMPARE(QSettings().value(QStringLiteral("look/theme")).toString(), QStringLiteral("dark"));
    }

    void platformPageTellsWhatThereIs()
    {
        m_window->openRoute(QStringLiteral("platform"));
        QTRY_VERIFY_WITH_TIMEOUT(m_window->findChild<QWidget*>(QStringLiteral("capability-seccomp")),
                                 kWaitMs);
        auto* copy = find<QToolButton>("copyCommand");
        copy->click();
        const QString command = QGuiApplication::clipboard()->text();
        QVERIFY2(command.contains(QLatin1String("--endpoint-url http://127.0.0.1:4566")),
                 qPrintable(command));
        QVERIFY(command.contains(QLatin1String("'/home/dev/my data/credentials'")));
        find<QToolButton>("copyRemedy-cgroups")->click();
        QCOMPARE(QGuiApplication::clipboard()->text(),
                 QStringLiteral("Boot with systemd.unified_cgroup_hierarchy=1"));
    }

    void runtimesPageTellsWhatRunsAndWhatIsMissing()
    {
        m_window->openRoute(QStringLiteral("runtimes"));
        QTRY_VERIFY_WITH_TIMEOUT(find<QTableView>("runtimeTable", false) &&
                                     find<QTableView>("runtimeTable")->isVisible(),
                                 kWaitMs);
        const int current = find<QTableView>("runtimeTable")->model()->rowCount();
        const int deprecated = find<QTableView>("deprecatedTable")->model()->rowCount();
        QCOMPARE(current, 3);
        QCOMPARE(deprecated, 1);
        QVERIFY(find<QWidget>("missingRuntimes")->isVisible());
        QTRY_VERIFY(find<QLabel>("deprecatedUsers")->isVisible());
        QVERIFY(find<QLabel>("deprecatedUsers")
                    ->text()
                    .endsWith(QLatin1String("worker-2 (nodejs20.x)")));
        QCOMPARE(test::controlProblems(*m_window).join(QLatin1String("; ")), QString());
        keepScreenshot(*m_window, "runtimes");
    }

    void statusBarShowsLiveNumbers()
    {
        QTRY_COMPARE_WITH_TIMEOUT(find<QLabel>("statusConcurrency")->text(),
                                  QStringLiteral("7 running"), kWaitMs);
        QVERIFY(find<QLabel>("statusCost")->text().contains(QLatin1String("0.42")));
        QTRY_VERIFY(find<QLabel>("statusEngine")->text().contains(QLatin1String("native")));
    }

    void saysThatThePlatformIsGoneAndRecovers()
    {
        m_window->openRoute(QStringLiteral("platform"));
        m_server->stop();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->messages().text().contains(QLatin1String("unexpectedly")) ||
                                     find<QLabel>("problemTitle", false) != nullptr,
                                 kWaitMs);
        // There is no program to start here, so the window says so in place of the pages.
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("problemTitle", false), kWaitMs);
        QVERIFY(find<QLabel>("problemTitle")->isVisible());
        QCOMPARE(test::controlProblems(*m_window).join(QLatin1String("; ")), QString());
        keepScreenshot(*m_window, "problem");
        QVERIFY(m_server->start());
        QTest::mouseClick(find<QPushButton>("retryStart"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!find<QLabel>("problemTitle")->isVisible(), kWaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(find<QWidget>("platformPage")->isVisible(), kWaitMs);
    }

    void dropAnywhereAsksToDeploy()
    {
        QSignalSpy deploys(m_window.get(), &ui::MainWindow::deployRequested);
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(QStringLiteral("/tmp/my function")),
                      QUrl(QStringLiteral("https://example.org/x.zip"))});
        QDragEnterEvent enter(QPoint(300, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window->windowHandle(), &enter);
        QVERIFY(enter.isAccepted());
        auto* overlay = find<QWidget>("dropOverlay");
        QVERIFY(overlay->isVisible());
        keepScreenshot(*m_window, "drop");
        QDropEvent drop(QPointF(300, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window->windowHandle(), &drop);
        QVERIFY(!overlay->isVisible());
        QCOMPARE(deploys.count(), 1);
        QCOMPARE(deploys[0][0].toStringList(), QStringList(QStringLiteral("/tmp/my function")));
    }

    void textIsNoDeploy()
    {
        QMimeData data;
        data.setText(QStringLiteral("hello"));
        QDragEnterEvent enter(QPoint(300, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        enter.ignore();
        QApplication::sendEvent(m_window->windowHandle(), &enter);
        QVERIFY(!find<QWidget>("dropOverlay")->isVisible());
    }

    void remembersPageAndShape()
    {
        m_window->openRoute(QStringLiteral("platform"));
        press(QKeySequence(Qt::CTRL | Qt::Key_B));
        m_window->resize(1111, 777);
        m_window->close();
        QCOMPARE(QSettings().value(QStringLiteral("window/route")).toString(),
                 QStringLiteral("platform"));
        makeWindow();
        QCOMPARE(m_window->size(), QSize(1111, 777));
        QVERIFY(m_window->findChild<QWidget*>(QStringLiteral("navigation"))->width() < 100);
    }

    void everyPageIsReachedByTab()
    {
        // Tab alone goes through the window and comes back to where it began.
        m_window->openRoute(QStringLiteral("platform"));
        QSet<QWidget*> visited;
        for (int i = 0; i < 120; ++i) {
            QTest::keyClick(m_window->windowHandle(), Qt::Key_Tab);
            if (QWidget* focused = QApplication::focusWidget())
                visited.insert(focused);
        }
        for (const char* name : {"open-platformButton", "searchButton", "mainMenuButton",
                                 "restartPlatform", "copyCommand"}) {
            QVERIFY2(visited.contains(find<QWidget>(name)), name);
        }
    }

private:
    void makeWindow()
    {
        m_window.reset();
        ui::Services services;
        services.channel = m_channel.get();
        services.functionsApi = m_functionsApi.get();
        services.monitorApi = m_monitorApi.get();
        services.platformApi = m_platformApi.get();
        services.functions = m_functions.get();
        services.liveMetrics = m_metrics.get();
        services.costApi = m_costApi.get();
        services.budgets = m_budgets.get();
        m_window = std::make_unique<ui::MainWindow>(services, ui::allPages());
        m_window->attach(*m_backend);
        m_window->openRoute({});
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        // No window manager runs here, so the window is made the active one by hand.
        QApplication::setActiveWindow(m_window.get());
    }
    template <class T> T* find(const char* name, bool must = true)
    {
        T* found = m_window->findChild<T*>(QLatin1String(name));
        if (!found && must)
            qFatal("no %s in the window", name);
        return found;
    }
    void press(const QKeySequence& keys)
    {
        const QKeyCombination combination = keys[0];
        QTest::keyClick(m_window->windowHandle(), combination.key(), combination.keyboardModifiers());
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<test::GrpcServer> m_server;
    std::unique_ptr<rpc::Channel> m_channel;
    std::unique_ptr<rpc::PlatformApi> m_platformApi;
    std::unique_ptr<rpc::FunctionsApi> m_functionsApi;
    std::unique_ptr<rpc::MonitorApi> m_monitorApi;
    std::unique_ptr<rpc::CostApi> m_costApi;
    std::unique_ptr<models::BudgetWatch> m_budgets;
    std::unique_ptr<models::LiveMetrics> m_metrics;
    std::unique_ptr<models::FunctionsModel> m_functions;
    std::unique_ptr<ui::BackendProcess> m_backend;
    std::unique_ptr<ui::MainWindow> m_window;
};

int main(int argc, char** argv)
{
    const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    QCoreApplication::setOrganizationName(QStringLiteral("gantry"));
    QCoreApplication::setApplicationName(QStringLiteral("gantry-test"));
    QApplication application(argc, argv);
    Theme::current().install(application);
    ShellTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "shell_test.moc"
