#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/invoke/fleet.h"
#include "tests/support/money.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <QtTest>

#include <chrono>
#include <ctime>
#include <deque>
#include <optional>
#include <thread>

using namespace gantry;
using namespace gantry::invoke;
using Kind = runtime::InvocationOutcome::Kind;

namespace {

class FakeFactory;

// An environment whose every step the test takes by hand.
class FakeEnvironment final : public runtime::Environment {
public:
    FakeEnvironment(FakeFactory& factory, runtime::EnvironmentSpec spec, runtime::LogSink log,
                    int number);
    ~FakeEnvironment() override;

    const std::string& id() const override { return m_id; }
    const std::string& logStream() const override { return m_stream; }
    std::int64_t goodUntilUnixMicros() const override { return goodUntil; }
    void start(Initialised done) override { m_initialised = std::move(done); }
    void invoke(runtime::Invocation invocation, Done done) override
    {
        frozen = false;
        invocations.push_back(std::move(invocation));
        m_done = std::move(done);
        if (answerAtOnce) {
            invocations.clear();
            answer("\"ok\"");
        }
    }
    void freeze() override { frozen = true; }
    void shutdown(std::function<void()> done) override
    {
        wasShutDown = true;
        m_shutdown = std::move(done);
        boost::asio::post(io, [alive = std::weak_ptr<int>(m_alive), this] {
            if (const auto done = alive.expired() ? nullptr : std::exchange(m_shutdown, {}))
                done();
        });
    }
    void onDeath(std::function<void()> callback) override { m_onDeath = std::move(callback); }

    void initialise(std::int64_t micros = 80'000)
    {
        runtime::InitOutcome outcome;
        outcome.ok = true;
        outcome.durationMicros = micros;
        std::exchange(m_initialised, {})(outcome);
    }
    void timeOutInit()
    {
        runtime::InitOutcome outcome;
        outcome.durationMicros = spec.initTimeoutMicros;
        outcome.errorType = "Sandbox.Timedout";
        failInit(std::move(outcome));
    }
    void failInit(runtime::InitOutcome outcome) { std::exchange(m_initialised, {})(outcome); }
    void answer(std::string payload, std::int64_t micros = 1'230)
    {
        runtime::InvocationOutcome outcome;
        outcome.kind = Kind::Response;
        outcome.payload = std::move(payload);
        outcome.durationMicros = micros;
        outcome.memoryPeakBytes = 45 << 20;
        outcome.usable = true;
        end(std::move(outcome));
    }
    void end(runtime::InvocationOutcome outcome) { std::exchange(m_done, {})(std::move(outcome)); }
    void die() { m_onDeath(); }
    bool busy() const { return static_cast<bool>(m_done); }

    boost::asio::io_context& io;
    FakeFactory& factory;
    runtime::EnvironmentSpec spec;
    runtime::LogSink log;
    std::vector<runtime::Invocation> invocations;
    bool frozen = false;
    bool wasShutDown = false;
    bool answerAtOnce = false;
    std::int64_t goodUntil = 0;

private:
    std::string m_id, m_stream;
    Initialised m_initialised;
    Done m_done;
    std::function<void()> m_shutdown, m_onDeath;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

class FakeFactory final : public runtime::EnvironmentFactory {
public:
    explicit FakeFactory(boost::asio::io_context& io) : io(io) {}
    std::unique_ptr<runtime::Environment> make(runtime::EnvironmentSpec spec,
                                               runtime::LogSink log) override
    {
        auto made = std::make_unique<FakeEnvironment>(*this, std::move(spec), std::move(log),
                                                      static_cast<int>(all.size()));
        made->answerAtOnce = answerAtOnce;
        all.push_back(made.get());
        return made;
    }
    int alive() const
    {
        return static_cast<int>(std::count_if(all.begin(), all.end(), [](auto* e) { return e; }));
    }

    boost::asio::io_context& io;
    std::vector<FakeEnvironment*> all; // null once destroyed
    bool answerAtOnce = false;
};

FakeEnvironment::FakeEnvironment(FakeFactory& factory, runtime::EnvironmentSpec spec,
                                 runtime::LogSink log, int number)
    : io(factory.io), factory(factory), spec(std::move(spec)), log(std::move(log)),
      m_id(absl::StrCat("env-", number)), m_stream(absl::StrCat("stream-", number))
{
}

FakeEnvironment::~FakeEnvironment()
{
    for (auto*& entry : factory.all) {
        if (entry == this)
            entry = nullptr;
    }
}

class Recording final : public Observer {
public:
    void concurrencyChanged(const std::string&, int running) override
    {
        peak = std::max(peak, running);
    }
    void environmentsChanged(const std::string&, int live) override { environments = live; }
    void throttled(const std::string&, const std::string&, const std::string&) override { ++throttles; }
    void finished(InvocationRecord record) override
    {
        if (keeps)
            records.push_back(std::move(record));
    }
    void logged(LogEntry entry) override
    {
        if (keeps)
            log.push_back(std::move(entry));
    }

    QStringList messages() const
    {
        QStringList list;
        for (const LogEntry& entry : log)
            list << QString::fromStdString(entry.message);
        return list;
    }

    bool keeps = true;
    int peak = 0, environments = 0, throttles = 0;
    std::vector<InvocationRecord> records;
    std::vector<LogEntry> log;
};

class FixedClock final : public Clock {
public:
    std::int64_t unixMicros() const override { return now; }
    std::int64_t now = 1'795'000'000'000'000;
};

// A dispatcher over fakes, and what became of the calls that were made through it.
struct Bench {
    explicit Bench(Options options = {})
        : factory(io), dispatcher(makeDispatcher(
                           io, clock, factory, observer,
                           [](const InvocationRecord& r) { return test::usd("0.5") * r.billedMs; }, options))
    {
    }

    functions::Target target(const std::string& key = "v1", const std::string& version = "$LATEST",
                             const std::string& name = "hello")
    {
        auto spec = std::make_shared<runtime::EnvironmentSpec>();
        spec->functionName = name;
        spec->version = version;
        spec->runtime = "python3.13";
        spec->region = "us-east-1";
        spec->architecture = "x86_64";
        spec->timeoutSeconds = 3;
        functions::Target target;
        target.poolKey = name + key;
        target.invokedArn = "arn:aws:lambda:us-east-1:000000000000:function:" + name;
        target.spec = std::move(spec);
        return target;
    }
    int call(functions::Target to, std::string event = "{}")
    {
        Request request;
        request.target = std::move(to);
        request.requestId = absl::StrCat("id-", results.size());
        request.logTail = true;
        request.event = std::make_shared<const std::string>(std::move(event));
        const std::size_t at = results.size();
        results.emplace_back();
        dispatcher->invoke(std::move(request),
                           [this, at](absl::StatusOr<Result> result) { results[at] = result; });
        return static_cast<int>(at);
    }
    int call() { return call(target()); }
    void settle()
    {
        io.restart();
        io.poll();
    }
    template <class Condition> bool waitFor(Condition condition)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!condition() && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(std::chrono::milliseconds(2));
        }
        return condition();
    }
    FakeEnvironment& env(int n) { return *factory.all.at(static_cast<std::size_t>(n)); }

    boost::asio::io_context io;
    FixedClock clock;
    Recording observer;
    FakeFactory factory;
    std::deque<std::optional<absl::StatusOr<Result>>> results;
    std::unique_ptr<FleetDispatcher> dispatcher;
};

} // namespace

class DispatcherTest : public QObject {
    Q_OBJECT
private slots:
    void coldThenWarm();
    void takesTheEnvironmentUsedLast();
    void takesWhicheverComesFirst();
    void throttlesAtTheAccountLimit();
    void refusesLargeEvents();
    void retiresOldCodeAfterItsCalls();
    void endings_data();
    void endings();
    void initFailureIsTheCallersError();
    void failedInitMaySucceedInsideTheCall();
    void shortCallsWaitForABusyEnvironment();
    void longCallsDoNotWait();
    void shortCallsAreHandedOver();
    void throttles_data();
    void throttles();
    void rateOfCallsIsLimited();
    void provisionedEnvironmentsServeFirst();
    void provisionedEnvironmentsAreMadeAnew();
    void provisioningThatFailsSaysSo();
    void wornOutEnvironmentsAreReplaced();
    void provisionedEnvironmentsThatWearOutAreMadeAnew();
    void aRefusedStartIsTheCallersError();
    void endsAnEnvironment();
    void keepAliveCanBeChanged();
    void slowInitIsRetriedInsideTheCall();
    void slowRetryTimesOut();
    void deadEnvironmentIsNotUsed();
    void eventIsRedelivered();
    void idleEnvironmentsAgeOut();
    void initCheck();
    void shutdownEndsEverything();
    void environmentsDoNotOutliveTheDispatcher();
    void logTailKeepsTheEnd();
    void overhead();
};

void DispatcherTest::coldThenWarm()
{
    Bench b;
    const int first = b.call();
    QCOMPARE(b.factory.alive(), 1);
    QCOMPARE(b.dispatcher->running("hello"), 1);
    b.env(0).log(1, "importing");
    b.env(0).initialise(100'000);
    QCOMPARE(b.env(0).invocations.size(), std::size_t{1});
    QCOMPARE(b.env(0).invocations[0].timeoutMicros, std::int64_t{3'000'000});
    b.env(0).log(2, "working");
    b.env(0).answer("{\"a\":1}");
    const auto& result = **b.results[first];
    QCOMPARE(result.payload, std::string("{\"a\":1}"));
    QCOMPARE(result.executedVersion, std::string("$LATEST"));
    QVERIFY(!result.functionError);
    QVERIFY(result.record.coldStart);
    QCOMPARE(result.record.billedMs, std::int64_t{102});
    QCOMPARE(result.record.costUsd, test::usd("51"));
    const QStringList expected{
        "INIT_START Runtime Version: python:3.13\tRuntime Version ARN: "
        "arn:aws:lambda:us-east-1::runtime:python3.13",
        "importing",
        "START RequestId: id-0 Version: $LATEST",
        "working",
        "END RequestId: id-0",
        "REPORT RequestId: id-0\tDuration: 1.23 ms\tBilled Duration: 102 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 45 MB\tInit Duration: 100.00 ms\t"};
    QCOMPARE(b.observer.messages(), expected);
    QCOMPARE(QString::fromStdString(result.logTail), expected.join('\n') + '\n');
    QCOMPARE(b.observer.log[1].requestId, std::string());
    QCOMPARE(b.observer.log[3].requestId, std::string("id-0"));
    QVERIFY(b.env(0).frozen);

    const int second = b.call();
    QVERIFY(!b.env(0).frozen);
    b.env(0).answer("2");
    QCOMPARE(b.factory.all.size(), std::size_t{1});
    QVERIFY(!(*b.results[second])->record.coldStart);
    QCOMPARE((*b.results[second])->record.initMicros, std::int64_t{0});
    QVERIFY(b.observer.messages().last().endsWith("Max Memory Used: 45 MB\t"));
    QCOMPARE(b.dispatcher->runningTotal(), 0);
    QCOMPARE(*b.observer.records[0].response, std::string("{\"a\":1}"));
    QCOMPARE(*b.observer.records[0].event, std::string("{}"));
}

void DispatcherTest::takesTheEnvironmentUsedLast()
{
    Bench b;
    for (int i = 0; i < 3; ++i)
        b.call();
    for (int i = 0; i < 3; ++i)
        b.env(i).initialise();
    b.env(2).answer("1");
    b.env(0).answer("1");
    b.env(1).answer("1");
    QCOMPARE(b.observer.environments, 3);
    QCOMPARE(b.observer.peak, 3);
    for (int i = 0; i < 5; ++i) {
        b.call();
        QVERIFY(b.env(1).busy());
        b.env(1).answer("1");
    }
}

void DispatcherTest::takesWhicheverComesFirst()
{
    Bench b;
    b.call();
    b.env(0).initialise();
    const int waiting = b.call();
    QCOMPARE(b.factory.alive(), 2);
    b.env(0).answer("1");
    QVERIFY(b.env(0).busy());
    b.env(0).answer("2");
    QVERIFY(!(*b.results[waiting])->record.coldStart);
    b.env(1).initialise(); // no one waits for it any more
    QVERIFY(b.env(1).frozen);
    const int next = b.call();
    QVERIFY(b.env(1).busy());
    b.env(1).answer("3");
    QVERIFY(!(*b.results[next])->record.coldStart);
    QCOMPARE(b.factory.alive(), 2);
}

void DispatcherTest::throttlesAtTheAccountLimit()
{
    Bench b(Options{.accountConcurrency = 2});
    b.call();
    b.call();
    const int third = b.call();
    QVERIFY(b.results[third].has_value());
    const AwsError error = awsErrorOf(b.results[third]->status());
    QCOMPARE(error.name, std::string("TooManyRequestsException"));
    QCOMPARE(error.status, 429);
    QCOMPARE(error.reason, std::string("ConcurrentInvocationLimitExceeded"));
    QCOMPARE(b.observer.throttles, 1);
    b.env(0).initialise();
    b.env(0).answer("1");
    const int fourth = b.call(); // the first has ended, so there is room
    b.env(0).answer("2");
    b.env(0).answer("4");
    QCOMPARE((*b.results[fourth])->payload, std::string("4"));
    QCOMPARE(b.observer.throttles, 1);
}

void DispatcherTest::refusesLargeEvents()
{
    Bench b;
    const int at = b.call(b.target(), std::string(6 * 1024 * 1024 + 1, ' '));
    QCOMPARE(awsErrorOf(b.results[at]->status()).name, std::string("RequestTooLargeException"));
    QCOMPARE(awsErrorOf(b.results[at]->status()).status, 413);
    QCOMPARE(b.factory.alive(), 0);
    b.call(b.target(), std::string(6 * 1024 * 1024, ' '));
    QCOMPARE(b.factory.alive(), 1);
}

void DispatcherTest::retiresOldCodeAfterItsCalls()
{
    Bench b;
    const int busy = b.call();
    b.call();
    b.call(b.target("published", "1"));
    for (int i = 0; i < 3; ++i)
        b.env(i).initialise();
    b.env(1).answer("idle");
    b.env(2).answer("idle");
    b.dispatcher->retire("hello", b.target("v2").poolKey);
    b.settle();
    QCOMPARE(b.factory.all[1], nullptr);
    QVERIFY(b.env(0).busy());
    QVERIFY(!b.env(2).wasShutDown); // a published version keeps its code
    b.call(b.target("v2"));
    QCOMPARE(b.factory.all.size(), std::size_t{4});
    b.env(0).answer("\"old code\"");
    b.settle();
    QCOMPARE((*b.results[busy])->payload, std::string("\"old code\""));
    QCOMPARE(b.factory.all[0], nullptr);
    b.dispatcher->retire("hello", "");
    b.settle();
    QCOMPARE(b.factory.all[2], nullptr);
    b.env(3).initialise(); // its call is in flight: it is finished first
    b.env(3).answer("1");
    b.settle();
    QCOMPARE(b.factory.alive(), 0);
    QCOMPARE(b.observer.environments, 0);
}

void DispatcherTest::endings_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("errorType");
    QTest::addColumn<QString>("payload");
    QTest::addColumn<QString>("lastLines");
    QTest::newRow("raised") << int(Kind::FunctionError) << "ValueError"
                            << "{\"errorType\":\"ValueError\",\"errorMessage\":\"bad\"}"
                            << "END RequestId: id-0|REPORT RequestId: id-0\tDuration: 12.00 ms\t"
                               "Billed Duration: 92 ms\tMemory Size: 128 MB\tMax Memory Used: 0 "
                               "MB\tInit Duration: 80.00 ms\t";
    QTest::newRow("timeout")
        << int(Kind::Timeout) << "Sandbox.Timedout"
        << "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: id-0 Error: Task "
           "timed out after 3.00 seconds\"}"
        << "2026-11-18T11:06:40.000Z id-0 Task timed out after 3.00 seconds|END RequestId: id-0|"
           "REPORT RequestId: id-0\tDuration: 3000.00 ms\tBilled Duration: 3080 ms\tMemory Size: "
           "128 MB\tMax Memory Used: 0 MB\tInit Duration: 80.00 ms\tStatus: timeout";
    QTest::newRow("exited")
        << int(Kind::Exited) << "Runtime.ExitError"
        << "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: id-0 Error: Runtime "
           "exited with error: exit status 1\"}"
        << "RequestId: id-0 Error: Runtime exited with error: exit status 1|Runtime.ExitError|END "
           "RequestId: id-0|REPORT RequestId: id-0\tDuration: 12.00 ms\tBilled Duration: 92 ms\t"
           "Memory Size: 128 MB\tMax Memory Used: 0 MB\tInit Duration: 80.00 ms\tStatus: error\t"
           "Error Type: Runtime.ExitError";
}

void DispatcherTest::endings()
{
    QFETCH(int, kind);
    QFETCH(QString, errorType);
    QFETCH(QString, payload);
    QFETCH(QString, lastLines);
    Bench b;
    b.call();
    b.env(0).initialise();
    runtime::InvocationOutcome outcome;
    outcome.kind = static_cast<Kind>(kind);
    outcome.durationMicros = 12'000;
    outcome.errorType = errorType.toStdString();
    if (outcome.kind == Kind::FunctionError) {
        outcome.payload = payload.toStdString();
        outcome.usable = true;
    }
    if (outcome.kind == Kind::Exited)
        outcome.errorMessage = "Runtime exited with error: exit status 1";
    b.env(0).end(outcome);
    b.settle();
    const auto& result = **b.results[0];
    QVERIFY(result.functionError);
    QCOMPARE(QString::fromStdString(result.payload), payload);
    QCOMPARE(QString::fromStdString(result.record.errorType), errorType);
    const QStringList expected = lastLines.split('|');
    QCOMPARE(b.observer.messages().mid(b.observer.log.size() - expected.size()), expected);
    // The next call is served, by a new environment where the old one is no more.
    QCOMPARE(b.factory.alive(), outcome.usable ? 1 : 0);
    b.call();
    if (!outcome.usable)
        b.env(1).initialise();
    b.env(outcome.usable ? 0 : 1).answer("1");
    QVERIFY(!(*b.results[1])->functionError);
}

void DispatcherTest::initFailureIsTheCallersError()
{
    Bench b;
    b.call();
    runtime::InitOutcome outcome;
    outcome.durationMicros = 88'100;
    outcome.errorType = "Runtime.ImportModuleError";
    outcome.errorMessage = "No module named 'foo'";
    outcome.payload = "{\"errorType\":\"Runtime.ImportModuleError\"}";
    b.env(0).log(1, "[ERROR] Runtime.ImportModuleError");
    b.env(0).failInit(outcome);
    b.settle();
    QVERIFY(!b.results[0]); // it is repeated inside the call, as on AWS
    QCOMPARE(b.env(1).spec.initTimeoutMicros, std::int64_t{3'000'000});
    outcome.durationMicros = 70'000;
    b.env(1).failInit(outcome);
    b.settle();
    const auto& result = **b.results[0];
    QVERIFY(result.functionError);
    QCOMPARE(result.payload, outcome.payload);
    QCOMPARE(b.factory.alive(), 0);
    QCOMPARE(b.dispatcher->runningTotal(), 0);
    const QString log = b.observer.messages().join('\n');
    QVERIFY2(log.contains("INIT_REPORT Init Duration: 88.10 ms\tPhase: init\tStatus: error\tError "
                          "Type: Runtime.ImportModuleError\n"),
             qPrintable(log));
    QVERIFY2(log.contains("INIT_REPORT Init Duration: 70.00 ms\tPhase: invoke\tStatus: error\t"
                          "Error Type: Runtime.ImportModuleError\nSTART RequestId: id-0 Version: "
                          "$LATEST\nEND RequestId: id-0\nREPORT RequestId: id-0\t"),
             qPrintable(log));
    QVERIFY(absl::StrContains(result.logTail, "[ERROR] Runtime.ImportModuleError\n"));
    b.call();
    b.env(2).initialise();
    b.env(2).answer("1");
    QVERIFY(!(*b.results[1])->functionError);
}

void DispatcherTest::failedInitMaySucceedInsideTheCall()
{
    Bench b;
    b.call();
    runtime::InitOutcome outcome;
    outcome.errorType = "Runtime.ExitError";
    b.env(0).failInit(outcome);
    b.settle();
    b.env(1).initialise();
    b.env(1).answer("1");
    QVERIFY(!(*b.results[0])->functionError);
    QVERIFY((*b.results[0])->record.coldStart);
}

// Environments are started for calls, and short ones teach that they are not worth it.
void DispatcherTest::shortCallsWaitForABusyEnvironment()
{
    Bench b;
    b.call();
    b.env(0).initialise();
    b.env(0).answer("1", 100);
    for (int i = 0; i < 20; ++i) {
        b.call();
        b.env(0).answer("1", 100);
    }
    for (int i = 0; i < 4; ++i)
        b.call();
    QCOMPARE(b.factory.all.size(), std::size_t{1});
    QCOMPARE(b.dispatcher->runningTotal(), 4); // they are admitted all the same
    for (int i = 0; i < 4; ++i)
        b.env(0).answer("1", 100);
    QCOMPARE(b.dispatcher->runningTotal(), 0);
    // A call that was thought short turns out long: the one behind it gets an environment soon.
    b.call();
    b.call();
    QCOMPARE(b.factory.all.size(), std::size_t{1});
    QVERIFY(b.waitFor([&] { return b.factory.all.size() == 2; }));
    b.env(1).initialise();
    QVERIFY(b.env(1).busy());
}

void DispatcherTest::longCallsDoNotWait()
{
    Bench b;
    b.call();
    b.env(0).initialise();
    b.env(0).answer("1", 50'000);
    for (int i = 0; i < 20; ++i) {
        b.call();
        b.env(0).answer("1", 50'000);
    }
    b.call();
    b.call();
    b.call();
    QCOMPARE(b.factory.all.size(), std::size_t{3});
}

void DispatcherTest::shortCallsAreHandedOver()
{
    const int enough = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    const int all = enough + 3;
    Bench b;
    for (int i = 0; i < all; ++i)
        b.call();
    for (int i = 0; i < all; ++i)
        b.env(i).initialise();
    for (int i = 0; i < all; ++i)
        b.env(i).answer("1", 100);
    const auto busy = [&] {
        return std::count_if(b.factory.all.begin(), b.factory.all.end(),
                             [](const FakeEnvironment* env) { return env->busy(); });
    };
    for (int i = 0; i < all; ++i)
        b.call();
    QCOMPARE(busy(), enough);
    QCOMPARE(b.dispatcher->runningTotal(), all);
    // Whoever is done takes one that waits, and wakes nobody.
    b.env(all - 1).answer("1", 100);
    QVERIFY(b.env(all - 1).busy());
    QCOMPARE(busy(), enough);
    // They turn out long: the others are woken, and no environment is started.
    QVERIFY(b.waitFor([&] { return busy() == all - 1; }));
    QCOMPARE(static_cast<int>(b.factory.all.size()), all);
    // When all are at work, one is not started at once either, but when the queue stands still.
    b.call();
    b.call();
    QCOMPARE(static_cast<int>(b.factory.all.size()), all);
    QVERIFY(b.waitFor([&] { return static_cast<int>(b.factory.all.size()) > all; }));
}

void DispatcherTest::throttles_data()
{
    QTest::addColumn<int>("reserved"); // -1: none
    QTest::addColumn<int>("unreserved");
    QTest::addColumn<int>("startsPerTenSeconds");
    QTest::addColumn<int>("admitted"); // of four calls at once
    QTest::addColumn<QString>("reason");
    QTest::newRow("account") << -1 << 2 << 1000 << 2 << "ConcurrentInvocationLimitExceeded";
    QTest::newRow("reserved") << 3 << 0 << 1000 << 3
                              << "ReservedFunctionConcurrentInvocationLimitExceeded";
    QTest::newRow("stopped") << 0 << 100 << 1000 << 0
                             << "ReservedFunctionConcurrentInvocationLimitExceeded";
    QTest::newRow("scaling") << -1 << 100 << 1 << 1 << "FunctionInvocationRateLimitExceeded";
}

void DispatcherTest::throttles()
{
    QFETCH(int, reserved);
    QFETCH(int, unreserved);
    QFETCH(int, startsPerTenSeconds);
    QFETCH(int, admitted);
    QFETCH(QString, reason);
    Options options;
    options.startsPerTenSeconds = startsPerTenSeconds;
    Bench b(options);
    b.dispatcher->setUnreserved(unreserved);
    functions::Target target = b.target();
    if (reserved >= 0)
        target.reservedConcurrency = reserved;
    for (int i = 0; i < 4; ++i)
        b.call(target);
    QCOMPARE(b.dispatcher->running("hello"), admitted);
    QCOMPARE(b.observer.throttles, 4 - admitted);
    const AwsError error = awsErrorOf(b.results[3]->status());
    QCOMPARE(error.name, std::string("TooManyRequestsException"));
    QCOMPARE(QString::fromStdString(error.reason), reason);
    QCOMPARE(error.retryAfterSeconds, 1);
}

void DispatcherTest::rateOfCallsIsLimited()
{
    for (const bool reserves : {true, false}) {
        Options options;
        options.accountConcurrency = 2;
        Bench b(options);
        functions::Target target = b.target();
        if (reserves)
            target.reservedConcurrency = 2;
        b.factory.answerAtOnce = true;
        b.call(target);
        b.env(0).initialise();
        int refused = 0;
        QString reason;
        for (int i = 0; i < 60; ++i) {
            const int at = b.call(target);
            if (b.results[static_cast<std::size_t>(at)]->ok())
                continue;
            ++refused;
            reason = QString::fromStdString(
                awsErrorOf(b.results[static_cast<std::size_t>(at)]->status()).reason);
        }
        QVERIFY2(refused > 0, "twenty a second are allowed");
        QCOMPARE(reason, reserves ? QString("ReservedFunctionInvocationRateLimitExceeded")
                                  : QString("CallerRateLimitExceeded"));
    }
}

void DispatcherTest::provisionedEnvironmentsServeFirst()
{
    Bench b;
    functions::Target target = b.target("v1", "7");
    target.provisionedQualifier = "live";
    b.dispatcher->provision("hello", {{"live", 2, target}});
    QCOMPARE(b.dispatcher->provisioned()[0].status, std::string("IN_PROGRESS"));
    QCOMPARE(b.factory.all.size(), std::size_t{2});
    QCOMPARE(b.env(0).spec.initializationType, std::string("provisioned-concurrency"));
    b.env(0).initialise();
    b.env(1).initialise();
    QCOMPARE(b.dispatcher->provisioned()[0].status, std::string("READY"));
    QVERIFY(b.env(0).frozen);

    b.dispatcher->setUnreserved(1); // what is provisioned does not count against it
    for (int i = 0; i < 4; ++i)
        b.call(target);
    QVERIFY(b.env(0).busy() && b.env(1).busy());
    QCOMPARE(b.factory.all.size(), std::size_t{3}); // one spilled over
    QCOMPARE(b.env(2).spec.initializationType, std::string("on-demand"));
    QCOMPARE(QString::fromStdString(awsErrorOf(b.results[3]->status()).reason),
             QString("ConcurrentInvocationLimitExceeded"));
    const ProvisionedState state = b.dispatcher->provisioned()[0];
    QCOMPARE(state.allocated, 2);
    QCOMPARE(state.inUse, 2);
    QCOMPARE(state.invocations, std::int64_t{2});
    QCOMPARE(state.spillovers, std::int64_t{1}); // the throttled one ran nowhere
    b.env(0).answer("1");
    b.env(1).answer("1");
    b.env(2).initialise();
    b.env(2).answer("1");
    QVERIFY(b.observer.records[0].provisioned && !b.observer.records[0].coldStart);
    QVERIFY(b.observer.records[2].spillover && b.observer.records[2].coldStart);

    b.dispatcher->provision("hello", {});
    b.settle();
    QCOMPARE(b.factory.alive(), 1);
    QVERIFY(b.dispatcher->provisioned().empty());
}

void DispatcherTest::provisionedEnvironmentsAreMadeAnew()
{
    Bench b;
    const functions::Target target = b.target("v1", "7");
    b.dispatcher->provision("hello", {{"7", 1, target}});
    b.env(0).initialise();
    b.env(0).die();
    b.settle();
    QCOMPARE(b.factory.all.size(), std::size_t{2});
    b.env(1).initialise();
    QCOMPARE(b.dispatcher->provisioned()[0].status, std::string("READY"));
    b.dispatcher->provision("hello", {{"7", 3, target}});
    QCOMPARE(b.factory.all.size(), std::size_t{4});
    b.env(2).initialise();
    b.env(3).initialise();
    b.dispatcher->provision("hello", {{"7", 1, target}});
    b.settle();
    QCOMPARE(b.factory.alive(), 1);
}

void DispatcherTest::provisioningThatFailsSaysSo()
{
    Bench b;
    b.dispatcher->provision("hello", {{"7", 1, b.target("v1", "7")}});
    runtime::InitOutcome outcome;
    outcome.errorType = "Runtime.ImportModuleError";
    for (int i = 0; i < 3; ++i) {
        QCOMPARE(b.dispatcher->provisioned()[0].status, std::string("IN_PROGRESS"));
        b.env(i).failInit(outcome);
        b.settle();
    }
    const ProvisionedState state = b.dispatcher->provisioned()[0];
    QCOMPARE(state.status, std::string("FAILED"));
    QVERIFY(absl::StrContains(state.statusReason, "Runtime.ImportModuleError"));
    QCOMPARE(b.factory.all.size(), std::size_t{3}); // no more for now
}

void DispatcherTest::wornOutEnvironmentsAreReplaced()
{
    constexpr std::int64_t kSecond = 1'000'000;
    Bench b;
    b.call();
    b.env(0).goodUntil = b.clock.now + 60 * kSecond;
    b.env(0).initialise();
    b.env(0).answer("1");
    b.clock.now += 59 * kSecond;
    b.call();
    b.env(0).answer("2"); // it is good for one more
    b.clock.now += kSecond;
    const int third = b.call();
    QCOMPARE(b.factory.all.size(), std::size_t{2});
    b.env(1).goodUntil = b.clock.now + kSecond;
    b.env(1).initialise();
    b.clock.now += 2 * kSecond; // what has begun goes on to its end
    b.env(1).answer("3");
    QCOMPARE((*b.results[third])->payload, std::string("3"));
    b.settle();
    QCOMPARE(b.factory.alive(), 0);
}

void DispatcherTest::provisionedEnvironmentsThatWearOutAreMadeAnew()
{
    Options options;
    options.keepAliveMicros = 1'000;
    Bench b(options);
    b.dispatcher->provision("hello", {{"7", 1, b.target("v1", "7")}});
    b.env(0).goodUntil = b.clock.now + 1;
    b.env(0).initialise();
    b.clock.now += 1;
    QVERIFY(b.waitFor([&] { return b.factory.all.size() == 2; }));
    b.env(1).initialise();
    b.settle();
    QCOMPARE(b.factory.alive(), 1);
    QCOMPARE(b.dispatcher->provisioned()[0].status, std::string("READY"));
}

void DispatcherTest::aRefusedStartIsTheCallersError()
{
    Bench b;
    const int call = b.call();
    runtime::InitOutcome outcome;
    outcome.errorType = "AccessDeniedException";
    outcome.refusal = makeError("AccessDeniedException", 403, "not this role");
    b.env(0).failInit(outcome);
    b.settle();
    QVERIFY(!b.results[call]->ok());
    QCOMPARE(awsErrorOf(b.results[call]->status()).name, std::string("AccessDeniedException"));
    QCOMPARE(b.factory.all.size(), std::size_t{1}); // no second try
    QCOMPARE(b.factory.alive(), 0);
    QCOMPARE(b.dispatcher->runningTotal(), 0);
    QVERIFY(b.observer.records.empty());
}

void DispatcherTest::endsAnEnvironment()
{
    Bench b;
    b.call();
    QVERIFY(!b.dispatcher->end("env-0")); // still starting
    b.env(0).initialise();
    QCOMPARE(b.dispatcher->environments()[0].state, EnvironmentView::State::Busy);
    b.env(0).answer("1");
    const EnvironmentView view = b.dispatcher->environments()[0];
    QCOMPARE(view.state, EnvironmentView::State::Idle);
    QCOMPARE(view.invocations, std::int64_t{1});
    QCOMPARE(view.memoryPeakBytes, std::int64_t{45} << 20);
    QVERIFY(b.dispatcher->end("env-0"));
    b.settle();
    QCOMPARE(b.factory.alive(), 0);
    QVERIFY(!b.dispatcher->end("env-0"));

    b.call();
    b.env(1).initialise();
    QVERIFY(b.dispatcher->end("env-1"));
    QVERIFY(b.env(1).wasShutDown);
    runtime::InvocationOutcome shut;
    shut.kind = Kind::Failure;
    shut.errorType = "Sandbox.Failure";
    b.env(1).end(std::move(shut));
    QVERIFY((*b.results[1])->functionError); // and no second environment gets its event
    b.settle();
    QCOMPARE(b.factory.all.size(), std::size_t{2});
}

void DispatcherTest::keepAliveCanBeChanged()
{
    Options options;
    options.learnKeepAlive = true;
    options.keepAliveMicros = 3'600'000'000;
    Bench b(options);
    b.call();
    b.env(0).initialise();
    b.env(0).answer("1");
    b.dispatcher->chooseKeepAlive(KeepAlive::Policy::Fixed, 1'000);
    QVERIFY(b.waitFor([&] { return b.factory.alive() == 0; }));
    QCOMPARE(b.dispatcher->keepAlive().fixedMicros(), std::int64_t{1'000});
}

void DispatcherTest::slowInitIsRetriedInsideTheCall()
{
    Bench b;
    b.call();
    QCOMPARE(b.env(0).spec.initTimeoutMicros, std::int64_t{10'000'000});
    b.env(0).timeOutInit();
    b.settle();
    QCOMPARE(b.factory.all[0], nullptr);
    QVERIFY(b.observer.messages().contains(
        "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout"));
    QCOMPARE(b.env(1).spec.initTimeoutMicros, std::int64_t{3'000'000});
    b.env(1).initialise();
    QVERIFY(b.env(1).invocations[0].timeoutMicros < 3'000'000);
    b.env(1).answer("1");
    QVERIFY(!(*b.results[0])->functionError);
}

void DispatcherTest::slowRetryTimesOut()
{
    Bench b;
    b.call();
    b.env(0).timeOutInit();
    b.env(1).timeOutInit();
    QCOMPARE((*b.results[0])->record.errorType, std::string("Sandbox.Timedout"));
    QCOMPARE((*b.results[0])->record.billedMs, std::int64_t{3000});
    QVERIFY(b.observer.messages().contains(
        "INIT_REPORT Init Duration: 3000.00 ms\tPhase: invoke\tStatus: timeout"));
    b.settle();
    QCOMPARE(b.factory.alive(), 0);
    QCOMPARE(b.dispatcher->runningTotal(), 0);
}

void DispatcherTest::deadEnvironmentIsNotUsed()
{
    Bench b;
    b.call();
    b.env(0).initialise();
    b.env(0).answer("1");
    b.env(0).die();
    b.settle();
    QCOMPARE(b.factory.alive(), 0);
    QCOMPARE(b.observer.environments, 0);
    b.call();
    QCOMPARE(b.factory.all.size(), std::size_t{2});
}

void DispatcherTest::eventIsRedelivered()
{
    Bench b;
    b.call();
    b.env(0).initialise();
    b.env(0).answer("1");
    b.call();
    runtime::InvocationOutcome failure;
    failure.kind = Kind::Failure;
    b.env(0).end(failure);
    QVERIFY(!b.results[1].has_value());
    b.env(1).initialise();
    b.env(1).answer("2");
    QCOMPARE((*b.results[1])->payload, std::string("2"));
    QCOMPARE(b.observer.messages().filter("START RequestId: id-1").size(), 1);
    QCOMPARE(b.observer.records.size(), std::size_t{2});
    // Twice is the platform's fault, and said so.
    b.call();
    b.env(1).end(failure);
    b.env(2).initialise();
    b.env(2).end(failure);
    QCOMPARE((*b.results[2])->record.errorType, std::string("Sandbox.Failure"));
}

void DispatcherTest::idleEnvironmentsAgeOut()
{
    Bench b(Options{.keepAliveMicros = 30'000});
    b.call();
    b.call();
    b.env(0).initialise();
    b.env(1).initialise();
    b.env(0).answer("1");
    QVERIFY(b.waitFor([&] { return b.factory.all[0] == nullptr; }));
    QVERIFY(b.env(1).busy());
    b.env(1).answer("1");
    QVERIFY(b.waitFor([&] { return b.factory.alive() == 0; }));
    QCOMPARE(b.observer.environments, 0);
    const int next = b.call();
    b.env(2).initialise();
    b.env(2).answer("3");
    QVERIFY((*b.results[next])->record.coldStart);
}

void DispatcherTest::initCheck()
{
    Bench b;
    std::optional<runtime::InitOutcome> checked;
    std::vector<std::string> lines;
    const auto remember = [&](runtime::InitOutcome outcome, std::vector<std::string> log) {
        checked = std::move(outcome);
        lines = std::move(log);
    };
    b.dispatcher->checkInit(b.target(), remember);
    b.env(0).log(1, "hello");
    b.env(0).initialise();
    QVERIFY(checked && checked->ok);
    QCOMPARE(lines, std::vector<std::string>{"hello"});
    b.call();
    QVERIFY(b.env(0).busy()); // it was kept warm
    b.env(0).answer("1");
    QVERIFY(!(*b.results[0])->record.coldStart);

    checked.reset();
    b.dispatcher->checkInit(b.target("v2"), remember);
    runtime::InitOutcome broken;
    broken.errorType = "Runtime.UserCodeSyntaxError";
    b.env(1).failInit(broken);
    QVERIFY(checked && !checked->ok);
    QCOMPARE(checked->errorType, broken.errorType);
    QCOMPARE(b.observer.records.size(), std::size_t{1}); // a check is not an invocation
}

void DispatcherTest::shutdownEndsEverything()
{
    Bench b;
    b.call();
    b.call();
    b.call();
    b.env(0).initialise();
    b.env(1).initialise();
    b.env(0).answer("1");
    bool ended = false;
    b.dispatcher->shutdown([&] {
        ended = true;
        QCOMPARE(b.factory.alive(), 0);
    });
    QVERIFY(b.waitFor([&] { return ended; }));
    QVERIFY(!b.results[1]->ok());
    QVERIFY(!b.results[2]->ok());
    QCOMPARE(b.dispatcher->runningTotal(), 0);
    const int late = b.call();
    QCOMPARE(awsErrorOf(b.results[late]->status()).name, std::string("ServiceException"));
}

// The engine behind the environments may be gone when the I/O context is.
void DispatcherTest::environmentsDoNotOutliveTheDispatcher()
{
    Bench b;
    b.call();
    b.call();
    b.call();
    b.env(0).initialise();
    b.env(1).initialise();
    b.env(0).answer("1");
    b.dispatcher->shutdown([] {});
    b.dispatcher.reset();
    QCOMPARE(b.factory.alive(), 0);
    b.settle();
}

void DispatcherTest::logTailKeepsTheEnd()
{
    Bench b;
    b.call();
    b.env(0).initialise();
    for (int i = 0; i < 2000; ++i)
        b.env(0).log(i, absl::StrCat("line ", i));
    b.env(0).answer("1");
    const std::string& tail = (*b.results[0])->logTail;
    QCOMPARE(tail.size(), std::size_t{4096});
    QVERIFY(absl::StrContains(tail, "line 1999\nEND RequestId: id-0\nREPORT"));
    b.call();
    b.env(0).log(1, std::string(100'000, 'x'));
    b.env(0).answer("1");
    QVERIFY((*b.results[1])->logTail.size() <= 4096);
}

// How much dispatch itself costs an invocation; a number to read, not a limit.
void DispatcherTest::overhead()
{
    Options options;
    options.callsPerEnvironmentSecond = 1'000'000;
    Bench b(options);
    b.factory.answerAtOnce = true;
    b.call();
    b.env(0).initialise();
    b.observer.keeps = false;
    constexpr int kCalls = 20'000;
    const auto target = b.target();
    const auto event = std::make_shared<const std::string>("{}");
    int answered = 0;
    const std::clock_t begin = std::clock(); // processor time: other processes do not count
    for (int i = 0; i < kCalls; ++i) {
        Request request;
        request.target = target;
        request.event = event;
        b.dispatcher->invoke(std::move(request),
                             [&](absl::StatusOr<Result> r) { answered += r.ok() ? 1 : 0; });
    }
    const double micros = 1e6 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / kCalls;
    QCOMPARE(answered, kCalls);
    QCOMPARE(b.factory.alive(), 1);
    qInfo("dispatch overhead: %.1f us an invocation, logs and record included", micros);
}

QTEST_GUILESS_MAIN(DispatcherTest)
#include "dispatcher_test.moc"
