#include "tests/support/dispatch_bench.h"

#include <QtTest>

using namespace gantry;
using namespace gantry::invoke;
using namespace gantry::test;

class DispatcherCapacityTest : public QObject {
    Q_OBJECT
private slots:
    void throttlesAtTheAccountLimit();
    void shortCallsWaitForABusyEnvironment();
    void longCallsDoNotWait();
    void shortCallsAreHandedOver();
    void throttles_data();
    void throttles();
    void rateOfCallsIsLimited();
    void ratesAreChangedMeanwhile();
    void provisionedEnvironmentsServeFirst();
    void provisionedEnvironmentsAreMadeAnew();
    void provisioningThatFailsSaysSo();
    void wornOutEnvironmentsAreReplaced();
    void provisionedEnvironmentsThatWearOutAreMadeAnew();
    void endsAnEnvironment();
    void keepAliveCanBeChanged();
    void idleEnvironmentsAgeOut();
};

void DispatcherCapacityTest::throttlesAtTheAccountLimit()
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

// Environments are started for calls, and short ones teach that they are not worth it.
void DispatcherCapacityTest::shortCallsWaitForABusyEnvironment()
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

void DispatcherCapacityTest::longCallsDoNotWait()
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

void DispatcherCapacityTest::shortCallsAreHandedOver()
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

void DispatcherCapacityTest::throttles_data()
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

void DispatcherCapacityTest::throttles()
{
    QFETCH(int, reserved);
    QFETCH(int, unreserved);
    QFETCH(int, startsPerTenSeconds);
    QFETCH(int, admitted);
    QFETCH(QString, reason);
    Options options;
    options.scaling.startsPerTenSeconds = startsPerTenSeconds;
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

void DispatcherCapacityTest::ratesAreChangedMeanwhile()
{
    Bench b;
    b.dispatcher->setScaling({2, 1'000});
    QCOMPARE(b.dispatcher->scaling().startsPerTenSeconds, 2);
    for (int i = 0; i < 4; ++i)
        b.call();
    QCOMPARE(b.dispatcher->running("hello"), 2);
    QCOMPARE(awsErrorOf(b.results[3]->status()).reason,
             std::string("FunctionInvocationRateLimitExceeded"));
}

void DispatcherCapacityTest::rateOfCallsIsLimited()
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

void DispatcherCapacityTest::provisionedEnvironmentsServeFirst()
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

void DispatcherCapacityTest::provisionedEnvironmentsAreMadeAnew()
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

void DispatcherCapacityTest::provisioningThatFailsSaysSo()
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

void DispatcherCapacityTest::wornOutEnvironmentsAreReplaced()
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

void DispatcherCapacityTest::provisionedEnvironmentsThatWearOutAreMadeAnew()
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

void DispatcherCapacityTest::endsAnEnvironment()
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

void DispatcherCapacityTest::keepAliveCanBeChanged()
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

void DispatcherCapacityTest::idleEnvironmentsAgeOut()
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

QTEST_GUILESS_MAIN(DispatcherCapacityTest)
#include "dispatcher_capacity_test.moc"
