// Alarms: how points become states by CloudWatch's published tables, the rules of composite alarms, and
// the life of alarms over restarts, all by a clock that stands still.
#include "aws/cloudwatch.pb.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/observe/alarms/alarms.h"
#include "backend/observe/cloudwatch/anomaly_model.h"

#include <QtTest>

#include <chrono>
#include <cmath>
#include <functional>
#include <limits>

using namespace gantry;
using namespace gantry::observe;
namespace al = gantry::observe::alarms;
namespace cw = gantry::observe::cloudwatch;
namespace pb = gantry::aws::cloudwatch;

namespace {

constexpr std::int64_t kStartMs = 1'795'000'020'000; // the start of a minute
constexpr std::int64_t kMinute = 60'000;
const double kNone = std::numeric_limits<double>::quiet_NaN();

class FixedClock final : public Clock {
public:
    std::int64_t unixMicros() const override { return nowMs * 1'000; }
    std::int64_t nowMs = kStartMs;
};

struct Action {
    std::string action;
    std::string event;
};

// Alarms over metrics that a test makes up: the values of each minute.
struct Bench {
    Bench() { open(); }
    void open()
    {
        alarms.reset();
        data.emplace(
            [this](const cw::Metric& metric, const cw::Grid& grid, const auto& done) {
                ++reads;
                std::vector<cw::Statistics> bins(grid.bins);
                for (const auto& [time, value] : values[metric.name]) {
                    const std::size_t bin = grid.binOf(time);
                    if (bin < bins.size())
                        bins[bin].add(value);
                }
                done(std::move(bins));
            },
            clock);
        auto opened = al::Alarms::open(
            io, directory.filePath("alarms.db").toStdString(), *data, {"000000000000", "us-east-1"},
            [this](const std::string& action, const record::StoredAlarm&, std::string event,
                   const auto& done) {
                actions.push_back({action, std::move(event)});
                done(outcome);
            });
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        alarms = *std::move(opened);
    }
    void run()
    {
        io.restart();
        io.run_for(std::chrono::milliseconds(30));
    }
    // Waits for an answer of the store.
    absl::Status wait(const std::function<void(al::Alarms::Done)>& call)
    {
        std::optional<absl::Status> answer;
        call([&answer](const absl::Status& status) { answer = status; });
        for (int i = 0; !answer && i < 1'000; ++i) {
            io.restart();
            io.run_for(std::chrono::milliseconds(5));
        }
        if (!answer)
            qFatal("no answer");
        return *answer;
    }
    template <class Request> absl::Status put(const Request& request)
    {
        return wait([&](auto done) { alarms->put(request, done); });
    }
    // A value in the minute that ends now.
    void value(const std::string& metric, double value)
    {
        values[metric].emplace_back(clock.nowMs - kMinute, value);
    }
    // Goes to the end of the next minute, in which the metric has this value.
    void minute(const std::string& metric, double value_)
    {
        clock.nowMs += kMinute;
        if (!std::isnan(value_))
            value(metric, value_);
        settle();
    }
    void settle()
    {
        alarms->evaluateDue();
        // What follows from a commit: its actions, and composite alarms.
        for (int i = 0; i < 4; ++i)
            (void)history();
    }
    std::string state(const std::string& name) const
    {
        const al::Stored found = alarms->find(name);
        return found ? al::stateOf(*found).value : std::string("none");
    }
    std::vector<al::HistoryItem> history(const std::string& name = {}, const std::string& type = {})
    {
        al::HistoryQuery query;
        query.alarm = name;
        query.type = type;
        query.oldestFirst = true;
        std::vector<al::HistoryItem> items;
        (void)wait([&](const auto& done) {
            alarms->history(query, [&items, done](auto found) {
                if (found.ok())
                    items = *std::move(found);
                done(found.status());
            });
        });
        return items;
    }
    static pb::PutMetricAlarmInput alarm(const std::string& name, int periods = 1, int toAlarm = 0)
    {
        pb::PutMetricAlarmInput request;
        request.set_alarm_name(name);
        request.set_namespace_("shop");
        request.set_metric_name("errors");
        request.set_statistic("Sum");
        request.set_period(60);
        request.set_evaluation_periods(periods);
        if (toAlarm > 0)
            request.set_datapoints_to_alarm(toAlarm);
        request.set_threshold(3);
        request.set_comparison_operator("GreaterThanThreshold");
        request.add_alarm_actions("https://example.com/alarm");
        request.add_ok_actions("gantry:desktop");
        return request;
    }
    static pb::PutCompositeAlarmInput composite(const std::string& name, const std::string& rule)
    {
        pb::PutCompositeAlarmInput request;
        request.set_alarm_name(name);
        request.set_alarm_rule(rule);
        request.add_alarm_actions("gantry:desktop");
        return request;
    }

    QTemporaryDir directory;
    boost::asio::io_context io;
    FixedClock clock;
    int reads = 0;
    std::map<std::string, std::vector<std::pair<std::int64_t, double>>> values;
    std::vector<Action> actions;
    absl::Status outcome;
    std::optional<cw::MetricData> data;
    std::unique_ptr<al::Alarms> alarms;
};

std::vector<al::Point> points(const QString& row)
{
    std::vector<al::Point> all;
    for (const QChar c : row)
        if (c != ' ')
            all.push_back(c == 'X'   ? al::Point::Breaching
                          : c == '0' ? al::Point::Within
                                     : al::Point::Missing);
    return all;
}

QString evaluated(const QString& row, std::size_t periods, std::size_t toAlarm, al::Missing missing)
{
    const auto state = al::evaluate({periods, toAlarm, missing}, points(row));
    return state ? QString::fromUtf8(al::nameOf(*state).data()) : QStringLiteral("keep");
}

} // namespace

class AlarmsTest : public QObject {
    Q_OBJECT
private slots:
    void missingData_data();
    void missingData();
    void prematureStates();
    void comparisons_data();
    void comparisons();
    void rules_data();
    void rules();
    void refusesRules_data();
    void refusesRules();
    void firesAndRecovers();
    void mOutOfN();
    void refusesAlarms_data();
    void refusesAlarms();
    void survivesRestart();
    void stateSetByHand();
    void actionsThatFail();
    void actionsOff();
    void composites();
    void dependencies();
    void expressions();
    void anomalyBand();
    void bandOfTheHour();
    void lowSamples();
    void longPeriods();
    void againstThePast();
    void historyIsFiltered();
};

// The two tables of "Configuring how CloudWatch alarms treat missing data", with an evaluation range
// of 5 and 3 evaluation periods.
void AlarmsTest::missingData_data()
{
    QTest::addColumn<int>("toAlarm");
    QTest::addColumn<QString>("row");
    QTest::addColumn<QStringList>("states"); // MISSING, IGNORE, BREACHING, NOT BREACHING
    const QString ok = "OK", alarm = "ALARM", none = "INSUFFICIENT_DATA", keep = "keep";
    const auto add = [](int toAlarm, const char* row, const QStringList& states) {
        QTest::addRow("%d of 3: %s", toAlarm, row) << toAlarm << QString(row) << states;
    };
    add(3, "0 - X - X", {ok, ok, ok, ok});
    add(3, "0 - - - -", {ok, ok, ok, ok});
    add(3, "- - - - -", {none, keep, alarm, ok});
    add(3, "0 X X - X", {alarm, alarm, alarm, alarm});
    add(3, "- - X - -", {alarm, keep, alarm, ok});
    add(2, "0 - X - X", {alarm, alarm, alarm, alarm});
    add(2, "0 0 X 0 X", {alarm, alarm, alarm, alarm});
    add(2, "0 - X - -", {ok, ok, alarm, ok});
    add(2, "- - - - 0", {ok, ok, alarm, ok});
    add(2, "- - - X -", {alarm, keep, alarm, ok});
}

void AlarmsTest::missingData()
{
    QFETCH(int, toAlarm);
    QFETCH(QString, row);
    QFETCH(QStringList, states);
    const al::Missing treatments[] = {al::Missing::Missing, al::Missing::Ignore,
                                      al::Missing::Breaching, al::Missing::NotBreaching};
    for (int i = 0; i < 4; ++i)
        QCOMPARE(evaluated(row, 3, static_cast<std::size_t>(toAlarm), treatments[i]), states[i]);
    QCOMPARE(al::evaluationRange({3, 3, al::Missing::Missing}), std::size_t{5});
}

// "Avoiding premature transitions to alarm state": not before the breach is old enough.
void AlarmsTest::prematureStates()
{
    for (const char* row : {"- - - - X", "- - - X -", "- - - X 0", "- - X - 0"})
        QVERIFY2(evaluated(row, 3, 3, al::Missing::Missing) != "ALARM", row);
    QCOMPARE(evaluated("- - X - -", 3, 3, al::Missing::Missing), QString("ALARM"));
    QCOMPARE(evaluated("- - X X -", 3, 3, al::Missing::Missing), QString("ALARM"));
    QCOMPARE(evaluated("- - - - X", 3, 3, al::Missing::Ignore), QString("keep"));
    // All points there: older ones count for nothing.
    QCOMPARE(evaluated("X X 0 0 0", 3, 1, al::Missing::Breaching), QString("OK"));
    QCOMPARE(evaluated("X", 1, 1, al::Missing::Missing), QString("ALARM"));
    QCOMPARE(evaluated("", 1, 1, al::Missing::Missing), QString("INSUFFICIENT_DATA"));
}

void AlarmsTest::comparisons_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("breaching"); // of 1, 2, 3, 4, 5 against 2 to 4
    const auto add = [](const char* name, const char* breaching) {
        QTest::newRow(name) << QString(name) << QString(breaching);
    };
    add("GreaterThanUpperThreshold", "0000X");
    add("LessThanLowerThreshold", "X0000");
    add("LessThanLowerOrGreaterThanUpperThreshold", "X000X");
    add("GreaterThanThreshold", "0000X");
    add("GreaterThanOrEqualToThreshold", "000XX");
    add("LessThanThreshold", "X0000");
    add("LessThanOrEqualToThreshold", "XX000");
}

void AlarmsTest::comparisons()
{
    QFETCH(QString, name);
    QFETCH(QString, breaching);
    const auto comparison = al::comparisonNamed(name.toStdString());
    QVERIFY(comparison.has_value());
    for (int i = 0; i < 5; ++i)
        QCOMPARE(al::judge(i + 1, *comparison, 2, 4) == al::Point::Breaching, breaching[i] == 'X');
    QCOMPARE(al::judge(kNone, *comparison, 2, 4), al::Point::Missing);
    QCOMPARE(al::judge(1, *comparison, kNone, kNone), al::Point::Missing);
}

void AlarmsTest::rules_data()
{
    QTest::addColumn<QString>("rule");
    QTest::addColumn<bool>("holds"); // a: ALARM, b: OK, "c (d)": INSUFFICIENT_DATA
    const auto add = [](const char* rule, bool holds) { QTest::newRow(rule) << QString(rule) << holds; };
    add("ALARM(a)", true);
    add("ALARM(b)", false);
    add("OK(b) AND ALARM(a)", true);
    add("INSUFFICIENT_DATA(\"c (d)\")", true);
    add("ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:a)", true);
    add("NOT ALARM(a) OR OK(b)", true);
    add("NOT (ALARM(a) OR OK(b))", false);
    add("FALSE AND FALSE OR TRUE", true);
    add("TRUE OR FALSE AND FALSE", true);
    add("(TRUE OR FALSE) AND FALSE", false);
    add("alarm( a ) and not ok('a')", true);
    add("ALARM(gone) OR OK(gone) OR INSUFFICIENT_DATA(gone)", false);
    add("NOT NOT NOT FALSE", true);
}

void AlarmsTest::rules()
{
    QFETCH(QString, rule);
    QFETCH(bool, holds);
    const auto parsed = al::CompositeRule::parse(rule.toStdString());
    QVERIFY2(parsed.ok(), parsed.status().ToString().c_str());
    const std::map<std::string, al::State> states{
        {"a", al::State::Alarm}, {"b", al::State::Ok}, {"c (d)", al::State::InsufficientData}};
    QCOMPARE(parsed->holds([&](const std::string& name) {
        const auto found = states.find(name);
        return found == states.end() ? std::nullopt : std::optional(found->second);
    }), holds);
}

void AlarmsTest::refusesRules_data()
{
    QTest::addColumn<QString>("rule");
    for (const char* rule : {"", "   ", "ALARM", "ALARM(", "ALARM()", "ALARM(a", "ALARM(a))", "AND",
                             "ALARM(a) AND", "ALARM(a) ALARM(b)", "MAYBE(a)", "ALARM(\"a)", "NOT",
                             "(ALARM(a)", "TRUEish", "ALARM(a) XOR ALARM(b)", "\xff\xfe"})
        QTest::newRow(*rule ? rule : "empty") << QString::fromUtf8(rule);
    QTest::newRow("deep") << QString(5'000, '(') + "TRUE" + QString(5'000, ')');
    QString nots;
    for (int i = 0; i < 2'000; ++i)
        nots += "NOT ";
    QTest::newRow("nots") << nots + "TRUE";
    QString many;
    for (int i = 0; i < 101; ++i)
        many += QString("ALARM(a%1) OR ").arg(i);
    QTest::newRow("many") << many + "TRUE";
}

void AlarmsTest::refusesRules()
{
    QFETCH(QString, rule);
    const auto parsed = al::CompositeRule::parse(rule.toStdString());
    QVERIFY(!parsed.ok());
    QCOMPARE(awsErrorOf(parsed.status()).name, std::string("ValidationException"));
}

void AlarmsTest::firesAndRecovers()
{
    Bench b;
    QVERIFY(b.put(Bench::alarm("errors")).ok());
    QCOMPARE(b.state("errors"), std::string("INSUFFICIENT_DATA"));
    b.minute("errors", 3);
    QCOMPARE(b.state("errors"), std::string("OK")); // 3 is not greater than 3
    b.minute("errors", 5);
    QCOMPARE(b.state("errors"), std::string("ALARM"));
    const al::StateText state = al::stateOf(*b.alarms->find("errors"));
    QVERIFY2(state.reason.starts_with("Threshold Crossed: 1 out of the last 1 datapoints [5.0 ("),
             state.reason.c_str());
    QVERIFY(state.reason.ends_with("was greater than the threshold (3.0) (minimum 1 datapoint for "
                                   "OK -> ALARM transition)."));
    const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(state.reasonData)).object();
    QCOMPARE(json["threshold"].toDouble(), 3.0);
    QCOMPARE(json["recentDatapoints"].toArray().last().toDouble(), 5.0);
    b.minute("errors", 6); // still in ALARM: nothing new to tell
    b.minute("errors", 0);
    QCOMPARE(b.state("errors"), std::string("OK"));
    // The state that it began in had no actions, OK had one each time, ALARM one.
    QCOMPARE(b.actions.size(), std::size_t{3});
    QCOMPARE(b.actions[0].action, std::string("gantry:desktop"));
    QCOMPARE(b.actions[1].action, std::string("https://example.com/alarm"));
    const auto event = QJsonDocument::fromJson(QByteArray::fromStdString(b.actions[1].event)).object();
    QCOMPARE(event["source"].toString(), QString("aws.cloudwatch"));
    QCOMPARE(event["alarmArn"].toString(), QString("arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors"));
    const QJsonObject alarmData = event["alarmData"].toObject();
    QCOMPARE(alarmData["state"].toObject()["value"].toString(), QString("ALARM"));
    QCOMPARE(alarmData["previousState"].toObject()["value"].toString(), QString("OK"));
    QStringList summaries;
    for (const al::HistoryItem& item : b.history("errors"))
        summaries << QString::fromStdString(item.summary);
    QCOMPARE(summaries.filter("Alarm updated from").size(), 3);
    QCOMPARE(summaries.filter("Successfully executed action").size(), 3);
    QCOMPARE(summaries.first(), QString("Alarm \"errors\" created"));
}

void AlarmsTest::mOutOfN()
{
    Bench b;
    pb::PutMetricAlarmInput request = Bench::alarm("errors", 3, 2);
    request.set_treat_missing_data("notBreaching");
    QVERIFY(b.put(request).ok());
    QStringList states;
    for (const double value : {0.0, 9.0, 0.0, 9.0, 0.0, 0.0, kNone, kNone, kNone, kNone, 9.0, kNone}) {
        b.minute("errors", value);
        states << QString::fromStdString(b.state("errors"));
    }
    QCOMPARE(states.join(' '), QString("OK OK OK ALARM OK OK OK OK OK OK OK OK"));
}

void AlarmsTest::refusesAlarms_data()
{
    QTest::addColumn<std::function<void(pb::PutMetricAlarmInput&)>>("spoil");
    const auto add = [](const char* name, std::function<void(pb::PutMetricAlarmInput&)> spoil) {
        QTest::newRow(name) << std::move(spoil);
    };
    add("no operator", [](auto& r) { r.clear_comparison_operator(); });
    add("no threshold", [](auto& r) { r.clear_threshold(); });
    add("threshold of nothing", [](auto& r) { r.set_threshold(kNone); });
    add("no periods", [](auto& r) { r.clear_evaluation_periods(); });
    add("more to alarm than evaluated", [](auto& r) { r.set_datapoints_to_alarm(2); });
    add("odd period", [](auto& r) { r.set_period(45); });
    add("more than a day", [](auto& r) { r.set_evaluation_periods(1'441); });
    add("two statistics", [](auto& r) { r.set_extended_statistic("p99"); });
    add("strange percentile", [](auto& r) { r.clear_statistic(); r.set_extended_statistic("p101"); });
    add("no metric", [](auto& r) { r.clear_metric_name(); });
    add("metric and metrics", [](auto& r) { r.add_metrics()->set_id("a"); });
    add("missing data", [](auto& r) { r.set_treat_missing_data("perhaps"); });
    add("band without an id", [](auto& r) { r.set_comparison_operator("GreaterThanUpperThreshold"); });
    add("an ARN for a name", [](auto& r) { r.set_alarm_name("arn:aws:x"); });
    add("a name like an ARN's end", [](auto& r) { r.set_alarm_name("alarm:x"); });
    add("control characters", [](auto& r) { r.set_alarm_name("a\nb"); });
    add("no namespace", [](auto& r) { r.clear_namespace_(); });
    const auto queries = [](pb::PutMetricAlarmInput& r) {
        r.clear_namespace_();
        r.clear_metric_name();
        r.clear_statistic();
        r.clear_period();
    };
    add("two watched", [queries](auto& r) {
        queries(r);
        for (const char* id : {"a", "b"}) {
            auto& query = *r.add_metrics();
            query.set_id(id);
            query.mutable_metric_stat()->set_stat("Sum");
            query.mutable_metric_stat()->set_period(60);
        }
    });
    add("query of nothing", [queries](auto& r) { queries(r); r.add_metrics()->set_id("a"); });
}

void AlarmsTest::refusesAlarms()
{
    using Spoil = std::function<void(pb::PutMetricAlarmInput&)>;
    QFETCH(Spoil, spoil);
    Bench b;
    pb::PutMetricAlarmInput request = Bench::alarm("errors");
    spoil(request);
    const absl::Status status = b.put(request);
    QVERIFY(!status.ok());
    QCOMPARE(awsErrorOf(status).status, 400);
    QVERIFY(b.alarms->all().empty());
}

void AlarmsTest::survivesRestart()
{
    Bench b;
    QVERIFY(b.put(Bench::alarm("errors")).ok());
    QVERIFY(b.put(Bench::composite("both", "ALARM(errors)")).ok());
    b.minute("errors", 9);
    QCOMPARE(b.state("errors"), std::string("ALARM"));
    QCOMPARE(b.state("both"), std::string("ALARM"));
    const std::size_t told = b.actions.size();
    const std::size_t history = b.history().size();
    b.open();
    QCOMPARE(b.state("errors"), std::string("ALARM"));
    QCOMPARE(b.state("both"), std::string("ALARM"));
    b.settle();
    QCOMPARE(b.actions.size(), told); // the same state again is no news
    QCOMPARE(b.history().size(), history);
    b.minute("errors", 0);
    QCOMPARE(b.state("errors"), std::string("OK"));
    QCOMPARE(b.state("both"), std::string("OK"));
}

void AlarmsTest::stateSetByHand()
{
    Bench b;
    QVERIFY(b.put(Bench::alarm("errors")).ok());
    b.minute("errors", 0);
    pb::SetAlarmStateInput request;
    request.set_alarm_name("errors");
    request.set_state_value("ALARM");
    request.set_state_reason("a drill");
    const auto set = [&] { return b.wait([&](auto done) { b.alarms->setState(request, done); }); };
    QVERIFY(set().ok());
    QCOMPARE(b.state("errors"), std::string("ALARM"));
    QCOMPARE(b.actions.back().action, std::string("https://example.com/alarm"));
    b.minute("errors", 0); // until the next evaluation
    QCOMPARE(b.state("errors"), std::string("OK"));
    request.set_state_reason_data("{not JSON");
    QCOMPARE(awsErrorOf(set()).name, std::string("InvalidFormatFault"));
    request.clear_state_reason_data();
    request.set_alarm_name("gone");
    QCOMPARE(awsErrorOf(set()).name, std::string("ResourceNotFound"));
}

void AlarmsTest::actionsThatFail()
{
    Bench b;
    b.outcome = serviceError("nobody there");
    QVERIFY(b.put(Bench::alarm("errors")).ok());
    b.minute("errors", 9);
    const auto told = b.history("errors", "Action");
    QCOMPARE(told.size(), std::size_t{1});
    QCOMPARE(told[0].summary, std::string("Failed to execute action https://example.com/alarm"));
    QVERIFY(told[0].data.find("nobody there") != std::string::npos);
    QCOMPARE(b.state("errors"), std::string("ALARM"));
}

void AlarmsTest::actionsOff()
{
    Bench b;
    QVERIFY(b.put(Bench::alarm("errors")).ok());
    const auto enable = [&](bool on) {
        return b.wait([&](auto done) { b.alarms->enableActions({"errors", "gone"}, on, done); });
    };
    QVERIFY(enable(false).ok());
    b.minute("errors", 9);
    QCOMPARE(b.state("errors"), std::string("ALARM"));
    QVERIFY(b.actions.empty());
    QVERIFY(enable(true).ok());
    b.minute("errors", 0);
    QCOMPARE(b.actions.size(), std::size_t{1});
}

void AlarmsTest::composites()
{
    Bench b;
    pb::PutMetricAlarmInput slow = Bench::alarm("slow");
    slow.set_metric_name("latency");
    QVERIFY(b.put(Bench::alarm("errors")).ok());
    QVERIFY(b.put(slow).ok());
    QVERIFY(b.put(Bench::composite("inner", "ALARM(errors) AND ALARM(slow)")).ok());
    QVERIFY(b.put(Bench::composite("outer", "NOT ALARM(inner)")).ok());
    b.settle();
    QCOMPARE(b.state("inner"), std::string("OK"));
    QCOMPARE(b.state("outer"), std::string("ALARM"));
    b.minute("errors", 9);
    QCOMPARE(b.state("inner"), std::string("OK"));
    b.value("latency", 9);
    b.clock.nowMs += kMinute;
    b.value("errors", 9);
    b.value("latency", 9);
    b.settle();
    QCOMPARE(b.state("inner"), std::string("ALARM"));
    QCOMPARE(b.state("outer"), std::string("OK"));
}

void AlarmsTest::dependencies()
{
    Bench b;
    QVERIFY(b.put(Bench::alarm("errors")).ok());
    QVERIFY(b.put(Bench::composite("a", "ALARM(errors)")).ok());
    QVERIFY(b.put(Bench::composite("b", "ALARM(a)")).ok());
    QVERIFY(!b.put(Bench::composite("c", "ALARM(nothing)")).ok());
    QVERIFY(!b.put(Bench::composite("a", "ALARM(a)")).ok());
    QVERIFY(!b.put(Bench::composite("a", "ALARM(b)")).ok()); // round and round
    QVERIFY(!b.put(Bench::composite("errors", "TRUE")).ok());
    QVERIFY(!b.put(Bench::alarm("a")).ok());
    const auto remove = [&](const std::set<std::string>& names) {
        return awsErrorOf(b.wait([&](auto done) { b.alarms->remove(names, done); })).name;
    };
    QCOMPARE(remove({"errors"}), std::string("ResourceConflict"));
    QCOMPARE(remove({"gone"}), std::string("ResourceNotFound"));
    QVERIFY(b.wait([&](auto done) { b.alarms->remove({"errors", "a", "b"}, done); }).ok());
    QVERIFY(b.alarms->all().empty());
    b.open();
    QVERIFY(b.alarms->all().empty());
    QCOMPARE(b.history("errors").back().summary, std::string("Alarm \"errors\" deleted"));
}

pb::PutMetricAlarmInput mathAlarm(const std::string& expression)
{
    pb::PutMetricAlarmInput request;
    request.set_alarm_name("rate");
    request.set_evaluation_periods(1);
    request.set_comparison_operator("GreaterThanThreshold");
    request.set_threshold(10);
    for (const char* name : {"errors", "calls"}) {
        pb::MetricDataQuery& query = *request.add_metrics();
        query.set_id(name);
        query.set_return_data(false);
        pb::MetricStat& stat = *query.mutable_metric_stat();
        stat.mutable_metric()->set_namespace_("shop");
        stat.mutable_metric()->set_metric_name(name);
        stat.set_period(60);
        stat.set_stat("Sum");
    }
    pb::MetricDataQuery& query = *request.add_metrics();
    query.set_id("rate");
    query.set_expression(expression);
    return request;
}

void AlarmsTest::expressions()
{
    Bench b;
    QVERIFY(b.put(mathAlarm("100 * errors / calls")).ok());
    b.clock.nowMs += kMinute;
    b.value("errors", 5);
    b.value("calls", 100);
    b.settle();
    QCOMPARE(b.state("rate"), std::string("OK"));
    b.clock.nowMs += kMinute;
    b.value("errors", 20);
    b.value("calls", 100);
    b.settle();
    QCOMPARE(b.state("rate"), std::string("ALARM"));
    // One that cannot be worked out says so, and nothing falls over.
    QVERIFY(b.put(mathAlarm("errors / nothing")).ok());
    b.minute("errors", 1);
    QCOMPARE(b.state("rate"), std::string("INSUFFICIENT_DATA"));
    QVERIFY(al::stateOf(*b.alarms->find("rate")).reason.find("nothing") != std::string::npos);
}

pb::PutMetricAlarmInput bandAlarm()
{
    pb::PutMetricAlarmInput request;
    request.set_alarm_name("odd");
    request.set_evaluation_periods(1);
    request.set_comparison_operator("LessThanLowerOrGreaterThanUpperThreshold");
    request.set_threshold_metric_id("band");
    pb::MetricDataQuery& query = *request.add_metrics();
    query.set_id("m1");
    pb::MetricStat& stat = *query.mutable_metric_stat();
    stat.mutable_metric()->set_namespace_("shop");
    stat.mutable_metric()->set_metric_name("latency");
    stat.set_period(60);
    stat.set_stat("Average");
    pb::MetricDataQuery& band = *request.add_metrics();
    band.set_id("band");
    band.set_expression("ANOMALY_DETECTION_BAND(m1, 3)");
    return request;
}

void AlarmsTest::anomalyBand()
{
    Bench b;
    QVERIFY(b.put(bandAlarm()).ok());
    b.minute("latency", 100);
    QCOMPARE(b.state("odd"), std::string("INSUFFICIENT_DATA")); // nothing is known of it yet
    for (int i = 2; i < 300; ++i)
        b.values["latency"].emplace_back(kStartMs - i * kMinute, 100 + i % 11 - 5);
    b.clock.nowMs += 20 * kMinute; // when it learns again
    b.value("latency", 103);
    b.settle();
    QCOMPARE(b.state("odd"), std::string("OK"));
    const int reads = b.reads;
    b.minute("latency", 160);
    QCOMPARE(b.state("odd"), std::string("ALARM"));
    QCOMPARE(b.reads, reads + 1); // what was learnt is kept for a while
    b.minute("latency", 99);
    QCOMPARE(b.state("odd"), std::string("OK"));
    b.minute("latency", 40);
    QCOMPARE(b.state("odd"), std::string("ALARM"));
}

void AlarmsTest::bandOfTheHour()
{
    // 10 by night, 100 by day; one value in twenty is an outlier that must not widen the band.
    cw::Grid grid{0, 5 * kMinute, 14 * 288};
    cw::Values values;
    for (std::size_t i = 0; i < grid.bins; ++i) {
        const bool day = (i / 12) % 24 >= 8;
        values.push_back(i % 20 == 7 ? 5'000 : (day ? 100 : 10) + static_cast<double>(i % 5));
    }
    const cw::AnomalyModel model(grid, values);
    const auto night = model.at(grid.endMs() + 3 * 3'600'000, 2);
    const auto noon = model.at(grid.endMs() + 12 * 3'600'000, 2);
    QVERIFY(night.lower > 0 && night.upper < 25);
    QVERIFY(noon.lower > 80 && noon.upper < 120);
    const auto wider = model.at(grid.endMs() + 12 * 3'600'000, 4);
    QVERIFY(wider.upper - wider.lower > 1.9 * (noon.upper - noon.lower));
    // Constant values have a band that is not empty; too few have none.
    const cw::AnomalyModel constant({0, kMinute, 100}, cw::Values(100, 50));
    QCOMPARE(constant.at(0, 2).upper, 51.0);
    QVERIFY(std::isnan(cw::AnomalyModel({0, kMinute, 10}, cw::Values(10, 50)).at(0, 2).upper));
    QCOMPARE(cw::AnomalyModel::idsIn("IF(m > 1, ANOMALY_DETECTION_BAND( m1 ,2), 0)"),
             std::vector<std::string>{"m1"});
    QVERIFY(cw::AnomalyModel::idsIn("ANOMALY_DETECTION_BAND").empty());
}

// A p90 needs 10 / (1 - 0.9) = 100 values.
void AlarmsTest::lowSamples()
{
    Bench b;
    pb::PutMetricAlarmInput request = Bench::alarm("tail");
    request.clear_statistic();
    request.set_extended_statistic("p90");
    request.set_evaluate_low_sample_count_percentile("ignore");
    QVERIFY(b.put(request).ok());
    b.minute("errors", 50);
    QCOMPARE(b.state("tail"), std::string("INSUFFICIENT_DATA"));
    b.clock.nowMs += kMinute;
    for (int i = 0; i < 100; ++i)
        b.value("errors", 50);
    b.settle();
    QCOMPARE(b.state("tail"), std::string("ALARM"));
    request.set_evaluate_low_sample_count_percentile("evaluate");
    QVERIFY(b.put(request).ok());
    b.minute("errors", 1);
    QCOMPARE(b.state("tail"), std::string("OK"));
}

// A longer period is looked at every minute, over the periods that end then.
void AlarmsTest::longPeriods()
{
    Bench b;
    pb::PutMetricAlarmInput request = Bench::alarm("errors");
    request.set_period(300);
    QVERIFY(b.put(request).ok());
    b.minute("errors", 2);
    QCOMPARE(b.state("errors"), std::string("OK"));
    b.minute("errors", 2);
    QCOMPARE(b.state("errors"), std::string("ALARM")); // 4 in these five minutes
    for (int i = 0; i < 4; ++i)
        b.minute("errors", 0);
    QCOMPARE(b.state("errors"), std::string("OK"));
}

void AlarmsTest::againstThePast()
{
    Bench b;
    for (int i = 1; i <= 600; ++i) // fifty minutes well, ten minutes ill, again and again
        b.values["errors"].emplace_back(kStartMs - i * kMinute, i % 60 < 10 ? 9 : 0);
    const auto test = [&](const pb::PutMetricAlarmInput& request, std::int64_t fromMs) {
        std::optional<absl::StatusOr<al::Backtest>> result;
        b.alarms->backtest(request, fromMs, kStartMs, [&](auto test) { result = std::move(test); });
        return *std::move(result);
    };
    const auto result = test(Bench::alarm("x", 3), kStartMs - 500 * kMinute);
    QVERIFY(result.ok());
    std::size_t fired = 0;
    for (const al::Transition& transition : result->transitions)
        fired += transition.to == al::State::Alarm;
    QCOMPARE(fired, std::size_t{9}); // at the minutes 489, 429 ... 9 before the end
    QCOMPARE(result->transitions.front().to, al::State::Ok);
    QCOMPARE(result->lower.front(), 3.0);
    QVERIFY(b.alarms->all().empty()); // it was no more than a question
    QVERIFY(!test(Bench::alarm("x"), kStartMs).ok());
    QVERIFY(!test(Bench::alarm("x"), 0).ok());
    QVERIFY(b.actions.empty());
}

void AlarmsTest::historyIsFiltered()
{
    Bench b;
    QVERIFY(b.put(Bench::alarm("errors")).ok());
    QVERIFY(b.put(Bench::alarm("others")).ok());
    b.minute("errors", 9);
    al::HistoryQuery query;
    query.type = "StateUpdate";
    query.limit = 1;
    std::vector<al::HistoryItem> items;
    const auto ask = [&] {
        (void)b.wait([&](const auto& done) {
            b.alarms->history(query, [&items, done](auto found) {
                items = *std::move(found);
                done(absl::OkStatus());
            });
        });
    };
    ask();
    QCOMPARE(items.size(), std::size_t{1});
    query.offset = 1;
    ask();
    QCOMPARE(items.size(), std::size_t{1});
    query.offset = 2;
    ask();
    QVERIFY(items.empty());
    query = {};
    query.fromMs = b.clock.nowMs + 1;
    ask();
    QVERIFY(items.empty());
}

QTEST_GUILESS_MAIN(AlarmsTest)
#include "alarms_test.moc"
