#include "aws/cloudwatch.pb.h"
#include "backend/api/cloudwatch.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/observe/async_metrics.h"
#include "backend/observe/cloudwatch/emf.h"
#include "backend/observe/cloudwatch/metric_math.h"
#include "backend/observe/recorder.h"

#include <google/protobuf/empty.pb.h>

#include <QtTest>

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

using namespace gantry;
using namespace gantry::observe;
namespace cw = gantry::observe::cloudwatch;
namespace pb = gantry::aws::cloudwatch;

namespace {

constexpr std::int64_t kStart = 1'795'000'020; // the start of a minute
const double kNone = std::numeric_limits<double>::quiet_NaN();

class FixedClock final : public Clock {
public:
    std::int64_t unixMicros() const override { return now; }
    std::int64_t now = kStart * 1'000'000;
};

// The platform's CloudWatch without the wire.
struct Bench {
    Bench() { open(); }
    void open()
    {
        table.reset();
        recorder.reset();
        auto opened = Recorder::open(io, clock, directory.path().toStdString());
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        recorder = *std::move(opened);
        table.emplace();
        const cw::MetricReader read = [this](cw::Metric metric, cw::Grid grid, auto done) {
            cw::readMetric(*recorder, metric, grid, std::move(done));
        };
        data.emplace(read, clock);
        api::registerCloudWatch(*table, *recorder, *data,
                                {read, [] { return std::vector<cw::Metric>(); }});
    }
    template <class Response, class Request> absl::StatusOr<Response> call(const Request& request)
    {
        const auto* file = Request::descriptor()->file();
        const google::protobuf::MethodDescriptor* method = nullptr;
        for (int i = 0; i < file->service(0)->method_count(); ++i) {
            if (file->service(0)->method(i)->input_type() == Request::descriptor())
                method = file->service(0)->method(i);
        }
        std::optional<absl::StatusOr<api::MessagePtr>> answer;
        table->find(method)->unary(std::make_shared<api::Call>(), request,
                                   [&](absl::StatusOr<api::MessagePtr> a) { answer = std::move(a); });
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!answer && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(std::chrono::milliseconds(1));
        }
        if (!answer)
            qFatal("no answer");
        if (!answer->ok())
            return answer->status();
        return static_cast<const Response&>(***answer);
    }
    absl::Status put(const std::string& name, double value, std::int64_t second = kStart)
    {
        pb::PutMetricDataInput request;
        request.set_namespace_("shop");
        pb::MetricDatum& datum = *request.add_metric_data();
        datum.set_metric_name(name);
        datum.set_value(value);
        datum.set_unit("Milliseconds");
        datum.mutable_timestamp()->set_seconds(second);
        return call<google::protobuf::Empty>(request).status();
    }
    pb::GetMetricStatisticsInput question(const std::string& space, const std::string& name)
    {
        pb::GetMetricStatisticsInput request;
        request.set_namespace_(space);
        request.set_metric_name(name);
        request.mutable_start_time()->set_seconds(kStart - 600);
        request.mutable_end_time()->set_seconds(kStart + 600);
        request.set_period(60);
        for (const char* statistic : {"SampleCount", "Average", "Sum", "Minimum", "Maximum"})
            request.add_statistics(statistic);
        return request;
    }
    void invoked(const std::string& function, double ms, bool failed)
    {
        invoke::InvocationRecord record;
        record.requestId = "r";
        record.functionName = function;
        record.version = "$LATEST";
        record.startedAtMicros = record.acceptedAtMicros = clock.now;
        record.durationMicros = static_cast<std::int64_t>(ms * 1'000);
        record.billedMs = static_cast<std::int64_t>(std::ceil(ms));
        if (failed)
            record.errorType = "Error";
        recorder->finished(record);
    }

    QTemporaryDir directory;
    boost::asio::io_context io;
    FixedClock clock;
    std::unique_ptr<Recorder> recorder;
    std::optional<cw::MetricData> data;
    std::optional<api::OperationTable> table;
};

QString text(const cw::Values& values)
{
    QStringList list;
    for (const double value : values)
        list << (std::isnan(value) ? QStringLiteral("-") : QString::number(value, 'g', 6));
    return list.join(' ');
}

} // namespace

class CloudWatchTest : public QObject {
    Q_OBJECT
private slots:
    void statistics();
    void math_data();
    void math();
    void mathRefuses_data();
    void mathRefuses();
    void embedded_data();
    void embedded();
    void customMetricsAddUp();
    void dimensionsInAnyOrder();
    void lambdaMetricsAreExact();
    void resourcesHaveMetrics();
    void asyncAndProvisioned();
    void dataWithMath();
    void listing();
    void refused();
    void embeddedInTheLog();
};

void CloudWatchTest::statistics()
{
    cw::Statistics all;
    for (int i = -100; i <= 899; ++i)
        all.add(i);
    const auto value = [&](const char* name) { return cw::Statistic::parse(name)->of(all).value(); };
    QCOMPARE(value("SampleCount"), 1000.0);
    QCOMPARE(value("Minimum"), -100.0);
    QCOMPARE(value("Maximum"), 899.0);
    QCOMPARE(value("Average"), 399.5);
    QVERIFY(std::abs(value("p50") - 399) <= 4.1);
    QVERIFY(std::abs(value("p99.9") - 898) <= 9);
    QVERIFY(std::abs(value("p5") - -51) <= 1.1);
    QCOMPARE(value("p10.05"), 0.0);
    cw::Statistics copy;
    QVERIFY(copy.parse(all.serialise()));
    QCOMPARE(copy.positive.count(), all.positive.count());
    QCOMPARE(copy.zeros, all.zeros);
    QVERIFY(!copy.parse("rubbish"));
    QVERIFY(!copy.parse("1;999;x"));
    cw::Statistics set;
    set.addSet(4, 10, 1, 5);
    QCOMPARE(cw::Statistic::parse("Average")->of(set).value(), 2.5);
    QVERIFY(!cw::Statistic::parse("p50")->of(set)); // its values are not known
    QVERIFY(!cw::Statistic::parse("Average")->of(cw::Statistics()));
    for (const char* wrong : {"", "P50", "p101", "pxx", "sum", "tm90"})
        QVERIFY(!cw::Statistic::parse(wrong).ok());
}

void CloudWatchTest::math_data()
{
    QTest::addColumn<QString>("expression");
    QTest::addColumn<QString>("result");
    const auto row = [](const char* expression, const char* result) {
        QTest::newRow(expression) << QString(expression) << QString(result);
    };
    row("a", "1 2 - 4");
    row("a + b", "11 22 - 44");
    row("2 * a ^ 2 - 1", "1 7 - 31");
    row("(a + 1) * -1", "-2 -3 - -5");
    row("a / b * 100", "10 10 - 10");
    row("a / 0", "- - - -");
    row("10 - 2 - 3", "5 5 5 5");
    row("SUM(a)", "7 7 7 7");
    row("AVG(a)", "2.33333 2.33333 2.33333 2.33333");
    row("SUM(METRICS())", "11 22 30 44");
    row("MAX(METRICS())", "10 20 30 40");
    row("METRIC_COUNT(METRICS())", "2 2 2 2");
    row("a / SUM(METRICS())", "0.0909091 0.0909091 - 0.0909091");
    row("FILL(a, 0)", "1 2 0 4");
    row("FILL(a, REPEAT)", "1 2 2 4");
    row("FILL(a, LINEAR)", "1 2 3 4");
    row("IF(a > 1, a)", "- 2 - 4");
    row("IF(FILL(a, 0) >= 2, 1, 0)", "0 1 0 1");
    row("a > 1 && b < 40", "0 1 - 0");
    row("RATE(a)", "- 0.0166667 - 0.0166667");
    row("DIFF(b)", "- 10 10 10");
    row("RUNNING_SUM(a)", "1 3 - 7");
    row("PERIOD(a)", "60 60 60 60");
    row("ABS(a - 3)", "2 1 - 1");
    row("CEIL(a / 3) + FLOOR(a / 3)", "1 1 - 3");
    row("FIRST(a) + LAST(b)", "41 41 41 41");
    row("DATAPOINT_COUNT(a)", "3 3 3 3");
}

void CloudWatchTest::math()
{
    QFETCH(QString, expression);
    QFETCH(QString, result);
    cw::MathInput input;
    input.grid = {0, 60'000, 4};
    input.values = {{"a", {1, 2, kNone, 4}}, {"b", {10, 20, 30, 40}}};
    input.order = {"a", "b"};
    const auto values = cw::evaluate(expression.toStdString(), input);
    QVERIFY2(values.ok(), values.status().ToString().c_str());
    QCOMPARE(text(values->front()), result);
}

void CloudWatchTest::mathRefuses_data()
{
    QTest::addColumn<QString>("expression");
    for (const char* expression :
         {"", "a +", "a b", "(a", "c", "NOTHING(a)", "SUM()", "SUM(a", "FILL(a)", "REPEAT + 1",
          "METRICS(a)", "1..2", "IF(REPEAT, 1)", "IF(a, REPEAT)", "a + LINEAR"})
        QTest::newRow(*expression ? expression : "empty") << QString(expression);
    QTest::newRow("deep") << QString("(").repeated(2'000) + "a";
}

void CloudWatchTest::mathRefuses()
{
    QFETCH(QString, expression);
    cw::MathInput input;
    input.grid = {0, 60'000, 1};
    input.values = {{"a", {1}}};
    input.order = {"a"};
    const auto values = cw::evaluate(expression.toStdString(), input);
    QVERIFY(!values.ok());
    QCOMPARE(awsErrorOf(values.status()).name, std::string("ValidationError"));
}

void CloudWatchTest::embedded_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("metrics");
    const auto row = [](const char* name, const char* line, const char* metrics) {
        QTest::newRow(name) << QString(line) << QString(metrics);
    };
    row("plain", "hello", "");
    row("other JSON", R"({"a": 1})", "");
    row("as Powertools writes it",
        R"({"_aws":{"Timestamp":1795000021000,"CloudWatchMetrics":[{"Namespace":"shop","Dimensions":)"
        R"([["service"]],"Metrics":[{"Name":"orders","Unit":"Count"}]}]},"service":"pay","orders":[1,2]})",
        "shop orders service=pay sum 3 of 2 at 1795000021000 Count");
    row("two sets of dimensions, none",
        R"({"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"n","Dimensions":[["a"],["a","b"],[]],)"
        R"("Metrics":[{"Name":"m"}]}]},"a":"1","b":"2","m":5})",
        "n m a=1 sum 5 of 1 at 1 |n m a=1,b=2 sum 5 of 1 at 1 |n m  sum 5 of 1 at 1 ");
    row("a dimension that is not there",
        R"({"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"n","Dimensions":[["a"]],)"
        R"("Metrics":[{"Name":"m"}]}]},"m":5})",
        "");
    row("a value that is no number",
        R"({"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"n","Dimensions":[],)"
        R"("Metrics":[{"Name":"m"},{"Name":"k"}]}]},"m":"x","k":2})",
        "n k  sum 2 of 1 at 1 ");
    row("without a time",
        R"({"_aws":{"CloudWatchMetrics":[{"Namespace":"n","Metrics":[{"Name":"m"}]}]},"m":5})",
        "n m  sum 5 of 1 at 77 ");
    row("broken", R"({"_aws":{"CloudWatchMetrics":[{"Namespace":)", "");
    row("of another shape", R"({"_aws":{"CloudWatchMetrics":{"Namespace":"n"}}})", "");
    row("no brace", R"("CloudWatchMetrics")", "");
}

void CloudWatchTest::embedded()
{
    QFETCH(QString, line);
    QFETCH(QString, metrics);
    QStringList found;
    for (const cw::Datum& datum : cw::embeddedMetrics(line.toStdString(), 77)) {
        QStringList dimensions;
        for (const auto& [name, value] : datum.metric.dimensions)
            dimensions << QString::fromStdString(name + "=" + value);
        found << QStringLiteral("%1 %2 %3 sum %4 of %5 at %6 %7")
                     .arg(QString::fromStdString(datum.metric.space),
                          QString::fromStdString(datum.metric.name), dimensions.join(','))
                     .arg(datum.statistics.sum)
                     .arg(datum.statistics.count)
                     .arg(datum.timeMs)
                     .arg(QString::fromStdString(datum.unit));
    }
    QCOMPARE(found.join('|'), metrics);
}

void CloudWatchTest::customMetricsAddUp()
{
    Bench b;
    for (int i = 1; i <= 10; ++i) {
        QVERIFY(b.put("latency", i, kStart + i).ok());
        if (i == 5)
            b.open(); // a new daemon adds to the same minute
    }
    QVERIFY(b.put("latency", 100, kStart - 120).ok());
    auto question = b.question("shop", "latency");
    question.add_extended_statistics("p90");
    const auto answer = b.call<pb::GetMetricStatisticsOutput>(question);
    QVERIFY2(answer.ok(), answer.status().ToString().c_str());
    QCOMPARE(answer->datapoints_size(), 2);
    QCOMPARE(answer->datapoints(0).timestamp().seconds(), kStart - 120);
    const pb::Datapoint& point = answer->datapoints(1);
    QCOMPARE(point.timestamp().seconds(), kStart);
    QCOMPARE(point.sample_count(), 10.0);
    QCOMPARE(point.sum(), 55.0);
    QCOMPARE(point.average(), 5.5);
    QCOMPARE(point.minimum(), 1.0);
    QCOMPARE(point.maximum(), 10.0);
    QVERIFY(std::abs(point.extended_statistics().at("p90") - 9) < 0.1);
}

void CloudWatchTest::dimensionsInAnyOrder()
{
    Bench b;
    const std::pair<const char*, const char*> pairs[] = {{"b", "2"}, {"a", "1"}};
    for (const bool reversed : {false, true}) {
        pb::PutMetricDataInput request;
        request.set_namespace_("shop");
        pb::MetricDatum& datum = *request.add_metric_data();
        datum.set_metric_name("m");
        datum.add_values(2);
        datum.add_counts(3);
        for (int i = 0; i < 2; ++i) {
            pb::Dimension& dimension = *datum.add_dimensions();
            dimension.set_name(pairs[reversed ? 1 - i : i].first);
            dimension.set_value(pairs[reversed ? 1 - i : i].second);
        }
        QVERIFY(b.call<google::protobuf::Empty>(request).ok());
    }
    auto question = b.question("shop", "m");
    QCOMPARE(b.call<pb::GetMetricStatisticsOutput>(question)->datapoints_size(), 0);
    for (const auto& [name, value] : pairs) {
        pb::Dimension& dimension = *question.add_dimensions();
        dimension.set_name(name);
        dimension.set_value(value);
    }
    const auto answer = b.call<pb::GetMetricStatisticsOutput>(question);
    QCOMPARE(answer->datapoints(0).sum(), 12.0);
    QCOMPARE(answer->datapoints(0).sample_count(), 6.0);
}

// Counted independently: what the platform publishes agrees to the unit.
void CloudWatchTest::lambdaMetricsAreExact()
{
    Bench b;
    double sum = 0;
    for (int i = 0; i < 500; ++i) {
        b.invoked(i % 5 ? "f" : "g", 1 + i % 50, i % 7 == 0);
        sum += i % 5 ? 1 + i % 50 : 0;
        b.clock.now += 100'000; // ten a second: 50 seconds
    }
    b.recorder->throttled("f", "", "$LATEST");
    b.clock.now += 2'000'000;
    const auto of = [&](const char* name, const char* function) {
        auto question = b.question("AWS/Lambda", name);
        if (*function) {
            pb::Dimension& dimension = *question.add_dimensions();
            dimension.set_name("FunctionName");
            dimension.set_value(function);
        }
        return *b.call<pb::GetMetricStatisticsOutput>(question);
    };
    QCOMPARE(of("Invocations", "f").datapoints_size(), 1);
    QCOMPARE(of("Invocations", "f").datapoints(0).sum(), 400.0);
    QCOMPARE(of("Invocations", "g").datapoints(0).sum(), 100.0);
    QCOMPARE(of("Invocations", "").datapoints(0).sum(), 500.0);
    QCOMPARE(of("Errors", "").datapoints(0).sum(), 72.0);
    QCOMPARE(of("Errors", "").datapoints(0).sample_count(), 500.0);
    QCOMPARE(of("Throttles", "f").datapoints(0).sum(), 1.0);
    QCOMPARE(of("Duration", "f").datapoints(0).sum(), sum);
    QCOMPARE(of("Duration", "f").datapoints(0).maximum(), 50.0);
    QCOMPARE(of("Duration", "f").datapoints(0).unit(), std::string("Milliseconds"));
    QCOMPARE(of("Duration", "nobody").datapoints_size(), 0);
}

// By alias, by the version that the alias chose, and by version: each counted by itself, over a restart.
void CloudWatchTest::resourcesHaveMetrics()
{
    Bench b;
    const auto called = [&b](const char* alias, const char* version, int times) {
        for (int i = 0; i < times; ++i) {
            invoke::InvocationRecord record;
            record.functionName = "f";
            record.alias = alias;
            record.version = version;
            record.durationMicros = 5'000;
            b.recorder->finished(record);
        }
    };
    called("live", "1", 5);
    called("live", "2", 3);
    called("", "2", 2);
    called("", "$LATEST", 1);
    b.recorder->throttled("f", "live", "2");
    b.clock.now += 2'000'000;
    const auto sum = [&b](const char* name, std::vector<std::pair<const char*, const char*>> dimensions) {
        auto question = b.question("AWS/Lambda", name);
        for (const auto& [key, value] : dimensions) {
            pb::Dimension& dimension = *question.add_dimensions();
            dimension.set_name(key);
            dimension.set_value(value);
        }
        const auto answer = b.call<pb::GetMetricStatisticsOutput>(question);
        return answer->datapoints_size() == 1 ? answer->datapoints(0).sum() : -1;
    };
    for (int round = 0; round < 2; ++round) {
        QCOMPARE(sum("Invocations", {{"FunctionName", "f"}}), 11.0);
        QCOMPARE(sum("Invocations", {{"FunctionName", "f"}, {"Resource", "f"}}), 11.0);
        QCOMPARE(sum("Invocations", {{"FunctionName", "f"}, {"Resource", "f:live"}}), 8.0);
        QCOMPARE(sum("Invocations", {{"FunctionName", "f"}, {"Resource", "f:live"}, {"ExecutedVersion", "2"}}), 3.0);
        QCOMPARE(sum("Invocations", {{"FunctionName", "f"}, {"Resource", "f:2"}}), 2.0);
        QCOMPARE(sum("Throttles", {{"FunctionName", "f"}, {"Resource", "f:live"}}), 1.0);
        QCOMPARE(sum("Duration", {{"FunctionName", "f"}, {"Resource", "f:live"}}), 40.0);
        // What is no resource of the function, or has no such metric.
        QCOMPARE(sum("Invocations", {{"FunctionName", "g"}, {"Resource", "f:live"}}), -1.0);
        QCOMPARE(sum("Invocations", {{"FunctionName", "f:live"}}), -1.0);
        QCOMPARE(sum("Invocations", {{"FunctionName", "f"}, {"Resource", "f:live,2"}}), -1.0);
        QCOMPARE(sum("ConcurrentExecutions", {{"FunctionName", "f"}, {"Resource", "f:live"}}), -1.0);
        b.open();
    }
    // Whoever asks for functions gets functions.
    std::optional<MetricsAnswer> all;
    MetricsQuery query;
    query.byFunction = true;
    query.toMs = b.clock.now / 1'000 + 1'000;
    query.fromMs = query.toMs - 60'000;
    b.recorder->queryMetrics(query, [&](absl::StatusOr<MetricsAnswer> answer) { all = *std::move(answer); });
    for (int i = 0; !all && i < 2'000; ++i) {
        b.io.restart();
        b.io.run_for(std::chrono::milliseconds(5));
    }
    QVERIFY(all && !all->rows.empty());
    for (const MetricsRow& row : all->rows)
        QCOMPARE(row.function, std::string("f"));
}

void CloudWatchTest::asyncAndProvisioned()
{
    Bench b;
    AsyncMetrics async(*b.recorder);
    for (int i = 0; i < 4; ++i)
        async.asyncReceived("f");
    async.asyncAttempted("f", 1'000'000);
    async.asyncAttempted("f", 3'000'000);
    async.asyncDropped("f", invoke::AsyncObserver::Drop::AgeExceeded);
    async.deadLetterFailed("f");
    async.destinationFailed("f");
    b.recorder->provisionedChanged("f", "1", 0, 4);
    b.recorder->provisionedChanged("f", "1", 3, 0);
    b.recorder->provisionedChanged("f", "2", 1, 1);
    b.recorder->provisionedChanged("f", "1", -3, 0);
    b.clock.now += 2'000'000;
    const auto of = [&b](const char* name, const char* resource = "") {
        auto question = b.question("AWS/Lambda", name);
        question.add_dimensions()->set_name("FunctionName");
        question.mutable_dimensions(0)->set_value("f");
        if (*resource) {
            question.add_dimensions()->set_name("Resource");
            question.mutable_dimensions(1)->set_value(resource);
        }
        const auto answer = b.call<pb::GetMetricStatisticsOutput>(question);
        return answer->datapoints_size() == 1 ? answer->datapoints(0) : pb::Datapoint();
    };
    QCOMPARE(of("AsyncEventsReceived").sum(), 4.0);
    QCOMPARE(of("AsyncEventAge").average(), 2'000.0);
    QCOMPARE(of("AsyncEventAge").maximum(), 3'000.0);
    QCOMPARE(of("AsyncEventsDropped").sum(), 1.0);
    QCOMPARE(of("DeadLetterErrors").sum(), 1.0);
    QCOMPARE(of("DestinationDeliveryFailures").sum(), 1.0);
    QCOMPARE(of("ProvisionedConcurrentExecutions", "f:1").maximum(), 3.0);
    QCOMPARE(of("ProvisionedConcurrencyUtilization", "f:1").maximum(), 0.75);
    QCOMPARE(of("ProvisionedConcurrentExecutions").maximum(), 4.0);
    QCOMPARE(of("ProvisionedConcurrencyUtilization").maximum(), 0.8);
    QVERIFY(!of("ProvisionedConcurrencyUtilization", "f:3").has_maximum());
}

void CloudWatchTest::dataWithMath()
{
    Bench b;
    for (int i = 0; i < 20; ++i)
        b.invoked("f", 5, i % 4 == 0);
    b.clock.now += 70'000'000;
    b.invoked("f", 5, false);
    b.clock.now += 2'000'000;
    pb::GetMetricDataInput request;
    request.mutable_start_time()->set_seconds(kStart - 60);
    request.mutable_end_time()->set_seconds(kStart + 180);
    request.set_scan_by("TimestampAscending");
    const auto metric = [&](const char* id, const char* name) {
        pb::MetricDataQuery& query = *request.add_metric_data_queries();
        query.set_id(id);
        query.mutable_metric_stat()->mutable_metric()->set_namespace_("AWS/Lambda");
        query.mutable_metric_stat()->mutable_metric()->set_metric_name(name);
        query.mutable_metric_stat()->set_stat("Sum");
        query.mutable_metric_stat()->set_period(60);
        query.set_return_data(false);
    };
    pb::MetricDataQuery& twice = *request.add_metric_data_queries(); // before what it needs
    twice.set_id("twice");
    twice.set_expression("rate * 2");
    pb::MetricDataQuery& rate = *request.add_metric_data_queries();
    rate.set_id("rate");
    rate.set_expression("100 * errors / invocations");
    rate.set_label("Error rate");
    metric("errors", "Errors");
    metric("invocations", "Invocations");
    auto answer = b.call<pb::GetMetricDataOutput>(request);
    QVERIFY2(answer.ok(), answer.status().ToString().c_str());
    QCOMPARE(answer->metric_data_results_size(), 2);
    QCOMPARE(answer->metric_data_results(1).label(), std::string("Error rate"));
    QCOMPARE(answer->metric_data_results(1).values_size(), 2);
    QCOMPARE(answer->metric_data_results(1).values(0), 25.0);
    QCOMPARE(answer->metric_data_results(1).values(1), 0.0);
    QCOMPARE(answer->metric_data_results(1).timestamps(1).seconds(), kStart + 60);
    QCOMPARE(answer->metric_data_results(0).values(0), 50.0);
    request.set_scan_by("TimestampDescending");
    answer = b.call<pb::GetMetricDataOutput>(request);
    QCOMPARE(answer->metric_data_results(1).timestamps(0).seconds(), kStart + 60);
    request.mutable_metric_data_queries(0)->set_expression("nobody + 1");
    QVERIFY(!b.call<pb::GetMetricDataOutput>(request).ok());
}

void CloudWatchTest::listing()
{
    Bench b;
    QVERIFY(b.put("latency", 1).ok());
    b.invoked("f", 5, false);
    b.clock.now += 2'000'000;
    pb::ListMetricsInput request;
    request.set_namespace_("shop");
    const auto custom = b.call<pb::ListMetricsOutput>(request);
    QCOMPARE(custom->metrics_size(), 1);
    QCOMPARE(custom->metrics(0).metric_name(), std::string("latency"));
    request.set_namespace_("AWS/Lambda");
    request.set_metric_name("Errors");
    const auto own = b.call<pb::ListMetricsOutput>(request);
    QCOMPARE(own->metrics_size(), 2); // the account and f
    pb::DimensionFilter& filter = *request.add_dimensions();
    filter.set_name("FunctionName");
    filter.set_value("f");
    QCOMPARE(b.call<pb::ListMetricsOutput>(request)->metrics_size(), 1);
    request.set_next_token("x");
    QVERIFY(!b.call<pb::ListMetricsOutput>(request).ok());
}

void CloudWatchTest::refused()
{
    Bench b;
    QVERIFY(!b.put("latency", 1, kStart - 15 * 86'400).ok());
    QVERIFY(!b.put("latency", kNone).ok());
    pb::PutMetricDataInput request;
    request.set_namespace_("AWS/Lambda");
    QVERIFY(!b.call<google::protobuf::Empty>(request).ok());
    request.set_namespace_("shop");
    request.add_metric_data()->set_metric_name("nothing");
    QVERIFY(!b.call<google::protobuf::Empty>(request).ok());
    request.mutable_metric_data(0)->add_values(1);
    request.mutable_metric_data(0)->add_counts(1);
    request.mutable_metric_data(0)->add_counts(1);
    QVERIFY(!b.call<google::protobuf::Empty>(request).ok());
    auto question = b.question("shop", "latency");
    question.set_period(61);
    QVERIFY(!b.call<pb::GetMetricStatisticsOutput>(question).ok());
    question.set_period(60);
    question.mutable_start_time()->set_seconds(kStart - 100 * 86'400);
    QVERIFY(!b.call<pb::GetMetricStatisticsOutput>(question).ok());
}

void CloudWatchTest::embeddedInTheLog()
{
    Bench b;
    invoke::LogEntry entry;
    entry.timeMicros = b.clock.now;
    entry.functionName = "f";
    entry.logStream = "s";
    entry.message = R"({"_aws":{"CloudWatchMetrics":[{"Namespace":"shop","Metrics":[{"Name":"m"}]}]},"m":5})";
    b.recorder->logged(entry);
    const auto answer = b.call<pb::GetMetricStatisticsOutput>(b.question("shop", "m"));
    QCOMPARE(answer->datapoints_size(), 1);
    QCOMPARE(answer->datapoints(0).sum(), 5.0);
}

QTEST_GUILESS_MAIN(CloudWatchTest)
#include "cloudwatch_test.moc"
