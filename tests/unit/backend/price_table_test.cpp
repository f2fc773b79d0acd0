#include "backend/cost/price_table.h"

#include <QtTest>

#include <fstream>

using namespace gantry;

class PriceTableTest : public QObject {
    Q_OBJECT
private slots:
    void prices_data();
    void prices();
    void tiersFollowTheMonth();
    void meterStartsAfreshEachMonth();
    void brokenTablesAreRefused();

private:
    cost::PriceTable table()
    {
        auto loaded =
            cost::PriceTable::load(GANTRY_SOURCE_DIR "/resources/prices/lambda-us-east-1.json");
        Q_ASSERT(loaded.ok());
        return *loaded;
    }
};

namespace {
invoke::InvocationRecord record(const std::string& architecture, int memoryMb, int tmpMb,
                                std::int64_t billedMs)
{
    invoke::InvocationRecord r;
    r.architecture = architecture;
    r.memoryMb = memoryMb;
    r.tmpMb = tmpMb;
    r.billedMs = billedMs;
    return r;
}
} // namespace

// Sums of a million calls, worked out by hand from the published prices.
void PriceTableTest::prices_data()
{
    QTest::addColumn<QString>("architecture");
    QTest::addColumn<int>("memoryMb");
    QTest::addColumn<int>("tmpMb");
    QTest::addColumn<qint64>("billedMs");
    QTest::addColumn<double>("dollarsPerMillion");
    // 1e6 x 0.125 GB x 0.1 s = 12,500 GB-s x 0.0000166667 = 0.20833375, and 0.20 for requests.
    QTest::newRow("128 MB, 100 ms") << "x86_64" << 128 << 512 << qint64(100) << 0.40833375;
    QTest::newRow("arm64") << "arm64" << 128 << 512 << qint64(100) << 0.3666675;
    // 1e6 x 1 GB x 1 s = 1e6 GB-s.
    QTest::newRow("1 GB, 1 s") << "x86_64" << 1024 << 512 << qint64(1000) << 16.8667;
    // and (10240 - 512) / 1024 = 9.5 GB of /tmp: 9.5e6 GB-s x 0.0000000309.
    QTest::newRow("tmp") << "x86_64" << 1024 << 10240 << qint64(1000) << 16.8667 + 0.29355;
    QTest::newRow("nothing billed") << "x86_64" << 1024 << 512 << qint64(0) << 0.2;
}

void PriceTableTest::prices()
{
    QFETCH(QString, architecture);
    QFETCH(int, memoryMb);
    QFETCH(int, tmpMb);
    QFETCH(qint64, billedMs);
    QFETCH(double, dollarsPerMillion);
    const double price =
        table().priceOf(record(architecture.toStdString(), memoryMb, tmpMb, billedMs)) * 1e6;
    QVERIFY2(std::abs(price - dollarsPerMillion) < 1e-6,
             qPrintable(QString::number(price, 'g', 12)));
}

void PriceTableTest::tiersFollowTheMonth()
{
    const auto r = record("x86_64", 1024, 512, 1000);
    const auto t = table();
    QVERIFY(std::abs(t.priceOf(r, 5.9e9) - (0.0000166667 + 2e-7)) < 1e-12);
    QVERIFY(std::abs(t.priceOf(r, 6e9) - (0.0000150000 + 2e-7)) < 1e-12);
    QVERIFY(std::abs(t.priceOf(r, 99e9) - (0.0000133334 + 2e-7)) < 1e-12);
}

void PriceTableTest::meterStartsAfreshEachMonth()
{
    cost::Meter meter(table());
    auto huge = record("arm64", 1024, 512, 8'000'000'000'000); // 8e9 GB-s at once
    huge.acceptedAtMicros = 1'795'000'000'000'000;             // November 2026
    meter.charge(huge);
    auto next = record("arm64", 1024, 512, 1000);
    next.acceptedAtMicros = huge.acceptedAtMicros + 1;
    QVERIFY(std::abs(meter.charge(next) - (0.0000120001 + 2e-7)) < 1e-12);
    next.architecture = "x86_64";
    QVERIFY(std::abs(meter.charge(next) - (0.0000166667 + 2e-7)) < 1e-12);
    next.architecture = "arm64";
    next.acceptedAtMicros += 31LL * 86'400 * 1'000'000;
    QVERIFY(std::abs(meter.charge(next) - (0.0000133334 + 2e-7)) < 1e-12);
}

void PriceTableTest::brokenTablesAreRefused()
{
    QTemporaryDir directory;
    const std::string file = directory.filePath("prices.json").toStdString();
    QVERIFY(!cost::PriceTable::load(file).ok());
    for (const char* content : {"", "{", "{}", R"({"region":"r","as_of":"d","per_request":1,
        "tiers":{"x86_64":[{"up_to_gb_seconds":5,"per_gb_second":1}],"arm64":[]},
        "tmp":{"included_mb":1,"per_gb_second":1}})"}) {
        std::ofstream(file) << content;
        QVERIFY(!cost::PriceTable::load(file).ok());
    }
}

QTEST_GUILESS_MAIN(PriceTableTest)
#include "price_table_test.moc"
