#include "backend/api/error_location.h"
#include "backend/api/event_json.h"
#include "backend/api/load_runner.h"
#include "backend/api/log_feed.h"
#include "backend/api/metrics_feed.h"
#include "backend/api/monitor_messages.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/observe/recorder.h"
#include "tests/support/money.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <QtTest>

#include <chrono>
#include <deque>
#include <optional>

using namespace gantry;
using namespace gantry::api;

namespace {

// A reader that takes as many messages as it has room for.
template <class Message> class Reader final : public StreamSink {
public:
    bool write(const google::protobuf::Message& message) override
    {
        if (room == 0)
            return false;
        --room;
        messages.push_back(static_cast<const Message&>(message));
        return true;
    }
    void onWritable(std::function<void()> callback) override { writable = std::move(callback); }
    void finish(absl::Status status) override { finished = std::move(status); }

    int room = 1'000'000;
    std::vector<Message> messages;
    std::function<void()> writable;
    std::optional<absl::Status> finished;
};

struct Loop {
    template <class Condition> bool waitFor(Condition condition)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!condition() && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(std::chrono::milliseconds(2));
        }
        return condition();
    }
    boost::asio::io_context io;
};

// Answers every event after a while, and counts how many it had at once.
class FakeDispatcher final : public invoke::Dispatcher {
public:
    explicit FakeDispatcher(boost::asio::io_context& io) : m_io(io) {}
    void invoke(invoke::Request request, Done done) override
    {
        ++calls;
        if (refusal && calls > refuseAfter)
            return done(*refusal);
        peak = std::max(peak, ++running_);
        event = request.event;
        auto timer = std::make_shared<boost::asio::steady_timer>(m_io);
        timer->expires_after(std::chrono::milliseconds(1));
        timer->async_wait([this, timer, done = std::move(done),
                           number = calls](const boost::system::error_code&) {
            --running_;
            invoke::Result result;
            result.functionError = failEvery > 0 && number % failEvery == 0;
            result.payload = result.functionError ? "{\"errorType\":\"E\"}" : "1";
            result.record.coldStart = number == 1;
            result.record.costUsd = test::usd("0.5");
            done(std::move(result));
        });
    }
    void checkInit(functions::Target, InitChecked) override {}
    void retire(const std::string&, const std::string&) override {}
    int runningTotal() const override { return running_; }
    int running(const std::string&) const override { return running_; }
    void shutdown(std::function<void()>) override {}

    int calls = 0, peak = 0, running_ = 0, failEvery = 0, refuseAfter = 0;
    std::optional<absl::Status> refusal;
    std::shared_ptr<const std::string> event;

private:
    boost::asio::io_context& m_io;
};

struct Load : Loop {
    explicit Load(LoadPlan plan)
    {
        plan.event = std::make_shared<const std::string>("{\"n\":1}");
        std::make_shared<LoadRunner>(
            io, dispatcher,
            [this]() -> absl::StatusOr<functions::Target> {
                if (!resolves)
                    return notFound("gone");
                return functions::Target();
            },
            std::move(plan), sink)
            ->start(call);
    }
    bool finishes()
    {
        return waitFor([&] { return sink->finished.has_value(); });
    }
    const v1::LoadProgress& last() const { return sink->messages.back(); }

    FakeDispatcher dispatcher{io};
    bool resolves = true;
    CallPtr call = std::make_shared<Call>();
    std::shared_ptr<Reader<v1::LoadProgress>> sink = std::make_shared<Reader<v1::LoadProgress>>();
};

struct Recorded : Loop {
    Recorded()
    {
        auto opened = observe::Recorder::open(io, clock, directory.path().toStdString());
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        recorder = *std::move(opened);
    }
    void log(const std::string& function, const std::string& message)
    {
        invoke::LogEntry entry;
        entry.timeMicros = clock.unixMicros();
        entry.functionName = function;
        entry.message = message;
        recorder->logged(std::move(entry));
    }
    QTemporaryDir directory;
    Clock clock;
    std::unique_ptr<observe::Recorder> recorder;
};

template <class List> QStringList messagesOf(const List& batches)
{
    QStringList list;
    for (const v1::LogBatch& batch : batches) {
        for (const v1::LogLine& line : batch.lines())
            list << QString::fromStdString(line.message());
    }
    return list;
}

} // namespace

class MonitorFeedsTest : public QObject {
    Q_OBJECT
private slots:
    void events_data();
    void events();
    void errorLocations_data();
    void errorLocations();
    void loadEndsByCount();
    void loadEndsByTime();
    void loadKeepsToItsRate();
    void loadCountsThrottles();
    void loadEndsWithThePlatform();
    void loadEndsWithTheCaller();
    void loadWaitsForASlowReader();
    void metricsAreTheTruth();
    void slowMetricsReaderGetsTheLatest();
    void logsBeginWithTheBacklog();
    void slowLogReaderIsToldWhatItMissed();
    void batchesAreBounded();
};

void MonitorFeedsTest::events_data()
{
    QTest::addColumn<QByteArray>("payload");
    QTest::addColumn<bool>("valid");
    QTest::newRow("object") << QByteArray("{\"a\":[1,2.5e3,null,true,\"\\u00e4\"]}") << true;
    QTest::newRow("number") << QByteArray(" 12 \n") << true;
    QTest::newRow("deep") << QByteArray(900, '[') + QByteArray(900, ']') << true;
    QTest::newRow("too deep") << QByteArray(100'000, '[') + QByteArray(100'000, ']') << false;
    QTest::newRow("nothing") << QByteArray(" ") << false;
    QTest::newRow("word") << QByteArray("hello") << false;
    QTest::newRow("cut off") << QByteArray("{\"a\":") << false;
    QTest::newRow("two values") << QByteArray("{} {}") << false;
    QTest::newRow("trailing comma") << QByteArray("[1,]") << false;
    QTest::newRow("control character") << QByteArray("\"a\nb\"") << false;
    QTest::newRow("not UTF-8") << QByteArray("\"\xff\"") << false;
}

void MonitorFeedsTest::events()
{
    QFETCH(QByteArray, payload);
    QFETCH(bool, valid);
    const absl::Status status = checkEvent(payload.toStdString());
    QCOMPARE(status.ok(), valid);
    if (!valid) {
        const AwsError error = awsErrorOf(status);
        QCOMPARE(error.name, std::string("InvalidRequestContentException"));
        QCOMPARE(error.status, 400);
        QVERIFY(error.message.starts_with("Could not parse request body into json: "));
    }
}

void MonitorFeedsTest::errorLocations_data()
{
    QTest::addColumn<QStringList>("trace");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QStringList>("log");
    QTest::addColumn<QString>("file");
    QTest::addColumn<int>("line");
    QTest::newRow("Python, innermost frame")
        << QStringList{"  File \"/usr/lib/python3.11/importlib/__init__.py\", line 126, in x\n",
                       "  File \"/var/task/app.py\", line 1, in <module>\n    import lib.db\n",
                       "  File \"/var/task/lib/db.py\", line 12, in <module>\n    connect()\n",
                       "  File \"/usr/lib/python3.11/socket.py\", line 9, in connect\n"}
        << "boom" << QStringList() << "lib/db.py" << 12;
    QTest::newRow("Python, own code before dependencies")
        << QStringList{"  File \"/var/task/app.py\", line 3, in <module>",
                       "  File \"/var/task/site-packages/x.py\", line 7, in y"}
        << "boom" << QStringList() << "app.py" << 3;
    QTest::newRow("Python, syntax error of the Lambda runtime")
        << QStringList{"  File \"/var/task/app.py\" Line 4\n    def x(:\n"}
        << "Syntax error in module 'app': invalid syntax (app.py, line 4)" << QStringList()
        << "app.py" << 4;
    QTest::newRow("Python, only in the message")
        << QStringList() << "invalid syntax (app.py, line 4)" << QStringList() << "app.py" << 4;
    QTest::newRow("Node, first frame")
        << QStringList{"Error: boom", "    at connect (/var/task/lib/db.js:9:11)",
                       "    at Object.<anonymous> (/var/task/index.js:2:1)"}
        << "boom" << QStringList() << "lib/db.js" << 9;
    QTest::newRow("Node, own code before dependencies")
        << QStringList{"    at x (/var/task/node_modules/a/b.js:1:1)",
                       "    at Object.<anonymous> (/var/task/index.js:2:1)"}
        << "boom" << QStringList() << "index.js" << 2;
    QTest::newRow("Node, module URL") << QStringList{"    at file:///var/task/index.mjs:5:9"}
                                      << "boom" << QStringList() << "index.mjs" << 5;
    QTest::newRow("Node, syntax error in the log")
        << QStringList() << "Unexpected token" << QStringList{"/var/task/index.js:7", "  foo(", ""}
        << "index.js" << 7;
    QTest::newRow("unknown") << QStringList{"at /var/task/x.js:abc", "/var/task/"}
                             << "(nothing, line x)" << QStringList{"File \"/var/task/"} << "" << 0;
}

void MonitorFeedsTest::errorLocations()
{
    QFETCH(QStringList, trace);
    QFETCH(QString, message);
    QFETCH(QStringList, log);
    QFETCH(QString, file);
    QFETCH(int, line);
    const auto strings = [](const QStringList& list) {
        std::vector<std::string> result;
        for (const QString& item : list)
            result.push_back(item.toStdString());
        return result;
    };
    const ErrorLocation found =
        findErrorLocation(strings(trace), message.toStdString(), strings(log));
    QCOMPARE(QString::fromStdString(found.file), file);
    QCOMPARE(found.line, line);
}

void MonitorFeedsTest::loadEndsByCount()
{
    Load load({.concurrency = 7, .count = 200});
    load.dispatcher.failEvery = 50;
    QVERIFY(load.finishes());
    QVERIFY(load.sink->finished->ok());
    QCOMPARE(load.dispatcher.calls, 200);
    QCOMPARE(load.dispatcher.peak, 7);
    QCOMPARE(*load.dispatcher.event, std::string("{\"n\":1}"));
    const v1::LoadProgress& last = load.last();
    QVERIFY(last.finished());
    QCOMPARE(last.sent(), 200);
    QCOMPARE(last.succeeded(), 196);
    QCOMPARE(last.failed(), 4);
    QCOMPARE(last.cold_starts(), 1);
    QCOMPARE(last.in_flight(), 0);
    QCOMPARE(last.cost_usd(), std::string("100"));
    QCOMPARE(last.first_error(), std::string("{\"errorType\":\"E\"}"));
    QVERIFY(last.p50_ms() >= 0.9 && last.p50_ms() <= last.p99_ms());
    QVERIFY(last.p99_ms() <= last.max_ms() * 1.01);
}

void MonitorFeedsTest::loadEndsByTime()
{
    Load load({.concurrency = 2, .durationMicros = 250'000});
    QVERIFY(load.finishes());
    QVERIFY(load.last().elapsed_ms() >= 250);
    QVERIFY(load.last().sent() > 2);
    QCOMPARE(load.last().sent(), load.last().succeeded());
    QVERIFY(load.sink->messages.size() >= 2); // it had told how it went before
    QVERIFY(!load.sink->messages.front().finished());
}

void MonitorFeedsTest::loadKeepsToItsRate()
{
    Load load({.concurrency = 50, .durationMicros = 300'000, .perSecond = 100});
    QVERIFY(load.finishes());
    QVERIFY2(load.last().sent() >= 2 && load.last().sent() <= 31,
             qPrintable(QString::number(load.last().sent())));
}

void MonitorFeedsTest::loadCountsThrottles()
{
    Load load({.concurrency = 3, .count = 10});
    QCOMPARE(load.dispatcher.calls, 3);
    load.dispatcher.refusal = throttled("ConcurrentInvocationLimitExceeded");
    load.dispatcher.refuseAfter = 3;
    QVERIFY(load.finishes());
    QCOMPARE(load.last().succeeded(), 3);
    QCOMPARE(load.last().throttled(), 7);
    QCOMPARE(load.last().failed(), 0);
}

void MonitorFeedsTest::loadEndsWithThePlatform()
{
    Load load({.concurrency = 3, .count = 1000});
    load.resolves = false; // the function was deleted
    QVERIFY(load.finishes());
    QCOMPARE(awsErrorOf(*load.sink->finished).name, std::string("ResourceNotFoundException"));
    QCOMPARE(load.dispatcher.calls, 3);

    Load ending({.concurrency = 3, .count = 1000});
    ending.dispatcher.refusal = serviceError("The platform is shutting down.");
    QVERIFY(ending.finishes());
    QCOMPARE(awsErrorOf(*ending.sink->finished).message,
             std::string("The platform is shutting down."));
}

void MonitorFeedsTest::loadEndsWithTheCaller()
{
    Load load({.concurrency = 5, .durationMicros = 60'000'000});
    QVERIFY(load.waitFor([&] { return load.dispatcher.calls > 20; }));
    load.call->onCancelled();
    QVERIFY(load.waitFor([&] { return load.dispatcher.running_ == 0; }));
    const int calls = load.dispatcher.calls;
    load.io.restart();
    load.io.run(); // nothing is under way any more: no timer, no event
    QCOMPARE(load.dispatcher.calls, calls);
}

void MonitorFeedsTest::loadWaitsForASlowReader()
{
    Load load({.concurrency = 5, .count = 50});
    load.sink->room = 0;
    QVERIFY(load.waitFor([&] { return static_cast<bool>(load.sink->writable); }));
    QVERIFY(!load.sink->finished);
    load.sink->room = 1;
    load.sink->writable();
    QVERIFY(load.sink->finished.has_value());
    QCOMPARE(load.sink->messages.size(), std::size_t{1});
    QVERIFY(load.last().finished());
}

// Whoever adds up the last point of every second has what happened, for any rate of frames.
void MonitorFeedsTest::metricsAreTheTruth()
{
    Recorded r;
    MetricsFeed feed(r.io, *r.recorder);
    const CallPtr calls[] = {std::make_shared<Call>(), std::make_shared<Call>()};
    std::shared_ptr<Reader<v1::MetricsFrame>> readers[2];
    for (int i = 0; i < 2; ++i) {
        readers[i] = std::make_shared<Reader<v1::MetricsFrame>>();
        v1::WatchMetricsRequest request;
        request.set_max_rate_hz(i == 0 ? 10 : 1);
        feed.watch(calls[i], request, readers[i]);
        QCOMPARE(readers[i]->messages.size(), std::size_t{1}); // the first frame comes at once
    }
    const auto sum = [](const std::vector<v1::MetricsFrame>& frames, bool account) {
        std::map<std::pair<std::string, std::int64_t>, std::int64_t> latest;
        for (const v1::MetricsFrame& frame : frames) {
            if (account)
                latest[{"", frame.account().start_ms()}] = frame.account().invocations();
            for (const v1::MetricsPoint& point : frame.functions()) {
                if (!account)
                    latest[{point.function_name(), point.start_ms()}] = point.invocations();
            }
        }
        std::int64_t total = 0;
        for (const auto& [key, invocations] : latest)
            total += invocations;
        return total;
    };
    int sent = 0;
    const std::int64_t begin = r.clock.unixMillis();
    while (r.clock.unixMillis() < begin + 2'200) {
        invoke::InvocationRecord record;
        record.functionName = sent % 3 ? "f" : "g";
        record.durationMicros = 1000;
        r.recorder->finished(record);
        ++sent;
        r.io.restart();
        r.io.run_for(std::chrono::milliseconds(3));
    }
    const bool complete = r.waitFor([&] {
        return sum(readers[0]->messages, false) == sent &&
               sum(readers[0]->messages, true) == sent &&
               sum(readers[1]->messages, false) == sent && sum(readers[1]->messages, true) == sent;
    });
    QVERIFY2(complete, qPrintable(QString("%1 of %2, %3 at 1 Hz")
                                      .arg(sum(readers[0]->messages, false))
                                      .arg(sent)
                                      .arg(sum(readers[1]->messages, false))));
    QVERIFY(readers[1]->messages.size() < readers[0]->messages.size());
    for (const CallPtr& call : calls)
        call->onCancelled();
    QVERIFY(r.waitFor([&] {
        const auto before = readers[0]->messages.size();
        r.io.restart();
        r.io.run_for(std::chrono::milliseconds(250));
        return readers[0]->messages.size() == before;
    }));
}

void MonitorFeedsTest::slowMetricsReaderGetsTheLatest()
{
    Recorded r;
    MetricsFeed feed(r.io, *r.recorder);
    auto reader = std::make_shared<Reader<v1::MetricsFrame>>();
    auto call = std::make_shared<Call>();
    reader->room = 0;
    r.recorder->environmentsChanged("f", 1);
    feed.watch(call, {}, reader);
    r.recorder->environmentsChanged("g", 4);
    r.io.run_for(std::chrono::milliseconds(250));
    QCOMPARE(reader->messages.size(), std::size_t{0});
    reader->room = 100;
    QVERIFY(r.waitFor([&] { return !reader->messages.empty(); }));
    const auto& frame = reader->messages.front();
    QCOMPARE(frame.functions_size(), 2);
    QCOMPARE(frame.account().environments(), 5);
}

void MonitorFeedsTest::logsBeginWithTheBacklog()
{
    Recorded r;
    for (int i = 0; i < 10; ++i)
        r.log(i % 2 ? "f" : "g", absl::StrCat(i));
    LogFeed feed(r.io, *r.recorder);
    auto one = std::make_shared<Reader<v1::LogBatch>>();
    auto all = std::make_shared<Reader<v1::LogBatch>>();
    auto call = std::make_shared<Call>();
    v1::WatchLogsRequest request;
    request.add_function_names("f");
    request.set_backlog(3);
    feed.watch(call, request, one);
    r.log("f", "right after"); // while the backlog is being read
    feed.watch(std::make_shared<Call>(), {}, all);
    r.log("g", "other");
    r.log("f", "live");
    QVERIFY(r.waitFor([&] { return messagesOf(one->messages).contains("live"); }));
    QVERIFY(messagesOf(one->messages).endsWith("live"));
    QCOMPARE(messagesOf(one->messages), (QStringList{"5", "7", "9", "right after", "live"}));
    QVERIFY(r.waitFor([&] { return messagesOf(all->messages).size() == 2; }));
    QCOMPARE(messagesOf(all->messages), (QStringList{"other", "live"}));
    call->onCancelled();
    r.log("f", "after the end");
    QVERIFY(r.waitFor([&] { return messagesOf(all->messages).contains("after the end"); }));
    QCOMPARE(messagesOf(one->messages).size(), 5);
}

void MonitorFeedsTest::slowLogReaderIsToldWhatItMissed()
{
    Recorded r;
    LogFeed feed(r.io, *r.recorder);
    auto reader = std::make_shared<Reader<v1::LogBatch>>();
    feed.watch(std::make_shared<Call>(), {}, reader);
    reader->room = 0;
    for (int i = 0; i < 12'500; ++i)
        r.log("f", absl::StrCat(i));
    r.io.run_for(std::chrono::milliseconds(250));
    reader->room = 100;
    QVERIFY(r.waitFor([&] { return messagesOf(reader->messages).size() == 10'000; }));
    QCOMPARE(messagesOf(reader->messages).first(), QString("2500"));
    QCOMPARE(messagesOf(reader->messages).last(), QString("12499"));
    std::int64_t dropped = 0;
    for (const v1::LogBatch& batch : reader->messages)
        dropped += batch.dropped();
    QCOMPARE(dropped, std::int64_t{2'500});
}

void MonitorFeedsTest::batchesAreBounded()
{
    std::vector<observe::LogLine> lines(1'000);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        lines[i].id = static_cast<std::int64_t>(i);
        lines[i].entry.message.assign(60'000, 'x');
    }
    const v1::LogBatch batch = batchOf(lines);
    QVERIFY(batch.ByteSizeLong() < 4 * 1024 * 1024);
    QVERIFY(batch.lines_size() > 40);
    QCOMPARE(batch.dropped() + batch.lines_size(), std::int64_t{1'000});
    QCOMPARE(batch.lines(batch.lines_size() - 1).id(), std::int64_t{999});
}

QTEST_GUILESS_MAIN(MonitorFeedsTest)
#include "monitor_feeds_test.moc"
