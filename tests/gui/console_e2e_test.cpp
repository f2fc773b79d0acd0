// The whole product as a user meets it: the real console, the real daemon, real functions. Every
// step builds on the one before, as a first session does.
#include "tests/support/console_driver.h"
#include "tests/support/control_checker.h"
#include "tests/support/grpc_server.h"

#include "gantry/v1/platform.pb.h"
#include "ui/charts/live_chart.h"
#include "ui/models/blueprints.h"
#include "ui/models/format.h"
#include "ui/pages/monitor/stat_tiles.h"
#include "ui/shell/page_stack.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/json_view.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include "ui/widgets/scintilla.h"

#include <QComboBox>
#include <QDateTime>
#include <QDialog>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QStandardPaths>
#include <QTcpServer>
#include <QToolButton>

#include <csignal>
#include <numeric>

using namespace gantry;
using test::kPatienceMs;

#define EVENTUALLY(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, kPatienceMs)

namespace {

constexpr int kLoadCount = 200;
constexpr double kBytesPerMb = 1024.0 * 1024.0;

const char* const kGreeter = R"(import json


def handler(event, context):
    print("doubling", json.dumps(event))
    return {"answer": event.get("n", 0) * 2, "code": "first"}
)";

QByteArray watchedCode(const char* word)
{
    return QByteArray("def handler(event, context):\n    return {\"code\": \"") + word + "\"}\n";
}

} // namespace

class ConsoleE2eTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_startMs = QDateTime::currentMSecsSinceEpoch();
        m_driver = std::make_unique<test::ConsoleDriver>();
        QObject::connect(&backend(), &ui::BackendProcess::stateChanged, &m_driver->window(),
                         [this] { m_states << label<QToolButton>("connectionState"); });
    }
    void init()
    {
        if (m_broken)
            QSKIP("the session did not get so far");
    }
    void cleanup() { m_broken = m_broken || QTest::currentTestFailed(); }
    void cleanupTestCase()
    {
        // What the console started ends with it.
        const pid_t pid = daemonPid();
        m_driver.reset();
        QVERIFY(pid > 0);
        QTRY_VERIFY(::kill(pid, 0) != 0);
    }

    void firstStartBringsThePlatformUpAndInvites()
    {
        m_driver->start();
        EVENTUALLY(label<QToolButton>("connectionState").contains(QLatin1String("Connected")));
        QVERIFY(m_states.join(u'|').contains(QLatin1String("Platform starting")));
        EVENTUALLY(find("welcomeNew"));
        const auto texts = get("welcomeNew")->parentWidget()->findChildren<QLabel*>();
        QVERIFY(std::any_of(texts.begin(), texts.end(), [](const QLabel* text) {
            return text->isVisible() && text->text().startsWith(QLatin1String("Drop a folder"));
        }));
    }

    void aDroppedFolderGoesLive()
    {
        drop(m_driver->write("greeter", "app.py", kGreeter));
        QVERIFY(get<QComboBox>("deployRuntime")->currentData().toString().startsWith(
            QLatin1String("python3")));
        QCOMPARE(get<QComboBox>("deployHandler")->currentText(), QStringLiteral("app.handler"));
        QVERIFY(!label("deployRuntimeHint").isEmpty());
        QVERIFY(!label("deployHandlerHint").isEmpty());
        QCOMPARE(test::controlProblems(*get("deployDialog")).join(QLatin1String("; ")), QString());
        click("deployStart");
        EVENTUALLY(label("deployResult").startsWith(QLatin1String("greeter is live")));
        click("deployTest");
        EVENTUALLY(!find("deployDialog"));
        QCOMPARE(pages().currentRoute(), QStringLiteral("functions/greeter/test"));
    }

    void anInvocationShowsTheNumbersOfItsRecord()
    {
        const QJsonObject response = invokeHere(QStringLiteral(R"({"n": 21})"));
        QCOMPARE(response.value(QLatin1String("answer")).toInt(), 42);
        const QString log = m_driver->window()
                                .findChild<QPlainTextEdit*>(QStringLiteral("resultLog"))
                                ->toPlainText();
        QVERIFY2(log.contains(QLatin1String(R"(doubling {"n": 21})")), qPrintable(log));
        QVERIFY2(log.contains(QLatin1String("REPORT RequestId")), qPrintable(log));

        const widgets::FactGrid* facts = resultFacts();
        EVENTUALLY(facts->value(QStringLiteral("Cost")).contains(QLatin1String("million")));
        const auto record = m_driver->answer<rpc::InvocationDetail>([&](auto done) {
            console().monitorApi().getInvocation(facts->value(QStringLiteral("Request ID")),
                                                 &m_driver->window(), done);
        });
        QVERIFY(record);
        const rpc::InvocationSummary& summary = record->summary;
        QCOMPARE(summary.functionName, QStringLiteral("greeter"));
        QVERIFY(summary.durationMs > 0 && summary.billedMs >= summary.durationMs);
        QVERIFY(summary.memoryUsedBytes > 1'000'000);
        QVERIFY(summary.costUsd > pricing::Money());
        const QString shown = get("resultMeasures")->accessibleDescription();
        const int usedMb = qRound(double(summary.memoryUsedBytes) / kBytesPerMb);
        for (const QString& number :
             {models::formatMs(summary.durationMs), models::formatMs(double(summary.billedMs)),
              models::formatMemory(usedMb), models::formatMemory(summary.memorySizeMb)})
            QVERIFY2(shown.contains(number), qPrintable(number + QLatin1String(" in ") + shown));
        QVERIFY(facts->value(QStringLiteral("Cost")).contains(models::formatUsd(summary.costUsd)));
    }

    void aLoadIsCountedToTheLastCall()
    {
        open("functions/greeter/load");
        get<QComboBox>("loadMode")->setCurrentIndex(0);
        get<QSpinBox>("loadAmount")->setValue(kLoadCount);
        get<QSpinBox>("loadConcurrency")->setValue(4);
        click("loadStart");
        EVENTUALLY(label("load-succeeded") == models::formatCount(kLoadCount));
        EVENTUALLY(get("loadStart")->isEnabled());
        QCOMPARE(label("load-failed"), QStringLiteral("0"));
        for (const char* name : {"load-p50", "load-p90", "load-p99", "load-max"}) {
            const double value = QLocale().toDouble(label(name).section(u' ', 0, 0));
            QVERIFY2(value > 0, name);
        }
    }

    void theDashboardShowsWhatWasMeasured()
    {
        const qint64 expected = kLoadCount + 1;
        EVENTUALLY(metrics().invocations >= expected);
        const rpc::MetricsPoint sum = metrics();
        QCOMPARE(sum.invocations, expected);
        QCOMPARE(sum.errors, 0);
        QVERIFY(sum.coldStarts >= 1 && sum.coldStarts <= 5);

        open("dashboard");
        EVENTUALLY(tile("invocations") == models::formatCount(sum.invocations));
        QCOMPARE(tile("coldStarts"), models::formatCount(sum.coldStarts));
        QCOMPARE(tile("cost"), models::formatUsd(sum.costUsd));
        EVENTUALLY(chartSum("chart_invocations") == double(expected));
    }

    void aSyntaxErrorIsShownAtItsLine()
    {
        open("functions/greeter/code");
        auto* editor = get<QsciScintilla>("codeEditor");
        EVENTUALLY(editor->text() == QLatin1String(kGreeter));
        m_driver->paste(*editor, QStringLiteral("def handler(event, context):\n"
                                                "    return {\"code\": \"second\"\n"));
        QTest::keyClick(editor, Qt::Key_S, Qt::ControlModifier);
        EVENTUALLY(label("codeStatus").contains(QLatin1String("does not start")));
        const QString note = editor->annotation(1);
        QVERIFY2(note.contains(QLatin1String("SyntaxError")), qPrintable(note));
    }

    void aMendedFunctionAnswersWithTheNewCode()
    {
        auto* editor = get<QsciScintilla>("codeEditor");
        m_driver->paste(*editor, QStringLiteral("def handler(event, context):\n"
                                                "    return {\"code\": \"second\"}\n"));
        QTest::keyClick(editor, Qt::Key_S, Qt::ControlModifier);
        EVENTUALLY(label("codeStatus").startsWith(QLatin1String("Deployed in")));
        QCOMPARE(editor->annotation(1), QString());
        open("functions/greeter/test");
        QCOMPARE(codeOf(invokeHere(QStringLiteral("{}"))), QStringLiteral("second"));
    }

    void aBrokenNodeFunctionSaysWhere()
    {
        drop(m_driver->write("broken", "index.js",
                             "'use strict';\n"
                             "const limit = settings.limit;\n"
                             "exports.handler = async () => limit;\n"));
        QVERIFY(get<QComboBox>("deployRuntime")->currentData().toString().startsWith(
            QLatin1String("nodejs")));
        click("deployStart");
        EVENTUALLY(label("deployResult").contains(QLatin1String("does not start")));
        const QString result = label("deployResult");
        QVERIFY2(result.contains(QLatin1String("index.js, line 2")), qPrintable(result));
        QVERIFY2(result.contains(QLatin1String("ReferenceError: settings is not defined")),
                 qPrintable(result));
        QVERIFY(find("deployBack"));
        click("deployClose");
        EVENTUALLY(!find("deployDialog"));
    }

    void aSavedFileIsRedeployed()
    {
        drop(m_driver->write("watched", "app.py", watchedCode("before")));
        click("deployWatch");
        click("deployStart");
        EVENTUALLY(label("deployResult").startsWith(QLatin1String("watched is live")));
        click("deployTest");
        QCOMPARE(codeOf(invokeHere(QStringLiteral("{}"))), QStringLiteral("before"));
        m_driver->write("watched", "app.py", watchedCode("after"));
        EVENTUALLY(message().startsWith(QLatin1String("watched was redeployed in")));
        QCOMPARE(codeOf(invokeHere(QStringLiteral("{}"))), QStringLiteral("after"));
    }

    void aStarterOfEachLanguageAnswers_data()
    {
        QTest::addColumn<QString>("starter");
        QTest::addColumn<QString>("tool");
        for (const auto& [starter, tool] : {std::pair("hello-ruby", "ruby"), {"hello-java", "javac"},
                                            {"hello-go", "go"}, {"hello-rust", "rustc"},
                                            {"hello-cpp", "g++"}})
            QTest::newRow(tool) << QString::fromLatin1(starter) << QString::fromLatin1(tool);
    }
    void aStarterOfEachLanguageAnswers()
    {
        QFETCH(QString, starter);
        QFETCH(QString, tool);
        if (QStandardPaths::findExecutable(tool).isEmpty())
            QSKIP(qPrintable(tool + QLatin1String(" is not installed")));
        const auto& all = models::blueprints();
        const auto blueprint = std::find_if(all.begin(), all.end(),
                                            [&](const auto& each) { return each.id == starter; });
        QVERIFY(blueprint != all.end());
        QString folder;
        for (const QString& file : blueprint->files)
            folder = m_driver->write(qPrintable(starter), qPrintable(file), blueprint->content(file));
        drop(folder);
        QCOMPARE(get<QComboBox>("deployHandler")->currentText(), blueprint->handler);
        click("deployStart");
        QTRY_VERIFY_WITH_TIMEOUT(!label("deployResult").isEmpty(), 4 * kPatienceMs);
        QVERIFY2(label("deployResult").startsWith(starter + QLatin1String(" is live")),
                 qPrintable(label("deployResult")));
        click("deployTest");
        EVENTUALLY(!find("deployDialog"));
        const QJsonObject response = invokeHere(QStringLiteral(R"({"name": "test"})"));
        QVERIFY(response.value(QLatin1String("message")).toString().startsWith(QLatin1String("Hello")));
    }

    void everyControlOfEveryPageHasItsName()
    {
        QStringList routes;
        for (const ui::PageEntry& entry : pages().entries())
            routes << entry.id;
        for (const char* tab : {"code", "test", "load", "monitor", "configuration", "versions"})
            routes << QStringLiteral("functions/greeter/") + QLatin1String(tab);
        for (const QString& route : std::as_const(routes)) {
            open(qPrintable(route));
            QTest::qWait(500);  // what the page asked for arrives
            QCOMPARE(route + test::controlProblems(m_driver->window()).join(QLatin1String("; ")),
                     route);
        }
    }

    void aKilledPlatformComesBackWithItsFunctions()
    {
        open("functions/greeter/test");
        const pid_t pid = daemonPid();
        QVERIFY(pid > 1);
        const int functions = console().functions().rowCount();
        QVERIFY(functions >= 3);
        m_states.clear();
        ::kill(pid, SIGKILL);
        EVENTUALLY(message().startsWith(QLatin1String("The platform runs again")));
        QVERIFY(m_states.join(u'|').contains(QLatin1String("Platform ended, starting again")));
        QVERIFY(label<QToolButton>("connectionState").contains(QLatin1String("Connected")));
        QVERIFY(daemonPid() != pid);
        EVENTUALLY(console().functions().isCurrent());
        QCOMPARE(console().functions().rowCount(), functions);
        QCOMPARE(codeOf(invokeHere(QStringLiteral("{}"))), QStringLiteral("second"));
        // What was measured before the crash is still counted.
        EVENTUALLY(metrics().invocations > kLoadCount);
    }

    void anOlderPlatformIsNamed()
    {
        test::ConsoleDriver other;
        test::GrpcServer server(other.path("gantryd.sock").toStdString());
        server.on("/gantry.v1.Platform/GetPlatform", [](const std::string&) {
            v1::PlatformInfo info;
            info.set_version("0.0.1");
            info.set_api_level(0);
            return test::Reply{{info.SerializeAsString()}, {}, {}, false};
        });
        QVERIFY(server.start());
        other.start();
        EVENTUALLY(other.window().messages().text().contains(
            QLatin1String("version 0.0.1) is too old")));
    }

    void aPortInUseIsSaidAndAnotherOffered()
    {
        QTcpServer occupant;
        QVERIFY(occupant.listen(QHostAddress::LocalHost));
        const QString port = QString::number(occupant.serverPort());
        test::ConsoleDriver other(QStringLiteral("127.0.0.1:") + port);
        other.start();
        EVENTUALLY(other.find<QLabel>("problemTitle"));
        QCOMPARE(other.find<QLabel>("problemTitle")->text(),
                 QStringLiteral("Port %1 is in use").arg(port));
        QVERIFY(other.find("useFreePort"));
        QTest::mouseClick(other.find("useFreePort"), Qt::LeftButton);
        EVENTUALLY(other.console().backend().state() == ui::BackendProcess::State::Running);
        QVERIFY(!other.find("problemTitle"));
    }

private:
    ui::Console& console() { return m_driver->console(); }
    ui::BackendProcess& backend() { return console().backend(); }
    ui::PageStack& pages() { return m_driver->window().pages(); }
    QString message() { return m_driver->window().messages().text(); }
    template <class T = QWidget> T* find(const char* name) { return m_driver->find<T>(name); }
    template <class T = QWidget> T* get(const char* name)
    {
        // Pages make their parts when they are opened; those show an event-loop turn later.
        if (!QTest::qWaitFor([&] { return find<T>(name) != nullptr; }, kPatienceMs))
            qFatal("no %s on the screen", name);
        return find<T>(name);
    }
    // What a visible label or button says; empty when it is not there.
    template <class T = QLabel> QString label(const char* name)
    {
        const T* widget = find<T>(name);
        return widget ? widget->text() : QString();
    }
    QString tile(const char* id)
    {
        const auto* tile = find<ui::StatTile>(("tile_" + QByteArray(id)).constData());
        return tile ? tile->number() : QString();
    }
    void open(const char* route) { m_driver->window().openRoute(QLatin1String(route)); }
    void click(const char* name)
    {
        QWidget* widget = get(name);
        QVERIFY2(widget->isEnabled(), name);
        QTest::mouseClick(widget, Qt::LeftButton);
    }
    // Opens the deploy dialog by a drop and waits for what it makes of the folder.
    void drop(const QString& folder)
    {
        m_driver->drop(folder);
        EVENTUALLY(find("deployDialog"));
        EVENTUALLY(get("deployStart")->isEnabled());
    }
    static QString codeOf(const QJsonObject& response)
    {
        return response.value(QLatin1String("code")).toString();
    }

    // The names and values of the Test tab's result, also while it shows none.
    const widgets::FactGrid* resultFacts()
    {
        get("testEvent");  // the tab is there
        const auto* measures =
            m_driver->window().findChild<QWidget*>(QStringLiteral("resultMeasures"));
        return measures->parentWidget()->findChild<widgets::FactGrid*>();
    }
    // Sends an event from the Test tab by the keyboard; the response when it succeeds.
    QJsonObject invokeHere(const QString& event)
    {
        auto* editor = get<QsciScintilla>("testEvent");
        m_driver->paste(*editor, event);
        if (editor->text() != event)
            qWarning("the event is '%s'", qPrintable(editor->text()));
        const widgets::FactGrid* facts = resultFacts();
        const QString last = facts->value(QStringLiteral("Request ID"));
        QTest::keyClick(editor, Qt::Key_Return, Qt::ControlModifier);
        const bool answered = QTest::qWaitFor(
            [&] {
                return find("resultStatus") && facts->value(QStringLiteral("Request ID")) != last;
            },
            kPatienceMs);
        const auto* status = find("resultStatus");
        if (!answered || status->accessibleName() != QLatin1String("Result: Succeeded")) {
            qWarning("not answered as it should be: %s %s", qPrintable(label("resultDetail")),
                     qPrintable(status ? status->accessibleName() : QString()));
            return {};
        }
        const QString text = get<QsciScintilla>("response")->text();
        const QJsonObject response = QJsonDocument::fromJson(text.toUtf8()).object();
        if (response.isEmpty())
            qWarning("the response is '%s'", qPrintable(text));
        return response;
    }

    pid_t daemonPid()
    {
        const auto platform = m_driver->answer<rpc::PlatformInfo>([&](auto done) {
            console().platformApi().getPlatform(&m_driver->window(), done);
        });
        return platform ? static_cast<pid_t>(platform->processId) : 0;
    }

    // What the platform counted for the account since the session began.
    rpc::MetricsPoint metrics()
    {
        rpc::MetricsQuery query;
        query.fromMs = m_startMs - 1000;
        query.toMs = QDateTime::currentMSecsSinceEpoch() + 1000;
        const auto history = m_driver->answer<rpc::MetricsHistory>([&](auto done) {
            console().monitorApi().queryMetrics(query, &m_driver->window(), done);
        });
        rpc::MetricsPoint sum;
        for (const rpc::MetricsPoint& point : history ? history->points : QList<rpc::MetricsPoint>()) {
            sum.invocations += point.invocations;
            sum.errors += point.errors;
            sum.coldStarts += point.coldStarts;
            sum.costUsd += point.costUsd;
        }
        return sum;
    }

    double chartSum(const char* chartName)
    {
        const auto* chart = find<charts::LiveChart>(chartName);
        double sum = 0;
        if (chart) {
            for (const charts::Series& series : chart->data().series)
                sum = std::accumulate(series.values.begin(), series.values.end(), sum);
        }
        return sum;
    }

    std::unique_ptr<test::ConsoleDriver> m_driver;
    QStringList m_states;  // what the status bar said, in order
    qint64 m_startMs = 0;
    bool m_broken = false;
};

int main(int argc, char** argv)
{
    const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    for (const char* folder : {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"})
        qputenv(folder, settings.path().toLocal8Bit());
    QCoreApplication::setOrganizationName(QStringLiteral("gantry"));
    QCoreApplication::setApplicationName(QStringLiteral("gantry-test"));
    QApplication application(argc, argv);
    widgets::Theme::current().install(application);
    ConsoleE2eTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "console_e2e_test.moc"
