// Metrics that are over are packed: what comes out is what went in, whatever is asked for, and damage is seen.
#include "backend/observe/metric_blocks.h"
#include "backend/observe/queries.h"
#include "backend/observe/storage.h"

#include <QtTest>

#include <random>

using namespace gantry;
using namespace gantry::observe;

namespace {

constexpr std::int64_t kDay0 = 1'795'046'400'000; // midnight
constexpr int kMinute = 60'000;

MetricsRow row(const std::string& function, std::int64_t startMs, std::mt19937& random)
{
    MetricsRow row{function, startMs, kMinute, {}};
    Bucket& b = row.bucket;
    for (int i = 0; i < 5; ++i) {
        invoke::InvocationRecord record;
        record.durationMicros = static_cast<std::int64_t>(random() % 2'000'000);
        record.billedMs = record.durationMicros / 1'000 + 1;
        record.memoryUsedBytes = static_cast<std::int64_t>(random());
        record.errorType = random() % 4 ? "" : "Error";
        record.initMicros = i == 0 ? 123'457 : 0;
        record.restoreMicros = i == 1 ? 7'001 : 0;
        record.coldStart = i < 2;
        record.costUsd = pricing::Money::parse("0.00000040833375").value();
        b.add(record);
    }
    b.throttles = static_cast<std::int64_t>(random() % 3);
    b.concurrency = 7;
    b.environments = 3;
    b.asyncReceived = 2;
    b.addAsyncAge(1.5);
    b.noteProvisioned(1, 3);
    b.claimedConcurrency = 11;
    return row;
}

void compare(const MetricsRow& a, const MetricsRow& b)
{
    QCOMPARE(a.function, b.function);
    QCOMPARE(a.startMs, b.startMs);
    QCOMPARE(a.widthMs, b.widthMs);
    QCOMPARE(a.bucket.invocations, b.bucket.invocations);
    QCOMPARE(a.bucket.errors, b.bucket.errors);
    QCOMPARE(a.bucket.throttles, b.bucket.throttles);
    QCOMPARE(a.bucket.concurrency, b.bucket.concurrency);
    QCOMPARE(a.bucket.environments, b.bucket.environments);
    QCOMPARE(a.bucket.durationSumMs, b.bucket.durationSumMs);
    QCOMPARE(a.bucket.durationMaxMs, b.bucket.durationMaxMs);
    QCOMPARE(a.bucket.initSumMs, b.bucket.initSumMs);
    QCOMPARE(a.bucket.restoreMaxMs, b.bucket.restoreMaxMs);
    QCOMPARE(a.bucket.billedMs, b.bucket.billedMs);
    QCOMPARE(a.bucket.memoryMaxBytes, b.bucket.memoryMaxBytes);
    QVERIFY(a.bucket.costUsd == b.bucket.costUsd);
    QCOMPARE(a.bucket.asyncReceived, b.bucket.asyncReceived);
    QCOMPARE(a.bucket.claimedConcurrency, b.bucket.claimedConcurrency);
    QVERIFY(std::abs(a.bucket.provisionedUtilization - b.bucket.provisionedUtilization) < 1e-6);
    QCOMPARE(a.bucket.durations.serialise(), b.bucket.durations.serialise());
    QCOMPARE(a.bucket.asyncAges.serialise(), b.bucket.asyncAges.serialise());
    QCOMPARE(a.bucket.inits.serialise(), b.bucket.inits.serialise());
    QCOMPARE(a.bucket.restores.serialise(), b.bucket.restores.serialise());
}

void compare(const std::vector<MetricsRow>& a, const std::vector<MetricsRow>& b)
{
    QCOMPARE(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        compare(a[i], b[i]);
}

} // namespace

class MetricBlocksTest final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void roundTrip();
    void damage();
    void questionsHaveTheSameAnswers();
};

void MetricBlocksTest::roundTrip()
{
    std::mt19937 random(3);
    std::vector<MetricsRow> rows;
    for (const int minute : {0, 1, 2, 10, 359})
        rows.push_back(row("f", kDay0 + minute * kMinute, random));
    rows.push_back({"f", kDay0 + 360LL * kMinute, kMinute, {}}); // of nothing
    std::vector<MetricsRow> found;
    QVERIFY(blocks::unpack(blocks::pack(rows), "f", kMinute, found));
    compare(found, rows);
    QVERIFY(blocks::pack({}).empty());
}

void MetricBlocksTest::damage()
{
    std::mt19937 random(4);
    const std::string whole = blocks::pack({row("f", kDay0, random), row("f", kDay0 + kMinute, random)});
    std::vector<MetricsRow> found;
    QVERIFY(!blocks::unpack("", "f", kMinute, found));
    QVERIFY(!blocks::unpack(whole.substr(0, whole.size() / 2), "f", kMinute, found));
    for (std::size_t i = 0; i < whole.size(); ++i) {
        std::string broken = whole;
        broken[i] = static_cast<char>(broken[i] ^ 0x55);
        (void)blocks::unpack(broken, "f", kMinute, found); // whatever it says, it ends
    }
}

// The same question before packing, after it, and with a row that came late.
void MetricBlocksTest::questionsHaveTheSameAnswers()
{
    QTemporaryDir directory;
    auto database = store::Database::open(directory.filePath("observe.db").toStdString(),
                                          storage::migrations(), {.durable = false});
    QVERIFY(database.ok());
    std::mt19937 random(5);
    storage::Batch batch;
    for (int minute = 0; minute < 1'000; ++minute) {
        for (const char* name : {"", "a", "b", "a:live"})
            if (random() % 4)
                batch.metrics.push_back(row(name, kDay0 + minute * std::int64_t{kMinute}, random));
    }
    QVERIFY(storage::write(*database, batch).ok());
    const std::int64_t now = kDay0 + 1'000LL * kMinute;
    const auto ask = [&](const std::string& function, int fromMinute, int toMinute, bool byFunction) {
        MetricsQuery query;
        query.function = function;
        query.fromMs = kDay0 + fromMinute * std::int64_t{kMinute};
        query.toMs = kDay0 + toMinute * std::int64_t{kMinute};
        query.maxPoints = 1'000;
        query.byFunction = byFunction;
        auto answer = queries::metrics(*database, query, now);
        return answer.ok() ? answer->rows : std::vector<MetricsRow>();
    };
    const auto all = [&] {
        return std::vector{ask("a", 0, 1'000, false), ask("", 100, 999, false), ask("a:live", 355, 365, false),
                           ask("", 0, 1'000, true), ask("b", 360, 361, false), ask("b", 359, 360, false)};
    };
    const auto before = all();
    QVERIFY(before[0].size() > 500);
    QVERIFY(before[3].size() > 1'000);
    const auto count = [&](const char* table) {
        std::int64_t rows = -1;
        (void)database->query(std::string("SELECT COUNT(*) FROM ") + table, {},
                              [&](const store::Row& row) { rows = row.integer(0); });
        return rows;
    };
    const std::int64_t rowsBefore = count("metrics");
    for (int i = 0; i < 3; ++i) // little by little
        QVERIFY(blocks::packOver(*database, now, 3).ok());
    QCOMPARE(count("metric_blocks"), std::int64_t{8}); // two spans of four series are over
    QVERIFY(count("metrics") < rowsBefore / 2);
    const auto after = all();
    for (std::size_t i = 0; i < before.size(); ++i)
        compare(after[i], before[i]);

    MetricsRow late = row("a", kDay0 + 5LL * kMinute, random); // a clock that was set back
    late.bucket.invocations = 4'711;
    storage::Batch again;
    again.metrics.push_back(late);
    QVERIFY(storage::write(*database, again).ok());
    compare(ask("a", 5, 6, false), {late});
    QVERIFY(blocks::packOver(*database, now, 3).ok());
    QCOMPARE(count("metric_blocks"), std::int64_t{8});
    compare(ask("a", 5, 6, false), {late});
    compare(ask("b", 0, 1'000, false), [&] {
        std::vector<MetricsRow> of;
        for (const MetricsRow& each : before[3])
            if (each.function == "b")
                of.push_back(each);
        return of;
    }());

    QVERIFY(blocks::prune(*database, kMinute, kDay0 + 6 * 3'600'000LL).ok());
    QVERIFY(count("metric_blocks") < 8);
    QVERIFY(ask("a", 0, 300, false).empty());
    QVERIFY(!ask("a", 370, 700, false).empty());
}

QTEST_GUILESS_MAIN(MetricBlocksTest)
#include "metric_blocks_test.moc"
