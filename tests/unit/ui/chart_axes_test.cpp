// Where the marks of the charts stand, what they say, and what a chart's numbers are as CSV.
#include "ui/charts/axis_ticks.h"
#include "ui/charts/chart_group.h"

#include <QDateTime>
#include <QSignalSpy>
#include <QTest>

#include <cmath>
#include <limits>

using namespace gantry::charts;

class ChartAxesTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("TZ", "Europe/Berlin"); // east of UTC, with a summer time
        tzset();
        QLocale::setDefault(QLocale::c());
    }

    void valueTicksAreEven_data()
    {
        QTest::addColumn<double>("maximum");
        QTest::addColumn<int>("unit");
        QTest::addColumn<QString>("expected");
        QTest::newRow("nothing") << 0.0 << int(Unit::Count) << "0 1";
        QTest::newRow("one") << 1.0 << int(Unit::Count) << "0 1 2";
        QTest::newRow("whole numbers only") << 3.0 << int(Unit::Count) << "0 1 2 3 4";
        QTest::newRow("tens") << 24.0 << int(Unit::Count) << "0 10 20 30";
        QTest::newRow("thousands") << 7100.0 << int(Unit::Count) << "0 2000 4000 6000 8000";
        QTest::newRow("ten thousands") << 41'000.0 << int(Unit::Count) << "0 20k 40k 60k";
        QTest::newRow("fractions of ms") << 0.9 << int(Unit::Milliseconds) << "0 ms|0.5 ms|1 ms";
        QTest::newRow("seconds") << 3400.0 << int(Unit::Milliseconds) << "0 ms|1 s|2 s|3 s|4 s";
        QTest::newRow("no cost") << 0.0 << int(Unit::DollarsPerHour) << "$0 $0.01";
        QTest::newRow("cents") << 0.031 << int(Unit::DollarsPerHour)
                               << "$0 $0.01 $0.02 $0.03 $0.04";
        QTest::newRow("tiny cost") << 1.2e-5 << int(Unit::DollarsPerHour) << "$0|5 µ$|10 µ$|15 µ$";
    }

    void valueTicksAreEven()
    {
        QFETCH(const double, maximum);
        QFETCH(const int, unit);
        QFETCH(const QString, expected);
        QStringList labels;
        const auto ticks = valueTicks(maximum, Unit(unit));
        for (const double tick : ticks)
            labels.append(formatTick(tick, Unit(unit)));
        const QChar separator = expected.contains(u'|') ? u'|' : u' ';
        QCOMPARE(labels.join(separator), expected);
        QVERIFY(ticks.back() >= maximum);
    }

    void timeTicksAreRoundLocalTimes_data()
    {
        QTest::addColumn<QString>("from");
        QTest::addColumn<qint64>("seconds");
        QTest::addColumn<QString>("expected");
        QTest::newRow("a minute") << "2026-05-04T10:00:07Z" << qint64(60)
                                  << "12:00:15 12:00:30 12:00:45 12:01:00";
        QTest::newRow("a quarter") << "2026-05-04T10:01:00Z" << qint64(900) << "12:05 12:10 12:15";
        QTest::newRow("a day") << "2026-05-04T10:30:00Z" << qint64(86'400)
                               << "18:00|5 May|06:00|12:00";
        QTest::newRow("fifteen days")
            << "2026-05-04T10:30:00Z" << qint64(15 * 86'400) << "7 May|12 May|17 May";
    }

    void timeTicksAreRoundLocalTimes()
    {
        QFETCH(const QString, from);
        QFETCH(const qint64, seconds);
        QFETCH(const QString, expected);
        const qint64 start = QDateTime::fromString(from, Qt::ISODate).toMSecsSinceEpoch();
        const auto ticks = timeTicks(start, start + seconds * 1000, 4);
        QVERIFY(ticks.size() >= 2);
        QStringList labels;
        for (const qint64 tick : ticks)
            labels.append(formatTimeTick(tick, ticks[1] - ticks[0]));
        QCOMPARE(labels.join(expected.contains(u'|') ? u'|' : u' '), expected);
    }

    void moneyIsNeverRoundedAway()
    {
        QCOMPARE(formatMoney(0), QStringLiteral("$0"));
        QCOMPARE(formatMoney(2e-7), QStringLiteral("$0.0000002"));
        QCOMPARE(formatMoney(0.0531), QStringLiteral("$0.053"));
        QCOMPARE(formatMoney(12.5), QStringLiteral("$12.50"));
    }

    void csvLeavesGapsEmptyAndDisarmsFormulas()
    {
        const double gap = std::numeric_limits<double>::quiet_NaN();
        const ChartData data{
            0,
            1000,
            2,
            {{QStringLiteral("a"), QStringLiteral("=cmd, \"x\""), Qt::red, Shape::Line, {1.5, gap}},
             {QStringLiteral("b"), QStringLiteral("plain"), Qt::red, Shape::Line, {0, 3}}}};
        QCOMPARE(toCsv(data), QByteArray("time,\"'=cmd, \"\"x\"\"\",plain\r\n"
                                         "1970-01-01T00:00:00.000Z,1.5,0\r\n"
                                         "1970-01-01T00:00:01.000Z,,3\r\n"));
        QVERIFY(!data.isBlank());
        QCOMPARE(data.binAt(-1), -1);
        QCOMPARE(data.binAt(1999), 1);
        QCOMPARE(data.binAt(2000), -1);
    }

    void zoomHoldsStillAndEnds()
    {
        ChartGroup group;
        QSignalSpy zoomed(&group, &ChartGroup::zoomChanged);
        group.setLiveView({0, 60'000});
        group.zoomTo({10'000, 20'000});
        group.setLiveView({1'000, 61'000});
        QCOMPARE(group.view().fromMs, 10'000.0);
        QCOMPARE(group.view().toMs, 20'000.0);
        group.zoomTo({15'000, 15'001}); // never shorter than two seconds
        QCOMPARE(group.view().toMs - group.view().fromMs, 2'000.0);
        group.zoomBy(1000, 15'000); // wide enough for all again
        QVERIFY(!group.isZoomed());
        QCOMPARE(group.view().toMs, 61'000.0);
        QCOMPARE(zoomed.size(), 2);
    }
};

QTEST_GUILESS_MAIN(ChartAxesTest)
#include "chart_axes_test.moc"
