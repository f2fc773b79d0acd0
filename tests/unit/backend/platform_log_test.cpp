#include "backend/invoke/application_log.h"
#include "backend/invoke/platform_log.h"
#include "backend/runtime/environment.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace gantry;
using namespace gantry::invoke;
namespace pl = gantry::invoke::platform_log;

namespace {

constexpr std::int64_t kTime = 1'795'000'000'123'000;

runtime::EnvironmentSpec specOf(const std::string& runtime, bool json = false,
                                const std::string& level = "INFO")
{
    runtime::EnvironmentSpec spec;
    spec.functionName = "hello";
    spec.functionArn = "arn:aws:lambda:eu-west-1:000000000000:function:hello";
    spec.version = "$LATEST";
    spec.runtime = runtime;
    spec.region = "eu-west-1";
    spec.memoryMb = 1769;
    spec.log.json = json;
    spec.log.systemLevel = level;
    return spec;
}

const pl::Report kReport{"r", 999, 1, 1769, (45 << 20) + 1, 0, "", "", 12};

} // namespace

// The platform's own lines, and which of the function's are kept.
class PlatformLogTest final : public QObject {
    Q_OBJECT
private slots:
    void text_data();
    void text();
    void jsonRecords();
    void systemLevels_data();
    void systemLevels();
    void applicationLevels_data();
    void applicationLevels();
};

void PlatformLogTest::text_data()
{
    QTest::addColumn<QString>("made");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const std::string& made, const char* expected) {
        QTest::newRow(name) << QString::fromStdString(made) << QString(expected);
    };
    const runtime::EnvironmentSpec node = specOf("nodejs22.x");
    const runtime::EnvironmentSpec provided = specOf("provided.al2023");
    const pl::Place place{node, kTime};
    row("report", pl::report(place, kReport),
        "REPORT RequestId: r\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 1769 MB\t"
        "Max Memory Used: 46 MB\t");
    pl::Report failed = kReport;
    failed.errorType = "ValueError"; // the handler's own affair
    row("handler error", pl::report(place, failed),
        "REPORT RequestId: r\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 1769 MB\t"
        "Max Memory Used: 46 MB\t");
    failed.status = "error";
    failed.errorType = "Runtime.ExitError";
    failed.initMicros = 2'500;
    row("exit", pl::report(place, failed),
        "REPORT RequestId: r\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 1769 MB\t"
        "Max Memory Used: 46 MB\tInit Duration: 2.50 ms\tStatus: error\t"
        "Error Type: Runtime.ExitError");
    row("start", pl::start(place, "r"), "START RequestId: r Version: $LATEST");
    row("end", pl::end(place, kReport), "END RequestId: r");
    row("node", pl::initStart(place, "stream"),
        "INIT_START Runtime Version: nodejs:22\tRuntime Version ARN: "
        "arn:aws:lambda:eu-west-1::runtime:nodejs22.x");
    row("provided", pl::initStart({provided, kTime}, "stream"),
        "INIT_START Runtime Version: provided:al2023\tRuntime Version ARN: "
        "arn:aws:lambda:eu-west-1::runtime:provided.al2023");
    row("retry", pl::initReport(place, {3'000'120, "invoke", "timeout", ""}),
        "INIT_REPORT Init Duration: 3000.12 ms\tPhase: invoke\tStatus: timeout");
    row("good init", pl::initReport(place, {3'000, "init", "success", ""}), "");
    row("time-out", pl::timedOut(place, "r", 3'000'000),
        "2026-11-18T11:06:40.123Z r Task timed out after 3.00 seconds");
    row("document", pl::errorDocument("T", "a \"quoted\"\nmessage"),
        "{\"errorType\":\"T\",\"errorMessage\":\"a \\\"quoted\\\"\\nmessage\"}");
}

void PlatformLogTest::text()
{
    QFETCH(QString, made);
    QFETCH(QString, expected);
    QCOMPARE(made, expected);
}

void PlatformLogTest::jsonRecords()
{
    const runtime::EnvironmentSpec spec = specOf("python3.13", true, "DEBUG");
    const pl::Place place{spec, kTime};
    const auto parsed = [](const std::string& line) {
        return QJsonDocument::fromJson(QByteArray::fromStdString(line)).object();
    };
    const QJsonObject start = parsed(pl::start(place, "r"));
    QCOMPARE(start["time"].toString(), QString("2026-11-18T11:06:40.123Z"));
    QCOMPARE(start["type"].toString(), QString("platform.start"));
    QCOMPARE(start["record"].toObject()["requestId"].toString(), QString("r"));
    const QJsonObject report = parsed(pl::report(place, kReport))["record"].toObject();
    QCOMPARE(report["status"].toString(), QString("success"));
    QCOMPARE(report["metrics"].toObject(),
             (QJsonObject{{"durationMs", 0.999},
                          {"billedDurationMs", 1},
                          {"memorySizeMB", 1769},
                          {"maxMemoryUsedMB", 46}}));
    const QJsonObject done = parsed(pl::end(place, kReport));
    QCOMPARE(done["type"].toString(), QString("platform.runtimeDone"));
    QCOMPARE(done["record"].toObject()["metrics"].toObject()["producedBytes"].toInt(), 12);
    const QJsonObject init = parsed(pl::initStart(place, "a stream"))["record"].toObject();
    QCOMPARE(init["runtimeVersion"].toString(), QString("python:3.13"));
    QCOMPARE(init["instanceId"].toString(), QString("a stream"));
    // The report says how it ended; there are no lines of text beside it.
    QCOMPARE(pl::failed(place, "Runtime.ExitError"), std::string());
    QCOMPARE(pl::timedOut(place, "r", 1), std::string());
}

void PlatformLogTest::systemLevels_data()
{
    QTest::addColumn<QString>("level");
    QTest::addColumn<QString>("kept"); // s: start, d: done, r: report, i: init start, p: init report
    QTest::addColumn<QString>("keptOfAFailure");
    QTest::newRow("debug") << "DEBUG" << "sdrip" << "sdrip";
    QTest::newRow("info") << "INFO" << "sri" << "sdrip";
    QTest::newRow("warn") << "WARN" << "" << "drp";
}

void PlatformLogTest::systemLevels()
{
    QFETCH(QString, level);
    const runtime::EnvironmentSpec spec = specOf("python3.13", true, level.toStdString());
    const pl::Place place{spec, kTime};
    const auto kept = [&](const char* errorType) {
        pl::Report report = kReport;
        report.errorType = errorType;
        const char* init = *errorType ? "error" : "success";
        QString letters;
        letters += pl::start(place, "r").empty() ? "" : "s";
        letters += pl::end(place, report).empty() ? "" : "d";
        letters += pl::report(place, report).empty() ? "" : "r";
        letters += pl::initStart(place, "stream").empty() ? "" : "i";
        letters += pl::initReport(place, {1, "init", init, errorType}).empty() ? "" : "p";
        return letters;
    };
    QTEST(kept(""), "kept");
    QTEST(kept("ValueError"), "keptOfAFailure");
}

void PlatformLogTest::applicationLevels_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<int>("rank"); // the highest threshold that lets it pass; 6: any
    const auto row = [](const char* line, int rank) { QTest::newRow(line) << QString(line) << rank; };
    row(R"({"level":"trace","timestamp":"2024-11-02T16:51:31.587199Z"})", 0);
    row(R"({"level":"DEBUG","timestamp":"2024-11-02T16:51:31Z"})", 1);
    row(R"({"level":"WARNING","timestamp":"2024-11-02T16:51:31Z"})", 3);
    row(R"({"log_level":"ERROR","timestamp":"2024-11-02T16:51:31Z"})", 4);
    row(R"({"level":"CRITICAL","time":"2024-11-02T16:51:31+01:00"})", 5);
    // Without a level, or a time that is one, it counts as INFO.
    row(R"({"level":"LOUD","timestamp":"2024-11-02T16:51:31Z"})", 2);
    row(R"({"level":7,"timestamp":"2024-11-02T16:51:31Z"})", 2);
    row(R"({"level":"ERROR","timestamp":"yesterday"})", 2);
    row(R"({"message":"no level"})", 2);
    // What is no object has no level.
    for (const char* line : {"plain text", "", "[1,2]", "{broken", "\"text\"", "{\"level\":"})
        row(line, 6);
}

void PlatformLogTest::applicationLevels()
{
    QFETCH(QString, line);
    QFETCH(int, rank);
    const char* levels[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    runtime::LogSettings settings;
    settings.json = true;
    for (int i = 0; i < 6; ++i) {
        settings.applicationLevel = levels[i];
        QCOMPARE(passesLevel(settings, line.toStdString()), i <= rank);
    }
    settings.json = false; // levels are of JSON only
    QVERIFY(passesLevel(settings, line.toStdString()));
}

QTEST_GUILESS_MAIN(PlatformLogTest)
#include "platform_log_test.moc"
