// The running totals of bills: what they keep, what a month change and a restart do, how they are
// shared out, where a month is heading, and budgets.
#include "backend/api/cost_messages.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/cost/audit.h"
#include "backend/cost/budgets.h"
#include "backend/cost/month.h"
#include "backend/cost/report.h"
#include "backend/cost/standing.h"
#include "backend/observe/recorder.h"
#include "tests/support/money.h"

#include <boost/asio/io_context.hpp>

#include <QtTest>

#include <chrono>
#include <optional>

using namespace gantry;
using namespace gantry::cost;
using pricing::Money;
using test::usd;

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
// 2026-11-25T12:00:00Z
constexpr std::int64_t kNoon = 1'795'608'000 * kSecond;

struct SetClock final : Clock {
    std::int64_t now = kNoon;
    std::int64_t unixMicros() const override { return now; }
};

struct Bench {
    Bench() { open(); }
    void open()
    {
        recorder.reset(); // writes what is left, from the ledger too
        ledger.reset();
        const std::filesystem::path path = directory.path().toStdString();
        recorder = *observe::Recorder::open(io, clock, path);
        auto prices = readPrices(GANTRY_SOURCE_DIR "/resources/prices/lambda-us-east-1.json");
        ledger = *Ledger::open(path / "observe.db", clock, *std::move(prices));
        recorder->setCompanion([this] { return ledger->takeWork(); });
    }
    Money call(const std::string& function, std::int64_t billedMs, const std::string& alias = {},
               const std::string& architecture = "x86_64")
    {
        invoke::InvocationRecord r;
        r.requestId = std::to_string(++calls);
        r.functionName = function;
        r.version = "1";
        r.alias = alias;
        r.architecture = architecture;
        r.memoryMb = 1024;
        r.tmpMb = 512;
        r.acceptedAtMicros = r.startedAtMicros = clock.now;
        r.durationMicros = billedMs * 1'000;
        r.billedMs = billedMs;
        r.costUsd = ledger->charge(r);
        const Money cost = r.costUsd;
        recorder->finished(std::move(r));
        return cost;
    }
    Audit auditOf(int month)
    {
        std::optional<absl::StatusOr<Audit>> answer;
        recorder->query<Audit>(
            [month, prices = ledger->prices()](store::Database& database) {
                return audit(database, month, prices);
            },
            [&](const absl::StatusOr<Audit>& a) { answer = a; });
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!answer && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(std::chrono::milliseconds(5));
        }
        if (!answer || !answer->ok())
            qFatal("no audit");
        return **answer;
    }
    int month() const { return monthOf(clock.now); }
    Money sum(int month) const { return monthBill(ledger->month(month), ledger->prices().table).running; }

    QTemporaryDir directory;
    boost::asio::io_context io;
    SetClock clock;
    std::unique_ptr<Ledger> ledger;
    std::unique_ptr<observe::Recorder> recorder;
    int calls = 0;
};

std::vector<Share> shares(const Bench& b, const GroupOf& group)
{
    const LedgerRows rows = b.ledger->month(b.month());
    return sharesOf(rows, rows, *b.ledger, group, {b.clock.now, b.month()});
}

std::string functionOf(const Subject& s)
{
    return s.function;
}

} // namespace

class CostLedgerTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void calendar_data();
    void calendar();
    void monthsInMessages();
    void totalsSurviveARestart();
    void aMonthBeginsAnew();
    void aCallBelongsToTheMonthInWhichItBegan();
    void tiersGoOnAfterARestart();
    void standingUsageIsCharged();
    void provisionedConcurrencyIsChargedInStepsOfFiveMinutes();
    void everyDimensionOfARecordIsRecomputed();
    void freeTierIsSharedToTheLastDigit();
    void perHourIsOfTheLastMinute();
    void tagsAreThoseOfTheTime();
    void forecast_data();
    void forecast();
    void wrongBudgets_data();
    void wrongBudgets();
    void budgetsAlarmAndArePersistent();
};

void CostLedgerTest::calendar_data()
{
    QTest::addColumn<QString>("date");
    for (const char* date : {"1970-01-01", "1999-12-31", "2000-02-29", "2024-02-29", "2026-11-30",
                             "2026-12-31", "2027-01-01", "2100-02-28"})
        QTest::newRow(date) << QString::fromLatin1(date);
}

void CostLedgerTest::calendar()
{
    QFETCH(QString, date);
    const QDate day = QDate::fromString(date, Qt::ISODate);
    const std::int64_t last =
        QDateTime(day, QTime(23, 59, 59, 999), Qt::UTC).toMSecsSinceEpoch() * 1'000 + 999;
    QCOMPARE(dayOf(last), int(QDate(1970, 1, 1).daysTo(day)));
    QCOMPARE(dayOf(last + 1), dayOf(last) + 1);
    const int month = (day.year() - 1970) * 12 + day.month() - 1;
    QCOMPARE(monthOf(last), month);
    QCOMPARE(firstDayOf(month), int(QDate(1970, 1, 1).daysTo(QDate(day.year(), day.month(), 1))));
    QCOMPARE(api::monthText(month), date.left(7).toStdString());
}

void CostLedgerTest::monthsInMessages()
{
    QCOMPARE(*api::parseMonth("2026-11", 0), (2026 - 1970) * 12 + 10);
    QCOMPARE(*api::parseMonth("", kNoon), monthOf(kNoon));
    for (const char* wrong : {"2026", "2026-00", "2026-13", "26-11", "2026-1", "2026-11-01", "x"})
        QVERIFY2(!api::parseMonth(wrong, 0).ok(), wrong);
}

void CostLedgerTest::totalsSurviveARestart()
{
    Bench b;
    Money sum;
    for (int i = 1; i <= 20; ++i)
        sum += b.call(i % 2 ? "odd" : "even", i * 7);
    QCOMPARE(b.sum(b.month()), sum);
    b.open();
    QCOMPARE(b.sum(b.month()), sum);
    sum += b.call("odd", 3);
    QCOMPARE(b.sum(b.month()), sum);
    const Audit audit = b.auditOf(b.month());
    QCOMPARE(audit.records, std::int64_t{21});
    QVERIFY(audit.complete());
    QVERIFY(audit.agrees());
    QCOMPARE(audit.running, sum);
}

void CostLedgerTest::aMonthBeginsAnew()
{
    Bench b;
    b.clock.now = kNoon + 5 * kDay; // 30 November, noon
    const int november = b.month();
    const Money last = b.call("f", 1'000);
    b.clock.now += kDay / 2 - 1; // its last microsecond
    QCOMPARE(b.month(), november);
    const Money later = b.call("f", 1'000);
    b.clock.now += 1;
    QCOMPARE(b.month(), november + 1);
    const Money first = b.call("f", 2'000);
    QCOMPARE(b.sum(november), last + later);
    QCOMPARE(b.sum(november + 1), first);
    b.open();
    QCOMPARE(b.sum(november), last + later);
    QCOMPARE(b.sum(november + 1), first);
    QVERIFY(b.auditOf(november).agrees());
    QVERIFY(b.auditOf(november + 1).agrees());
}

void CostLedgerTest::aCallBelongsToTheMonthInWhichItBegan()
{
    invoke::InvocationRecord r;
    r.acceptedAtMicros = 10;
    QCOMPARE(billedAt(r), std::int64_t{10}); // never got an environment
    r.startedAtMicros = 20;
    QCOMPARE(billedAt(r), std::int64_t{20});
}

void CostLedgerTest::tiersGoOnAfterARestart()
{
    Bench b;
    pricing::Usage most;
    most.arm.mbMillis = 7'500'000'000 * pricing::kMbMillisPerGbSecond; // the first tier of arm64
    b.ledger->add(b.clock.now, {"huge"}, most);
    b.open();
    QCOMPARE(b.call("f", 1'000, {}, "arm64"), usd("0.0000122001"));
    QCOMPARE(b.call("f", 1'000), usd("0.0000168667"));
    const MonthBill bill = monthBill(b.ledger->month(b.month()), b.ledger->prices().table);
    QCOMPARE(bill.adjustment(), Money());
}

void CostLedgerTest::standingUsageIsCharged()
{
    Bench b;
    pricing::Usage provisioned;
    provisioned.x86.provisionedMbMillis = 1'024 * 300'000; // 1 GB for five minutes
    b.ledger->add(b.clock.now, {"f", "1"}, provisioned);
    QCOMPARE(b.sum(b.month()), usd("0.00125001"));
    b.call("f", 10);
    const Audit audit = b.auditOf(b.month());
    QCOMPARE(audit.invocations, std::int64_t{1});
    QVERIFY(audit.agrees()); // only what has records is compared
    QVERIFY(audit.running < b.sum(b.month()));
}

void CostLedgerTest::provisionedConcurrencyIsChargedInStepsOfFiveMinutes()
{
    Bench b;
    std::vector<Provision> now;
    StandingMeter meter(b.io, *b.ledger, [&now] { return now; });
    const Money step = usd("0.00125001"); // 1 GB for 300 s
    const auto charged = [&b] { return b.sum(b.month()); };
    meter.tick();
    QCOMPARE(charged(), Money());
    now = {{"f", "live", false, 1'024, 2}};
    meter.tick();
    QCOMPARE(charged(), step * 2); // a started step counts whole
    b.clock.now += 299 * kSecond;
    meter.tick();
    QCOMPARE(charged(), step * 2);
    now.front().environments = 3; // one more, for a step of its own
    meter.tick();
    meter.tick();
    QCOMPARE(charged(), step * 3);
    b.clock.now += kSecond;
    meter.tick();
    QCOMPARE(charged(), step * 6);
    now.clear();
    b.clock.now += 600 * kSecond;
    meter.tick();
    QCOMPARE(charged(), step * 6);
    now = {{"f", "live", true, 1'024, 1}};
    meter.tick();
    QCOMPARE(charged(), step * 6 + usd("0.00100002"));
    QCOMPARE(shares(b, functionOf).front().usage.invocations, std::int64_t{0});
}

// What a price depends on is kept with the record, so that the audit finds the same sum.
void CostLedgerTest::everyDimensionOfARecordIsRecomputed()
{
    Bench b;
    const auto call = [&b](auto set) {
        invoke::InvocationRecord r;
        r.requestId = std::to_string(++b.calls);
        r.functionName = "f";
        r.version = "1";
        r.architecture = "arm64";
        r.memoryMb = 1'337;
        r.tmpMb = 512;
        r.startedAtMicros = b.clock.now;
        r.billedMs = 77;
        set(r);
        r.costUsd = b.ledger->charge(r);
        const Money cost = r.costUsd;
        b.recorder->finished(std::move(r));
        return cost;
    };
    using Record = invoke::InvocationRecord;
    const Money plain = call([](Record&) {});
    std::vector<Money> costs{
        call([](Record& r) { r.tmpMb = 3'000; }),
        call([](Record& r) { r.streamedBytes = 50'000'001; }),
        call([](Record& r) { r.tenantId = "acme"; r.coldStart = true; }),
        call([](Record& r) { r.provisioned = true; }),
        call([](Record& r) { r.architecture = "x86_64"; }),
    };
    for (const Money& cost : costs)
        QVERIFY(cost != plain);
    QCOMPARE(call([](Record& r) { r.tenantId = "acme"; }), plain); // its environment is there
    const Audit audit = b.auditOf(b.month());
    QCOMPARE(audit.records, std::int64_t{7});
    QVERIFY2(audit.agrees(), audit.recomputed.toString().c_str());
    v1::GetCostSharesRequest byTenant;
    byTenant.set_by("tenant");
    QCOMPARE(shares(b, api::groupOf(byTenant)).size(), std::size_t{2});
}

void CostLedgerTest::freeTierIsSharedToTheLastDigit()
{
    Bench b;
    for (int i = 0; i < 7; ++i)
        b.call("f" + std::to_string(i), 1 + 37 * i * i);
    pricing::Usage beyond; // of the free tier
    beyond.x86.mbMillis = 399'999 * pricing::kMbMillisPerGbSecond;
    beyond.requests = 999'998;
    b.ledger->add(b.clock.now, {"busy"}, beyond);
    const auto parts = shares(b, functionOf);
    const MonthBill bill = monthBill(b.ledger->month(b.month()), b.ledger->prices().table);
    Money free;
    Money listed;
    for (const Share& share : parts) {
        QVERIFY(share.free <= share.listed);
        free += share.free;
        listed += share.listed;
    }
    QCOMPARE(parts.front().name, std::string("busy"));
    QCOMPARE(free, bill.bill.free);
    QCOMPARE(listed, bill.running);
    QCOMPARE(bill.bill.free, usd("0.2") + usd("0.0000166667") * 400'000);
}

void CostLedgerTest::perHourIsOfTheLastMinute()
{
    Bench b;
    const Money one = b.call("f", 1'000, "live");
    QCOMPARE(shares(b, functionOf).front().perHour, one * 60);
    b.clock.now += 30 * kSecond;
    b.call("g", 1'000);
    QCOMPARE(shares(b, [](const Subject&) { return std::string(); }).front().perHour, one * 120);
    b.clock.now += 31 * kSecond;
    for (const Share& share : shares(b, functionOf))
        QCOMPARE(share.perHour, share.name == "g" ? one * 60 : Money());
}

void CostLedgerTest::tagsAreThoseOfTheTime()
{
    Bench b;
    b.ledger->setTags("f", {{"team", "blue \"quoted\""}});
    const Money blue = b.call("f", 10);
    b.ledger->setTags("f", {{"team", "red"}});
    b.call("f", 20);
    b.ledger->setTags("f", {});
    b.call("f", 30);
    b.open();
    v1::GetCostSharesRequest request;
    request.set_by("tag");
    request.set_tag_key("team");
    const auto parts = shares(b, api::groupOf(request));
    QCOMPARE(parts.size(), std::size_t{3});
    QCOMPARE(parts.front().name, std::string());
    QCOMPARE(parts.back().name, std::string("blue \"quoted\""));
    QCOMPARE(parts.back().listed, blue);
}

void CostLedgerTest::forecast_data()
{
    QTest::addColumn<QList<double>>("days"); // from the first one to today, which is half over
    QTest::addColumn<double>("expected");
    QTest::addColumn<double>("low");
    QTest::addColumn<double>("high");
    // Noon of the 25th: 5.5 days are left of November.
    QTest::newRow("nothing yet") << QList<double>{} << 0.0 << 0.0 << 0.0;
    QTest::newRow("only today") << QList<double>{1} << 12.0 << 1.0 << 23.0;
    QTest::newRow("steady") << QList<double>{2, 2, 2, 2, 1} << 20.0 << 20.0 << 20.0;
    // Full days 1 and 3: mean 2, deviation 1.1547; the rate is 8.5 in 4.5 days.
    const double rest = 9.0 / 4.5 * 5.5;
    const double spread = 1.96 * std::sqrt(4.0 / 3.0) * std::sqrt(5.5);
    QTest::newRow("up and down") << QList<double>{1, 3, 1, 3, 1} << 9 + rest << 9 + rest - spread
                                 << 9 + rest + spread;
}

void CostLedgerTest::forecast()
{
    QFETCH(QList<double>, days);
    QFETCH(double, expected);
    QFETCH(double, low);
    QFETCH(double, high);
    std::map<int, Money> spend;
    for (int i = 0; i < days.size(); ++i)
        spend[dayOf(kNoon) - int(days.size()) + 1 + i] = usd("1") * std::int64_t(days[i]);
    const Forecast f = forecastOf(spend, {kNoon, monthOf(kNoon)});
    const auto near = [](Money money, double dollars) {
        return std::abs(money.toDouble() - dollars) < 1e-6;
    };
    QVERIFY2(near(f.expected, expected), f.expected.toString().c_str());
    QVERIFY2(near(f.low, low), f.low.toString().c_str());
    QVERIFY2(near(f.high, high), f.high.toString().c_str());
    // When the month is over there is nothing to guess.
    const Forecast over = forecastOf(spend, {kNoon + 20 * kDay, monthOf(kNoon)});
    QCOMPARE(over.low, over.high);
}

void CostLedgerTest::wrongBudgets_data()
{
    QTest::addColumn<QByteArray>("limit");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<int>("scope");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<int>("percent");
    const auto row = [](const char* what, const char* limit, const char* name, int scope,
                        const char* value, int percent) {
        QTest::newRow(what) << QByteArray(limit) << QByteArray(name) << scope << QByteArray(value)
                            << percent;
    };
    row("no number", "ten", "b", 0, "", 100);
    row("no limit", "", "b", 0, "", 100);
    row("zero", "0", "b", 0, "", 100);
    row("below zero", "-1", "b", 0, "", 100);
    row("no name", "1", "", 0, "", 100);
    row("no function", "1", "b", 1, "", 100);
    row("a tag without a value", "1", "b", 2, "team", 100);
    row("a percentage out of range", "1", "b", 0, "", 1'001);
    row("a scope that there is not", "1", "b", 9, "x", 100);
}

void CostLedgerTest::wrongBudgets()
{
    QFETCH(QByteArray, limit);
    QFETCH(QByteArray, name);
    QFETCH(int, scope);
    QFETCH(QByteArray, value);
    QFETCH(int, percent);
    Bench b;
    auto budgets = *Budgets::open(b.io, b.directory.filePath("cost.db").toStdString(), *b.ledger);
    v1::Budget budget;
    budget.set_limit_usd(limit.toStdString());
    budget.set_name(name.toStdString());
    budget.set_scope(static_cast<v1::Budget::Scope>(scope));
    budget.set_value(value.toStdString());
    budget.set_alarm_percent(percent);
    std::optional<absl::StatusOr<v1::Budget>> answer;
    budgets->put(budget, [&](absl::StatusOr<v1::Budget> a) { answer = std::move(a); });
    QVERIFY(answer && !answer->ok());
    QCOMPARE(awsErrorOf(answer->status()).name, std::string("ValidationException"));
}

void CostLedgerTest::budgetsAlarmAndArePersistent()
{
    Bench b;
    const std::filesystem::path file = b.directory.filePath("cost.db").toStdString();
    auto budgets = *Budgets::open(b.io, file, *b.ledger);
    const auto put = [&](const char* name, v1::Budget::Scope scope, const char* value,
                         const char* limit, int percent) {
        v1::Budget budget;
        budget.set_name(name);
        budget.set_scope(scope);
        budget.set_value(value);
        budget.set_limit_usd(limit);
        budget.set_alarm_percent(percent);
        bool done = false;
        budgets->put(budget, [&](const absl::StatusOr<v1::Budget>& saved) { done = saved.ok(); });
        for (int i = 0; i < 2'000 && !done; ++i) {
            b.io.restart();
            b.io.run_for(std::chrono::milliseconds(5));
        }
        QVERIFY(done);
    };
    const auto state = [&](const char* name) { return budgets->all().at(name).state(); };
    b.ledger->setTags("f", {{"team", "blue"}});
    put("account", v1::Budget::ACCOUNT, "", "0.0000337334", 100); // two calls of a second exactly
    put("early", v1::Budget::ACCOUNT, "", "0.0000337334", 50);
    put("f", v1::Budget::FUNCTION, "f", "1", 100);
    put("blue", v1::Budget::TAG, "team=blue", "0.00001", 100);
    QCOMPARE(state("early"), v1::Budget::OK);
    int changes = 0;
    budgets->onChange([&] { ++changes; });
    b.call("f", 1'000);
    budgets->evaluate();
    QCOMPARE(changes, 1);
    QCOMPARE(state("early"), v1::Budget::ALARM); // at half of it, to the last digit
    QCOMPARE(state("account"), v1::Budget::OK);
    QCOMPARE(state("blue"), v1::Budget::ALARM);
    QCOMPARE(state("f"), v1::Budget::OK);
    b.call("g", 1'000);
    budgets->evaluate();
    QCOMPARE(state("account"), v1::Budget::ALARM);
    QCOMPARE(budgets->all().at("f").actual_usd(), std::string("0.0000168667"));
    const std::int64_t since = budgets->all().at("early").since_ms();
    budgets.reset();

    budgets = *Budgets::open(b.io, file, *b.ledger);
    QCOMPARE(budgets->all().size(), std::size_t{4});
    QCOMPARE(state("early"), v1::Budget::ALARM);
    QCOMPARE(budgets->all().at("early").since_ms(), since);
    // The next month begins well.
    b.clock.now += 10 * kDay;
    budgets->evaluate();
    QCOMPARE(state("early"), v1::Budget::OK);

    bool removed = false;
    budgets->remove("early", [&](const absl::Status& status) { removed = status.ok(); });
    for (int i = 0; i < 2'000 && !removed; ++i) {
        b.io.restart();
        b.io.run_for(std::chrono::milliseconds(5));
    }
    QVERIFY(!budgets->all().contains("early"));
    absl::Status missing;
    budgets->remove("early", [&](const absl::Status& status) { missing = status; });
    QCOMPARE(awsErrorOf(missing).name, std::string("ResourceNotFoundException"));
}

QTEST_GUILESS_MAIN(CostLedgerTest)
#include "cost_ledger_test.moc"
