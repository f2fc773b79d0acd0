// An invocation under a debugger: the real console and daemon, and debuggers that no one here wrote
// the other end of (debugpy, Node.js). The JDK's is in tests/unit/backend/runtime_java_test.cpp.
#include "tests/support/console_driver.h"
#include "tests/support/control_checker.h"

#include "ui/models/debug_run.h"
#include "ui/widgets/scintilla.h"
#include "ui/widgets/theme.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QTcpServer>
#include <QTcpSocket>

using namespace gantry;
using test::kPatienceMs;

#define EVENTUALLY(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, kPatienceMs)

namespace {

const char* const kPython = R"(def handler(event, context):
    doubled = event["n"] * 2
    return {"doubled": doubled, "left": context.get_remaining_time_in_millis() > 60_000}
)";
const char* const kNode = R"(export const handler = async (event) => {
  const doubled = event.n * 2;
  return { doubled };
};
)";

// A debugger with a prompt.
class Debugger final {
public:
    Debugger(const QString& program, const QStringList& arguments)
    {
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.start(program, arguments);
    }
    ~Debugger()
    {
        m_process.kill();
        m_process.waitForFinished();
    }
    // Whether it does, since it was last told something.
    bool says(const char* text)
    {
        return QTest::qWaitFor(
            [&] {
                m_said += m_process.readAllStandardOutput();
                return m_said.contains(text);
            },
            kPatienceMs);
    }
    void tell(const char* command)
    {
        m_said.clear();
        m_process.write(QByteArray(command) + '\n');
    }
    const char* said() const { return m_said.constData(); }

private:
    QProcess m_process;
    QByteArray m_said;
};

} // namespace

class DebuggerTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<test::ConsoleDriver>();
        m_driver->start();
        EVENTUALLY(m_driver->console().channel().isConnected());
    }
    void cleanupTestCase() { m_driver.reset(); }

    void pythonStopsInALineAndGoesOn()
    {
        deploy("python", "app.py", kPython);
        debug(QStringLiteral(R"({"n": 21})"));
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());
        const QJsonObject told = configuration();
        QCOMPARE(told.value(QLatin1String("type")).toString(), QStringLiteral("debugpy"));
        const int port = pythonPort();
        QCOMPARE(label("debugTitle"),
                 QStringLiteral("Waiting for a debugger at 127.0.0.1:%1").arg(port));

        QProcess debugger;
        debugger.start(QStringLiteral("/usr/bin/python3"),
                       {QStringLiteral(GANTRY_SOURCE_DIR "/tests/support/dap_client.py"),
                        QString::number(port), QStringLiteral("/var/task/app.py"),
                        QStringLiteral("3"), QStringLiteral("doubled"), QStringLiteral("event")});
        EVENTUALLY(debugger.state() == QProcess::NotRunning);
        const QByteArray seen = debugger.readAllStandardOutput();
        QVERIFY2(seen == "42\n{'n': 21}\n", seen + debugger.readAllStandardError());
        const QJsonObject response = answer();
        QCOMPARE(response.value(QLatin1String("doubled")).toInt(), 42);
        QVERIFY(response.value(QLatin1String("left")).toBool()); // it has no time-out

        // It is no part of the history, and its port is closed.
        const auto history = m_driver->answer<QList<rpc::InvocationSummary>>([&](auto done) {
            m_driver->console().monitorApi().listInvocations({QStringLiteral("python"), 10, 0},
                                                             &m_driver->window(), done);
        });
        QVERIFY(history && history->isEmpty());
        EVENTUALLY(refuses(port));
    }

    void nodeStopsInALineAndGoesOn()
    {
        deploy("node", "app.mjs", kNode);
        debug(QStringLiteral(R"({"n": 4})"));
        const int port = configuration().value(QLatin1String("port")).toInt();
        Debugger debugger(QStringLiteral("/usr/bin/node"),
                          {QStringLiteral("inspect"), QStringLiteral("127.0.0.1:%1").arg(port)});
        QVERIFY2(debugger.says("break in"), debugger.said()); // before the handler is called
        debugger.tell("setBreakpoint('app.mjs', 3)");
        QVERIFY2(debugger.says("debug>"), debugger.said());
        debugger.tell("cont");
        QVERIFY2(debugger.says("app.mjs:3"), debugger.said());
        debugger.tell("exec('doubled + 1')");
        QVERIFY2(debugger.says("9"), debugger.said());
        debugger.tell("cont");
        QCOMPARE(answer().value(QLatin1String("doubled")).toInt(), 8);
    }

    void stoppingEndsTheInvocation()
    {
        m_driver->window().openRoute(QStringLiteral("functions/python/test"));
        debug(QStringLiteral(R"({"n": 1})"));
        const int port = pythonPort();
        picture("debugger-awaited");
        click("stopDebugging");
        EVENTUALLY(!m_driver->find("debugTitle"));
        EVENTUALLY(refuses(port));
        QVERIFY(m_driver->find<QPushButton>("debugInvoke")->isEnabled());
    }

    void aSavedPortThatIsTakenIsReplaced()
    {
        QTcpServer taken;
        if (!taken.listen(QHostAddress::LocalHost, 5678))
            QSKIP("port 5678 is in use on this machine");
        debug(QStringLiteral(R"({"n": 1})"));
        const int port = pythonPort();
        QVERIFY(port != 5678 && port > 0);
        click("stopDebugging");
        EVENTUALLY(!m_driver->find("debugTitle"));
    }

    void whatHasNoDebuggerSaysSo()
    {
        const QString folder = m_driver->write("shell", "bootstrap", "#!/bin/sh\nexit 1\n");
        QFile(folder + QStringLiteral("/bootstrap"))
            .setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner |
                            QFile::ReadOther | QFile::ExeOther);
        deployFolder(folder);
        m_driver->window().openRoute(QStringLiteral("functions/shell/test"));
        EVENTUALLY(m_driver->find("testEvent"));
        click("debugInvoke");
        EVENTUALLY(label("resultDetail").contains(QLatin1String("No debugger can be attached")));
    }

    void configurations()
    {
        const QString java = models::launchConfiguration(QStringLiteral("f"), {QStringLiteral("jdwp"), 5005});
        QVERIFY(java.contains(QLatin1String("\"hostName\": \"127.0.0.1\"")));
        QVERIFY(models::otherDebuggers({QStringLiteral("jdwp"), 5005}).contains(QLatin1String("jdb")));
        QVERIFY(models::otherDebuggers({QStringLiteral("debugpy"), 5678}).isEmpty());
    }

private:
    template <class T = QWidget> T* get(const char* name)
    {
        if (!QTest::qWaitFor([&] { return m_driver->find<T>(name) != nullptr; }, kPatienceMs))
            qFatal("no %s on the screen", name);
        return m_driver->find<T>(name);
    }
    void click(const char* name) { QTest::mouseClick(get(name), Qt::LeftButton); }
    QString label(const char* name)
    {
        const auto* found = m_driver->find<QLabel>(name);
        return found ? found->text() : QString();
    }
    void deploy(const char* name, const char* file, const char* code)
    {
        deployFolder(m_driver->write(name, file, code));
        EVENTUALLY(label("deployResult").contains(QLatin1String("is live")));
        click("deployTest");
        EVENTUALLY(!m_driver->find("deployDialog"));
    }
    void deployFolder(const QString& folder)
    {
        m_driver->drop(folder);
        EVENTUALLY(m_driver->find("deployDialog"));
        EVENTUALLY(get("deployStart")->isEnabled());
        click("deployStart");
        EVENTUALLY(!label("deployResult").isEmpty());
        if (auto* close = m_driver->find("deployClose"); close && !label("deployResult").contains(QLatin1String("is live")))
            QTest::mouseClick(close, Qt::LeftButton);
    }
    void debug(const QString& event)
    {
        auto* editor = get<QsciScintilla>("testEvent");
        m_driver->paste(*editor, event);
        click("debugInvoke");
        EVENTUALLY(label("debugTitle").startsWith(QLatin1String("Waiting for a debugger")));
    }
    QJsonObject configuration()
    {
        return QJsonDocument::fromJson(get<QsciScintilla>("debugConfiguration")->text().toUtf8())
            .object();
    }
    int pythonPort()
    {
        const QJsonObject connect = configuration().value(QLatin1String("connect")).toObject();
        return connect.value(QLatin1String("port")).toInt();
    }
    QJsonObject answer()
    {
        const auto* status = get("resultStatus");
        if (status->accessibleName() != QLatin1String("Result: Succeeded"))
            qWarning("%s: %s", qPrintable(status->accessibleName()), qPrintable(label("resultDetail")));
        return QJsonDocument::fromJson(get<QsciScintilla>("response")->text().toUtf8()).object();
    }
    static bool refuses(int port)
    {
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, static_cast<quint16>(port));
        return !socket.waitForConnected(2'000);
    }
    void picture(const char* name)
    {
        const QString folder = qEnvironmentVariable("GANTRY_PICTURES");
        if (!folder.isEmpty())
            m_driver->window().grab().save(folder + QLatin1Char('/') + QLatin1String(name) +
                                           QStringLiteral(".png"));
    }

    std::unique_ptr<test::ConsoleDriver> m_driver;
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
    DebuggerTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "debugger_test.moc"
