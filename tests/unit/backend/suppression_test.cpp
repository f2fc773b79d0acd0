// Composite alarms whose actions another alarm holds back: the examples of CloudWatch's user guide, with a
// wait of 2 and an extension of 3 units, then alarms over restarts by a clock that stands still.
#include "aws/cloudwatch.pb.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/observe/alarms/alarms.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <QtTest>

#include <chrono>
#include <functional>
#include <map>
#include <optional>

using namespace gantry;
using namespace gantry::observe;
namespace al = gantry::observe::alarms;
namespace pb = gantry::aws::cloudwatch;

namespace {

constexpr std::int64_t kUnit = 1'000;

class FixedClock final : public Clock {
public:
    std::int64_t unixMicros() const override { return nowMs * 1'000; }
    std::int64_t nowMs = 1'795'000'020'000;
};

// A composite alarm "main" on "child", held back by "quiet"; states are set by hand.
struct Bench {
    Bench()
    {
        data.emplace([](const auto&, const cloudwatch::Grid& grid, const auto& done) {
            done(std::vector<cloudwatch::Statistics>(grid.bins));
        }, clock);
        open();
    }
    void open()
    {
        alarms.reset();
        auto opened = al::Alarms::open(
            io, directory.filePath("alarms.db").toStdString(), *data, {"000000000000", "us-east-1"},
            [this](const std::string& action, const record::StoredAlarm&, const std::string& event,
                   const auto& done) {
                if (action != "https://example.com/main")
                    return done(absl::OkStatus());
                actions.append(QString::number((clock.nowMs - start) / kUnit) + ":" +
                               QString::fromStdString(std::string(boost::json::parse(event)
                                   .at("alarmData").at("state").at("value").as_string())));
                events.push_back(event);
                done(absl::OkStatus());
            });
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        alarms = *std::move(opened);
    }
    absl::Status wait(const std::function<void(al::Alarms::Done)>& call)
    {
        std::optional<absl::Status> answer;
        call([&answer](const absl::Status& status) { answer = status; });
        for (int i = 0; !answer && i < 2'000; ++i) {
            io.restart();
            io.run_for(std::chrono::milliseconds(5));
        }
        if (!answer)
            qFatal("no answer");
        return *answer;
    }
    void settle()
    {
        for (int i = 0; i < 4; ++i)
            (void)wait([&](const auto& done) {
                alarms->history({}, [done](const auto& found) { done(found.status()); });
            });
    }
    void child(const std::string& name)
    {
        pb::PutMetricAlarmInput request;
        request.set_alarm_name(name);
        request.set_namespace_("test");
        request.set_metric_name("nothing");
        request.set_statistic("Sum");
        request.set_period(86'400);
        request.set_evaluation_periods(1);
        request.set_threshold(1);
        request.set_comparison_operator("GreaterThanThreshold");
        request.set_treat_missing_data("ignore"); // what is set by hand stays
        QVERIFY(wait([&](auto done) { alarms->put(request, done); }).ok());
    }
    pb::PutCompositeAlarmInput mainAlarm() const
    {
        pb::PutCompositeAlarmInput request;
        request.set_alarm_name("main");
        request.set_alarm_rule("ALARM(child)");
        request.add_alarm_actions("https://example.com/main");
        request.add_ok_actions("https://example.com/main");
        request.set_actions_suppressor("arn:aws:cloudwatch:us-east-1:000000000000:alarm:quiet");
        request.set_actions_suppressor_wait_period(2);
        request.set_actions_suppressor_extension_period(3);
        return request;
    }
    absl::Status put(const pb::PutCompositeAlarmInput& request)
    {
        return wait([&](auto done) { alarms->put(request, done); });
    }
    // Alarms that have been OK for long; the time is 0 then.
    void prepare()
    {
        child("child");
        child("quiet");
        set("child", "OK");
        set("quiet", "OK");
        QVERIFY(put(mainAlarm()).ok());
        at(10);
        start = clock.nowMs;
        actions.clear();
    }
    void set(const std::string& name, const std::string& state)
    {
        pb::SetAlarmStateInput request;
        request.set_alarm_name(name);
        request.set_state_value(state);
        request.set_state_reason("by hand");
        QVERIFY(wait([&](auto done) { alarms->setState(request, done); }).ok());
        settle();
    }
    // Lets the time pass up to a unit, second by second, as the daemon's timer does.
    void at(std::int64_t unit)
    {
        for (; clock.nowMs < start + unit * kUnit; clock.nowMs += kUnit) {
            alarms->evaluateDue();
            settle();
        }
        alarms->evaluateDue();
        settle();
    }
    std::string suppressedBy() const { return alarms->find("main")->composite().actions_suppressed_by(); }

    QTemporaryDir directory;
    boost::asio::io_context io;
    FixedClock clock;
    std::int64_t start = clock.nowMs;
    QStringList actions; // "time:state" of the composite alarm's
    std::vector<std::string> events;
    std::optional<cloudwatch::MetricData> data;
    std::unique_ptr<al::Alarms> alarms;
};

} // namespace

class SuppressionTest final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void examples_data();
    void examples();
    void noPeriods();
    void survivesRestart();
    void aSuppressorThatIsReplacedOrGone();
    void refuses();
};

// "time name state" of what changes, in order; the actions that follow.
void SuppressionTest::examples_data()
{
    QTest::addColumn<QStringList>("changes");
    QTest::addColumn<QStringList>("actions");
    QTest::newRow("1: not suppressed after the wait") << QStringList{"2 child ALARM"} << QStringList{"4:ALARM"};
    QTest::newRow("2: suppressed before the wait is over")
        << QStringList{"2 child ALARM", "3 quiet ALARM"} << QStringList{};
    QTest::newRow("3: a change during the wait begins another")
        << QStringList{"2 child ALARM", "3 child OK"} << QStringList{"5:OK"};
    QTest::newRow("4: the suppressor is in ALARM already")
        << QStringList{"1 quiet ALARM", "2 child ALARM"} << QStringList{};
    QTest::newRow("5: not suppressed after the extension")
        << QStringList{"2 child ALARM", "3 quiet ALARM", "6 quiet OK"} << QStringList{"9:ALARM"};
    QTest::newRow("6: a change during the extension begins a wait")
        << QStringList{"2 child ALARM", "3 quiet ALARM", "6 quiet OK", "7 child OK"} << QStringList{"9:OK"};
    QTest::newRow("the suppressor comes back during the extension")
        << QStringList{"2 child ALARM", "3 quiet ALARM", "6 quiet OK", "8 quiet ALARM"} << QStringList{};
    QTest::newRow("only ALARM suppresses")
        << QStringList{"1 quiet INSUFFICIENT_DATA", "2 child ALARM"} << QStringList{"4:ALARM"};
}

void SuppressionTest::examples()
{
    QFETCH(QStringList, changes);
    QFETCH(QStringList, actions);
    Bench b;
    b.prepare();
    for (const QString& change : changes) {
        const QStringList parts = change.split(' ');
        b.at(parts[0].toInt());
        b.set(parts[1].toStdString(), parts[2].toStdString());
    }
    b.at(15);
    QCOMPARE(b.actions, actions);
}

void SuppressionTest::noPeriods()
{
    Bench b;
    b.prepare();
    auto request = b.mainAlarm();
    request.set_actions_suppressor_wait_period(0);
    request.set_actions_suppressor_extension_period(0);
    QVERIFY(b.put(request).ok());
    b.at(1);
    b.set("child", "ALARM");
    QCOMPARE(b.actions, QStringList{"1:ALARM"});
    b.set("quiet", "ALARM");
    b.set("child", "OK");
    QCOMPARE(b.actions.size(), 1);
    b.at(2);
    b.set("quiet", "OK");
    QCOMPARE(b.actions, (QStringList{"1:ALARM", "2:OK"}));
}

void SuppressionTest::survivesRestart()
{
    Bench b;
    b.prepare();
    b.at(2);
    b.set("child", "ALARM");
    QCOMPARE(b.suppressedBy(), std::string("WaitPeriod"));
    QCOMPARE(b.alarms->find("main")->composite().actions_suppressed_reason(),
             std::string("Actions suppressed by WaitPeriod"));
    b.open();
    QCOMPARE(b.suppressedBy(), std::string("WaitPeriod"));
    QVERIFY(b.actions.isEmpty());
    b.at(4);
    QCOMPARE(b.actions, QStringList{"4:ALARM"});
    QCOMPARE(b.suppressedBy(), std::string());
    const auto event = boost::json::parse(b.events.back()).at("alarmData");
    QCOMPARE(std::string(event.at("previousState").at("actionsSuppressedBy").as_string()),
             std::string("WaitPeriod"));
    QCOMPARE(event.at("configuration").at("actionsSuppressorWaitPeriod").as_int64(), 2);
    b.set("quiet", "ALARM");
    b.open();
    b.alarms->start();
    QCOMPARE(b.suppressedBy(), std::string("Alarm"));
}

void SuppressionTest::aSuppressorThatIsReplacedOrGone()
{
    Bench b;
    b.prepare();
    b.set("quiet", "ALARM");
    QCOMPARE(b.suppressedBy(), std::string("Alarm"));
    auto other = b.mainAlarm();
    other.set_actions_suppressor("child");
    QVERIFY(b.put(other).ok());
    QCOMPARE(b.suppressedBy(), std::string()); // replaced: discarded
    QVERIFY(b.put(b.mainAlarm()).ok());
    QCOMPARE(b.suppressedBy(), std::string("Alarm")); // of one that is in ALARM: at once
    QVERIFY(b.wait([&](auto done) { b.alarms->remove({"quiet"}, done); }).ok());
    b.settle();
    QCOMPARE(b.suppressedBy(), std::string("ExtensionPeriod"));
}

void SuppressionTest::refuses()
{
    Bench b;
    b.prepare();
    const auto refused = [&](const std::function<void(pb::PutCompositeAlarmInput&)>& change) {
        auto request = b.mainAlarm();
        change(request);
        return awsErrorOf(b.put(request)).name;
    };
    const std::string expected = "ValidationException";
    QCOMPARE(refused([](auto& r) { r.set_actions_suppressor("nobody"); }), expected);
    QCOMPARE(refused([](auto& r) { r.set_actions_suppressor("main"); }), expected);
    QCOMPARE(refused([](auto& r) { r.clear_actions_suppressor(); }), expected);
    QCOMPARE(refused([](auto& r) { r.clear_actions_suppressor_wait_period(); }), expected);
    QCOMPARE(refused([](auto& r) { r.set_actions_suppressor_extension_period(-1); }), expected);
}

QTEST_GUILESS_MAIN(SuppressionTest)
#include "suppression_test.moc"
