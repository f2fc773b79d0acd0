#include "backend/invoke/keep_alive.h"

#include <QtTest>

using namespace gantry::invoke;

namespace {

constexpr std::int64_t kMinute = 60'000'000;

IdleHistogram histogramOf(std::initializer_list<std::pair<std::int64_t, int>> idleTimes)
{
    IdleHistogram histogram;
    for (const auto& [micros, count] : idleTimes) {
        for (int i = 0; i < count; ++i)
            histogram.add(micros);
    }
    return histogram;
}

// A function that is called, runs for a moment and rests for the given time, over and over.
void replay(KeepAlive& keepAlive, std::int64_t& now, std::int64_t idleMicros, int times)
{
    for (int i = 0; i < times; ++i) {
        keepAlive.wentIdle("f", now);
        now += idleMicros;
        keepAlive.called("f", now, 1024);
    }
}

} // namespace

class KeepAliveTest : public QObject {
    Q_OBJECT
private slots:
    void windowsOfAPattern();
    void saysNothingOfTooLittle();
    void coldAndKept();
    void learnsAndCountsWhatItIsWorth();
    void fixedPolicyIsFollowedWhenChosen();
};

// Every half hour: ended at once, made again a little before, kept a little longer.
void KeepAliveTest::windowsOfAPattern()
{
    const auto windows = histogramOf({{30 * kMinute + 1, 20}}).windows();
    QVERIFY(windows.has_value());
    QCOMPARE(windows->preWarmMicros, 27 * kMinute);            // 30 less 10 %
    QCOMPARE(windows->keepAliveMicros, 341 * kMinute / 10);    // 31 and 10 %
    // Calls come back within the minute as a rule: kept from the start.
    const auto busy = histogramOf({{1'000, 90}, {4 * kMinute, 10}}).windows();
    QVERIFY(busy.has_value());
    QCOMPARE(busy->preWarmMicros, std::int64_t{0});
    QCOMPARE(busy->keepAliveMicros, 55 * kMinute / 10);
}

void KeepAliveTest::saysNothingOfTooLittle()
{
    QVERIFY(!histogramOf({}).windows());
    QVERIFY(!histogramOf({{kMinute, 9}}).windows()); // few
    QVERIFY(!histogramOf({{kMinute, 9}, {1000 * kMinute, 11}}).windows()); // most beyond its range
    IdleHistogram even; // no pattern
    for (int i = 0; i < IdleHistogram::kBins; ++i)
        even.add(i * kMinute);
    QVERIFY(!even.windows());
}

void KeepAliveTest::coldAndKept()
{
    const KeepAliveWindows windows{10 * kMinute, 20 * kMinute};
    QVERIFY(windows.isCold(5 * kMinute));
    QVERIFY(!windows.isCold(15 * kMinute));
    QVERIFY(windows.isCold(25 * kMinute));
    QCOMPARE(windows.keptMicros(5 * kMinute), std::int64_t{0});
    QCOMPARE(windows.keptMicros(15 * kMinute), 5 * kMinute);
    QCOMPARE(windows.keptMicros(25 * kMinute), 10 * kMinute);
}

void KeepAliveTest::learnsAndCountsWhatItIsWorth()
{
    KeepAlive keepAlive(KeepAlive::Policy::Learned, 10 * kMinute);
    std::int64_t now = kMinute;
    keepAlive.called("f", now, 1024); // its first call teaches nothing
    QCOMPARE(keepAlive.account().calls, std::int64_t{0});
    QCOMPARE(keepAlive.windows("f").keepAliveMicros, 10 * kMinute);
    replay(keepAlive, now, 30 * kMinute + 1, 30);
    QCOMPARE(keepAlive.learnedFunctions(), 1);
    QCOMPARE(keepAlive.windows("f").preWarmMicros, 27 * kMinute);
    const KeepAlive::Account& account = keepAlive.account();
    QCOMPARE(account.calls, std::int64_t{30});
    QCOMPARE(account.coldFixed, std::int64_t{30});
    QCOMPARE(account.coldLearned, std::int64_t{10}); // until it had learned
    QVERIFY(account.idleGbSecondsLearned < account.idleGbSecondsFixed);
    keepAlive.forget("f");
    QCOMPARE(keepAlive.windows("f").preWarmMicros, std::int64_t{0});
}

void KeepAliveTest::fixedPolicyIsFollowedWhenChosen()
{
    KeepAlive keepAlive(KeepAlive::Policy::Fixed, 10 * kMinute);
    std::int64_t now = kMinute;
    replay(keepAlive, now, 30 * kMinute, 30);
    QCOMPARE(keepAlive.windows("f").preWarmMicros, std::int64_t{0});
    keepAlive.choose(KeepAlive::Policy::Learned, 10 * kMinute); // what was seen is known already
    QCOMPARE(keepAlive.windows("f").preWarmMicros, 27 * kMinute);
    QCOMPARE(keepAlivePolicy(nameOf(KeepAlive::Policy::Learned)), KeepAlive::Policy::Learned);
    QVERIFY(!keepAlivePolicy("guessed"));
}

QTEST_GUILESS_MAIN(KeepAliveTest)
#include "keep_alive_test.moc"
