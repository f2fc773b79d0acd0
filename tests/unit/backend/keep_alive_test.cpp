#include "backend/invoke/keep_alive_store.h"

#include <boost/asio/io_context.hpp>

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
    void aMinuteMayBeShorter();
    void histogramsAsText();
    void isRememberedOverRestarts();
    void choicesAreRemembered();
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

// A day that is replayed at sixty times its speed teaches what the day itself would.
void KeepAliveTest::aMinuteMayBeShorter()
{
    constexpr std::int64_t kSecond = 1'000'000;
    IdleHistogram histogram(kSecond);
    for (int i = 0; i < 20; ++i)
        histogram.add(30 * kSecond + 1);
    const auto windows = histogram.windows();
    QVERIFY(windows.has_value());
    QCOMPARE(windows->preWarmMicros, 27 * kSecond);
    QCOMPARE(windows->keepAliveMicros, 341 * kSecond / 10);
    QVERIFY(IdleHistogram::fromText(histogram.toText(), kSecond)->windows()->preWarmMicros ==
            windows->preWarmMicros);

    KeepAlive keepAlive(KeepAlive::Policy::Learned, 10 * kSecond, kSecond);
    std::int64_t now = 1;
    replay(keepAlive, now, 30 * kSecond + 1, 20);
    QCOMPARE(keepAlive.windows("f").preWarmMicros, 27 * kSecond);
    KeepAlive restored(KeepAlive::Policy::Learned, 10 * kSecond, kSecond);
    restored.restore(keepAlive.takeChanges());
    QCOMPARE(restored.windows("f").preWarmMicros, 27 * kSecond);
}

void KeepAliveTest::histogramsAsText()
{
    IdleHistogram histogram =
        histogramOf({{5 * kMinute, 12}, {239 * kMinute, 1}, {0, 3}, {500 * kMinute, 2}});
    QCOMPARE(histogram.toText(), std::string("2;0=3;5=12;239=1"));
    const auto read = IdleHistogram::fromText(histogram.toText());
    QVERIFY(read);
    QCOMPARE(read->samples(), histogram.samples());
    QCOMPARE(read->toText(), histogram.toText());
    for (const char* damaged : {"", "x", "1;", "1;240=1", "1;5", "1;5=-1", "-1", "1;a=b"})
        QVERIFY2(!IdleHistogram::fromText(damaged), damaged);
}

void KeepAliveTest::isRememberedOverRestarts()
{
    QTemporaryDir directory;
    const std::string file = directory.filePath("invoke.db").toStdString();
    KeepAliveWindows learned;
    const auto live = [&file](auto what) {
        boost::asio::io_context io;
        auto store = KeepAliveStore::open(io, file);
        QVERIFY(store.ok());
        KeepAlive keepAlive(KeepAlive::Policy::Learned, 10 * kMinute);
        (*store)->follow(keepAlive);
        what(keepAlive);
        (*store)->keep(); // what is submitted is written before the store is gone
    };
    live([&learned](KeepAlive& keepAlive) {
        std::int64_t now = 1;
        replay(keepAlive, now, 30 * kMinute, 12);
        learned = keepAlive.windows("f");
        QVERIFY(learned.preWarmMicros > 0);
    });
    live([&learned](KeepAlive& keepAlive) {
        QCOMPARE(keepAlive.windows("f").preWarmMicros, learned.preWarmMicros);
        QCOMPARE(keepAlive.windows("f").keepAliveMicros, learned.keepAliveMicros);
        QCOMPARE(keepAlive.learnedFunctions(), 1);
        keepAlive.forget("f");
    });
    live([](KeepAlive& keepAlive) { QCOMPARE(keepAlive.learnedFunctions(), 0); });
}

void KeepAliveTest::choicesAreRemembered()
{
    QTemporaryDir directory;
    const std::string file = directory.filePath("invoke.db").toStdString();
    {
        boost::asio::io_context io;
        const auto store = KeepAliveStore::open(io, file);
        QVERIFY(store.ok());
        QVERIFY(!(*store)->choice() && !(*store)->scaling());
        int saved = 0;
        const auto count = [&saved](const absl::Status& status) { saved += status.ok(); };
        (*store)->save(KeepAliveStore::Choice{KeepAlive::Policy::Learned, 5 * kMinute}, count);
        (*store)->save(ScalingRates{50, 7}, count);
        QTRY_VERIFY((io.poll(), saved == 2));
    }
    boost::asio::io_context io;
    const auto store = KeepAliveStore::open(io, file);
    QVERIFY(store.ok());
    QCOMPARE((*store)->choice()->fixedMicros, 5 * kMinute);
    QCOMPARE((*store)->scaling()->startsPerTenSeconds, 50);
    QCOMPARE((*store)->scaling()->callsPerEnvironment, 7);
}

QTEST_GUILESS_MAIN(KeepAliveTest)
#include "keep_alive_test.moc"
