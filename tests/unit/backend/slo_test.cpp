// Service level objectives: budgets and burn rates against numbers worked out by hand, and objectives over
// metrics that a recorder keeps.
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/observe/cloudwatch/metric_reader.h"
#include "backend/observe/recorder.h"
#include "backend/observe/slo/budget.h"
#include "backend/observe/slo/objectives.h"

#include <absl/time/time.h>
#include <boost/asio/io_context.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <chrono>
#include <optional>

using namespace gantry;
using namespace gantry::observe;
using namespace gantry::observe::slo;
namespace cw = gantry::observe::cloudwatch;
namespace pb = gantry::aws::applicationsignals;

namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kNow = 498'611 * kHour + 30 * kMinute; // on a minute

std::int64_t ms(const char* time)
{
    absl::Time parsed;
    std::string error;
    if (!absl::ParseTime(absl::RFC3339_full, time, &parsed, &error))
        qFatal("%s", error.c_str());
    return absl::ToUnixMillis(parsed);
}

pb::Goal goalOf(double percent, const char* unit, int duration)
{
    pb::Goal goal;
    goal.set_attainment_goal(percent);
    goal.set_warning_threshold(50);
    auto& rolling = *goal.mutable_interval()->mutable_rolling_interval();
    rolling.set_duration_unit(unit);
    rolling.set_duration(duration);
    return goal;
}

class FixedClock final : public Clock {
public:
    std::int64_t unixMicros() const override { return now * 1'000; }
    std::int64_t now = kNow - 2 * kHour; // time goes on from there
};

struct Bench {
    Bench() { open(); }
    void open()
    {
        objectives.reset();
        data.reset();
        recorder.reset();
        auto opened = Recorder::open(io, clock, directory.path().toStdString());
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        recorder = *std::move(opened);
        data.emplace(
            [this](cw::Metric metric, cw::Grid grid, cw::StatisticsAnswer done) {
                if (Objectives::isBurnRate(metric))
                    return objectives->readBurnRate(metric, grid, std::move(done));
                cw::readMetric(*recorder, std::move(metric), grid, std::move(done));
            },
            clock);
        auto made = Objectives::open(io, directory.filePath("slo.db").toStdString(), *data, {},
                                     [](const std::string& name) { return name == "orders"; });
        if (!made.ok())
            qFatal("%s", made.status().ToString().c_str());
        objectives = *std::move(made);
    }
    template <class T> T wait(const std::optional<T>& answer)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!answer && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(std::chrono::milliseconds(1));
        }
        if (!answer)
            qFatal("no answer");
        return *answer;
    }
    template <class Response, class Request>
    absl::StatusOr<Response> call(void (Objectives::*what)(const Request&, Objectives::Done<Response>),
                                  const Request& request)
    {
        std::optional<absl::StatusOr<Response>> answer;
        (objectives.get()->*what)(request, [&](absl::StatusOr<Response> a) { answer = std::move(a); });
        return wait(answer);
    }
    void invoke(std::int64_t atMs, double durationMs, bool failed = false)
    {
        clock.now = atMs;
        invoke::InvocationRecord record;
        record.requestId = "r" + std::to_string(++ids);
        record.functionName = "orders";
        record.version = "$LATEST";
        record.startedAtMicros = atMs * 1'000;
        record.durationMicros = static_cast<std::int64_t>(durationMs * 1'000);
        record.errorType = failed ? "Error" : "";
        recorder->metrics().advance(atMs);
        recorder->finished(std::move(record));
    }
    v1::ObjectiveHealth health()
    {
        const auto response = call(&Objectives::health, v1::GetObjectiveHealthRequest());
        if (!response.ok() || response->objectives_size() != 1)
            qFatal("no health");
        return response->objectives(0);
    }

    QTemporaryDir directory;
    boost::asio::io_context io;
    FixedClock clock;
    std::unique_ptr<Recorder> recorder;
    std::optional<cw::MetricData> data;
    std::unique_ptr<Objectives> objectives;
    int ids = 0;
};

pb::CreateServiceLevelObjectiveInput requestBased(const char* type)
{
    pb::CreateServiceLevelObjectiveInput request;
    request.set_name("orders " + std::string(type));
    auto& config = *request.mutable_request_based_sli_config();
    auto& metric = *config.mutable_request_based_sli_metric_config();
    *metric.mutable_key_attributes() = keyAttributesOf("orders");
    metric.set_metric_type(type);
    if (std::string_view(type) == "LATENCY") {
        config.set_metric_threshold(100);
        config.set_comparison_operator("LessThanOrEqualTo");
    }
    *request.mutable_goal() = goalOf(90, "HOUR", 1);
    request.add_burn_rate_configurations()->set_look_back_window_minutes(10);
    return request;
}

} // namespace

class SloTest : public QObject {
    Q_OBJECT
private slots:
    void budgetOfRequests()
    {
        const pb::Goal goal = goalOf(99, "DAY", 7);
        const Interval interval = intervalAt(goal, kNow);
        // 1,000 requests may have 10 that are bad.
        Budget budget = budgetOf(goal, {996, 4}, interval, 0);
        QCOMPARE(budget.total, 10.0);
        QCOMPARE(budget.remaining, 6.0);
        QCOMPARE(*budget.attainment, 99.6);
        QVERIFY(budget.status == Status::Ok);
        budget = budgetOf(goal, {994, 6}, interval, 0);
        QVERIFY(budget.status == Status::Warning); // 40 % left, less than half
        budget = budgetOf(goal, {990, 10}, interval, 0);
        QVERIFY(budget.status == Status::Warning); // used up, not overdrawn: the goal is met
        budget = budgetOf(goal, {989, 11}, interval, 0);
        QVERIFY(budget.status == Status::Breached);
        QCOMPARE(budget.remaining, -1.0);
        budget = budgetOf(goal, {}, interval, 0);
        QVERIFY(budget.status == Status::InsufficientData);
        QVERIFY(!budget.attainment);
    }

    void budgetOfPeriods()
    {
        // 99.95 % of 30 days: 21.6 minutes, as in AWS's own example.
        pb::Goal goal = goalOf(99.95, "DAY", 30);
        const Interval interval = intervalAt(goal, kNow);
        const Budget budget = budgetOf(goal, {1'000, 10}, interval, kMinute);
        QVERIFY(std::abs(budget.total - 1'296) < 1e-6);
        QVERIFY(std::abs(budget.remaining - 696) < 1e-6);
        // Periods without a value are good: 10 of 43,200 are bad.
        QVERIFY(std::abs(*budget.attainment - (1 - 10.0 / 43'200) * 100) < 1e-9);
        QVERIFY(budget.status == Status::Ok);
    }

    void burnRates()
    {
        const pb::Goal goal = goalOf(99, "DAY", 7);
        QCOMPARE(*burnRate(goal, {99, 1}, kHour, 0), 1.0);
        QCOMPARE(*burnRate(goal, {50, 50}, kHour, 0), 50.0);
        QCOMPARE(*burnRate(goal, {100, 0}, kHour, 0), 0.0);
        QVERIFY(!burnRate(goal, {}, kHour, 0));
        // 6 of the 60 minutes of an hour are bad: 10 % of them, ten times what is allowed.
        QVERIFY(std::abs(*burnRate(goal, {20, 6}, kHour, kMinute) - 10) < 1e-9);
    }

    void intervals()
    {
        const std::int64_t now = ms("2026-03-31T12:00:00Z");
        QCOMPARE(intervalAt(goalOf(99, "MONTH", 1), now).fromMs, ms("2026-02-28T12:00:00Z"));
        QCOMPARE(intervalAt(goalOf(99, "DAY", 7), now).fromMs, ms("2026-03-24T12:00:00Z"));
        pb::Goal goal;
        auto& calendar = *goal.mutable_interval()->mutable_calendar_interval();
        calendar.mutable_start_time()->set_seconds(ms("2026-01-31T00:00:00Z") / 1'000);
        calendar.set_duration_unit("MONTH");
        calendar.set_duration(1);
        Interval interval = intervalAt(goal, ms("2026-03-01T00:00:00Z"));
        QCOMPARE(interval.fromMs, ms("2026-02-28T00:00:00Z")); // the month has no 31st
        QCOMPARE(interval.endMs, ms("2026-03-31T00:00:00Z"));
        calendar.set_duration_unit("DAY");
        calendar.set_duration(7);
        interval = intervalAt(goal, ms("2026-02-14T00:00:00Z"));
        QCOMPARE(interval.fromMs, ms("2026-02-14T00:00:00Z"));
        QCOMPARE(interval.toMs, interval.fromMs);
        QCOMPARE(interval.endMs, ms("2026-02-21T00:00:00Z"));
    }

    void sumsOnlyTheInterval()
    {
        const std::vector<Bin> bins = {{10, 1, 0}, {20, 2, 1}, {30, 4, 1}};
        const Tally tally = tallyOf(bins, 20, 30);
        QCOMPARE(tally.good, 2.0);
        QCOMPARE(tally.bad, 1.0);
    }

    void countsWhatWasInvoked()
    {
        Bench bench;
        QVERIFY(bench.call(&Objectives::create, requestBased("AVAILABILITY")).ok());
        for (int i = 0; i < 18; ++i)
            bench.invoke(kNow - 20 * kMinute + i * 1'000, 10);
        bench.invoke(kNow - 5 * kMinute, 10, true);
        bench.invoke(kNow - 5 * kMinute + 100, 10);
        bench.clock.now = kNow;
        const v1::ObjectiveHealth health = bench.health();
        QCOMPARE(health.good(), 19.0);
        QCOMPARE(health.bad(), 1.0);
        QCOMPARE(health.report().attainment(), 95.0);
        QCOMPARE(health.report().total_budget_requests(), 2);
        QCOMPARE(health.report().budget_requests_remaining(), 1);
        QCOMPARE(health.report().budget_status(), std::string("OK"));
        QCOMPARE(health.function_name(), std::string("orders"));
        // The last ten minutes had two, of which one failed: five times what is allowed.
        for (const v1::ObjectiveBurnRate& rate : health.burn_rates()) {
            if (rate.window_minutes() == 10) {
                QVERIFY(rate.configured());
                QCOMPARE(rate.rate(), 5.0);
            }
        }
        QCOMPARE(health.history_size(), 60);
        QCOMPARE(health.history(59).remaining_percent(), 50.0);
        QCOMPARE(health.history(0).remaining_percent(), 100.0);
    }

    void countsWhatComesLater()
    {
        Bench bench;
        QVERIFY(bench.call(&Objectives::create, requestBased("AVAILABILITY")).ok());
        bench.invoke(kNow - 30 * kMinute, 10);
        bench.clock.now = kNow;
        QCOMPARE(bench.health().good(), 1.0);
        bench.invoke(kNow + 1'000, 10);
        QCOMPARE(bench.health().good(), 2.0);
        bench.invoke(kNow + 40 * kMinute, 10, true); // the first has left the hour
        bench.clock.now += 1'000;
        const v1::ObjectiveHealth health = bench.health();
        QCOMPARE(health.good(), 1.0);
        QCOMPARE(health.bad(), 1.0);
    }

    void countsSlowOnes()
    {
        Bench bench;
        QVERIFY(bench.call(&Objectives::create, requestBased("LATENCY")).ok());
        for (int i = 0; i < 9; ++i)
            bench.invoke(kNow - 10 * kMinute + i, 90);
        bench.invoke(kNow - 10 * kMinute + 20, 150);
        bench.clock.now = kNow;
        const v1::ObjectiveHealth health = bench.health();
        QCOMPARE(health.good(), 9.0);
        QCOMPARE(health.bad(), 1.0);
        QCOMPARE(health.report().attainment(), 90.0);
    }

    void judgesPeriods()
    {
        Bench bench;
        pb::CreateServiceLevelObjectiveInput request;
        request.set_name("slow minutes");
        auto& config = *request.mutable_sli_config();
        *config.mutable_sli_metric_config()->mutable_key_attributes() = keyAttributesOf("orders");
        config.mutable_sli_metric_config()->set_metric_type("LATENCY");
        config.mutable_sli_metric_config()->set_statistic("Average");
        config.mutable_sli_metric_config()->set_period_seconds(60);
        config.set_metric_threshold(100);
        config.set_comparison_operator("LessThanOrEqualTo");
        *request.mutable_goal() = goalOf(95, "HOUR", 1);
        QVERIFY(bench.call(&Objectives::create, request).ok());
        bench.invoke(kNow - 30 * kMinute, 90);
        bench.invoke(kNow - 20 * kMinute, 90);
        bench.invoke(kNow - 20 * kMinute + 10, 190); // 140 on average
        bench.clock.now = kNow;
        const v1::ObjectiveHealth health = bench.health();
        QCOMPARE(health.good(), 1.0);
        QCOMPARE(health.bad(), 1.0);
        QCOMPARE(health.report().total_budget_seconds(), 180); // 5 % of an hour
        QCOMPARE(health.report().budget_seconds_remaining(), 120);
        QVERIFY(std::abs(health.report().attainment() - (1 - 1 / 60.0) * 100) < 1e-9);
    }

    void isAMetricForAlarms()
    {
        Bench bench;
        QVERIFY(bench.call(&Objectives::create, requestBased("AVAILABILITY")).ok());
        bench.invoke(kNow - 5 * kMinute, 10, true);
        bench.invoke(kNow - 5 * kMinute + 10, 10);
        bench.clock.now = kNow;
        const auto metrics = bench.objectives->burnRates();
        QCOMPARE(metrics.size(), std::size_t(1));
        std::optional<absl::StatusOr<std::vector<cw::Statistics>>> read;
        bench.objectives->readBurnRate(metrics[0], {kNow - 10 * kMinute, kMinute, 10},
                                       [&](auto answer) { read = std::move(answer); });
        const auto bins = bench.wait(read);
        QVERIFY(bins.ok());
        QVERIFY((*bins)[0].empty()); // nothing was measured up to there
        QCOMPARE((*bins)[9].maximum, 5.0);
        cw::Metric unknown = metrics[0];
        unknown.dimensions[0].second = "11"; // no window of the objective
        read.reset();
        bench.objectives->readBurnRate(unknown, {kNow - 10 * kMinute, kMinute, 10},
                                       [&](auto answer) { read = std::move(answer); });
        QVERIFY((*bench.wait(read))[9].empty());
    }

    void survivesARestart()
    {
        Bench bench;
        QVERIFY(bench.call(&Objectives::create, requestBased("AVAILABILITY")).ok());
        bench.invoke(kNow - 5 * kMinute, 10, true);
        bench.clock.now = kNow;
        const std::string before = bench.health().report().DebugString();
        bench.open();
        QCOMPARE(bench.health().report().DebugString(), before);
    }

    void refusesWhatItCannotDo()
    {
        Bench bench;
        const auto refused = [&](auto change) {
            auto request = requestBased("AVAILABILITY");
            change(request);
            const auto answer = bench.call(&Objectives::create, request);
            return !answer.ok() && awsErrorOf(answer.status()).name == "ValidationException";
        };
        QVERIFY(refused([](auto& r) { r.mutable_goal()->set_attainment_goal(100); }));
        QVERIFY(refused([](auto& r) { r.clear_request_based_sli_config(); }));
        QVERIFY(refused([](auto& r) {
            auto& keys = *r.mutable_request_based_sli_config()
                              ->mutable_request_based_sli_metric_config()
                              ->mutable_key_attributes();
            keys["Name"] = "nobody";
        }));
        QVERIFY(refused([](auto& r) {
            r.mutable_goal()->mutable_interval()->mutable_rolling_interval()->set_duration(400);
            r.mutable_goal()->mutable_interval()->mutable_rolling_interval()->set_duration_unit("DAY");
        }));
        QVERIFY(refused([](auto& r) { r.add_burn_rate_configurations()->set_look_back_window_minutes(10); }));
        QVERIFY(bench.call(&Objectives::create, requestBased("AVAILABILITY")).ok());
        const auto again = bench.call(&Objectives::create, requestBased("AVAILABILITY"));
        QCOMPARE(awsErrorOf(again.status()).name, std::string("ConflictException"));
        pb::UpdateServiceLevelObjectiveInput update;
        update.set_id("orders AVAILABILITY");
        update.mutable_sli_config()->set_metric_threshold(1);
        QVERIFY(!bench.call(&Objectives::update, update).ok()); // stays based on requests
    }

    void changesAndForgets()
    {
        Bench bench;
        QVERIFY(bench.call(&Objectives::create, requestBased("AVAILABILITY")).ok());
        pb::UpdateServiceLevelObjectiveInput update;
        update.set_id("arn:aws:application-signals:us-east-1:000000000000:slo/orders AVAILABILITY");
        *update.mutable_goal() = goalOf(99.9, "DAY", 1);
        const auto updated = bench.call(&Objectives::update, update);
        QVERIFY(updated.ok());
        QCOMPARE(updated->slo().goal().attainment_goal(), 99.9);
        QCOMPARE(updated->slo().burn_rate_configurations_size(), 1);
        pb::DeleteServiceLevelObjectiveInput gone;
        gone.set_id("orders AVAILABILITY");
        QVERIFY(bench.call(&Objectives::remove, gone).ok());
        QCOMPARE(awsErrorOf(bench.call(&Objectives::remove, gone).status()).name,
                 std::string("ResourceNotFoundException"));
    }

    void countsValuesInARange()
    {
        cw::Statistics values;
        for (int i = 1; i <= 10; ++i)
            values.add(i * 100, 10);
        QCOMPARE(*cw::Statistic::parse("TC(:550)")->of(values), 50.0);
        QCOMPARE(*cw::Statistic::parse("TC(550:)")->of(values), 50.0);
        QCOMPARE(*cw::Statistic::parse("PR(150:350)")->of(values), 20.0);
        values.add(0, 100);
        QCOMPARE(*cw::Statistic::parse("TC(:550)")->of(values), 150.0);
        values.addSet(5, 50, 1, 20); // not known one by one
        QVERIFY(!cw::Statistic::parse("TC(:550)")->of(values));
        for (const char* wrong : {"TC(:)", "TC(5:4)", "TC(a:)", "TM(1:2)", "TC(1:2"})
            QVERIFY(!cw::Statistic::parse(wrong).ok());
    }
};

QTEST_GUILESS_MAIN(SloTest)
#include "slo_test.moc"
