#include "tests/support/function_host.h"

#include <QDir>
#include <QFile>
#include <QTest>

#include <algorithm>

using namespace gantry;
using namespace gantry::runtime;
using namespace gantry::test;
using Kind = InvocationOutcome::Kind;

// External extensions in real environments: what they are told, what waits for them, and the phases
// of the end.
class ExtensionsTest final : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void isToldOfInvocationsAndOfTheEnd();
    void itsTimeCounts();
    void endsAnInvocationWhenItDies();
    void failsInit();
    void isToldOfATimeOut();
    void isKilledWhenItLingers();
    void registrationClosesWithTheInit();
    void getsTelemetry();
    void getsTelemetryOverTcp();
    void getsLogsByTheOlderApi();
    void isToldWhatWasDropped();

private:
    EnvironmentSpec spec(const std::string& handler, const std::string& mode);
    bool saw(const FunctionRun& run, const QString& line);
    bool wasTold(const FunctionRun& run, const QString& type, const QString& part);

    std::unique_ptr<FunctionHost> m_host;
    QTemporaryDir m_layer;
    std::string m_python;
};

void ExtensionsTest::initTestCase()
{
    m_host = std::make_unique<FunctionHost>();
    if (!m_host->engine.ok())
        QSKIP(std::string(m_host->engine.status().message()).c_str());
    if ((*m_host->engine)->name() != "native")
        QSKIP("extensions need an isolated environment");
    for (const Runtime& runtime : m_host->catalogue.runtimes()) {
        if (runtime.family == "python" && runtime.available && runtime.exact)
            m_python = runtime.id;
    }
    QVERIFY(!m_python.empty());
    // Readable by the environment's own user, as unpacked layers are.
    QFile(m_layer.path()).setPermissions(QFile::Permissions(0x7755));
    QVERIFY(QDir(m_layer.path()).mkdir("extensions"));
    const QString program = m_layer.filePath("extensions/recorder");
    QVERIFY(QFile::copy(GANTRY_SOURCE_DIR "/tests/support/extensions/recorder.py", program));
    QFile(program).setPermissions(QFile::Permissions(0x7755));
}

EnvironmentSpec ExtensionsTest::spec(const std::string& handler, const std::string& mode)
{
    EnvironmentSpec spec = FunctionHost::spec(
        m_python, GANTRY_SOURCE_DIR "/tests/support/functions/python", "extended." + handler);
    spec.layersDirectory = m_layer.path().toStdString();
    spec.variables["TEST_EXTENSION"] = mode;
    return spec;
}

bool ExtensionsTest::saw(const FunctionRun& run, const QString& line)
{
    return m_host->waitFor([&] { return run.lines.contains(line); }, 20'000);
}

bool ExtensionsTest::wasTold(const FunctionRun& run, const QString& type, const QString& part)
{
    return m_host->waitFor(
        [&] {
            return std::any_of(run.lines.begin(), run.lines.end(), [&](const QString& line) {
                return line.startsWith("telemetry " + type + ' ') && line.contains(part);
            });
        },
        20'000);
}

void ExtensionsTest::isToldOfInvocationsAndOfTheEnd()
{
    FunctionRun run(*m_host, spec("echo", ""));
    QVERIFY(run.start());
    QVERIFY(saw(run, "registered fn False"));
    for (int turn = 0; turn < 2; ++turn) {
        QVERIFY(run.invoke("1"));
        QCOMPARE(run.payload(), QString("1"));
        QVERIFY(run.outcome->usable);
        QVERIFY(saw(run, QString::fromStdString("invoke " + run.requestId)));
    }
    run.environment->freeze();
    m_host->run(200);
    bool ended = false;
    run.environment->shutdown([&] { ended = true; });
    QVERIFY(m_host->waitFor([&] { return ended; }));
    QVERIFY(run.lines.contains("runtime got SIGTERM"));
    QVERIFY(run.lines.contains("shutdown spindown"));
}

void ExtensionsTest::itsTimeCounts()
{
    FunctionRun run(*m_host, spec("echo", "late"));
    QVERIFY(run.start());
    QVERIFY(run.invoke("1"));
    QCOMPARE(run.payload(), QString("1"));
    QVERIFY(run.outcome->durationMicros >= 300'000);
    QVERIFY(run.outcome->usable);
    QVERIFY(run.invoke("2"));
    QCOMPARE(run.payload(), QString("2"));
}

void ExtensionsTest::endsAnInvocationWhenItDies()
{
    FunctionRun run(*m_host, spec("hangs", "dies"));
    QVERIFY(run.start());
    QVERIFY(run.invoke("1"));
    QCOMPARE(run.errorType(), QString("Extension.Crash"));
    QVERIFY(!run.outcome->usable);
}

void ExtensionsTest::failsInit()
{
    FunctionRun run(*m_host, spec("echo", "fails"));
    QVERIFY(!run.start());
    QCOMPARE(run.init->errorType, std::string("Extension.NoKey"));
}

void ExtensionsTest::isToldOfATimeOut()
{
    FunctionRun run(*m_host, spec("hangs", ""));
    QVERIFY(run.start());
    QVERIFY(run.invoke("1", 500'000));
    QVERIFY(run.outcome->kind == Kind::Timeout);
    bool ended = false;
    run.environment->shutdown([&] { ended = true; });
    QVERIFY(m_host->waitFor([&] { return ended; }));
    QVERIFY(run.lines.contains("shutdown timeout"));
    QVERIFY(!run.lines.contains("runtime got SIGTERM")); // it had its time
}

void ExtensionsTest::isKilledWhenItLingers()
{
    FunctionRun run(*m_host, spec("echo", "lingers"));
    QVERIFY(run.start());
    QElapsedTimer timer;
    timer.start();
    bool ended = false;
    run.environment->shutdown([&] { ended = true; });
    QVERIFY(m_host->waitFor([&] { return ended; }));
    QVERIFY(timer.elapsed() >= 1'000);
    QVERIFY(run.lines.contains("shutdown spindown"));
}

void ExtensionsTest::registrationClosesWithTheInit()
{
    EnvironmentSpec plain = spec("registers_late", "");
    plain.layersDirectory.clear();
    FunctionRun run(*m_host, plain);
    QVERIFY(run.start());
    QVERIFY(run.invoke("1"));
    QCOMPARE(run.payload(), QString("[403, \"Extension.RegistrationClosed\"]"));
}

void ExtensionsTest::getsTelemetry()
{
    FunctionRun run(*m_host, spec("echo", "telemetry"));
    QVERIFY(run.start());
    QVERIFY(saw(run, "subscribed 400"));
    QVERIFY(saw(run, "subscribed 200"));
    QVERIFY(run.invoke("1"));
    for (const auto& [type, part] :
         {std::pair{"platform.initStart", "on-demand"}, {"platform.initRuntimeDone", "init"},
          {"platform.initReport", "init"}, {"platform.extension", "recorder"},
          {"platform.telemetrySubscription", "recorder"}, {"function", "the function says 1"},
          {"platform.start", "requestId"}, {"platform.runtimeDone", "requestId"},
          {"platform.report", "requestId"}})
        QVERIFY2(wasTold(run, type, part), type);
}

void ExtensionsTest::getsTelemetryOverTcp()
{
    FunctionRun run(*m_host, spec("echo", "tcp"));
    QVERIFY(run.start());
    QVERIFY(saw(run, "subscribed 200"));
    QVERIFY(run.invoke("1"));
    QVERIFY(wasTold(run, "function", "the function says 1"));
    QVERIFY(run.invoke("2")); // another batch, by another connection
    QVERIFY(wasTold(run, "function", "the function says 2"));
    QVERIFY(wasTold(run, "platform.report", QString::fromStdString(run.requestId)));
}

void ExtensionsTest::getsLogsByTheOlderApi()
{
    FunctionRun run(*m_host, spec("echo", "logs"));
    QVERIFY(run.start());
    QVERIFY(saw(run, "subscribed 200"));
    QVERIFY(run.invoke("1"));
    QVERIFY(wasTold(run, "platform.logsSubscription", "recorder"));
    QVERIFY(wasTold(run, "function", "the function says 1"));
    QVERIFY(wasTold(run, "platform.report", QString::fromStdString(run.requestId)));
}

void ExtensionsTest::isToldWhatWasDropped()
{
    FunctionRun run(*m_host, spec("floods", "slow"));
    QVERIFY(run.start());
    QVERIFY(saw(run, "subscribed 200"));
    QVERIFY(run.invoke("1"));
    QVERIFY(wasTold(run, "platform.logsDropped", "droppedRecords"));
    QVERIFY(run.lines.filter("line 2999 ").size() >= 1); // the log itself has them all
}

QTEST_GUILESS_MAIN(ExtensionsTest)
#include "extensions_test.moc"
