#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/invoke/trace_span.h"
#include "backend/observe/traces/filter_expression.h"
#include "backend/observe/traces/groups.h"
#include "backend/observe/traces/messages.h"
#include "backend/observe/traces/platform_segments.h"
#include "backend/observe/traces/sampling_rules.h"
#include "backend/observe/traces/segment_receiver.h"
#include "backend/observe/traces/service_graph.h"
#include "backend/observe/traces/trace_store.h"
#include "backend/observe/traces/tracer.h"
#include "backend/runtime/environment.h"

#include <absl/strings/str_cat.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <QtTest>

#include <chrono>
#include <optional>
#include <random>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace gantry;
using namespace gantry::observe::traces;
using invoke::InvocationRecord;
using invoke::TraceHeader;
using invoke::TraceSpan;
namespace json = boost::json;

namespace {

constexpr std::int64_t kStart = 1'795'000'000'000'000;
constexpr const char* kTrace = "1-5759e988-bd862e3fe1be46a994272793";

class FixedClock final : public Clock {
public:
    std::int64_t unixMicros() const override { return now; }
    std::int64_t now = kStart;
};

// A segment's document; times in seconds after kStart.
std::string document(const std::string& trace, const std::string& id, const std::string& name,
                     double start, double end, json::object more = {})
{
    json::object object = {{"trace_id", trace},
                           {"id", id},
                           {"name", name},
                           {"start_time", kStart / 1e6 + start},
                           {"end_time", kStart / 1e6 + end}};
    for (const auto& [key, value] : more)
        object[key] = value;
    return json::serialize(object);
}

std::string idOf(int n)
{
    return absl::StrCat(absl::Hex(n, absl::kZeroPad16));
}

Trace traceOf(std::initializer_list<std::string> documents)
{
    Trace trace;
    trace.id = kTrace;
    trace.startMicros = kStart;
    for (const std::string& each : documents) {
        auto segment = parseSegment(each);
        if (!segment.ok())
            qFatal("%s", segment.status().ToString().c_str());
        trace.documents.push_back(each);
        trace.segments.push_back(*std::move(segment));
    }
    return trace;
}

// A web front that calls the function "orders", which writes to S3 and fails.
Trace orders()
{
    return traceOf(
        {document(kTrace, idOf(1), "web", 0, 2,
                  {{"http", {{"request", {{"method", "GET"}, {"url", "http://shop/orders"}}},
                             {"response", {{"status", 502}}}}},
                   {"fault", true},
                   {"user", "ada"},
                   {"annotations", {{"tier", "gold"}, {"items", 3}, {"new", true}}},
                   {"subsegments", json::array{{{"id", idOf(2)},
                                                {"name", "Lambda"},
                                                {"namespace", "aws"},
                                                {"start_time", kStart / 1e6 + 0.1},
                                                {"end_time", kStart / 1e6 + 1.9}}}}}),
         document(kTrace, idOf(3), "orders", 0.2, 1.8,
                  {{"parent_id", idOf(2)}, {"origin", "AWS::Lambda"}}),
         document(kTrace, idOf(4), "orders", 0.3, 1.7,
                  {{"parent_id", idOf(3)},
                   {"origin", "AWS::Lambda::Function"},
                   {"resource_arn", "arn:aws:lambda:us-east-1:1:function:orders"},
                   {"error", true},
                   {"cause", {{"exceptions", json::array{{{"message", "no stock"}}}}}}}),
         document(kTrace, idOf(5), "S3", 0.4, 0.5,
                  {{"parent_id", idOf(4)}, {"type", "subsegment"}, {"namespace", "aws"},
                   {"throttle", true}, {"error", true}})});
}

bool matches(const std::string& filter, const Trace& trace)
{
    const auto parsed = FilterExpression::parse(filter);
    if (!parsed.ok())
        qFatal("%s", parsed.status().ToString().c_str());
    return parsed->matches(trace);
}

PlatformTrace finished(const std::string& errorType = {}, bool cold = false)
{
    auto span = std::make_shared<TraceSpan>();
    span->traceId = kTrace;
    span->parentId = idOf(1);
    span->segmentId = idOf(2);
    span->functionSegmentId = idOf(3);
    span->functionArn = "arn:aws:lambda:us-east-1:123456789012:function:f";
    span->invokedArn = span->functionArn + ":live";
    PlatformTrace trace;
    InvocationRecord& record = trace.record;
    record.trace = span;
    record.requestId = "r-1";
    record.functionName = "f";
    record.version = "3";
    record.acceptedAtMicros = kStart;
    record.startedAtMicros = kStart + 300'000;
    record.durationMicros = 50'000;
    record.initMicros = cold ? 200'000 : 0;
    record.coldStart = cold;
    record.errorType = errorType;
    record.errorMessage = errorType.empty() ? "" : "it \"broke\"\n";
    trace.finishedAtMicros = kStart + 352'000;
    return trace;
}

struct Bench {
    explicit Bench(TraceLimits limits = {}) : limits(limits) { open(); }
    void open()
    {
        store.reset();
        auto opened = TraceStore::open(io, clock, file(), limits);
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        store = *std::move(opened);
    }
    std::filesystem::path file() const
    {
        return std::filesystem::path(directory.path().toStdString()) / "traces.db";
    }
    template <class Done> void wait(Done done)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!done() && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(std::chrono::milliseconds(1));
        }
        QVERIFY(done());
    }
    Trace read(const std::string& id = kTrace)
    {
        std::optional<absl::StatusOr<Trace>> answer;
        store->query<Trace>([id](store::Database& database) { return readTrace(database, id); },
                            [&](absl::StatusOr<Trace> trace) { answer = std::move(trace); });
        wait([&] { return answer.has_value(); });
        return **std::move(answer);
    }
    std::vector<std::string> list(TraceWindow window, std::optional<TracePosition> after = {},
                                  std::size_t limit = 1'000'000)
    {
        std::vector<std::string> ids;
        std::optional<absl::StatusOr<int>> answer;
        store->query<int>(
            [&, window, after](store::Database& database) -> absl::StatusOr<int> {
                const absl::Status status = eachTrace(database, window, after, [&](Trace trace) {
                    ids.push_back(trace.id);
                    return ids.size() < limit;
                });
                if (!status.ok())
                    return status;
                return 0;
            },
            [&](absl::StatusOr<int> done) { answer = done; });
        wait([&] { return answer.has_value(); });
        return ids;
    }

    QTemporaryDir directory;
    boost::asio::io_context io;
    FixedClock clock;
    TraceLimits limits;
    std::unique_ptr<TraceStore> store;
};

std::string traceId(int n)
{
    return absl::StrCat("1-5759e988-", absl::Hex(n, absl::kZeroPad8), "0000000000000000");
}

class QuietObserver final : public invoke::Observer {
public:
    void concurrencyChanged(const std::string&, int) override {}
    void environmentsChanged(const std::string&, int) override {}
    void throttled(const std::string&, const std::string&, const std::string&) override {}
    void finished(InvocationRecord) override { ++records; }
    void logged(invoke::LogEntry) override {}
    int records = 0;
};

} // namespace

class TracesTest : public QObject {
    Q_OBJECT
private slots:
    // X-Amzn-Trace-Id

    void headers()
    {
        const std::string text =
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a:1";
        const TraceHeader header = TraceHeader::parse(text);
        QCOMPARE(header.root, std::string(kTrace));
        QCOMPARE(header.parent, std::string("53995c3f42cd8ad8"));
        QVERIFY(header.sampled.value());
        QCOMPARE(header.toString(), text);
        QVERIFY(!TraceHeader::parse("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=?").sampled);
        for (const std::string bad : {"", ";;=", "Root=1-2-3", "Root=1-5759e988-bd862e3fe1be46a99427279g",
                                      "Root", "Parent=1;Sampled=2"}) {
            const TraceHeader none = TraceHeader::parse(bad);
            QVERIFY(none.root.empty());
            QVERIFY(none.parent.empty());
            QVERIFY(!none.sampled);
        }
    }

    // The platform's own segments

    void segmentsOfACall()
    {
        const auto documents = platformSegments(finished());
        QCOMPARE(documents.size(), std::size_t{2});
        const Segment service = *parseSegment(documents[0].document);
        QCOMPARE(service.origin, std::string("AWS::Lambda"));
        QCOMPARE(service.id, idOf(2));
        QCOMPARE(service.parentId, idOf(1));
        QCOMPARE(service.http.status, 200);
        QCOMPARE(service.startMicros, kStart);
        QCOMPARE(service.endMicros, kStart + 352'000);
        QCOMPARE(service.resourceArn,
                 std::string("arn:aws:lambda:us-east-1:123456789012:function:f:live"));
        const Segment function = *parseSegment(documents[1].document);
        QCOMPARE(function.origin, std::string("AWS::Lambda::Function"));
        QCOMPARE(function.id, idOf(3));
        QCOMPARE(function.parentId, idOf(2));
        QCOMPARE(std::get<bool>(function.annotations.at("ColdStart")), false);
        QCOMPARE(function.subsegments.size(), std::size_t{2});
        QCOMPARE(function.subsegments[0].name, std::string("Overhead"));
        QCOMPARE(function.subsegments[0].endMicros, kStart + 302'000);
        QCOMPARE(function.subsegments[1].name, std::string("Invocation"));
        QCOMPARE(function.subsegments[1].endMicros - function.subsegments[1].startMicros,
                 std::int64_t{50'000});
        QVERIFY(!service.fault && !function.fault);
    }

    void segmentsOfAColdStartThatFails()
    {
        const auto documents = platformSegments(finished("ValueError", true));
        const Segment service = *parseSegment(documents[0].document);
        const Segment function = *parseSegment(documents[1].document);
        QVERIFY(service.fault);
        QVERIFY(function.fault);
        QCOMPARE(function.message, std::string("it \"broke\"\n"));
        QCOMPARE(std::get<bool>(function.annotations.at("ColdStart")), true);
        QCOMPARE(function.subsegments[0].name, std::string("Initialization"));
        QCOMPARE(function.startMicros, kStart + 100'000);
        QCOMPARE(function.subsegments[0].endMicros, kStart + 300'000);
        QVERIFY(function.subsegments[2].fault);
    }

    void segmentsOfAnInitThatFails()
    {
        PlatformTrace trace = finished("Runtime.ImportModuleError", true);
        trace.record.durationMicros = 0;
        const Segment function = *parseSegment(platformSegments(trace)[1].document);
        QCOMPARE(function.subsegments.size(), std::size_t{1});
        QCOMPARE(function.subsegments[0].name, std::string("Initialization"));
        QVERIFY(function.subsegments[0].fault);
    }

    void segmentsOfARestore()
    {
        PlatformTrace trace = finished({}, true);
        trace.record.initMicros = 0;
        trace.record.restoreMicros = 40'000;
        QCOMPARE(parseSegment(platformSegments(trace)[1].document)->subsegments[0].name,
                 std::string("Restore"));
    }

    void segmentsOfAThrottle()
    {
        PlatformTrace trace = finished();
        trace.throttled = true;
        const auto documents = platformSegments(trace);
        QCOMPARE(documents.size(), std::size_t{1});
        const Segment service = *parseSegment(documents[0].document);
        QVERIFY(service.throttle && service.error && !service.fault);
        QCOMPARE(service.http.status, 429);
    }

    void segmentsOfAnAsynchronousEvent()
    {
        PlatformTrace trace = finished();
        auto span = std::make_shared<TraceSpan>(*trace.record.trace);
        span->attempt = 1;
        span->queuedAtMicros = kStart - 1'000'000;
        trace.record.trace = span;
        const auto documents = platformSegments(trace);
        QCOMPARE(documents.size(), std::size_t{4});
        const Segment service = *parseSegment(documents[0].document);
        QCOMPARE(service.startMicros, kStart - 1'000'000);
        QCOMPARE(service.http.status, 202);
        const Segment dwell = *parseSegment(documents[1].document);
        QCOMPARE(dwell.name, std::string("Dwell Time"));
        QCOMPARE(dwell.parentId, service.id);
        QCOMPARE(dwell.endMicros - dwell.startMicros, std::int64_t{1'000'000});
        const Segment attempt = *parseSegment(documents[2].document);
        QCOMPARE(attempt.name, std::string("Attempt #1"));
        QCOMPARE(parseSegment(documents[3].document)->parentId, attempt.id);
        span->attempt = 2;
        QCOMPARE(platformSegments(trace).size(), std::size_t{3});
    }

    void segmentsOfAUrl()
    {
        PlatformTrace trace = finished();
        auto span = std::make_shared<TraceSpan>(*trace.record.trace);
        span->url = true;
        trace.record.trace = span;
        trace.record.event = std::make_shared<const std::string>(
            R"({"rawPath":"/a","headers":{"host":"u.localhost","x-forwarded-proto":"http"},)"
            R"("requestContext":{"http":{"method":"PUT","sourceIp":"127.0.0.1","userAgent":"curl"}}})");
        trace.record.response = std::make_shared<const std::string>(R"({"statusCode":404})");
        const Segment service = *parseSegment(platformSegments(trace)[0].document);
        QCOMPARE(service.http.method, std::string("PUT"));
        QCOMPARE(service.http.url, std::string("http://u.localhost/a"));
        QCOMPARE(service.http.status, 404);
        trace.record.event = std::make_shared<const std::string>("not JSON");
        QCOMPARE(parseSegment(platformSegments(trace)[0].document)->http.status, 404);
    }

    // Documents from anywhere

    void refusesWhatIsNoSegment_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("nothing") << "";
        QTest::newRow("no JSON") << "{";
        QTest::newRow("an array") << "[]";
        QTest::newRow("no trace") << R"({"id":"53995c3f42cd8ad8","name":"n","start_time":1,"end_time":2})";
        const QString head = R"({"trace_id":"1-5759e988-bd862e3fe1be46a994272793",)";
        QTest::newRow("no name") << head + R"("id":"53995c3f42cd8ad8","start_time":1,"end_time":2})";
        QTest::newRow("a bad id") << head + R"("id":"5","name":"n","start_time":1,"end_time":2})";
        QTest::newRow("no start") << head + R"("id":"53995c3f42cd8ad8","name":"n","end_time":2})";
        QTest::newRow("no end") << head + R"("id":"53995c3f42cd8ad8","name":"n","start_time":1})";
        QTest::newRow("backwards")
            << head + R"("id":"53995c3f42cd8ad8","name":"n","start_time":3,"end_time":2})";
        QTest::newRow("an orphan") << head + R"("type":"subsegment","id":"53995c3f42cd8ad8","name":"n",)"
                                             R"("start_time":1,"end_time":2})";
        QTest::newRow("odd subsegments") << head + R"("id":"53995c3f42cd8ad8","name":"n","start_time":1,)"
                                                   R"("end_time":2,"subsegments":[1]})";
        QTest::newRow("deep") << QString("[").repeated(100'000).left(60'000);
        QTest::newRow("long") << head + QString("\"x\":\"") + QString(70'000, 'x') + "\"}";
    }

    void refusesWhatIsNoSegment()
    {
        QFETCH(QString, text);
        const auto segment = parseSegment(text.toStdString());
        QVERIFY(!segment.ok());
        QVERIFY(!segment.status().message().empty());
    }

    void survivesRubbish()
    {
        const std::string whole = document(kTrace, idOf(1), "n", 0, 1,
                                           {{"http", {{"response", {{"status", 1e99}}}}},
                                            {"annotations", {{"a", json::array{1}}, {"b", 2}}},
                                            {"cause", {{"exceptions", json::array{1}}}}});
        QVERIFY(parseSegment(whole).ok());
        std::mt19937 random(7);
        for (int i = 0; i < 20'000; ++i) {
            std::string text = whole;
            for (int changes = static_cast<int>(random() % 4); changes >= 0; --changes)
                text[random() % text.size()] = static_cast<char>(random());
            if (const auto segment = parseSegment(text); segment.ok())
                QVERIFY(invoke::isTraceId(segment->traceId));
        }
    }

    void datagrams()
    {
        QCOMPARE(documentOf("{\"format\": \"json\", \"version\": 1}\n{}"), std::string_view("{}"));
        QCOMPARE(documentOf("{\"format\":\"json\",\"version\":1}\n"), std::string_view());
        for (const std::string bad : {"", "\n{}", "{\"format\":\"json\"}\n{}", "{}", "x\n{}",
                                      "{\"format\":\"xml\",\"version\":1}\n{}",
                                      "{\"format\":\"json\",\"version\":2}\n{}"})
            QVERIFY(documentOf(bad).empty());
        QVERIFY(documentOf(std::string(100'000, ' ') + "\n{}").empty());
    }

    void receivesDatagramsAndNotMoreThanItMay()
    {
        boost::asio::io_context io;
        auto [socket, port] = openDatagramSocket();
        QVERIFY(socket);
        std::size_t bytes = 0;
        auto receiver = receiveSegments(io, std::move(socket),
                                        [&](const std::string& text) { bytes += text.size(); });
        const UniqueFd sender(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const std::string datagram =
            "{\"format\":\"json\",\"version\":1}\n" + std::string(50'000, 'x');
        // Within one second of the monotonic clock, or two: 5 MB come, of which it takes 2 a second.
        const std::int64_t before = monotonicMicros() / 1'000'000;
        for (int i = 0; i < 100; ++i) {
            ::sendto(sender.get(), datagram.data(), datagram.size(), 0,
                     reinterpret_cast<sockaddr*>(&to), sizeof to);
            io.restart();
            io.poll();
        }
        const std::int64_t seconds = monotonicMicros() / 1'000'000 - before + 1;
        QVERIFY(bytes >= 50'000);
        QVERIFY(bytes <= static_cast<std::size_t>(seconds) * ((2 << 20) + 50'000));
        receiver.reset();
        const std::size_t then = bytes;
        ::sendto(sender.get(), datagram.data(), datagram.size(), 0,
                 reinterpret_cast<sockaddr*>(&to), sizeof to);
        io.restart();
        io.run_for(std::chrono::milliseconds(150));
        QCOMPARE(bytes, then);
    }

    // Filter expressions

    void filters_data()
    {
        QTest::addColumn<QString>("filter");
        QTest::addColumn<bool>("expected");
        const auto row = [](const char* filter, bool expected) {
            QTest::newRow(filter) << filter << expected;
        };
        row("", true);
        row("fault", true);
        row("fault = true", true);
        row("fault = false", false);
        row("!fault", false);
        row("ok", false);
        row("error", false);
        row("fault AND error", false);
        row("fault OR error", true);
        row("error OR fault AND ok", false);
        row("(error OR fault) AND !ok", true);
        row("responsetime = 2", true);
        row("responsetime > 2", false);
        row("duration >= 2 AND duration <= 2", true);
        row("http.status = 502", true);
        row("http.status != 502", false);
        row("http.url = \"http://shop/orders\"", true);
        row("http.url CONTAINS \"shop\"", true);
        row("http.url BEGINSWITH \"https\"", false);
        row("http.url ENDSWITH 'orders'", true);
        row("http.method = \"GET\"", true);
        row("http.useragent", false);
        row("user = \"ada\"", true);
        row("user != \"ada\"", false);
        row("user", true);
        row("message CONTAINS \"stock\"", true);
        row("resource.arn ENDSWITH \":orders\"", true);
        row("annotation.tier = \"gold\"", true);
        row("annotation[tier] = \"silver\"", false);
        row("annotation[items] > 2", true);
        row("annotation[items] = \"3\"", false);
        row("annotation[new] = true", true);
        row("annotation[new]", true);
        row("annotation[old]", false);
        row("!annotation[old]", true);
        row("name = \"web\"", true);
        row("service(\"orders\")", true);
        row("service(\"nobody\")", false);
        row("service(\"orders\") { error }", true);
        row("service(\"orders\") { fault }", false);
        row("service(\"web\") { http.status = 502 AND responsetime > 1 }", true);
        row("service(id(name: \"orders\", type: \"AWS::Lambda\")) { error }", false);
        row("service(id(type: \"AWS::Lambda::Function\")) { error }", true);
        row("service() { throttle }", true);
        row("service(\"S3\") { inferred AND throttle }", true);
        row("edge(\"web\", \"orders\")", true);
        row("edge(\"orders\", \"web\")", false);
        row("edge(\"orders\", \"S3\") { throttle }", true);
        row("edge(\"orders\", id(type: \"AWS::S3\")) { ok }", false);
        row("partial", false);
        row("root", true);
    }

    void filters()
    {
        QFETCH(QString, filter);
        QFETCH(bool, expected);
        QCOMPARE(matches(filter.toStdString(), orders()), expected);
    }

    void saysWhatIsNotUnderstood_data()
    {
        QTest::addColumn<QString>("filter");
        QTest::addColumn<QString>("named");
        QTest::newRow("keyword") << "fault AND groupies" << "groupies";
        QTest::newRow("number") << "responsetime > \"x\"" << "a number";
        QTest::newRow("operator") << "responsetime CONTAINS 1" << "operator";
        QTest::newRow("bare number") << "responsetime" << "comparison";
        QTest::newRow("text") << "http.url = 5" << "a text";
        QTest::newRow("quote") << "http.url = \"abc" << "quote";
        QTest::newRow("brace") << "service(\"x\") { fault" << "}";
        QTest::newRow("end") << "fault fault" << "AND, OR";
        QTest::newRow("nothing") << "fault AND" << "its end";
        QTest::newRow("id") << "service(id(account: \"1\"))" << "name:";
        QTest::newRow("place") << "fault AND ?" << "character 11";
        QTest::newRow("deep") << QString("!").repeated(500) + "fault" << "fewer levels";
        QTest::newRow("long") << QString(3'000, ' ') + "fault" << "2,000";
    }

    void saysWhatIsNotUnderstood()
    {
        QFETCH(QString, filter);
        QFETCH(QString, named);
        const auto parsed = FilterExpression::parse(filter.toStdString());
        QVERIFY(!parsed.ok());
        const QString message = QString::fromStdString(std::string(parsed.status().message()));
        QVERIFY2(message.contains(named), qPrintable(message));
    }

    // Any text is parsed to its end or refused, and what was parsed can be evaluated.
    void survivesAnyFilter()
    {
        const std::vector<std::string> words = {
            "fault", "AND", "OR", "!", "(", ")", "{", "}", "service", "edge", "id", "name", ":", ",",
            "\"orders\"", "annotation", "[", "]", "items", "=", "!=", "<", ">=", "CONTAINS", "5", "-1",
            "true", "http.url", "responsetime", "duration", "'", "\\", ".", "partial", "last"};
        const Trace trace = orders();
        std::mt19937 random(11);
        int understood = 0;
        for (int i = 0; i < 60'000; ++i) {
            std::string text;
            for (std::size_t n = random() % 12; n > 0; --n)
                absl::StrAppend(&text, words[random() % words.size()],
                                random() % 3 == 0 ? "" : " ");
            if (random() % 8 == 0 && !text.empty())
                text[random() % text.size()] = static_cast<char>(random());
            if (const auto parsed = FilterExpression::parse(text); parsed.ok()) {
                ++understood;
                (void)parsed->matches(trace);
            }
        }
        QVERIFY(understood > 500);
    }

    void copesWithParentsInACircle()
    {
        const Trace trace =
            traceOf({document(kTrace, idOf(1), "a", 0, 1,
                              {{"parent_id", idOf(2)}, {"type", "subsegment"}, {"namespace", "aws"}}),
                     document(kTrace, idOf(2), "b", 0, 1,
                              {{"parent_id", idOf(1)}, {"type", "subsegment"}, {"namespace", "aws"}}),
                     document(kTrace, idOf(3), "c", 0, 1, {{"parent_id", idOf(3)}})});
        QVERIFY(!trace.root());
        QCOMPARE(callsOf(trace).size(), std::size_t{1});
        QVERIFY(matches("partial", trace));
        (void)summaryOf(trace);
        ServiceGraph graph;
        graph.add(trace);
    }

    // Messages

    void summaries()
    {
        const aws::xray::TraceSummary summary = summaryOf(orders());
        QCOMPARE(summary.duration(), 2.0);
        QCOMPARE(summary.response_time(), 2.0);
        QVERIFY(summary.has_fault() && !summary.has_error());
        QCOMPARE(summary.http().http_status(), 502);
        QCOMPARE(summary.entry_point().name(), std::string("web"));
        QCOMPARE(summary.service_ids_size(), 3);
        QCOMPARE(summary.users(0).user_name(), std::string("ada"));
        QCOMPARE(summary.annotations().at("items").members(0).annotation_value().number_value(), 3.0);
        QCOMPARE(summary.resource_ar_ns_size(), 1);
    }

    void graph()
    {
        ServiceGraph graph;
        graph.add(orders());
        graph.add(orders());
        aws::xray::GetServiceGraphResult result;
        graph.fill(*result.mutable_services(), "1");
        std::map<std::string, const aws::xray::Service*> services;
        for (const auto& service : result.services())
            services[service.name() + "/" + service.type()] = &service;
        QCOMPARE(services.size(), std::size_t{5});
        const auto& function = *services.at("orders/AWS::Lambda::Function");
        QCOMPARE(function.summary_statistics().total_count(), 2);
        QCOMPARE(function.summary_statistics().error_statistics().other_count(), 2);
        QCOMPARE(function.edges_size(), 1);
        QCOMPARE(function.edges(0).reference_id(), services.at("S3/AWS::S3")->reference_id());
        QCOMPARE(function.edges(0).summary_statistics().error_statistics().throttle_count(), 2);
        QVERIFY(services.at("web/")->root());
        QCOMPARE(services.at("web/client")->edges(0).reference_id(),
                 services.at("web/")->reference_id());
        // What the front measured of the call, not the function of itself.
        QVERIFY(std::abs(services.at("web/")->edges(0).summary_statistics().total_response_time() -
                         3.6) < 0.01);
    }

    // The store

    void keepsAndFinds()
    {
        Bench bench;
        QVERIFY(bench.store->put(document(kTrace, idOf(1), "web", 0, 1)).ok());
        bench.store->put(finished());
        Trace trace = bench.read();
        QCOMPARE(trace.segments.size(), std::size_t{3});
        QCOMPARE(trace.root()->name, std::string("web"));
        QCOMPARE(trace.revision, std::int64_t{3});
        bench.open();
        QCOMPARE(bench.read().documents, trace.documents);
        QVERIFY(bench.read("1-5759e988-000000000000000000000000").id.empty());
        const TraceWindow window{kStart, kStart + 1};
        QCOMPARE(bench.list(window), std::vector<std::string>{kTrace});
        QVERIFY(bench.list({kStart - 10, kStart}).empty());
        QCOMPARE(bench.list({kStart + 900'000, kStart + 1'100'000, true}),
                 std::vector<std::string>{kTrace});
    }

    void pagesNewestFirst()
    {
        Bench bench;
        for (int i = 0; i < 450; ++i) // several of one time
            QVERIFY(bench.store->put(document(traceId(i), idOf(i + 1), "n", i / 3, i / 3 + 1)).ok());
        const TraceWindow window{kStart, kStart + 1'000'000'000};
        const auto all = bench.list(window);
        QCOMPARE(all.size(), std::size_t{450});
        QCOMPARE(std::set<std::string>(all.begin(), all.end()).size(), std::size_t{450});
        QCOMPARE(all.front(), traceId(447));
        std::vector<std::string> paged;
        std::optional<TracePosition> at;
        while (true) {
            const auto page = bench.list(window, at, 70);
            paged.insert(paged.end(), page.begin(), page.end());
            if (page.size() < 70)
                break;
            at = TracePosition{bench.read(page.back()).startMicros, page.back()};
        }
        QCOMPARE(paged, all);
    }

    void refusesOtherTimes()
    {
        Bench bench;
        QVERIFY(!bench.store->put(document(kTrace, idOf(1), "n", 3'600, 3'601)).ok());
        QVERIFY(!bench.store->put(document(kTrace, idOf(1), "n", -31.0 * 86'400, 0)).ok());
        QVERIFY(bench.store->put(document(kTrace, idOf(1), "n", -29.0 * 86'400, 0)).ok());
    }

    void boundsATrace()
    {
        TraceLimits limits;
        limits.traceBytes = 3'000;
        Bench bench(limits);
        for (int i = 0; i < 10; ++i)
            QVERIFY(bench.store->put(document(kTrace, idOf(i + 1), "n", 0, 1,
                                              {{"metadata", std::string(700, 'x')}})).ok());
        Trace trace = bench.read();
        QVERIFY(trace.limitExceeded);
        QCOMPARE(trace.segments.size(), std::size_t{3});
        // The same segment again takes no more room.
        QVERIFY(bench.store->put(document(kTrace, idOf(1), "m", 0, 1)).ok());
        QCOMPARE(bench.read().find(idOf(1))->name, std::string("m"));
    }

    void boundsWhatWaits()
    {
        Bench bench;
        int refused = 0;
        for (int i = 0; i < 400; ++i)
            refused += absl::IsResourceExhausted(bench.store->put(
                document(traceId(i), idOf(1), "n", 0, 1, {{"metadata", std::string(50'000, 'x')}})));
        QVERIFY(refused > 200 && refused < 300);
    }

    void prunesByAgeAndSize()
    {
        TraceLimits limits;
        limits.bytes = 20'000;
        Bench bench(limits);
        QVERIFY(bench.store->put(document(traceId(1), idOf(1), "old", -20.0 * 86'400, 0)).ok());
        bench.clock.now += 15LL * 86'400'000'000;
        bench.store->prune(); // behind nothing yet: the next reading writes first
        const double later = 15.0 * 86'400;
        QVERIFY(bench.store->put(document(traceId(2), idOf(1), "new", later, later + 1)).ok());
        QCOMPARE(bench.list({0, bench.clock.now + 10'000'000}).size(), std::size_t{2});
        bench.store->prune();
        QCOMPARE(bench.list({0, bench.clock.now + 10'000'000}), std::vector<std::string>{traceId(2)});
        for (int i = 10; i < 40; ++i)
            QVERIFY(bench.store->put(document(traceId(i), idOf(1), "n", later + i, later + i + 1,
                                              {{"metadata", std::string(1'000, 'x')}})).ok());
        (void)bench.read();
        bench.store->prune();
        const auto left = bench.list({0, bench.clock.now + 100'000'000});
        QVERIFY(left.size() >= 12 && left.size() <= 20);
        QCOMPARE(left.front(), traceId(39));
        QVERIFY(bench.read(traceId(2)).id.empty());
    }

    // Functions

    void aFunctionAddsToItsOwnTracesOnly()
    {
        Bench bench;
        QuietObserver observer;
        Tracer tracer(observer, *bench.store);
        PlatformTrace own = finished();
        tracer.putOfFunction("f", document(kTrace, idOf(9), "too early", 0, 1));
        tracer.traceBegun("f", kTrace);
        tracer.putOfFunction("f", document(kTrace, idOf(10), "mine", 0, 1));
        tracer.putOfFunction("g", document(kTrace, idOf(11), "a stranger's", 0, 1));
        tracer.putOfFunction("f", document(traceId(1), idOf(12), "another trace", 0, 1));
        tracer.putOfFunction("f", document(kTrace, idOf(3), "in disguise, early", 0, 1));
        tracer.finished(own.record);
        (void)bench.read();
        tracer.putOfFunction("f", document(kTrace, idOf(2), "in disguise, late", 0, 1));
        const Trace trace = bench.read();
        QCOMPARE(observer.records, 1);
        QCOMPARE(trace.segments.size(), std::size_t{3});
        QCOMPARE(trace.find(idOf(2))->origin, std::string("AWS::Lambda"));
        QCOMPARE(trace.find(idOf(3))->origin, std::string("AWS::Lambda::Function"));
        QCOMPARE(trace.find(idOf(10))->name, std::string("mine"));
        QVERIFY(bench.read(traceId(1)).id.empty());
    }

    void forgetsWhoTookPart()
    {
        Bench bench;
        QuietObserver observer;
        Tracer tracer(observer, *bench.store);
        tracer.traceBegun("f", kTrace);
        bench.clock.now += 21LL * 60 * 1'000'000;
        tracer.traceBegun("f", traceId(1));
        tracer.putOfFunction("f", document(kTrace, idOf(1), "still", 1'260, 1'261));
        QCOMPARE(bench.read().segments.size(), std::size_t{1});
        bench.clock.now += 21LL * 60 * 1'000'000;
        tracer.traceBegun("f", traceId(2));
        tracer.putOfFunction("f", document(kTrace, idOf(2), "no more", 2'520, 2'521));
        QCOMPARE(bench.read().segments.size(), std::size_t{1});
    }

    // Sampling

    void samplesByDefaultAsAws()
    {
        Bench bench;
        auto rules = openRules(bench);
        runtime::EnvironmentSpec f;
        f.functionName = "f";
        f.functionArn = "arn:aws:lambda:us-east-1:1:function:f";
        int sampled = 0;
        for (int second = 0; second < 20; ++second) {
            bench.clock.now += 1'000'000;
            QVERIFY(rules->sample(f)); // the first of each second
            for (int i = 0; i < 1'000; ++i)
                sampled += rules->sample(f);
        }
        QVERIFY2(sampled > 800 && sampled < 1'200, qPrintable(QString::number(sampled)));
    }

    void rulesDecideByPriority()
    {
        Bench bench;
        auto rules = openRules(bench);
        QCOMPARE(create(bench, *rules, "none", 1, "quiet-*", 0, 0), std::string());
        QCOMPARE(create(bench, *rules, "all", 2, "*", 0, 1), std::string());
        runtime::EnvironmentSpec quiet;
        quiet.functionName = "quiet-one";
        runtime::EnvironmentSpec loud;
        loud.functionName = "loud";
        for (int i = 0; i < 100; ++i) {
            QVERIFY(!rules->sample(quiet));
            QVERIFY(rules->sample(loud));
        }
        rules = openRules(bench); // they are kept
        QVERIFY(!rules->sample(quiet) && rules->sample(loud));
        QCOMPARE(rules->list({})->sampling_rule_records_size(), 3);
        QVERIFY(create(bench, *rules, "all", 3, "*", 0, 1).starts_with("InvalidRequest"));
        QVERIFY(create(bench, *rules, "Default", 3, "*", 0, 1).starts_with("InvalidRequest"));
        aws::xray::GetSamplingTargetsRequest request;
        for (const char* client : {"a", "b"}) {
            auto& asked = *request.add_sampling_statistics_documents();
            asked.set_rule_name("Default");
            asked.set_client_id(client);
        }
        request.add_sampling_statistics_documents()->set_rule_name("unknown");
        const auto targets = rules->targets(request);
        QCOMPARE(targets->sampling_target_documents_size(), 2);
        QCOMPARE(targets->sampling_target_documents(0).fixed_rate(), 0.05);
        QCOMPARE(targets->unprocessed_statistics_size(), 1);
    }

    void keepsGroupsAndTheirFilters()
    {
        Bench bench;
        auto groups = openGroups(bench);
        aws::xray::CreateGroupRequest request;
        request.set_group_name("slow");
        request.set_filter_expression("responsetime >");
        QVERIFY(createGroup(bench, *groups, request).starts_with("InvalidRequest"));
        request.set_filter_expression("responsetime > 5");
        QCOMPARE(createGroup(bench, *groups, request), std::string());
        QVERIFY(createGroup(bench, *groups, request).starts_with("InvalidRequest")); // there already
        request.set_group_name("Default");
        QVERIFY(createGroup(bench, *groups, request).starts_with("InvalidRequest"));
        groups = openGroups(bench); // they are kept
        QCOMPARE(groups->list({})->groups_size(), 2);
        const std::string arn = groups->list({})->groups(1).group_arn();
        QCOMPARE(arn, std::string("arn:aws:xray:us-east-1:1:group/slow"));
        QVERIFY(!groups->filterOf("slow", {})->matches(orders()));
        QVERIFY(!groups->filterOf({}, arn)->matches(orders()));
        QVERIFY(groups->filterOf("Default", {})->matches(orders()));
        QVERIFY(groups->filterOf({}, {})->matches(orders()));
        QVERIFY(!groups->filterOf("unknown", {}).ok());
        aws::xray::UpdateGroupRequest update;
        update.set_group_arn(arn);
        update.set_filter_expression("responsetime < 5");
        bool done = false;
        groups->update(update, [&](const auto& result) { done = result.ok(); });
        bench.wait([&] { return done; });
        QVERIFY(groups->filterOf("slow", {})->matches(orders()));
        aws::xray::DeleteGroupRequest gone;
        gone.set_group_name("slow");
        done = false;
        groups->remove(gone, [&](const auto& result) { done = result.ok(); });
        bench.wait([&] { return done; });
        QCOMPARE(groups->list({})->groups_size(), 1);
    }

private:
    static std::unique_ptr<Groups> openGroups(Bench& bench)
    {
        auto opened = Groups::open(bench.io, bench.file().parent_path() / "groups.db",
                                   Place{"1", "us-east-1"});
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        return *std::move(opened);
    }

    // The error's name and message; empty when it was made.
    static std::string createGroup(Bench& bench, Groups& groups,
                                   const aws::xray::CreateGroupRequest& request)
    {
        std::optional<std::string> answer;
        groups.create(request, [&](const auto& result) {
            const AwsError error = result.ok() ? AwsError() : awsErrorOf(result.status());
            answer = result.ok() ? "" : absl::StrCat(error.name, ": ", error.message);
        });
        bench.wait([&] { return answer.has_value(); });
        return *answer;
    }

    static std::unique_ptr<SamplingRules> openRules(Bench& bench)
    {
        auto opened = SamplingRules::open(bench.io, bench.file().parent_path() / "xray.db",
                                          bench.clock, Place{"1", "us-east-1"});
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        return *std::move(opened);
    }

    // The error's name and message; empty when it was made.
    static std::string create(Bench& bench, SamplingRules& rules, const std::string& name,
                              int priority, const std::string& service, int reservoir, double rate)
    {
        aws::xray::CreateSamplingRuleRequest request;
        auto& rule = *request.mutable_sampling_rule();
        rule.set_rule_name(name);
        rule.set_priority(priority);
        rule.set_service_name(service);
        rule.set_reservoir_size(reservoir);
        rule.set_fixed_rate(rate);
        rule.set_version(1);
        for (std::string* every : {rule.mutable_resource_arn(), rule.mutable_service_type(),
                                   rule.mutable_host(), rule.mutable_http_method(),
                                   rule.mutable_url_path()})
            *every = "*";
        std::optional<std::string> answer;
        rules.create(request, [&](const auto& result) {
            const AwsError error = result.ok() ? AwsError() : awsErrorOf(result.status());
            answer = result.ok() ? "" : absl::StrCat(error.name, ": ", error.message);
        });
        bench.wait([&] { return answer.has_value(); });
        return *answer;
    }
};

QTEST_GUILESS_MAIN(TracesTest)
#include "traces_test.moc"
