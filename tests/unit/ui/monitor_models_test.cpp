// What the console keeps of the platform's metrics, invocations and log lines.
#include "tests/support/metrics_feed.h"
#include "ui/models/function_totals_model.h"
#include "ui/models/invocations_model.h"
#include "ui/models/live_metrics.h"
#include "ui/models/log_model.h"
#include "ui/models/metrics_window.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/monitor_api.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace gantry;
using models::InvocationsModel;
using models::LogLevel;
using models::LogModel;
using models::MetricSeries;
using test::kNoonMs;

namespace {

rpc::LogLine line(qint64 id, const QString& message,
                  rpc::LogLine::Source source = rpc::LogLine::Source::Function)
{
    rpc::LogLine line;
    line.id = id;
    line.timeUs = kNoonMs * 1000 + id;
    line.message = message;
    line.source = source;
    return line;
}

rpc::InvocationSummary invocation(int number)
{
    rpc::InvocationSummary summary;
    summary.requestId = QStringLiteral("request-%1").arg(number);
    summary.startedAtMs = kNoonMs + number;
    return summary;
}

// Newest first, as the platform lists them.
QList<rpc::InvocationSummary> invocations(int newest, int oldest)
{
    QList<rpc::InvocationSummary> list;
    for (int number = newest; number >= oldest; --number)
        list.append(invocation(number));
    return list;
}

struct Live {
    rpc::Channel channel;
    rpc::MonitorApi api{channel};
    models::LiveMetrics metrics{channel, api};
};

} // namespace

class MonitorModelsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void seriesReplacesTheRunningSecondAndForgetsTheOld()
    {
        MetricSeries series(10'000);
        for (int second = 0; second < 20; ++second)
            series.upsert(test::point({}, kNoonMs + second * 1000, 1, 5));
        series.upsert(test::point({}, kNoonMs + 19'000, 7, 5));
        series.upsert(test::point({}, kNoonMs + 15'000, 3, 5)); // the last word on a second before
        series.trim(kNoonMs + 20'000);
        QCOMPARE(series.points().size(), std::size_t(10));
        QCOMPARE(series.points().front().startMs, kNoonMs + 10'000);
        QCOMPARE(series.at(kNoonMs + 19'000)->invocations, 7);
        QVERIFY(!series.at(kNoonMs + 9'000));
        const auto totals = series.totals(kNoonMs + 15'000, kNoonMs + 20'000);
        QCOMPARE(totals.invocations, 3 + 1 + 1 + 1 + 7);
        QCOMPARE(totals.durationMeanMs(), 5.0);
        QCOMPARE(totals.p99PeakMs, 15.0);
    }

    void liveMetricsTellsAtMostTenTimesASecond()
    {
        Live live;
        QSignalSpy updated(&live.metrics, &models::LiveMetrics::updated);
        for (int i = 0; i < 500; ++i)
            live.metrics.ingest(
                test::frame(kNoonMs, {test::point(QStringLiteral("f"), kNoonMs, i, 5)}));
        QCOMPARE(updated.size(), 0);
        QVERIFY(updated.wait(3000));
        QCOMPARE(updated.size(), 1);
        QCOMPARE(live.metrics.account().points().size(), std::size_t(1));
        QCOMPARE(live.metrics.account().points().front().invocations, 499);
        QVERIFY(!updated.wait(300)); // nothing new, nothing told
    }

    void liveMetricsKnowsWhatRunsNow()
    {
        Live live;
        QVERIFY(!live.metrics.isLive());
        live.metrics.ingest(
            test::frame(kNoonMs, {test::point(QStringLiteral("f"), kNoonMs, 45, 5)}));
        QVERIFY(live.metrics.isLive());
        QCOMPARE(live.metrics.concurrency(), 5);
        QCOMPARE(live.metrics.concurrencyOf(QStringLiteral("f")), 5);
        // A late word on an older second tells nothing of now.
        live.metrics.ingest(test::frame(kNoonMs + 1000, {}));
        live.metrics.ingest(
            test::frame(kNoonMs, {test::point(QStringLiteral("f"), kNoonMs, 95, 5)}));
        QCOMPARE(live.metrics.concurrency(), 0);
        QCOMPARE(live.metrics.concurrencyOf(QStringLiteral("f")), 0);
        QCOMPARE(live.metrics.account().at(kNoonMs)->invocations, 95);
        QVERIFY(live.metrics.function(QStringLiteral("unknown")).empty());
    }

    void windowCountsItsRangeOnly()
    {
        Live live;
        test::feedBusyAccount(live.metrics, 200);
        models::MetricsWindow window(live.metrics, live.api, QString());
        models::FunctionTotalsModel table(window);
        QAbstractItemModelTester tester(&table);
        window.setRange(QStringLiteral("1m"));
        window.setActive(true);
        const auto totals = window.totals();
        QCOMPARE(totals.invocations,
                 live.metrics.account().totals(window.fromMs(), window.toMs()).invocations);
        QVERIFY(totals.invocations < live.metrics.account().totals(0, window.toMs()).invocations);
        qint64 sum = 0;
        for (const auto& function : window.functionTotals())
            sum += function.totals.invocations;
        QCOMPARE(sum, totals.invocations);
        table.refresh();
        QCOMPARE(table.rowCount(), int(window.functionTotals().size()));
        const auto trend = table.index(0, models::FunctionTotalsModel::Trend)
                               .data(models::FunctionTotalsModel::TrendRole)
                               .value<QList<double>>();
        double drawn = 0;
        for (const double value : trend)
            drawn += value;
        QCOMPARE(qint64(drawn), table.index(0, models::FunctionTotalsModel::Invocations)
                                    .data(models::FunctionTotalsModel::SortRole)
                                    .toLongLong());
    }

    void longRangeWithoutPlatformSaysWhy()
    {
        Live live;
        models::MetricsWindow window(live.metrics, live.api, QString());
        window.setActive(true);
        QSignalSpy changed(&window, &models::MetricsWindow::changed);
        window.setRange(QStringLiteral("6h"));
        QCOMPARE(window.binMs(), 60'000);
        QTRY_VERIFY(!window.problem().isEmpty());
        QVERIFY(!window.isLoading());
        window.setRange(QStringLiteral("5m"));
        QVERIFY(window.problem().isEmpty());
    }

    void logLevels_data()
    {
        QTest::addColumn<QString>("message");
        QTest::addColumn<int>("level");
        QTest::newRow("python") << "[ERROR]\t2026-05-04T10:00:00Z\tid\tboom"
                                << int(LogLevel::Error);
        QTest::newRow("node") << "2026-05-04T10:00:00Z\tid\tWARN\tlow" << int(LogLevel::Warning);
        QTest::newRow("traceback") << "Traceback (most recent call last):" << int(LogLevel::Error);
        QTest::newRow("timeout") << "2026 id Task timed out after 3.00 seconds"
                                 << int(LogLevel::Error);
        QTest::newRow("plain") << "no errors here" << int(LogLevel::Info);
        QTest::newRow("far behind") << QString(500, u'x') + "ERROR" << int(LogLevel::Info);
    }

    void logLevels()
    {
        QFETCH(const QString, message);
        QFETCH(const int, level);
        QCOMPARE(int(models::levelOf(line(1, message))), level);
    }

    void logKeepsTheNewestLines()
    {
        LogModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        QList<rpc::LogLine> many;
        for (int i = 0; i < LogModel::kMaxLines - 1; ++i)
            many.append(line(i, QStringLiteral("line %1").arg(i)));
        model.append(many);
        model.append({line(60'000, QStringLiteral("first\nsecond\nthird\n"))});
        QCOMPARE(model.rowCount(), LogModel::kMaxLines);
        QCOMPARE(model.index(0).data().toString(), QStringLiteral("line 2"));
        QCOMPARE(model.index(model.rowCount() - 1).data().toString(), QStringLiteral("third"));
        QVERIFY(!model.index(model.rowCount() - 1).data(LogModel::FirstRole).toBool());

        // More at once than fits.
        many.append(many);
        model.append(many);
        QCOMPARE(model.rowCount(), LogModel::kMaxLines);
        model.append({line(70'000, QStringLiteral("after"))});
        QCOMPARE(model.index(model.rowCount() - 1).data().toString(), QStringLiteral("after"));
    }

    void logFilterHidesAndLosesNothing()
    {
        LogModel model;
        QAbstractItemModelTester tester(&model);
        model.append(
            {line(1, QStringLiteral("[ERROR] bad apple")), line(2, QStringLiteral("good apple")),
             line(3, QStringLiteral("START RequestId: 1"), rpc::LogLine::Source::Platform)});
        model.setFilter(QStringLiteral("APPLE"), LogLevel::Debug);
        QCOMPARE(model.rowCount(), 2);
        model.setFilter(QStringLiteral("apple"), LogLevel::Error);
        QCOMPARE(model.rowCount(), 1);
        model.append(
            {line(4, QStringLiteral("plain apple")), line(5, QStringLiteral("ERROR apple"))});
        QCOMPARE(model.rowCount(), 2);
        QVERIFY(model.text({1}).endsWith(QStringLiteral("\tERROR apple")));
        model.setFilter(QString(), LogLevel::Debug);
        QCOMPARE(model.rowCount(), 5);
        QCOMPARE(model.index(2).data(LogModel::LevelRole).toInt(), int(LogLevel::Platform));
    }

    void logCutsMonstrousLines()
    {
        LogModel model;
        model.append({line(1, QString(1'000'000, u'x'))});
        QVERIFY(model.index(0).data().toString().size() < LogModel::kMaxRowLength + 60);
        QVERIFY(model.index(0).data().toString().contains(QStringLiteral("996000")));
    }

    void invocationsPageWithoutDuplicates()
    {
        InvocationsModel model;
        QAbstractItemModelTester tester(&model);
        model.take(invocations(100, 51));
        QPersistentModelIndex kept(model.index(model.rowOf(QStringLiteral("request-70")), 0));
        model.take(invocations(120, 71)); // twenty new ones, thirty known
        QCOMPARE(model.rowCount(), 70);
        QCOMPARE(model.at(0).requestId, QStringLiteral("request-120"));
        QCOMPARE(model.at(kept.row()).requestId, QStringLiteral("request-70"));
        model.append(invocations(55, 1));
        QCOMPARE(model.rowCount(), 120);
        QCOMPARE(model.at(119).requestId, QStringLiteral("request-1"));
        model.take(invocations(5000, 4001));
        QCOMPARE(model.rowCount(), InvocationsModel::kMaxRows);
    }
};

QTEST_GUILESS_MAIN(MonitorModelsTest)
#include "monitor_models_test.moc"
