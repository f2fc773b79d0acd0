#include "tests/support/function_host.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTest>

#include <algorithm>

using namespace gantry;
using namespace gantry::runtime;
using namespace gantry::test;
using Kind = InvocationOutcome::Kind;

namespace {

const std::string kFunctions = GANTRY_SOURCE_DIR "/tests/support/functions/";

// The identifier that this host's interpreter matches, so that nothing depends on its version.
std::string runtimeOf(const FunctionHost& host, const QString& family)
{
    for (const Runtime& runtime : host.catalogue.runtimes()) {
        if (runtime.family == family.toStdString() && runtime.available && runtime.exact)
            return runtime.id;
    }
    return {};
}

void addRow(const char* family, const char* handler, const char* event, const char* expected)
{
    QTest::newRow(qPrintable(QString("%1 %2").arg(family, handler)))
        << family << handler << QByteArray(event) << QString(expected);
}

QJsonObject parse(const std::string& json)
{
    return QJsonDocument::fromJson(QByteArray::fromStdString(json)).object();
}

bool matches(const QString& text, const QString& pattern)
{
    return QRegularExpression(pattern, QRegularExpression::DotMatchesEverythingOption)
        .match(text)
        .hasMatch();
}

} // namespace

// Functions of both languages in real environments. Everything a handler can do well or badly is a
// row; what needs more than one look is a test of its own.
class RuntimeFunctionsTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void answers_data();
    void answers();
    void fails_data();
    void fails();
    void failsInit_data();
    void failsInit();
    void ends_data();
    void ends();
    void givesTheContext_data();
    void givesTheContext();
    void setsTheEnvironment_data();
    void setsTheEnvironment();
    void capturesLogs_data();
    void capturesLogs();
    void staysWarmAndFreezes_data();
    void staysWarmAndFreezes();
    void carriesSixMegabytes_data();
    void carriesSixMegabytes();
    void cleansUpChildren();
    void hidesTheHostsPackages();
    void runsABootstrapOfThePackage();
    void runsAWrapper();
    void startsCold_data();
    void startsCold();

private:
    FunctionRun make(const QString& family, const QString& handler);

    std::unique_ptr<FunctionHost> m_host;
};

void RuntimeFunctionsTest::initTestCase()
{
    m_host = std::make_unique<FunctionHost>();
    if (!m_host->engine.ok())
        QSKIP(std::string(m_host->engine.status().message()).c_str());
    QVERIFY(!runtimeOf(*m_host, "python").empty());
    QVERIFY(!runtimeOf(*m_host, "nodejs").empty());
}

FunctionRun RuntimeFunctionsTest::make(const QString& family, const QString& handler)
{
    return FunctionRun(*m_host, FunctionHost::spec(runtimeOf(*m_host, family),
                                                   kFunctions + family.toStdString(),
                                                   handler.toStdString()));
}

void RuntimeFunctionsTest::answers_data()
{
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("handler");
    QTest::addColumn<QByteArray>("event");
    QTest::addColumn<QString>("expected");
    addRow("python", "handlers.echo", "{\"a\": [1, 2.5, null, true]}",
           "{\"a\": [1, 2.5, null, true]}");
    addRow("python", "pkg/inner.handler", "{}", "\"nested\"");
    addRow("python", "pkg.inner.handler", "{}", "\"nested\"");
    addRow("python", "handlers.decimal_number", "{}", "1.5");
    addRow("python", "handlers.text", "{}", "\"\\u00e9\"");
    addRow("python", "handlers.writes_code", "{}", "\"Read-only file system\"");
    addRow("python", "handlers.fills_tmp", "{}", "\"No space left on device\"");
    addRow("python", "handlers.leaves_children", "{}", "\"left\"");
    addRow("python", "handlers.late_thread", "{}", "\"answered\"");
    addRow("nodejs", "handlers.echo", "{\"a\":[1,2.5,null,true]}", "{\"a\":[1,2.5,null,true]}");
    addRow("nodejs", "lib/inner.handler", "{}", "\"in a folder\"");
    addRow("nodejs", "module.handler", "{}", "\"file:///var/task/module.mjs\"");
    addRow("nodejs", "esm/index.handler", "{}", "\"top-level await\"");
    addRow("nodejs", "handlers.nested.deep.handler", "{}", "\"deep\"");
    addRow("nodejs", "handlers.callback", "{}", "\"called back\"");
    addRow("nodejs", "handlers.callbackAtOnce", "{}", "\"at once\"");
    addRow("nodejs", "handlers.succeed", "{}", "\"succeeded\"");
    addRow("nodejs", "handlers.done", "{}", "\"done\"");
    addRow("nodejs", "handlers.neverResolves", "{}", "null");
    addRow("nodejs", "handlers.returnsValue", "{}", "null");
    addRow("nodejs", "handlers.returnsUndefined", "{}", "null");
    addRow("nodejs", "handlers.writesCode", "{}", "\"EROFS\"");
    addRow("nodejs", "handlers.streams", "{}", "one two");
}

void RuntimeFunctionsTest::answers()
{
    QFETCH(QString, family);
    QFETCH(QString, handler);
    QFETCH(QByteArray, event);
    FunctionRun run = make(family, handler);
    QVERIFY2(run.start(), run.init ? run.init->errorMessage.c_str() : "no init");
    QVERIFY(run.init->durationMicros > 0);
    QVERIFY(run.invoke(event.toStdString()));
    QCOMPARE(run.errorMessage(), QString());
    QCOMPARE(run.outcome->kind, Kind::Response);
    QTEST(run.payload(), "expected");
    QVERIFY(run.outcome->usable);
    QVERIFY(run.outcome->memoryPeakBytes > 1 << 20);
    // It takes the next one as well.
    QVERIFY(run.invoke(event.toStdString()));
    QCOMPARE(run.outcome->kind, Kind::Response);
}

void RuntimeFunctionsTest::fails_data()
{
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("handler");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("stack");
    const auto row = [](const char* family, const char* handler, const char* type,
                        const char* message, const char* stack) {
        QTest::newRow(qPrintable(QString("%1 %2").arg(family, handler)))
            << family << handler << type << message << stack;
    };
    row("python", "handlers.fails", "ValueError", "^bad valué$",
        "^  File \"/var/task/handlers.py\", line \\d+, in fails\n    raise ValueError");
    row("python", "handlers.fails_deeper", "KeyError", "^'missing'$",
        "in fails_deeper.*in echo_upper");
    row("python", "handlers.unserialisable", "Runtime.MarshalError",
        "^Unable to marshal response: Object of type object is not JSON serializable$", "^$");
    row("python", "handlers.asynchronous", "Runtime.MarshalError",
        "Object of type coroutine is not JSON serializable$", "^$");
    row("python", "handlers.generator", "Runtime.MarshalError",
        "Object of type generator is not JSON serializable$", "^$");
    row("python", "handlers.not_a_function", "TypeError", "not callable", "^$");
    row("python", "handlers.raises_on_str", "Silent", "^$", "in raises_on_str");
    row("nodejs", "handlers.throws", "TypeError", "^thrown$",
        "^TypeError: thrown\n    at exports.throws \\(/var/task/handlers.js:\\d+:\\d+\\)");
    row("nodejs", "handlers.rejects", "TypeError", "^rejected$", "/var/task/handlers.js:\\d+");
    row("nodejs", "handlers.rejectsText", "string", "^text$", "^$");
    row("nodejs", "handlers.callbackError", "RangeError", "^called back$",
        "^RangeError: called back");
    row("nodejs", "handlers.callbackText", "string", "^just text$", "^$");
    row("nodejs", "handlers.fail", "Error", "^failed$", "^Error: failed");
    row("nodejs", "handlers.circular", "Error", "^Unable to stringify response body$", "^Error: ");
    row("nodejs", "handlers.streamsAndFails", "RangeError", "^mid-stream$",
        "^RangeError: mid-stream");
}

void RuntimeFunctionsTest::fails()
{
    QFETCH(QString, family);
    QFETCH(QString, handler);
    QFETCH(QString, type);
    QFETCH(QString, message);
    QFETCH(QString, stack);
    FunctionRun run = make(family, handler);
    QVERIFY2(run.start(), run.init ? run.init->errorMessage.c_str() : "no init");
    for (int turn = 0; turn < 2; ++turn) {
        QVERIFY(run.invoke("{}"));
        QCOMPARE(run.outcome->kind, Kind::FunctionError);
        QVERIFY(run.outcome->usable);
        QCOMPARE(run.errorType(), type);
        QVERIFY2(matches(run.errorMessage(), message), qPrintable(run.errorMessage()));
        const QJsonObject document = parse(run.outcome->payload);
        QCOMPARE(document["errorType"].toString(), type);
        const QString frames =
            document[family == "python" ? "stackTrace" : "trace"].toVariant().toStringList().join(
                '\n');
        QVERIFY2(matches(frames, stack), qPrintable(frames));
        if (family == "python")
            QCOMPARE(document["requestId"].toString(), QString::fromStdString(run.requestId));
        QVERIFY2(run.lines.filter(type).size() > turn, qPrintable(run.lines.join('\n')));
    }
}

void RuntimeFunctionsTest::failsInit_data()
{
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("handler");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("stack");
    const auto row = [](const char* family, const char* handler, const char* type,
                        const char* message, const char* stack) {
        QTest::newRow(qPrintable(QString("%1 %2").arg(family, handler)))
            << family << handler << type << message << stack;
    };
    row("python", "imports_missing.handler", "Runtime.ImportModuleError",
        "^Unable to import module 'imports_missing': No module named 'nothing_of_that_name'$",
        "File \"/var/task/imports_missing.py\", line 1");
    row("python", "nothing.handler", "Runtime.ImportModuleError",
        "^Unable to import module 'nothing': No module named 'nothing'$", "^$");
    row("python", "syntax.handler", "Runtime.UserCodeSyntaxError",
        "^Syntax error in module 'syntax': invalid syntax \\(syntax.py, line 3\\)$",
        "^  File \"/var/task/syntax.py\" Line 3\n    def broken\\(:$");
    row("python", "handlers.nothing", "Runtime.HandlerNotFound",
        "^Handler 'nothing' missing on module 'handlers'$", "^$");
    row("python", "nodot", "Runtime.MalformedHandlerName", "^Bad handler 'nodot'", "^$");
    row("python", "sys.exit", "Runtime.BuiltInModuleConflict", "built-in module sys", "^$");
    row("python", "raises.handler", "KeyError", "^'while loading'$",
        "File \"/var/task/raises.py\", line 3");
    row("python", "exits.handler", "Runtime.ExitError",
        "^Runtime exited with error: exit status 4$", "^$");
    row("nodejs", "imports_missing.handler", "Runtime.ImportModuleError",
        "^Error: Cannot find module 'nothing-of-that-name'", "/var/task/imports_missing.js:1");
    row("nodejs", "nothing.handler", "Runtime.ImportModuleError",
        "^Error: Cannot find module 'nothing'", "");
    row("nodejs", "syntax.handler", "Runtime.UserCodeSyntaxError",
        "^SyntaxError: Unexpected token ';'$", "\n    at /var/task/syntax.js:3\n");
    row("nodejs", "syntax_module.handler", "Runtime.UserCodeSyntaxError",
        "^SyntaxError: Unexpected token ';'$", "\n    at /var/task/syntax_module.mjs:2");
    row("nodejs", "handlers.nothing", "Runtime.HandlerNotFound",
        "^handlers.nothing is undefined or not exported$", "");
    row("nodejs", "handlers.notAFunction", "Runtime.HandlerNotFound",
        "^handlers.notAFunction is not a function$", "");
    row("nodejs", "nodot", "Runtime.MalformedHandlerName", "^Bad handler$", "");
    row("nodejs", "../handlers.echo", "Runtime.MalformedHandlerName", "not a valid handler name",
        "");
    row("nodejs", "raises.handler", "RangeError", "^while loading$", "/var/task/raises.js:1:7");
}

void RuntimeFunctionsTest::failsInit()
{
    QFETCH(QString, family);
    QFETCH(QString, handler);
    QFETCH(QString, message);
    QFETCH(QString, stack);
    FunctionRun run = make(family, handler);
    QVERIFY(!run.start());
    QVERIFY(run.init);
    QTEST(QString::fromStdString(run.init->errorType), "type");
    const QString text = QString::fromStdString(run.init->errorMessage);
    QVERIFY2(matches(text, message), qPrintable(text));
    QStringList frames;
    for (const std::string& frame : run.init->stackTrace)
        frames << QString::fromStdString(frame);
    QVERIFY2(matches(frames.join('\n'), stack), qPrintable(frames.join('\n')));
}

void RuntimeFunctionsTest::ends_data()
{
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("handler");
    QTest::addColumn<QByteArray>("event");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("log");
    const auto row = [](const char* family, const char* handler, const char* event, Kind kind,
                        const char* type, const char* message, const char* log) {
        QTest::newRow(qPrintable(QString("%1 %2 %3").arg(family, handler, event)))
            << family << handler << QByteArray(event) << int(kind) << type << message << log;
    };
    const char* exitError = "Runtime.ExitError";
    row("python", "handlers.exits", "3", Kind::Exited, exitError,
        "Runtime exited with error: exit status 3", "");
    row("python", "handlers.exits", "0", Kind::Exited, exitError,
        "Runtime exited without providing a reason", "");
    row("python", "handlers.exits_hard", "0", Kind::Exited, exitError,
        "Runtime exited with error: exit status 7", "last words");
    row("python", "handlers.killed", "0", Kind::Exited, exitError,
        "Runtime exited with error: signal: segmentation fault", "");
    row("python", "handlers.allocates", "0", Kind::OutOfMemory, "Runtime.OutOfMemory",
        "Runtime exited with error: signal: killed", "allocating");
    row("python", "handlers.sleeps", "0", Kind::Timeout, "Sandbox.Timedout",
        "Task timed out after 1.00 seconds", "going to sleep");
    row("nodejs", "handlers.exits", "5", Kind::Exited, exitError,
        "Runtime exited with error: exit status 5", "");
    row("nodejs", "handlers.allocates", "0", Kind::OutOfMemory, "Runtime.OutOfMemory",
        "Runtime exited with error: signal: killed", "");
    row("nodejs", "handlers.sleeps", "0", Kind::Timeout, "Sandbox.Timedout",
        "Task timed out after 1.00 seconds", "going to sleep");
    row("nodejs", "handlers.spins", "0", Kind::Timeout, "Sandbox.Timedout",
        "Task timed out after 1.00 seconds", "");
    row("nodejs", "handlers.unhandledRejection", "0", Kind::FunctionError,
        "Runtime.UnhandledPromiseRejection", "Error: nobody listens",
        "Unhandled Promise Rejection");
    row("nodejs", "handlers.uncaught", "0", Kind::FunctionError, "Error", "from a timer",
        "Uncaught Exception");
}

// What ends the environment tells how, and never keeps the next one from working.
void RuntimeFunctionsTest::ends()
{
    QFETCH(QString, family);
    QFETCH(QString, handler);
    QFETCH(QByteArray, event);
    QFETCH(int, kind);
    QFETCH(QString, message);
    QFETCH(QString, log);
    EnvironmentSpec spec = FunctionHost::spec(
        runtimeOf(*m_host, family), kFunctions + family.toStdString(), handler.toStdString());
    spec.memoryMb = handler == "handlers.allocates" ? 128 : spec.memoryMb;
    FunctionRun run(*m_host, std::move(spec));
    QVERIFY(run.start());
    const bool timeout = kind == int(Kind::Timeout);
    QVERIFY(run.invoke(event.toStdString(), timeout ? 1'000'000 : 60'000'000));
    QCOMPARE(int(run.outcome->kind), kind);
    QTEST(run.errorType(), "type");
    const QString prefix = "RequestId: " + QString::fromStdString(run.requestId) + " Error: ";
    const bool byPlatform = kind != int(Kind::FunctionError);
    QCOMPARE(run.errorMessage(), (byPlatform ? prefix : QString()) + message);
    QCOMPARE(parse(run.outcome->payload)["errorMessage"].toString(), run.errorMessage());
    QVERIFY2(log.isEmpty() || !run.lines.filter(log).isEmpty(), qPrintable(run.lines.join('\n')));
    if (byPlatform)
        QVERIFY(!run.outcome->usable);
    else
        QVERIFY(m_host->waitFor([&] { return run.died; }));
    QVERIFY(run.invoke("{}"));
    QCOMPARE(run.outcome->kind, Kind::Failure);
}

void RuntimeFunctionsTest::givesTheContext_data()
{
    QTest::addColumn<QString>("family");
    QTest::newRow("python") << "python";
    QTest::newRow("nodejs") << "nodejs";
}

void RuntimeFunctionsTest::givesTheContext()
{
    QFETCH(QString, family);
    FunctionRun run = make(family, "handlers.context");
    QVERIFY(run.start());
    QVERIFY(
        run.invoke("{}", 30'000'000, R"({"custom":{"k":"v"},"client":{"installation_id":"i-1"}})"));
    const QJsonObject context = parse(run.outcome->payload);
    const bool python = family == "python";
    const auto value = [&](const char* pythonName, const char* nodeName) {
        return context[QString(python ? pythonName : nodeName)].toString();
    };
    QCOMPARE(value("function_name", "functionName"), QString("fn"));
    QCOMPARE(value("function_version", "functionVersion"), QString("$LATEST"));
    QCOMPARE(value("invoked_function_arn", "invokedFunctionArn"),
             QString("arn:aws:lambda:us-east-1:000000000000:function:fn:live"));
    QCOMPARE(value("memory_limit_in_mb", "memoryLimitInMB"), QString("1769"));
    QCOMPARE(value("aws_request_id", "awsRequestId"), QString::fromStdString(run.requestId));
    QCOMPARE(value("log_group_name", "logGroupName"), QString("/aws/lambda/fn"));
    const QString stream = QString::fromStdString(run.environment->logStream());
    QCOMPARE(value("log_stream_name", "logStreamName"), stream);
    QVERIFY2(matches(stream, R"(^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$)"), qPrintable(stream));
    QCOMPARE(context["trace"].toString(),
             QString("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0"));
    QCOMPARE(context["remaining"].toBool(), true);
    if (python) {
        QCOMPARE(context["custom"].toObject()["k"].toString(), QString("v"));
        QCOMPARE(context["installation"].toString(), QString("i-1"));
    } else {
        QCOMPARE(context["clientContext"].toObject()["custom"].toObject()["k"].toString(),
                 QString("v"));
        QVERIFY(context["callbackWaitsForEmptyEventLoop"].toBool());
    }
}

void RuntimeFunctionsTest::setsTheEnvironment_data()
{
    givesTheContext_data();
}

void RuntimeFunctionsTest::setsTheEnvironment()
{
    QFETCH(QString, family);
    EnvironmentSpec spec = FunctionHost::spec(
        runtimeOf(*m_host, family), kFunctions + family.toStdString(), "handlers.environment");
    spec.variables = {{"MINE", "yes = é"},
                      {"TZ", "Europe/Berlin"},
                      {"AWS_REGION", "mars-1"},
                      {"AWS_SECRET_ACCESS_KEY", "theirs"}};
    spec.accessKeyId = "AKIDROLE";
    spec.secretAccessKey = "secret";
    spec.sessionToken = "token";
    spec.awsEndpoint = "http://127.0.0.1:4566";
    const std::string runtime = spec.runtime;
    FunctionRun run(*m_host, spec);
    QVERIFY(run.start());
    QVERIFY(run.invoke("{}"));
    const QJsonObject environment = parse(run.outcome->payload);
    const QMap<QString, QString> expected = {
        {"MINE", "yes = é"},
        {"TZ", "Europe/Berlin"},
        {"AWS_REGION", "us-east-1"},
        {"AWS_DEFAULT_REGION", "us-east-1"},
        {"AWS_EXECUTION_ENV", "AWS_Lambda_" + QString::fromStdString(runtime)},
        {"AWS_LAMBDA_FUNCTION_NAME", "fn"},
        {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"},
        {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"},
        {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
        {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/fn"},
        {"AWS_LAMBDA_LOG_STREAM_NAME", QString::fromStdString(run.environment->logStream())},
        {"AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"},
        {"AWS_ACCESS_KEY_ID", "AKIDROLE"},
        {"AWS_SECRET_ACCESS_KEY", "secret"},
        {"AWS_SESSION_TOKEN", "token"},
        {"AWS_ENDPOINT_URL", "http://127.0.0.1:4566"},
        {"_HANDLER", "handlers.environment"},
        {"LAMBDA_TASK_ROOT", "/var/task"},
        {"LAMBDA_RUNTIME_DIR", "/var/runtime"},
        {"LANG", "en_US.UTF-8"},
        {"AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"},
    };
    for (auto it = expected.begin(); it != expected.end(); ++it)
        QCOMPARE(it.key() + "=" + environment[it.key()].toString(), it.key() + "=" + it.value());
    for (const char* present : {"PATH", "LD_LIBRARY_PATH"})
        QVERIFY2(environment.contains(present), present);
    // Nothing of the daemon's own comes along.
    for (const char* absent : {"HOME", "USER", "_LAMBDA_TELEMETRY_LOG_FD", "PWD"})
        QVERIFY2(!environment.contains(absent), absent);

    FunctionRun plain = make(family, "handlers.environment");
    QVERIFY(plain.start());
    QVERIFY(plain.invoke("{}"));
    const QJsonObject bare = parse(plain.outcome->payload);
    QCOMPARE(bare["TZ"].toString(), QString(":UTC"));
    for (const char* absent :
         {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"})
        QVERIFY2(!bare.contains(absent), absent);
}

void RuntimeFunctionsTest::capturesLogs_data()
{
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("handler");
    QTest::addColumn<QStringList>("expected");
    const QString time = R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)";
    QTest::newRow("python print") << "python"
                                  << "handlers.prints"
                                  << QStringList{
                                         "^loading handlers$", "^one$",   "^two$", "^three$",
                                         "^to stderr$",        "^no end$"};
    QTest::newRow("python logging")
        << "python"
        << "handlers.logs"
        << QStringList{R"(^\[WARNING\]\t)" + time + R"(\tID\tfrom the root logger$)",
                       R"(^\[ERROR\]\t)" + time + R"(\tID\tfrom a library$)"};
    QTest::newRow("node console") << "nodejs"
                                  << "handlers.logs"
                                  << QStringList{
                                         "^" + time + "\tundefined\tINFO\tloading handlers$",
                                         "^" + time + "\tID\tINFO\tone\rtwo \\{ a: 1 \\}$",
                                         "^" + time + "\tID\tWARN\twarned 5$",
                                         "^" + time + "\tID\tERROR\tError: logged\r    at .*$",
                                         "^plain$"};
}

void RuntimeFunctionsTest::capturesLogs()
{
    QFETCH(QString, family);
    QFETCH(QString, handler);
    QFETCH(QStringList, expected);
    FunctionRun run = make(family, handler);
    QVERIFY(run.start());
    QVERIFY(run.invoke("{}"));
    // All are there when the answer is, without another turn of the loop.
    for (QString pattern : expected) {
        pattern.replace("ID", QString::fromStdString(run.requestId));
        QVERIFY2(run.lines.indexOf(QRegularExpression(pattern)) >= 0,
                 qPrintable(pattern + "\nin\n" + run.lines.join('\n')));
    }
    QVERIFY(run.lines.filter("below the level").isEmpty());
}

void RuntimeFunctionsTest::staysWarmAndFreezes_data()
{
    givesTheContext_data();
}

void RuntimeFunctionsTest::staysWarmAndFreezes()
{
    QFETCH(QString, family);
    FunctionRun run = make(family, "handlers.count");
    QVERIFY(run.start());
    for (int call = 1; call <= 20; ++call) {
        QVERIFY(run.invoke("{}"));
        QCOMPARE(run.payload(), QString::number(call));
        run.environment->freeze();
        if (call % 5 == 0)
            m_host->run(25); // long enough to be frozen
    }
    QVERIFY(!run.died);
    bool ended = false;
    run.environment->shutdown([&] { ended = true; });
    QVERIFY(m_host->waitFor([&] { return ended; }));
}

void RuntimeFunctionsTest::carriesSixMegabytes_data()
{
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("handler");
    QTest::newRow("python") << "python"
                            << "handlers.large";
    QTest::newRow("nodejs") << "nodejs"
                            << "handlers.large";
    QTest::newRow("nodejs stream") << "nodejs"
                                   << "handlers.streamsMuch";
}

void RuntimeFunctionsTest::carriesSixMegabytes()
{
    QFETCH(QString, family);
    QFETCH(QString, handler);
    constexpr int kSix = 6 * 1024 * 1024;
    FunctionRun run = make(family, handler);
    QVERIFY(run.start());
    QVERIFY(run.invoke(std::to_string(kSix)));
    QCOMPARE(run.outcome->kind, Kind::Response);
    QVERIFY(run.outcome->payload.size() >= kSix && run.outcome->payload.size() <= kSix + 2);
    QVERIFY(run.invoke(std::to_string(kSix + 65536)));
    QCOMPARE(run.errorType(), QString("Function.ResponseSizeTooLarge"));
    QVERIFY(run.invoke("10"));
    QCOMPARE(run.outcome->kind, Kind::Response);
    if (handler == "handlers.large") {
        FunctionRun echo = make(family, "handlers.echo");
        QVERIFY(echo.start());
        const std::string event = "\"" + std::string(kSix - 2, 'y') + "\"";
        QVERIFY(echo.invoke(event));
        QCOMPARE(echo.outcome->payload.size(), event.size());
        QVERIFY(echo.outcome->payload == event);
    }
}

void RuntimeFunctionsTest::cleansUpChildren()
{
    FunctionRun run = make("python", "handlers.leaves_children");
    QVERIFY(run.start());
    QVERIFY(run.invoke("{}"));
    bool ended = false;
    run.environment->shutdown([&] { ended = true; });
    QVERIFY(m_host->waitFor([&] { return ended; }));
}

void RuntimeFunctionsTest::hidesTheHostsPackages()
{
    FunctionRun run = make("python", "handlers.host_packages");
    QVERIFY(run.start());
    QVERIFY(run.invoke("{}"));
    QCOMPARE(run.errorType(), QString("ModuleNotFoundError"));

    FunctionRun sdk = make("python", "handlers.sdk");
    QVERIFY(sdk.start());
    QVERIFY(sdk.invoke("{}"));
    const bool installed = QFile::exists("/usr/lib/python3/dist-packages/boto3");
    QCOMPARE(sdk.payload().section('"', 1, 1), QString(installed ? "s3" : "errorMessage"));
}

void RuntimeFunctionsTest::runsABootstrapOfThePackage()
{
    // A runtime in shell: proves that provided.* needs nothing of ours inside.
    QTemporaryDir code;
    QFile::setPermissions(code.path(),
                          QFile::permissions(code.path()) | QFile::ReadOther | QFile::ExeOther);
    QFile bootstrap(code.filePath("bootstrap"));
    QVERIFY(bootstrap.open(QFile::WriteOnly));
    bootstrap.write(R"(#!/bin/bash
api=${AWS_LAMBDA_RUNTIME_API}
exec 3<>/dev/tcp/${api%:*}/${api#*:}
while :; do
    printf 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\n\r\n' "$api" >&3
    id= length=0
    while IFS= read -r line <&3 && line=${line%$'\r'} && [ -n "$line" ]; do
        case $line in
            Lambda-Runtime-Aws-Request-Id:*) id=${line#*: } ;;
            Content-Length:*) length=${line#*: } ;;
        esac
    done
    IFS= read -r -N "$length" event <&3
    echo "handler $_HANDLER in $PWD"
    printf 'POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s' \
        "$id" "$api" "$length" "$event" >&3
    while IFS= read -r line <&3 && [ -n "${line%$'\r'}" ]; do :; done
    read -r status <&3
done
)");
    bootstrap.setPermissions(QFile::ReadOwner | QFile::ExeOwner | QFile::ReadOther |
                             QFile::ExeOther);
    bootstrap.close();
    FunctionRun run(*m_host,
                    FunctionHost::spec("provided.al2023", code.path().toStdString(), "x.y"));
    QVERIFY2(run.start(), run.init ? run.init->errorMessage.c_str() : "no init");
    for (int call = 0; call < 3; ++call) {
        QVERIFY(run.invoke("{\"n\":" + std::to_string(call) + "}"));
        QCOMPARE(run.payload(), QString("{\"n\":%1}").arg(call));
    }
    QCOMPARE(run.lines.value(0), QString("handler x.y in /var/task"));

    QFile broken(code.filePath("bootstrap"));
    broken.remove();
    QVERIFY(broken.open(QFile::WriteOnly));
    broken.write("not a program");
    broken.setPermissions(QFile::ReadOwner | QFile::ExeOwner | QFile::ReadOther | QFile::ExeOther);
    broken.close();
    FunctionRun unusable(*m_host,
                         FunctionHost::spec("provided.al2023", code.path().toStdString(), "x.y"));
    QVERIFY(!unusable.start());
    QCOMPARE(QString::fromStdString(unusable.init->errorType),
             QString("Runtime.InvalidEntrypoint"));
}

void RuntimeFunctionsTest::runsAWrapper()
{
    QTemporaryDir layers;
    QFile::setPermissions(layers.path(),
                          QFile::permissions(layers.path()) | QFile::ReadOther | QFile::ExeOther);
    QFile wrapper(layers.filePath("wrapper"));
    QVERIFY(wrapper.open(QFile::WriteOnly));
    wrapper.write("#!/bin/sh\nexport WRAPPED=yes\nexec \"$@\"\n");
    wrapper.setPermissions(QFile::ReadOwner | QFile::ExeOwner | QFile::ReadOther | QFile::ExeOther);
    wrapper.close();
    EnvironmentSpec spec = FunctionHost::spec(runtimeOf(*m_host, "python"), kFunctions + "python",
                                              "handlers.environment");
    spec.layersDirectory = layers.path().toStdString();
    spec.variables = {{"AWS_LAMBDA_EXEC_WRAPPER", "/opt/wrapper"}};
    FunctionRun run(*m_host, spec);
    QVERIFY(run.start());
    QVERIFY(run.invoke("{}"));
    QCOMPARE(parse(run.outcome->payload)["WRAPPED"].toString(), QString("yes"));
}

void RuntimeFunctionsTest::startsCold_data()
{
    givesTheContext_data();
}

// Prints the time from the order of an environment to the first answer beside the interpreter's own
// start in the same run; GANTRY_BENCH_ROUNDS makes it worth reading.
void RuntimeFunctionsTest::startsCold()
{
    QFETCH(QString, family);
    const int rounds = std::max(1, qEnvironmentVariableIntValue("GANTRY_BENCH_ROUNDS"));
    const Runtime* runtime = m_host->catalogue.find(runtimeOf(*m_host, family));
    std::vector<std::int64_t> bare, cold, init, warm;
    for (int round = 0; round < rounds; ++round) {
        std::int64_t begin = monotonicMicros();
        QProcess process;
        process.start(QString::fromStdString(runtime->interpreter),
                      {family == "python" ? "-c" : "-e", "0"});
        QVERIFY(process.waitForFinished());
        bare.push_back(monotonicMicros() - begin);

        begin = monotonicMicros();
        FunctionRun run = make(family, "handlers.echo");
        QVERIFY(run.start());
        QVERIFY(run.invoke("{}"));
        cold.push_back(monotonicMicros() - begin);
        init.push_back(run.init->durationMicros);
        for (int call = 0; call < 20; ++call) {
            begin = monotonicMicros();
            QVERIFY(run.invoke("{}"));
            warm.push_back(monotonicMicros() - begin);
        }
    }
    const auto median = [](std::vector<std::int64_t>& values) {
        std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
        return values[values.size() / 2] / 1000.0;
    };
    const double floor = median(bare);
    const double started = median(cold);
    qInfo("%s: bare %.1f ms, cold start to answer %.1f ms (%.2f x), init %.1f ms, warm %.3f ms",
          qPrintable(family), floor, started, started / floor, median(init), median(warm));
}

QTEST_GUILESS_MAIN(RuntimeFunctionsTest)
#include "runtime_functions_test.moc"
