#include "tests/support/function_host.h"

#include <QDir>
#include <QDirIterator>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStandardPaths>
#include <QTest>

#include <vector>

using namespace gantry;
using namespace gantry::runtime;
using namespace gantry::test;
using Kind = InvocationOutcome::Kind;

// Java functions in real environments, compiled here. Says so where there is no JDK.
class RuntimeJavaTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void answers_data();
    void answers();
    void fails_data();
    void fails();
    void failsInit_data();
    void failsInit();
    void givesTheContext();
    void logsJson();
    void staysWarm();
    void aDebuggerStopsIt();

private:
    FunctionRun make(const QString& handler);

    std::unique_ptr<FunctionHost> m_host;
    std::string m_runtime;
    QTemporaryDir m_code;
};

void RuntimeJavaTest::initTestCase()
{
    m_host = std::make_unique<FunctionHost>();
    if (!m_host->engine.ok())
        QSKIP(std::string(m_host->engine.status().message()).c_str());
    for (const Runtime& runtime : m_host->catalogue.runtimes()) {
        if (runtime.family == "java" && runtime.available)
            m_runtime = runtime.id;
    }
    if (m_runtime.empty())
        QSKIP(m_host->catalogue.find("java21")->note.c_str());
    const QString compiler = QStandardPaths::findExecutable("javac");
    if (compiler.isEmpty())
        QSKIP("no javac");
    QStringList arguments{"--release", "11", "-d", m_code.path()};
    QDirIterator sources(GANTRY_SOURCE_DIR "/tests/support/functions/java", {"*.java"}, QDir::Files,
                         QDirIterator::Subdirectories);
    while (sources.hasNext())
        arguments << sources.next();
    QProcess javac;
    javac.start(compiler, arguments);
    QVERIFY(javac.waitForFinished(240'000));
    QVERIFY2(javac.exitCode() == 0, javac.readAllStandardError().constData());
    QFile::setPermissions(m_code.path(),
                          QFile::permissions(m_code.path()) | QFile::ReadOther | QFile::ExeOther);
}

FunctionRun RuntimeJavaTest::make(const QString& handler)
{
    return FunctionRun(
        *m_host, FunctionHost::spec(m_runtime, m_code.path().toStdString(), handler.toStdString()));
}

void RuntimeJavaTest::answers_data()
{
    QTest::addColumn<QString>("handler");
    QTest::addColumn<QByteArray>("event");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* handler, const char* event, const char* expected) {
        QTest::newRow(handler) << handler << QByteArray(event) << QString::fromUtf8(expected);
    };
    row("example.Handlers::echo", "{\"a\":[1,2.5,null,true,\"é\"]}",
        "{\"a\":[1,2.5,null,true,\"é\"]}");
    row("example.Handlers::order", "{\"Id\":\"o\",\"amounts\":[1,2],\"unknown\":0}", "\"o 3\"");
    row("example.Handlers::stream", "[1]", "{\"raw\":[1]}");
    row("example.Handlers::isStatic", "\"static\"", "\"static of fn\"");
    row("example.Handlers::seesTheRuntimesLibraries", "{}", "false");
    row("example.Typed", "{\"id\":\"x\",\"amounts\":[4]}", "{\"id\":\"X\",\"amounts\":[4]}");
    row("example.Typed::handleRequest", "{\"id\":\"y\"}", "{\"id\":\"Y\",\"amounts\":null}");
}

void RuntimeJavaTest::answers()
{
    QFETCH(QString, handler);
    QFETCH(QByteArray, event);
    FunctionRun run = make(handler);
    QVERIFY2(run.start(), run.init ? run.init->errorMessage.c_str() : "no init");
    QVERIFY(run.invoke(event.toStdString()));
    QCOMPARE(run.errorMessage(), QString());
    QTEST(run.payload(), "expected");
}

void RuntimeJavaTest::fails_data()
{
    QTest::addColumn<QString>("handler");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("message");
    QTest::newRow("thrown") << "example.Handlers::fails"
                            << "java.lang.IllegalArgumentException"
                            << "bad valué";
    QTest::newRow("wrong event") << "example.Handlers::order"
                                 << "java.lang.RuntimeException"
                                 << "An error occurred during JSON parsing: ";
}

void RuntimeJavaTest::fails()
{
    QFETCH(QString, handler);
    QFETCH(QString, message);
    FunctionRun run = make(handler);
    QVERIFY2(run.start(), run.init ? run.init->errorMessage.c_str() : "no init");
    QVERIFY(run.invoke("[1]"));
    QCOMPARE(run.outcome->kind, Kind::FunctionError);
    QTEST(run.errorType(), "type");
    QVERIFY2(run.errorMessage().startsWith(message), qPrintable(run.errorMessage()));
    QVERIFY(run.outcome->usable);
    const QJsonObject document =
        QJsonDocument::fromJson(QByteArray::fromStdString(run.outcome->payload)).object();
    const QStringList frames = document["stackTrace"].toVariant().toStringList();
    if (handler == "example.Handlers::fails") {
        QVERIFY2(frames.value(0).startsWith("example.Handlers.fails(Handlers.java:"),
                 run.outcome->payload.c_str());
        QCOMPARE(frames.size(), 1);
        QCOMPARE(document["cause"].toObject()["errorMessage"].toString(), QString("below"));
    }
    QVERIFY(!run.lines.filter(run.errorType()).isEmpty());
}

void RuntimeJavaTest::failsInit_data()
{
    QTest::addColumn<QString>("handler");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("message");
    const auto row = [](const char* handler, const char* type, const char* message) {
        QTest::newRow(handler) << handler << type << message;
    };
    row("example.Nothing", "java.lang.ClassNotFoundException", "Class not found: example.Nothing");
    row("example.Handlers::nothing", "java.lang.NoSuchMethodException",
        "No public method named nothing with an appropriate signature was found on class "
        "example.Handlers");
    row("example.Broken::handle", "java.lang.IllegalStateException", "while loading");
}

void RuntimeJavaTest::failsInit()
{
    QFETCH(QString, handler);
    QFETCH(QString, message);
    FunctionRun run = make(handler);
    QVERIFY(!run.start());
    QVERIFY(run.init);
    QTEST(QString::fromStdString(run.init->errorType), "type");
    QVERIFY2(run.init->errorMessage.rfind(message.toStdString(), 0) == 0,
             run.init->errorMessage.c_str());
}

void RuntimeJavaTest::givesTheContext()
{
    FunctionRun run = make("example.Handlers::describes");
    QVERIFY2(run.start(), run.init ? run.init->errorMessage.c_str() : "no init");
    QVERIFY(run.invoke("{}", 30'000'000, "{\"custom\":{\"k\":\"v\"}}"));
    const QJsonObject expected{{"request", QString::fromStdString(run.requestId)},
                               {"stream", QString::fromStdString(run.environment->logStream())},
                               {"version", "$LATEST"},
                               {"arn", "arn:aws:lambda:us-east-1:000000000000:function:fn:live"},
                               {"memory", 1769},
                               {"custom", QJsonObject{{"k", "v"}}},
                               {"remaining", true},
                               {"trace", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0"}};
    QCOMPARE(QJsonDocument::fromJson(QByteArray::fromStdString(run.outcome->payload)).object(),
             expected);
    QVERIFY2(run.lines.contains("a line") && run.lines.contains("printed"),
             qPrintable(run.lines.join('\n')));
}

void RuntimeJavaTest::logsJson()
{
    EnvironmentSpec spec = FunctionHost::spec(m_runtime, m_code.path().toStdString(),
                                              "example.Handlers::describes");
    spec.log.json = true;
    FunctionRun run(*m_host, std::move(spec));
    QVERIFY(run.start());
    QVERIFY(run.invoke("{}", 30'000'000, R"({"custom":{"k":"v"}})"));
    const QStringList found = run.lines.filter("a line");
    QCOMPARE(found.size(), 1);
    const QJsonObject line = QJsonDocument::fromJson(found.front().toUtf8()).object();
    QCOMPARE(line["message"].toString(), QString("a line"));
    QCOMPARE(line["AWSRequestId"].toString(), QString::fromStdString(run.requestId));
    QVERIFY(QDateTime::fromString(line["timestamp"].toString(), Qt::ISODateWithMs).isValid());
    QVERIFY(run.lines.contains("printed")); // past the logger: as it is
}

void RuntimeJavaTest::staysWarm()
{
    FunctionRun run = make("example.Handlers::count");
    QVERIFY2(run.start(), run.init ? run.init->errorMessage.c_str() : "no init");
    for (int call = 1; call <= 3; ++call) {
        QVERIFY(run.invoke("{}"));
        QCOMPARE(run.payload(), QString::number(call));
    }
    FunctionRun exits = make("example.Handlers::exits");
    QVERIFY(exits.start());
    QVERIFY(exits.invoke("7"));
    QCOMPARE(exits.outcome->kind, Kind::Exited);
    QVERIFY(exits.errorMessage().endsWith("Runtime exited with error: exit status 7"));
}

void RuntimeJavaTest::aDebuggerStopsIt()
{
    const QString program = QStandardPaths::findExecutable("jdb");
    if (program.isEmpty())
        QSKIP("no jdb");
    EnvironmentSpec spec = FunctionHost::spec(m_runtime, m_code.path().toStdString(),
                                              "example.Handlers::echo");
    QProcess jdb;
    spec.initTimeoutMicros = 120'000'000;
    spec.debugging = std::make_shared<Debugging>();
    std::string protocol;
    spec.debugging->onWaiting = [&](const DebuggerAddress& address) {
        protocol = address.protocol;
        jdb.setProcessChannelMode(QProcess::MergedChannels);
        jdb.start(program, {"-attach", QString("127.0.0.1:%1").arg(address.port)});
    };
    FunctionRun run(*m_host, spec);
    // What it says, and what it is told then.
    struct Step {
        const char* said;
        const char* told;
    };
    std::vector<Step> steps = {{"> ", "stop in example.Handlers.echo\n"},
                               {"Deferring breakpoint", "resume\n"},
                               {"Breakpoint hit", "cont\n"}};
    QByteArray said, transcript;
    const auto converse = [&] {
        if (jdb.state() != QProcess::NotRunning)
            jdb.waitForReadyRead(5);
        said += jdb.readAll();
        if (steps.empty() || !said.contains(steps.front().said))
            return;
        transcript += std::exchange(said, {});
        jdb.write(steps.front().told);
        jdb.waitForBytesWritten();
        steps.erase(steps.begin());
    };
    run.environment->start([&](InitOutcome outcome) { run.init = std::move(outcome); });
    const bool begun =
        m_host->waitFor([&] { return converse(), run.init.has_value(); }, 120'000);
    QVERIFY2(begun, said);
    QVERIFY2(run.init->ok, run.init->errorMessage.c_str());
    QCOMPARE(protocol, std::string("jdwp"));
    Invocation invocation;
    invocation.requestId = "id";
    invocation.timeoutMicros = 120'000'000;
    invocation.event = std::make_shared<const std::string>("{\"a\":7}");
    run.environment->invoke(std::move(invocation),
                            [&](InvocationOutcome outcome) { run.outcome = std::move(outcome); });
    QVERIFY2(m_host->waitFor([&] { return converse(), run.outcome.has_value(); }, 120'000), said);
    QVERIFY2(steps.empty(), transcript + said);
    QCOMPARE(run.payload(), QString("{\"a\":7}"));
    QVERIFY(!run.outcome->usable); // it was for one invocation
    jdb.kill();
    jdb.waitForFinished();
}

QTEST_GUILESS_MAIN(RuntimeJavaTest)
#include "runtime_java_test.moc"
