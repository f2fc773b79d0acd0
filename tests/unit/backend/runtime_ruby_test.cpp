#include "tests/support/function_host.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

using namespace gantry;
using namespace gantry::runtime;
using namespace gantry::test;
using Kind = InvocationOutcome::Kind;

// Ruby functions in real environments. Needs Ruby on the host, and says so where there is none.
class RuntimeRubyTest : public QObject {
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
    void logsWithTheRequestId();
    void logsJson();
    void tellsItsExit();
    void hidesTheHostsGems();

private:
    FunctionRun make(const QString& handler);

    std::unique_ptr<FunctionHost> m_host;
    std::string m_runtime;
};

void RuntimeRubyTest::initTestCase()
{
    m_host = std::make_unique<FunctionHost>();
    if (!m_host->engine.ok())
        QSKIP(std::string(m_host->engine.status().message()).c_str());
    for (const Runtime& runtime : m_host->catalogue.runtimes()) {
        if (runtime.family == "ruby" && runtime.available)
            m_runtime = runtime.id;
    }
    if (m_runtime.empty())
        QSKIP(m_host->catalogue.find("ruby3.4")->note.c_str());
}

FunctionRun RuntimeRubyTest::make(const QString& handler)
{
    return FunctionRun(
        *m_host, FunctionHost::spec(m_runtime, GANTRY_SOURCE_DIR "/tests/support/functions/ruby",
                                    handler.toStdString()));
}

void RuntimeRubyTest::answers_data()
{
    QTest::addColumn<QString>("handler");
    QTest::addColumn<QByteArray>("event");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* handler, const char* event, const char* expected) {
        QTest::newRow(handler) << handler << QByteArray(event) << QString::fromUtf8(expected);
    };
    row("handlers.echo", "{\"a\":[1,2.5,null,true,\"é\"]}", "{\"a\":[1,2.5,null,true,\"é\"]}");
    row("handlers.Jobs::Nightly.process", "{}", "\"nightly\"");
    row("handlers.binary", "{}", "raw");
    row("handlers.count", "{}", "1");
}

void RuntimeRubyTest::answers()
{
    QFETCH(QString, handler);
    QFETCH(QByteArray, event);
    FunctionRun run = make(handler);
    QVERIFY2(run.start(), run.init ? run.init->errorMessage.c_str() : "no init");
    QVERIFY(run.invoke(event.toStdString()));
    QCOMPARE(run.errorMessage(), QString());
    QTEST(run.payload(), "expected");
    // It stays warm: what was loaded is still there.
    QVERIFY(run.invoke(event.toStdString()));
    QCOMPARE(run.outcome->kind, Kind::Response);
    if (handler == "handlers.count")
        QCOMPARE(run.payload(), QString("2"));
}

void RuntimeRubyTest::fails_data()
{
    QTest::addColumn<QString>("handler");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("message");
    QTest::newRow("raised") << "handlers.fails"
                            << "Function<ArgumentError>"
                            << "^bad valué$";
    QTest::newRow("not JSON") << "handlers.not_json"
                              << "Function<JSON::GeneratorError>"
                              << "NaN not allowed";
    QTest::newRow("endless") << "handlers.recursive"
                             << "Function<SystemStackError>"
                             << "^stack level too deep$";
    QTest::newRow("no such method") << "handlers.nothing"
                                    << "Function<NoMethodError>"
                                    << "undefined method `nothing'";
}

void RuntimeRubyTest::fails()
{
    QFETCH(QString, handler);
    QFETCH(QString, message);
    FunctionRun run = make(handler);
    QVERIFY2(run.start(), run.init ? run.init->errorMessage.c_str() : "no init");
    QVERIFY(run.invoke("{}"));
    QCOMPARE(run.outcome->kind, Kind::FunctionError);
    QTEST(run.errorType(), "type");
    QVERIFY2(QRegularExpression(message).match(run.errorMessage()).hasMatch(),
             qPrintable(run.errorMessage()));
    QVERIFY(run.outcome->usable);
    QVERIFY(!run.lines.filter("Error raised from handler method").isEmpty());
    const QJsonObject document =
        QJsonDocument::fromJson(QByteArray::fromStdString(run.outcome->payload)).object();
    // The function's own frames only.
    for (const QVariant& frame : document["stackTrace"].toVariant().toList())
        QVERIFY2(!frame.toString().contains("/var/runtime"), qPrintable(frame.toString()));
}

void RuntimeRubyTest::failsInit_data()
{
    QTest::addColumn<QString>("handler");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("message");
    const auto row = [](const char* handler, const char* type, const char* message) {
        QTest::newRow(handler) << handler << type << message;
    };
    row("syntax.handler", "Init<SyntaxError>", "/var/task/syntax.rb:1: syntax error");
    row("requires_missing.handler", "Init<LoadError>", "cannot load such file -- nothing_of");
    row("missing.handler", "Init<LoadError>", "cannot load such file -- /var/task/missing");
    row("nodot", "Init<ArgumentError>", "must be of form FILENAME.METHOD");
}

void RuntimeRubyTest::failsInit()
{
    QFETCH(QString, handler);
    QFETCH(QString, message);
    FunctionRun run = make(handler);
    QVERIFY(!run.start());
    QVERIFY(run.init);
    QTEST(QString::fromStdString(run.init->errorType), "type");
    QVERIFY2(run.init->errorMessage.find(message.toStdString()) != std::string::npos,
             run.init->errorMessage.c_str());
}

void RuntimeRubyTest::givesTheContext()
{
    FunctionRun run = make("handlers.describes");
    QVERIFY(run.start());
    QVERIFY(run.invoke("{}", 30'000'000, "{\"custom\":{\"k\":\"v\"}}"));
    const QJsonObject context =
        QJsonDocument::fromJson(QByteArray::fromStdString(run.outcome->payload)).object();
    const QJsonObject expected{
        {"function_name", "fn"},
        {"function_version", "$LATEST"},
        {"invoked_function_arn", "arn:aws:lambda:us-east-1:000000000000:function:fn:live"},
        {"memory_limit_in_mb", "1769"},
        {"request", QString::fromStdString(run.requestId)},
        {"stream", QString::fromStdString(run.environment->logStream())},
        {"custom", QJsonObject{{"k", "v"}}},
        {"remaining", true},
        {"trace", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0"}};
    QCOMPARE(context, expected);
}

void RuntimeRubyTest::logsWithTheRequestId()
{
    FunctionRun run = make("handlers.logs");
    QVERIFY(run.start());
    QVERIFY(run.invoke("{}"));
    const QRegularExpression line("^W, \\[[-0-9T:.]+ #" + QString::fromStdString(run.requestId) +
                                  "\\]  WARN -- : from the logger$");
    QVERIFY2(run.lines.indexOf(line) >= 0, qPrintable(run.lines.join('\n')));
    QVERIFY(run.lines.contains("loading handlers"));
}

void RuntimeRubyTest::logsJson()
{
    EnvironmentSpec spec = FunctionHost::spec(
        m_runtime, GANTRY_SOURCE_DIR "/tests/support/functions/ruby", "handlers.logs");
    spec.log.json = true;
    FunctionRun run(*m_host, std::move(spec));
    QVERIFY(run.start());
    QVERIFY(run.invoke("{}"));
    const QStringList found = run.lines.filter("from the logger");
    QCOMPARE(found.size(), 1);
    const QJsonObject line = QJsonDocument::fromJson(found.front().toUtf8()).object();
    QCOMPARE(line["level"].toString(), QString("WARN"));
    QCOMPARE(line["message"].toString(), QString("from the logger"));
    QCOMPARE(line["requestId"].toString(), QString::fromStdString(run.requestId));
    QVERIFY(QDateTime::fromString(line["timestamp"].toString(), Qt::ISODateWithMs).isValid());
}

void RuntimeRubyTest::tellsItsExit()
{
    FunctionRun run = make("handlers.ends");
    QVERIFY(run.start());
    QVERIFY(run.invoke("7"));
    QCOMPARE(run.outcome->kind, Kind::Exited);
    QVERIFY(run.errorMessage().endsWith("Runtime exited with error: exit status 7"));
}

void RuntimeRubyTest::hidesTheHostsGems()
{
    FunctionRun run = make("handlers.gem_path");
    QVERIFY(run.start());
    QVERIFY(run.invoke("{}"));
    QVERIFY2(!run.payload().contains("/usr/share") && run.payload().contains("/opt/ruby/gems/"),
             qPrintable(run.payload()));
}

QTEST_GUILESS_MAIN(RuntimeRubyTest)
#include "runtime_ruby_test.moc"
