// Exact money, the price table, and what every dimension of it costs.
#include "backend/cost/price_files.h"
#include "pricing/bill.h"
#include "tests/support/money.h"
#include "tests/support/prices.h"

#include <QtTest>

#include <fstream>
#include <random>

using namespace gantry;
using namespace gantry::pricing;
using test::usd;

namespace {

constexpr std::int64_t kGbSecond = kMbMillisPerGbSecond;

const PriceTable& prices()
{
    static const PriceTable table = *fromMessage(test::shippedPrices());
    return table;
}

Invocation invocation(bool arm64, int memoryMb, int tmpMb, std::int64_t billedMs)
{
    Invocation i;
    i.arm64 = arm64;
    i.memoryMb = memoryMb;
    i.tmpMb = tmpMb;
    i.billedMs = billedMs;
    return i;
}

} // namespace

class PricingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void moneyIsWrittenInFull_data();
    void moneyIsWrittenInFull();
    void noMoney_data();
    void noMoney();
    void sumsAreExact();
    void rangeIsGuarded();
    void sharesRoundDown();
    void ratesHaveTenDecimals();
    void invocations_data();
    void invocations();
    void monthlyDimensions_data();
    void monthlyDimensions();
    void tierBorders_data();
    void tierBorders();
    void freeTier_data();
    void freeTier();
    void pricesOfAMonthAddUpToItsBill();
    void wrongTablesAreRefused_data();
    void wrongTablesAreRefused();
    void theUsersTableTakesPrecedence();
};

void PricingTest::moneyIsWrittenInFull_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("written");
    const auto row = [](const char* text, const char* written) {
        QTest::newRow(text) << QByteArray(text) << QByteArray(written);
    };
    row("0", "0");
    row("1", "1");
    row("007.50", "7.5");
    row("-0.0000002", "-0.0000002");
    row("123456789012345.25", "123456789012345.25");
    // One millisecond of one MB, and one streamed byte: the finest amounts there are.
    row("0.00000000001627607421875000", "0.00000000001627607421875");
    row("0.0000000000074505805969238281250", "0.000000000007450580596923828125");
    // The unit itself, 10^-13 * 2^-30, with all of its 43 decimals.
    row("0.0000000000000000000000931322574615478515625", "0.0000000000000000000000931322574615478515625");
}

void PricingTest::moneyIsWrittenInFull()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, written);
    const auto money = Money::parse(text.toStdString());
    QVERIFY(money);
    QCOMPARE(money->toString(), written.toStdString());
    QCOMPARE(Money::parse(money->toString()), money);
}

void PricingTest::noMoney_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char* text : {"", "-", ".", "1.", ".5", "1e-7", "0x1", "1,5", "+1", " 1", "--1", "nan",
                             "0.00000000000000000000001", "1234567890123456"})
        QTest::newRow(text) << QByteArray(text);
}

void PricingTest::noMoney()
{
    QFETCH(QByteArray, text);
    QVERIFY(!Money::parse(text.toStdString()));
}

void PricingTest::sumsAreExact()
{
    Money sum;
    for (int i = 0; i < 10; ++i)
        sum += usd("0.1");
    QCOMPARE(sum, usd("1"));
    QCOMPARE(usd("1") - usd("0.0000000001"), usd("0.9999999999"));
    QCOMPARE(usd("0.0000002") * 1'000'000, usd("0.2"));
    QVERIFY(usd("-1") < Money());
}

void PricingTest::rangeIsGuarded()
{
    const Money most = Money::ofUnits(~(Money::Units{1} << 127));
    QVERIFY_EXCEPTION_THROWN(most + usd("1"), std::overflow_error);
    QVERIFY_EXCEPTION_THROWN(Money() - most - usd("1"), std::overflow_error);
    QVERIFY_EXCEPTION_THROWN(most * 2, std::overflow_error);
}

void PricingTest::sharesRoundDown()
{
    QCOMPARE(usd("0.25").share(1, 2), usd("0.125"));
    const Money third = usd("1").share(1, 3);
    QVERIFY(third * 3 < usd("1"));
    QVERIFY(third * 3 + Money::ofUnits(3) > usd("1"));
    QCOMPARE(usd("0.0816").share(3600, 3600), usd("0.0816"));
}

void PricingTest::ratesHaveTenDecimals()
{
    QCOMPARE(Rate::parse("0.0000166667")->toString(), std::string("0.0000166667"));
    QVERIFY(!Rate::parse("0.00001666671"));
    QVERIFY(!Rate::parse("-0.1"));
    QCOMPARE(Rate::parse("0.0416")->forSecondsOfHour(3600), usd("0.0416"));
}

// Worked out by hand from the published prices.
void PricingTest::invocations_data()
{
    QTest::addColumn<Invocation>("call");
    QTest::addColumn<QByteArray>("perMillion");
    const auto row = [](const char* name, const Invocation& call, const char* dollars) {
        QTest::newRow(name) << call << QByteArray(dollars);
    };
    // 1e6 x 0.125 GB x 0.1 s = 12,500 GB-s x 0.0000166667 = 0.20833375, and 0.20 for requests.
    row("128 MB, 100 ms", invocation(false, 128, 512, 100), "0.40833375");
    row("arm64", invocation(true, 128, 512, 100), "0.3666675");
    row("1 GB, 1 s", invocation(false, 1024, 512, 1000), "16.8667");
    // and (10240 - 512) / 1024 = 9.5 GB of /tmp: 9.5e6 GB-s x 0.0000000309.
    row("tmp", invocation(false, 1024, 10240, 1000), "17.16025");
    row("tmp below the included size", invocation(false, 1024, 100, 1000), "16.8667");
    row("nothing billed", invocation(false, 1024, 512, 0), "0.2");

    Invocation event = invocation(false, 1024, 512, 0);
    event.eventBytes = 1 << 20;
    row("a large event, synchronous", event, "0.2");
    event.asynchronous = true;
    row("1 MB asynchronous: 1 + 12 units", event, "2.6");
    event.eventBytes = 256 * 1024;
    row("256 KB are one request", event, "0.2");
    event.eventBytes = 256 * 1024 + 1;
    row("a byte more is two", event, "0.4");
    event.eventBytes = 320 * 1024;
    row("320 KB are two", event, "0.4");

    Invocation provisioned = invocation(false, 1024, 512, 1000);
    provisioned.provisioned = true;
    row("on provisioned concurrency", provisioned, "9.9222");
    provisioned.arm64 = true;
    row("the same on arm64", provisioned, "7.9778");

    Invocation streamed = invocation(false, 1024, 512, 0);
    streamed.streamedBytes = 6 << 20;
    row("6 MB streamed", streamed, "0.2");
    streamed.streamedBytes = (6LL << 20) + 1; // 0.008 / 2^30 x 1e6 more
    row("a byte beyond", streamed, "0.200007450580596923828125");
    streamed.streamedBytes = (6LL << 20) + (1LL << 30);
    row("a GB beyond", streamed, "8000.2");

    Invocation restored = invocation(false, 1024, 512, 0);
    restored.restoredMb = 1024;
    row("1 GB restored from a snapshot", restored, "139.9998");
    Invocation tenant = invocation(false, 1024, 512, 0);
    tenant.newTenant = true;
    row("an environment for a new tenant", tenant, "166.867");
    tenant.arm64 = true;
    row("the same on arm64", tenant, "133.533");
}

void PricingTest::invocations()
{
    QFETCH(Invocation, call);
    QFETCH(QByteArray, perMillion);
    QCOMPARE((listPrice(call, prices()) * 1'000'000).toString(), perMillion.toStdString());
}

void PricingTest::monthlyDimensions_data()
{
    QTest::addColumn<Usage>("usage");
    QTest::addColumn<int>("item");
    QTest::addColumn<QByteArray>("dollars");
    const auto row = [](const char* name, auto set, Item item, const char* dollars) {
        Usage usage;
        set(usage);
        QTest::newRow(name) << usage << int(item) << QByteArray(dollars);
    };
    row("provisioned x86_64", [](Usage& u) { u.x86.provisionedMbMillis = 1000 * kGbSecond; },
        Item::ProvisionedX86, "0.0041667");
    row("provisioned arm64", [](Usage& u) { u.arm.provisionedMbMillis = 1000 * kGbSecond; },
        Item::ProvisionedArm, "0.0033334");
    row("snapshot cache", [](Usage& u) { u.snapshotMbMillis = 10'800 * kGbSecond; },
        Item::SnapshotCache, "0.01624968");
    row("durable operations", [](Usage& u) { u.durableOperations = 1'000'000; },
        Item::DurableOperations, "8");
    row("durable writes", [](Usage& u) { u.durableBytesWritten = 1LL << 30; }, Item::DurableWrites,
        "0.25");
}

void PricingTest::monthlyDimensions()
{
    QFETCH(Usage, usage);
    QFETCH(int, item);
    QFETCH(QByteArray, dollars);
    const Bill bill = billOf(usage, prices());
    QCOMPARE(bill.lines.size(), std::size_t{1});
    QCOMPARE(int(bill.lines.front().item), item);
    QCOMPARE(bill.due().toString(), dollars.toStdString());
    QCOMPARE(listPrice(usage, Usage(), prices()), bill.listed);
}

void PricingTest::tierBorders_data()
{
    QTest::addColumn<bool>("arm64");
    QTest::addColumn<qint64>("gbSeconds");
    QTest::addColumn<QByteArray>("listed");
    const auto row = [](const char* name, bool arm64, qint64 gbSeconds, const char* listed) {
        QTest::newRow(name) << arm64 << gbSeconds << QByteArray(listed);
    };
    row("first tier full", false, 6'000'000'000, "100000.2");
    row("one more", false, 6'000'000'001, "100000.200015");
    row("second tier full", false, 15'000'000'000, "235000.2");
    row("and one more", false, 15'000'000'001, "235000.2000133334");
    row("arm64, first tier full", true, 7'500'000'000, "100000.5");
    row("arm64, one more", true, 7'500'000'001, "100000.5000120001");
    row("arm64, second tier full", true, 18'750'000'000, "235001.625");
    row("arm64, and one more", true, 18'750'000'001, "235001.6250106667");
}

void PricingTest::tierBorders()
{
    QFETCH(bool, arm64);
    QFETCH(qint64, gbSeconds);
    QFETCH(QByteArray, listed);
    Usage usage;
    (arm64 ? usage.arm : usage.x86).mbMillis = gbSeconds * kGbSecond;
    QCOMPARE(billOf(usage, prices()).listed.toString(), listed.toStdString());
    // A single call across the border is cut at it.
    Usage before;
    (arm64 ? before.arm : before.x86).mbMillis = (gbSeconds - 2) * kGbSecond;
    Usage more;
    (arm64 ? more.arm : more.x86).mbMillis = 2 * kGbSecond;
    QCOMPARE(billOf(before, prices()).listed + listPrice(more, before, prices()),
             billOf(usage, prices()).listed);
}

void PricingTest::freeTier_data()
{
    QTest::addColumn<Usage>("usage");
    QTest::addColumn<QByteArray>("due");
    const auto row = [](const char* name, qint64 requests, qint64 x86, qint64 arm, qint64 bytes,
                        const char* due) {
        Usage usage;
        usage.requests = requests;
        usage.x86.mbMillis = x86 * kGbSecond;
        usage.arm.mbMillis = arm * kGbSecond;
        usage.streamedBytes = bytes;
        QTest::newRow(name) << usage << QByteArray(due);
    };
    row("nothing", 0, 0, 0, 0, "0");
    row("exactly all of it", 1'000'000, 400'000, 0, 100LL << 30, "0");
    row("one request more", 1'000'001, 0, 0, 0, "0.0000002");
    row("one GB-second more", 0, 400'001, 0, 0, "0.0000166667");
    row("shared, x86_64 first", 0, 300'000, 100'002, 0, "0.0000266668");
    row("x86_64 takes all", 0, 400'000, 1, 0, "0.0000133334");
    row("one GB streamed more", 0, 0, 0, 101LL << 30, "0.008");
}

void PricingTest::freeTier()
{
    QFETCH(Usage, usage);
    QFETCH(QByteArray, due);
    const Bill bill = billOf(usage, prices());
    QCOMPARE(bill.due().toString(), due.toStdString());
    Money lines;
    for (const Line& line : bill.lines)
        lines += line.due();
    QCOMPARE(lines, bill.due());
}

// Any calls in any order: each priced after those before it, their sum is the bill's to the digit.
void PricingTest::pricesOfAMonthAddUpToItsBill()
{
    std::mt19937_64 random(20261125);
    const auto pick = [&random](std::int64_t below) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(below));
    };
    for (int month = 0; month < 20; ++month) {
        Usage used;
        used.x86.mbMillis = pick(2) * (6'000'000'000 - pick(100'000)) * kGbSecond;
        used.arm.mbMillis = pick(2) * (7'500'000'000 - pick(100'000)) * kGbSecond;
        Money sum = billOf(used, prices()).listed;
        for (int i = 0; i < 2'000; ++i) {
            Invocation call = invocation(pick(2) == 0, int(128 + pick(10'113)),
                                         int(512 + pick(9'729)), 1 + pick(900'000));
            call.asynchronous = pick(3) == 0;
            call.eventBytes = pick(1 << 20);
            call.provisioned = pick(5) == 0;
            call.streamedBytes = pick(4) == 0 ? pick(200 << 20) : 0;
            call.restoredMb = pick(7) == 0 ? call.memoryMb : 0;
            call.newTenant = pick(9) == 0;
            const Usage usage = usageOf(call, prices());
            sum += listPrice(usage, used, prices());
            used += usage;
        }
        QCOMPARE(sum, billOf(used, prices()).listed);
    }
}

void PricingTest::wrongTablesAreRefused_data()
{
    QTest::addColumn<QByteArray>("search");
    QTest::addColumn<QByteArray>("replacement");
    QTest::addColumn<QByteArray>("said");
    const auto row = [](const char* name, const char* search, const char* replacement,
                        const char* said) {
        QTest::newRow(name) << QByteArray(search) << QByteArray(replacement) << QByteArray(said);
    };
    row("no JSON", "{", "", "is wrong");
    row("a field that does not exist", "usd_per_request", "usd_per_call", "usd_per_call");
    row("a negative price", "\"0.0000002\"", "\"-0.0000002\"", "usd_per_request");
    row("too many decimals", "\"0.0000002\"", "\"0.00000020001\"", "usd_per_request");
    row("no price", "\"0.0000002\"", "\"\"", "usd_per_request");
    row("another currency", "USD", "EUR", "currency");
    row("tiers that do not rise", "15000000000", "5000000000", "up_to_gb_seconds");
    row("no last tier", "\"up_to_gb_seconds\": 0", "\"up_to_gb_seconds\": 99000000000",
        "without an end");
    row("units of no size", "65536", "0", "async_step_bytes");
}

void PricingTest::wrongTablesAreRefused()
{
    QFETCH(QByteArray, search);
    QFETCH(QByteArray, replacement);
    QFETCH(QByteArray, said);
    QFile shipped(GANTRY_SOURCE_DIR "/resources/prices/lambda-us-east-1.json");
    QVERIFY(shipped.open(QIODevice::ReadOnly));
    QByteArray content = shipped.readAll();
    QVERIFY(content.contains(search));
    content.replace(content.indexOf(search), search.size(), replacement);
    QTemporaryDir directory;
    const std::string file = directory.filePath("lambda-us-east-1.json").toStdString();
    std::ofstream(file) << content.toStdString();
    const auto read = cost::readPrices(file);
    QVERIFY(!read.ok());
    const std::string message = read.status().ToString();
    QVERIFY2(message.find(said.toStdString()) != std::string::npos, message.c_str());
    QVERIFY(message.find(file) != std::string::npos);
}

void PricingTest::theUsersTableTakesPrecedence()
{
    const std::filesystem::path shipped = GANTRY_SOURCE_DIR "/resources/prices";
    QTemporaryDir directory;
    const std::filesystem::path edited = directory.path().toStdString();
    auto found = cost::findPrices(shipped, edited, "us-east-1");
    QVERIFY(found.ok());
    QVERIFY(!found->message.edited());
    QVERIFY(found->message.problem().empty());

    auto elsewhere = cost::findPrices(shipped, edited, "mars-north-1");
    QVERIFY(elsewhere.ok());
    QCOMPARE(elsewhere->table.region, std::string("us-east-1"));
    QVERIFY(elsewhere->message.problem().find("mars-north-1") != std::string::npos);

    std::filesystem::copy_file(shipped / "lambda-us-east-1.json", edited / "lambda-us-east-1.json");
    found = cost::findPrices(shipped, edited, "us-east-1");
    QVERIFY(found->message.edited());
    QCOMPARE(found->table.label(), std::string("us-east-1, 2026-09-19, edited"));

    std::ofstream(edited / "lambda-us-east-1.json") << "{";
    found = cost::findPrices(shipped, edited, "us-east-1");
    QVERIFY(found.ok());
    QVERIFY(!found->message.edited());
    QVERIFY(found->message.problem().find("is wrong") != std::string::npos);
}

QTEST_GUILESS_MAIN(PricingTest)
#include "pricing_test.moc"
