// Rules of what the platform finds by itself: that each fires on what it is for, and on nothing less; and
// what is kept of a finding.
#include "backend/base/clock.h"
#include "backend/observe/findings/findings.h"
#include "backend/observe/findings/rules.h"
#include "backend/observe/recorder.h"

#include <boost/asio/io_context.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <chrono>
#include <optional>
#include <set>

using namespace gantry;
using namespace gantry::observe;
using namespace gantry::observe::findings;

namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kMb = 1 << 20;
constexpr std::int64_t kNow = 498'611 * kHour + 30 * kMinute; // half past an hour

FunctionFacts quiet()
{
    FunctionFacts facts;
    facts.name = "orders";
    facts.memoryMb = 512;
    facts.concurrencyLimit = 100;
    return facts;
}

RecordHour hourOf(std::int64_t hoursAgo, std::int64_t invocations)
{
    RecordHour hour;
    hour.startMs = kNow - kNow % kHour - hoursAgo * kHour;
    hour.invocations = hour.withMemory = invocations;
    return hour;
}

Slice minuteOf(std::int64_t minutesAgo, std::int64_t invocations)
{
    Slice slice;
    slice.startMs = kNow - minutesAgo * kMinute;
    slice.invocations = invocations;
    return slice;
}

double numberIn(const v1::HealthFinding& finding, const std::string& name)
{
    for (const v1::FindingNumber& number : finding.evidence().numbers()) {
        if (number.name() == name)
            return number.value();
    }
    return -1;
}

class FixedClock final : public Clock {
public:
    std::int64_t unixMicros() const override { return now * 1'000; }
    std::int64_t now = kNow;
};

struct Bench {
    Bench() { open(); }
    void open()
    {
        findings.reset();
        recorder.reset();
        auto opened = Recorder::open(io, clock, directory.path().toStdString());
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        recorder = *std::move(opened);
        auto made = Findings::open(io, directory.filePath("findings.db").toStdString(), *recorder,
                                   [this] { return there; });
        if (!made.ok())
            qFatal("%s", made.status().ToString().c_str());
        findings = *std::move(made);
    }
    template <class Response, class Request>
    absl::StatusOr<Response> call(void (Findings::*what)(const Request&, Findings::Done<Response>),
                                  const Request& request)
    {
        std::optional<absl::StatusOr<Response>> answer;
        (findings.get()->*what)(request, [&](absl::StatusOr<Response> a) { answer = std::move(a); });
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!answer && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(std::chrono::milliseconds(1));
        }
        if (!answer)
            qFatal("no answer");
        return *answer;
    }
    v1::ListHealthFindingsResponse look()
    {
        v1::ListHealthFindingsRequest request;
        request.set_evaluate(true);
        return *call(&Findings::list, request);
    }
    void invoke(std::int64_t memoryUsed, const std::string& error = {})
    {
        invoke::InvocationRecord record;
        record.requestId = "r" + std::to_string(++ids);
        record.functionName = "orders";
        record.version = "$LATEST";
        record.memoryMb = 512;
        record.startedAtMicros = clock.now * 1'000;
        record.durationMicros = 1'000;
        record.memoryUsedBytes = memoryUsed;
        record.errorType = error;
        recorder->finished(std::move(record));
    }

    QTemporaryDir directory;
    boost::asio::io_context io;
    FixedClock clock;
    Surroundings there;
    std::unique_ptr<Recorder> recorder;
    std::unique_ptr<Findings> findings;
    int ids = 0;
};

} // namespace

class FindingsTest : public QObject {
    Q_OBJECT
private slots:
    void aQuietFunctionHasNone() { QVERIFY(evaluate(quiet(), kNow).empty()); }

    void everyRuleSaysWhatItWatches()
    {
        std::set<std::string> ids;
        for (const v1::FindingRule& rule : rules()) {
            ids.insert(rule.id());
            QVERIFY(!rule.title().empty() && !rule.threshold().empty());
        }
        QCOMPARE(ids.size(), std::size_t(9));
    }

    void memoryNearItsLimit()
    {
        FunctionFacts facts = quiet();
        facts.records = {hourOf(3, 60), hourOf(1, 40)};
        facts.records[1].nearLimit = 4; // of 100
        facts.records[1].memoryMaxBytes = 480 * kMb;
        QVERIFY(!nearLimitMemory(facts, kNow));
        facts.records[1].nearLimit = 5;
        const Found found = nearLimitMemory(facts, kNow);
        QVERIFY(found);
        QCOMPARE(found->severity(), v1::FINDING_SEVERITY_MEDIUM);
        QCOMPARE(numberIn(*found, "Most memory used"), double(480 * kMb));
        QCOMPARE(found->evidence().series().threshold(), double(512 * kMb));
        QCOMPARE(found->actions(0), int(v1::FINDING_ACTION_CONFIGURATION));
    }

    void fewCallsNearTheLimitSayNothing()
    {
        FunctionFacts facts = quiet();
        facts.records = {hourOf(1, 19)};
        facts.records[0].nearLimit = 19;
        QVERIFY(!nearLimitMemory(facts, kNow));
        facts.records[0].outOfMemory = 1; // but one that was ended does
        QCOMPARE(nearLimitMemory(facts, kNow)->severity(), v1::FINDING_SEVERITY_HIGH);
    }

    void timeoutsThatGrow()
    {
        FunctionFacts facts = quiet();
        facts.records = {hourOf(10, 100), hourOf(0, 100)};
        facts.records[1].timeouts = 2;
        QVERIFY(!growingTimeouts(facts, kNow));
        facts.records[1].timeouts = 6;
        QVERIFY(growingTimeouts(facts, kNow));
        facts.records[0].timeouts = 3; // twice as many as before still grow
        const Found found = growingTimeouts(facts, kNow);
        QVERIFY(found);
        QCOMPARE(numberIn(*found, "Share lately"), 6.0);
        QCOMPARE(numberIn(*found, "Share in the day before"), 3.0);
        facts.records[0].timeouts = 4;
        QVERIFY(!growingTimeouts(facts, kNow));
    }

    void coldStarts()
    {
        FunctionFacts facts = quiet();
        facts.minutes = {minuteOf(20, 50), minuteOf(1, 50)};
        facts.minutes[0].coldStarts = 19;
        QVERIFY(!coldStartShare(facts, kNow));
        facts.minutes[1].coldStarts = 1;
        const Found found = coldStartShare(facts, kNow);
        QVERIFY(found);
        QCOMPARE(numberIn(*found, "Share"), 20.0);
        // The chart has each minute's.
        double sum = 0;
        for (const double value : found->evidence().series().values())
            sum += value;
        QCOMPARE(sum, 20.0);
        facts.minutes = {minuteOf(1, 19)};
        facts.minutes[0].coldStarts = 19;
        QVERIFY(!coldStartShare(facts, kNow));
    }

    void throttling()
    {
        FunctionFacts facts = quiet();
        facts.minutes = {minuteOf(2, 10)};
        facts.minutes[0].concurrency = 79;
        QVERIFY(!throttleRisk(facts, kNow));
        facts.minutes[0].concurrency = 80;
        QCOMPARE(throttleRisk(facts, kNow)->severity(), v1::FINDING_SEVERITY_MEDIUM);
        facts.minutes[0].throttles = 1;
        const Found found = throttleRisk(facts, kNow);
        QCOMPARE(found->severity(), v1::FINDING_SEVERITY_HIGH);
        QCOMPARE(found->actions(0), int(v1::FINDING_ACTION_CONCURRENCY));
        facts.concurrencyLimit = 0; // stopped on purpose
        QVERIFY(!throttleRisk(facts, kNow));
    }

    void concurrencyThatRunsAway()
    {
        FunctionFacts facts = quiet();
        for (int i = 50; i >= 10; --i) {
            facts.minutes.push_back(minuteOf(i, 5));
            facts.minutes.back().concurrency = 3;
        }
        facts.minutes.push_back(minuteOf(1, 200));
        facts.minutes.back().concurrency = 11;
        QVERIFY(!runawayConcurrency(facts, kNow));
        facts.minutes.back().concurrency = 12;
        const Found found = runawayConcurrency(facts, kNow);
        QVERIFY(found);
        QCOMPARE(numberIn(*found, "Growth"), 4.0);
        // Without an hour to compare with, a load is a load.
        facts.minutes.erase(facts.minutes.begin(), facts.minutes.end() - 1);
        QVERIFY(!runawayConcurrency(facts, kNow));
    }

    void loops()
    {
        FunctionFacts facts = quiet();
        facts.recursionsMs = {kNow - 25 * kHour};
        QVERIFY(!recursion(facts, kNow));
        facts.recursionsMs.push_back(kNow - 5 * kMinute);
        const Found found = recursion(facts, kNow);
        QVERIFY(found);
        QCOMPARE(numberIn(*found, "Events stopped"), 1.0);
        QCOMPARE(numberIn(*found, "Minutes since the last"), 5.0);
        QCOMPARE(found->actions(0), int(v1::FINDING_ACTION_QUEUE));
    }

    void retries()
    {
        FunctionFacts facts = quiet();
        facts.minutes = {minuteOf(10, 50)};
        facts.minutes[0].asyncReceived = 30;
        facts.minutes[0].asyncAttempts = 49;
        QVERIFY(!retryStorm(facts, kNow)); // 19 retries
        facts.minutes[0].asyncAttempts = 50;
        QVERIFY(retryStorm(facts, kNow)); // 20 of 50
        facts.minutes[0].asyncReceived = 100;
        facts.minutes[0].asyncAttempts = 150; // a third
        QVERIFY(!retryStorm(facts, kNow));
    }

    void costs()
    {
        FunctionFacts facts = quiet();
        for (int i = 20; i >= 3; i -= 5) {
            Slice hour = minuteOf(0, 10);
            hour.startMs = kNow - kNow % kHour - i * kHour;
            hour.costUsd = 0.002;
            facts.hours.push_back(hour);
        }
        facts.minutes = {minuteOf(5, 10)};
        facts.minutes[0].costUsd = 0.0059;
        QVERIFY(!costJump(facts, kNow));
        facts.minutes[0].costUsd = 0.006;
        const Found found = costJump(facts, kNow);
        QVERIFY(found);
        QCOMPARE(numberIn(*found, "Average hour with calls before"), 0.002);
        facts.hours.resize(2); // too little to compare with
        QVERIFY(!costJump(facts, kNow));
    }

    void memoryThatIsNotNeeded()
    {
        FunctionFacts facts = quiet();
        facts.records = {hourOf(2, 50)};
        facts.records[0].memoryMaxBytes = 205 * kMb; // 40.04 %
        QVERIFY(!oversizedMemory(facts, kNow));
        facts.records[0].memoryMaxBytes = 200 * kMb;
        const Found found = oversizedMemory(facts, kNow);
        QVERIFY(found);
        QCOMPARE(found->actions(0), int(v1::FINDING_ACTION_TUNING));
        facts.records[0].memoryMaxBytes = 0; // was not measured
        QVERIFY(!oversizedMemory(facts, kNow));
        facts = quiet();
        facts.memoryMb = 128;
        facts.records = {hourOf(2, 50)};
        facts.records[0].memoryMaxBytes = 20 * kMb;
        QVERIFY(!oversizedMemory(facts, kNow)); // there is no less
    }

    void findsInWhatWasRecorded()
    {
        Bench bench;
        bench.there["orders"].memoryMb = 512;
        bench.there["orders"].concurrencyLimit = 100;
        for (int i = 0; i < 49; ++i)
            bench.invoke(40 * kMb);
        QCOMPARE(bench.look().findings_size(), 0);
        bench.invoke(60 * kMb);
        const auto response = bench.look();
        QCOMPARE(response.findings_size(), 1);
        const v1::HealthFinding& finding = response.findings(0);
        QCOMPARE(finding.id(), std::string("oversized-memory:orders"));
        QCOMPARE(numberIn(finding, "Most memory used"), double(60 * kMb));
        QCOMPARE(numberIn(finding, "Invocations"), 50.0);
        QVERIFY(finding.active() && !finding.dismissed());
        QCOMPARE(response.evaluated_ms(), bench.clock.now);
    }

    void endsWhenItIsOver()
    {
        Bench bench;
        bench.there["orders"].memoryMb = 512;
        for (int i = 0; i < 50; ++i)
            bench.invoke(40 * kMb);
        QVERIFY(bench.look().findings(0).active());
        const std::int64_t seen = bench.clock.now;
        bench.there["orders"].memoryMb = 256; // changed, and not called since
        bench.clock.now += kMinute;
        const auto after = bench.look();
        QCOMPARE(after.findings_size(), 1);
        QVERIFY(!after.findings(0).active());
        QCOMPARE(after.findings(0).last_seen_ms(), seen);
        bench.there.clear(); // the function is gone, and what was found of it
        QCOMPARE(bench.look().findings_size(), 0);
    }

    void staysDismissedOverARestart()
    {
        Bench bench;
        bench.there["orders"].memoryMb = 512;
        for (int i = 0; i < 50; ++i)
            bench.invoke(40 * kMb);
        bench.look();
        v1::DismissHealthFindingRequest dismiss;
        dismiss.set_id("oversized-memory:orders");
        QVERIFY(bench.call(&Findings::dismiss, dismiss).ok());
        const std::int64_t first = bench.clock.now;
        bench.open();
        bench.clock.now += 10 * kMinute;
        const auto response = bench.look();
        QVERIFY(response.findings(0).dismissed());
        QCOMPARE(response.findings(0).first_seen_ms(), first);
        QCOMPARE(response.findings(0).last_seen_ms(), bench.clock.now);
        v1::RestoreHealthFindingRequest restore;
        restore.set_id("oversized-memory:orders");
        QVERIFY(!bench.call(&Findings::restore, restore)->dismissed());
        QVERIFY(!bench.look().findings(0).dismissed());
    }

    void comesBackAfterASnooze()
    {
        Bench bench;
        bench.there["orders"].memoryMb = 512;
        for (int i = 0; i < 50; ++i)
            bench.invoke(40 * kMb);
        bench.look();
        v1::DismissHealthFindingRequest snooze;
        snooze.set_id("oversized-memory:orders");
        snooze.set_snooze_until_ms(bench.clock.now);
        QVERIFY(!bench.call(&Findings::dismiss, snooze).ok()); // not a time to come
        snooze.set_snooze_until_ms(bench.clock.now + kHour);
        QVERIFY(bench.call(&Findings::dismiss, snooze).ok());
        QVERIFY(bench.look().findings(0).dismissed());
        bench.clock.now += kHour;
        QVERIFY(!bench.look().findings(0).dismissed());
        snooze.set_id("oversized-memory:nobody");
        snooze.set_snooze_until_ms(0);
        QVERIFY(!bench.call(&Findings::dismiss, snooze).ok());
    }
};

QTEST_GUILESS_MAIN(FindingsTest)
#include "findings_test.moc"
