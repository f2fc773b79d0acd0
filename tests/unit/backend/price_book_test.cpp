// The price tables: which one counts when, what a change does to bills, and what is refused.
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/cost/audit.h"
#include "backend/cost/month.h"
#include "backend/cost/price_book.h"
#include "backend/cost/report.h"
#include "backend/observe/recorder.h"
#include "tests/support/money.h"
#include "tests/support/prices.h"

#include <boost/asio/io_context.hpp>

#include <QtTest>

#include <chrono>
#include <fstream>
#include <optional>

using namespace gantry;
using namespace gantry::cost;
using test::usd;

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kNoon = 1'795'608'000 * kSecond; // 2026-11-25T12:00:00Z

struct SetClock final : Clock {
    std::int64_t now = kNoon;
    std::int64_t unixMicros() const override { return now; }
};

v1::PriceTable tableOf(const std::string& region, const std::string& perRequest)
{
    v1::PriceTable table = test::shippedPrices();
    table.set_region(region);
    table.set_usd_per_request(perRequest);
    return table;
}

} // namespace

class PriceBookTest final : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_directory;
    boost::asio::io_context m_io;
    SetClock m_clock;
    std::unique_ptr<PriceBook> m_book;

    std::filesystem::path path(const char* name = "") const
    {
        return std::filesystem::path(m_directory->path().toStdString()) / name;
    }
    void open(const std::string& region = "us-east-1")
    {
        m_book.reset();
        auto book =
            PriceBook::open(m_io, m_clock, {GANTRY_SOURCE_DIR "/resources/prices", path("prices")},
                            path("prices.db"), region);
        if (!book.ok())
            qFatal("%s", book.status().ToString().c_str());
        m_book = *std::move(book);
    }
    template <class T> T waitFor(std::optional<T>& answer)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!answer && std::chrono::steady_clock::now() < end) {
            m_io.restart();
            m_io.run_for(std::chrono::milliseconds(5));
        }
        if (!answer)
            qFatal("no answer");
        return *std::move(answer);
    }
    absl::StatusOr<v1::PriceTableList> answerOf(const std::function<void(PriceBook::Done)>& call)
    {
        std::optional<absl::StatusOr<v1::PriceTableList>> answer;
        call([&answer](absl::StatusOr<v1::PriceTableList> list) { answer = std::move(list); });
        return waitFor(answer);
    }
    absl::StatusOr<v1::PriceTableList> put(const v1::PriceTable& table)
    {
        return answerOf([&](auto done) { m_book->put(table, done); });
    }
    absl::StatusOr<v1::PriceTableList> use(const std::string& region)
    {
        return answerOf([&](auto done) { m_book->use(region, done); });
    }
    absl::StatusOr<v1::PriceTableList> remove(const std::string& region)
    {
        return answerOf([&](auto done) { m_book->remove(region, done); });
    }
    std::string perRequestAt(std::int64_t micros) const
    {
        return m_book->times().at(micros).table.perRequest.toString();
    }

private Q_SLOTS:
    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        m_clock.now = kNoon;
        open();
    }
    void cleanup() { m_book.reset(); }

    void aChangedPriceCountsFromThenOn()
    {
        int told = 0;
        m_book->onChange([&told](const PriceTimes&) { ++told; });
        m_clock.now = kNoon + kSecond;
        const auto list = put(tableOf("us-east-1", "0.5"));
        QVERIFY2(list.ok(), list.status().ToString().c_str());
        QCOMPARE(list->entries_size(), 1);
        QVERIFY(list->entries(0).in_use() && list->entries(0).shipped());
        QVERIFY(list->entries(0).table().edited());
        QVERIFY(list->entries(0).table().instances().instances_size() > 0);
        QCOMPARE(list->since_ms(), m_clock.now / 1'000);
        QCOMPARE(told, 1);
        QCOMPARE(perRequestAt(kNoon), std::string("0.0000002"));
        QCOMPARE(perRequestAt(kNoon + kSecond), std::string("0.5"));

        m_clock.now = kNoon + 2 * kSecond;
        open(); // what counted when outlives a daemon
        QCOMPARE(perRequestAt(kNoon), std::string("0.0000002"));
        QCOMPARE(perRequestAt(kNoon + kSecond), std::string("0.5"));
        QVERIFY(remove("us-east-1").ok());
        QCOMPARE(perRequestAt(kNoon + kSecond), std::string("0.5"));
        QCOMPARE(perRequestAt(m_clock.now), std::string("0.0000002"));
    }

    void anotherRegionIsChosenAndKept()
    {
        QCOMPARE(put(tableOf("mars-north-1", "0.25"))->entries_size(), 2);
        QCOMPARE(perRequestAt(kNoon), std::string("0.0000002")); // only kept so far
        m_clock.now += kSecond;
        QVERIFY(use("mars-north-1").ok());
        QCOMPARE(perRequestAt(m_clock.now), std::string("0.25"));
        QVERIFY(!remove("mars-north-1").ok()); // in use
        open();
        QCOMPARE(m_book->times().current().table.region, std::string("mars-north-1"));
        m_clock.now += kSecond;
        QVERIFY(use("us-east-1").ok());
        QCOMPARE(remove("mars-north-1")->entries_size(), 1);
        QVERIFY(!use("mars-north-1").ok());
    }

    void aFileThatWasChangedByHandCountsFromTheNextStart()
    {
        QVERIFY(put(tableOf("us-east-1", "0.5")).ok());
        m_book.reset();
        std::filesystem::remove(path("prices") / "lambda-us-east-1.json");
        m_clock.now += kSecond;
        open();
        QCOMPARE(perRequestAt(m_clock.now), std::string("0.0000002"));
        QCOMPARE(perRequestAt(m_clock.now - 1), std::string("0.5"));
    }

    void aRegionWithoutATableGetsOne()
    {
        m_book.reset();
        std::filesystem::remove(path("prices.db"));
        open("mars-north-1");
        QVERIFY(!m_book->times().current().message.problem().empty());
        const auto list = put(tableOf("mars-north-1", "0.25"));
        QVERIFY2(list.ok(), list.status().ToString().c_str());
        QCOMPARE(m_book->times().current().table.region, std::string("mars-north-1"));
        QVERIFY(m_book->times().current().message.problem().empty());
    }

    void wrongTablesAreRefused_data()
    {
        QTest::addColumn<QString>("region");
        QTest::addColumn<QString>("perRequest");
        QTest::addColumn<QString>("said");
        QTest::newRow("a path") << "../../etc/passwd"
                                << "0.1"
                                << "region";
        QTest::newRow("no region") << ""
                                   << "0.1"
                                   << "region";
        QTest::newRow("capital letters") << "Mars"
                                         << "0.1"
                                         << "region";
        QTest::newRow("no number") << "mars"
                                   << "cheap"
                                   << "usd_per_request";
        QTest::newRow("negative") << "mars"
                                  << "-0.1"
                                  << "usd_per_request";
        QTest::newRow("too many decimals") << "mars"
                                           << "0.00000000001"
                                           << "usd_per_request";
        QTest::newRow("unbelievable") << "mars"
                                      << "1000001"
                                      << "usd_per_request";
    }
    void wrongTablesAreRefused()
    {
        QFETCH(QString, region);
        QFETCH(QString, perRequest);
        QFETCH(QString, said);
        const auto list = put(tableOf(region.toStdString(), perRequest.toStdString()));
        QVERIFY(!list.ok());
        QCOMPARE(awsErrorOf(list.status()).name, std::string("ValidationException"));
        QVERIFY2(QString::fromStdString(awsErrorOf(list.status()).message).contains(said),
                 awsErrorOf(list.status()).message.c_str());
        QVERIFY(!std::filesystem::exists(path("prices")));
    }

    void theShippedTableStays()
    {
        QVERIFY(!remove("us-east-1").ok());
        QVERIFY(!remove("../us-east-1").ok());
        QVERIFY(!use("nowhere").ok());
    }

    void aFileThatCannotBeWrittenChangesNothing()
    {
        std::ofstream(path("prices")) << "a file where the folder should be";
        const auto list = put(tableOf("us-east-1", "0.5"));
        QVERIFY(!list.ok());
        QCOMPARE(perRequestAt(m_clock.now), std::string("0.0000002"));
    }

    // The bill of a month in which prices changed: charged with the prices of the time, and worked
    // out again to the last digit.
    void theAuditAgreesAcrossAChange()
    {
        auto recorder = *observe::Recorder::open(m_io, m_clock, path());
        auto ledger = *Ledger::open(path("observe.db"), m_clock, m_book->times());
        m_book->onChange([&ledger](const PriceTimes& times) { ledger->setPrices(times); });
        recorder->setCompanion([&ledger] { return ledger->takeWork(); });
        int calls = 0;
        const auto call = [&](std::int64_t startedAt) {
            invoke::InvocationRecord r;
            r.requestId = std::to_string(++calls);
            r.functionName = "f";
            r.version = "1";
            r.architecture = "x86_64";
            r.memoryMb = 1024;
            r.tmpMb = 512;
            r.acceptedAtMicros = r.startedAtMicros = startedAt;
            r.durationMicros = 100'000;
            r.billedMs = 100;
            r.costUsd = ledger->charge(r);
            const pricing::Money cost = r.costUsd;
            recorder->finished(std::move(r));
            return cost;
        };
        const pricing::Money cheap = call(kNoon);
        m_clock.now = kNoon + kSecond;
        QVERIFY(put(tableOf("us-east-1", "0.5")).ok());
        QCOMPARE(call(kNoon + kSecond / 2).toString(), cheap.toString()); // had begun before
        const pricing::Money dear = call(kNoon + kSecond);
        QCOMPARE((dear - cheap).toString(), std::string("0.4999998"));
        const MonthBill bill = monthBill(ledger->month(monthOf(kNoon)), ledger->prices().table);
        QCOMPARE(bill.running.toString(), (cheap + cheap + dear).toString());
        QCOMPARE(bill.adjustment().toString(), std::string("-0.9999996"));

        std::optional<absl::StatusOr<Audit>> answer;
        recorder->query<Audit>(
            [times = ledger->times()](store::Database& database) {
                return audit(database, monthOf(kNoon), times);
            },
            [&](const absl::StatusOr<Audit>& a) { answer = a; });
        const auto audited = waitFor(answer);
        QVERIFY2(audited.ok(), audited.status().ToString().c_str());
        QCOMPARE(audited->records, 3);
        QVERIFY(audited->agrees());
        m_book.reset(); // before the ledger that it tells
    }
};

QTEST_GUILESS_MAIN(PriceBookTest)
#include "price_book_test.moc"
