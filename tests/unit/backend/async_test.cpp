// Asynchronous events: Lambda's rules one by one, and the queue against a dispatcher that the test
// plays. The real daemon, killed at any moment, is in tests/integration/async_faults_test.py.
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/worker_pool.h"
#include "backend/functions/registry.h"
#include "backend/invoke/async_queue.h"
#include "backend/invoke/async_rules.h"
#include "backend/invoke/lineage.h"
#include "gantry/store/functions.pb.h"
#include "tests/unit/backend/zip_maker.h"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <deque>
#include <memory>
#include <optional>

using namespace gantry;
using namespace gantry::invoke;
namespace lambda = gantry::aws::lambda;

namespace {

constexpr std::int64_t kSecond = 1'000'000;

class SetClock final : public Clock {
public:
    std::int64_t unixMicros() const override { return now; }
    std::int64_t now = 1'700'000'000 * kSecond;
};

// Keeps what it is asked to run until the test answers.
class HeldDispatcher final : public Dispatcher {
public:
    void invoke(Request request, Done done) override
    {
        seen.push_back(request);
        if (throttles)
            return done(throttled("ReservedFunctionConcurrentInvocationLimitExceeded"));
        held.emplace_back(std::move(request), std::move(done));
    }
    void checkInit(functions::Target, InitChecked) override {}
    void retire(const std::string&, const std::string&) override {}
    int runningTotal() const override { return static_cast<int>(held.size()); }
    int running(const std::string&) const override { return runningTotal(); }
    void shutdown(std::function<void()>) override {}

    void answer(bool functionError, const std::string& payload = "\"done\"")
    {
        auto [request, done] = std::move(held.front());
        held.pop_front();
        Result result;
        result.executedVersion = "$LATEST";
        result.payload = payload;
        result.functionError = functionError;
        if (functionError)
            result.record.errorType = "Function.Broken";
        done(std::move(result));
    }

    bool throttles = false;
    std::vector<Request> seen;
    std::deque<std::pair<Request, Done>> held;
};

class CountingObserver final : public AsyncObserver {
public:
    void asyncReceived(const std::string&) override { ++received; }
    void asyncAttempted(const std::string&, std::int64_t age) override { ages.push_back(age); }
    void asyncDropped(const std::string&, Drop why) override { drops.push_back(why); }
    void deadLetterFailed(const std::string&) override { ++deadLetterErrors; }
    void destinationFailed(const std::string&) override { ++destinationErrors; }

    int received = 0, deadLetterErrors = 0, destinationErrors = 0;
    std::vector<std::int64_t> ages;
    std::vector<Drop> drops;
};

class KeepingTarget final : public EventTarget {
public:
    struct Message {
        std::string arn, body;
        std::map<std::string, std::string> attributes;
    };
    void send(const EventMessage& message, std::function<void(absl::Status)> done) override
    {
        if (!refusal.ok())
            return done(refusal);
        if (fails > 0) {
            --fails;
            return done(serviceError("the queue is away"));
        }
        sent.push_back({message.arn, *message.body, message.attributes});
        done(absl::OkStatus());
    }
    int fails = 0;
    absl::Status refusal;
    std::vector<Message> sent;
};

std::string arnOf(const std::string& name)
{
    return "arn:aws:lambda:us-east-1:000000000000:function:" + name;
}

absl::StatusOr<Result> functionError()
{
    Result result;
    result.functionError = true;
    return result;
}

} // namespace

class AsyncTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_directory.emplace();
        m_clock.now = 1'700'000'000 * kSecond;
        m_requests = 0;
        m_io = std::make_unique<boost::asio::io_context>();
        m_workers = std::make_unique<WorkerPool>(1);
        m_code = *store::CodeStore::open(*m_io, *m_workers, path("code"));
        functions::Options options;
        options.destinationServices = {"lambda", "sqs"};
        options.deadLetterServices = {"sqs"};
        m_registry =
            *functions::Registry::open(*m_io, path("functions.db"), *m_code, m_clock, options);
        m_dispatcher.emplace();
        m_observer.emplace();
        m_target.emplace();
        openQueue();
        deploy("work");
        deploy("other");
    }

    void cleanup()
    {
        m_queue.reset();
        m_registry.reset();
        m_code.reset();
        m_workers.reset();
        m_io.reset();
    }

    // The rules

    void retriesTwiceAfterOneAndTwoMinutes()
    {
        EventRecord record;
        record.set_accepted_us(m_clock.now);
        const functions::EventPolicy policy;
        Verdict verdict = judge(record, functionError(), policy, m_clock.now, 60 * kSecond);
        QCOMPARE(verdict.kind, Verdict::Kind::Again);
        QCOMPARE(record.due_us(), m_clock.now + 60 * kSecond);
        m_clock.now += 60 * kSecond;
        verdict = judge(record, functionError(), policy, m_clock.now, 60 * kSecond);
        QCOMPARE(verdict.kind, Verdict::Kind::Again);
        QCOMPARE(record.due_us(), m_clock.now + 120 * kSecond);
        verdict = judge(record, functionError(), policy, m_clock.now, 60 * kSecond);
        QCOMPARE(verdict.kind, Verdict::Kind::Dead);
        QCOMPARE(QString(verdict.condition), QString("RetriesExhausted"));
        QCOMPARE(record.attempts(), 3);
    }

    void retriesAsOftenAsConfigured_data()
    {
        QTest::addColumn<int>("maximum");
        QTest::newRow("never") << 0;
        QTest::newRow("once") << 1;
        QTest::newRow("twice") << 2;
    }

    void retriesAsOftenAsConfigured()
    {
        QFETCH(int, maximum);
        EventRecord record;
        record.set_accepted_us(m_clock.now);
        functions::EventPolicy policy;
        policy.maximumRetries = maximum;
        while (judge(record, functionError(), policy, m_clock.now, kSecond).kind !=
               Verdict::Kind::Dead)
            QVERIFY(record.attempts() <= maximum);
        QCOMPARE(record.attempts(), maximum + 1);
    }

    void backsOffExponentially()
    {
        QCOMPARE(backOffMicros(1), 1 * kSecond);
        QCOMPARE(backOffMicros(2), 2 * kSecond);
        QCOMPARE(backOffMicros(9), 256 * kSecond);
        QCOMPARE(backOffMicros(10), 300 * kSecond);
        QCOMPARE(backOffMicros(1'000'000), 300 * kSecond);
    }

    void throttlesAreNoAttempts()
    {
        EventRecord record;
        record.set_accepted_us(m_clock.now);
        functions::EventPolicy policy;
        policy.maximumRetries = 0;
        for (int i = 0; i < 20; ++i) {
            const auto verdict = judge(record, throttled("any"), policy, m_clock.now, kSecond);
            QCOMPARE(verdict.kind, Verdict::Kind::Again);
        }
        QCOMPARE(record.attempts(), 0);
        QCOMPARE(record.setbacks(), 20);
    }

    void failuresOfThePlatformAreNoAttempts()
    {
        EventRecord record;
        record.set_accepted_us(m_clock.now);
        functions::EventPolicy policy;
        policy.maximumRetries = 0;
        Result failed = *functionError();
        failed.platformFailure = true;
        for (int i = 1; i <= 5; ++i) {
            const auto verdict = judge(record, failed, policy, m_clock.now, kSecond);
            QCOMPARE(verdict.kind, Verdict::Kind::Again);
            QCOMPARE(record.due_us(), m_clock.now + backOffMicros(i));
        }
        QCOMPARE(record.attempts(), 0);
        // Then the function itself has its one attempt.
        QCOMPARE(judge(record, functionError(), policy, m_clock.now, kSecond).kind,
                 Verdict::Kind::Dead);
        QCOMPARE(record.attempts(), 1);
        record.set_accepted_us(m_clock.now - policy.maximumAgeMicros);
        const auto verdict = judge(record, failed, policy, m_clock.now, kSecond);
        QCOMPARE(verdict.kind, Verdict::Kind::Dead);
        QCOMPARE(QString(verdict.condition), QString("EventAgeExceeded"));
    }

    void givesUpWhenTheEventIsTooOld()
    {
        EventRecord record;
        record.set_accepted_us(m_clock.now - 60 * kSecond);
        functions::EventPolicy policy;
        policy.maximumAgeMicros = 60 * kSecond;
        const auto verdict = judge(record, throttled("any"), policy, m_clock.now, kSecond);
        QCOMPARE(verdict.kind, Verdict::Kind::Dead);
        QCOMPARE(QString(verdict.condition), QString("EventAgeExceeded"));
    }

    void whatWillNeverWorkIsNotTriedAgain()
    {
        EventRecord record;
        record.set_accepted_us(m_clock.now);
        const auto verdict = judge(record, notFound("no such alias"), {}, m_clock.now, kSecond);
        QCOMPARE(verdict.kind, Verdict::Kind::Dead);
        QCOMPARE(QString(verdict.condition), QString("InvocationRefused"));
    }

    void wordsTheDestinationDocument()
    {
        EventRecord record;
        record.set_request_id("the-request");
        record.set_attempts(3);
        Result result;
        result.executedVersion = "7";
        result.functionError = true;
        result.payload = "not JSON";
        const std::string text = destinationDocument(record, "RetriesExhausted", "arn:the-function",
                                                     R"({"a":1})", &result, 1'574'000'000'568'000);
        const auto document = boost::json::parse(text).as_object();
        QCOMPARE(std::string(document.at("version").as_string()), std::string("1.0"));
        QCOMPARE(std::string(document.at("timestamp").as_string()),
                 std::string("2019-11-17T14:13:20.568Z"));
        const auto& context = document.at("requestContext").as_object();
        QCOMPARE(std::string(context.at("requestId").as_string()), std::string("the-request"));
        QCOMPARE(std::string(context.at("functionArn").as_string()), std::string("arn:the-function"));
        QCOMPARE(context.at("approximateInvokeCount").as_int64(), std::int64_t{3});
        QCOMPARE(document.at("requestPayload").as_object().at("a").as_int64(), std::int64_t{1});
        const auto& response = document.at("responseContext").as_object();
        QCOMPARE(response.at("statusCode").as_int64(), std::int64_t{200});
        QCOMPARE(std::string(response.at("functionError").as_string()), std::string("Unhandled"));
        QCOMPARE(std::string(document.at("responsePayload").as_string()), std::string("not JSON"));
        const auto without = boost::json::parse(
            destinationDocument(record, "EventAgeExceeded", "arn", "{}", nullptr, 0));
        QVERIFY(!without.as_object().contains("responseContext"));
    }

    // Loops

    void stopsALoopAfterSixteen()
    {
        const std::string arn = arnOf("looping");
        std::string trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        for (int i = 0; i < kMaxChainLength; ++i) {
            const auto next = continueTrace(trace, arn, false);
            QVERIFY(next.ok());
            trace = *next;
        }
        QVERIFY(trace.starts_with("Root=1-5759e988-bd862e3fe1be46a994272793;Parent="));
        QCOMPARE(awsErrorOf(continueTrace(trace, arn, false).status()).name,
                 std::string("RecursiveInvocationException"));
        QVERIFY(continueTrace(trace, arnOf("another"), false).ok());
        QVERIFY(continueTrace(trace, arn, true).ok());
    }

    void seesALoopThroughOthers()
    {
        std::string trace;
        int passed = 0;
        for (;; ++passed) {
            const auto next = continueTrace(trace, arnOf(passed % 2 == 0 ? "a" : "b"), false);
            if (!next.ok())
                break;
            trace = *next;
        }
        QCOMPARE(passed, 2 * kMaxChainLength);
    }

    void copesWithAnyTraceId_data()
    {
        QTest::addColumn<QString>("trace");
        QTest::newRow("none") << "";
        QTest::newRow("rubbish") << "Lineage=;;=:|";
        QTest::newRow("foreign") << "Root=1-2-3;Lineage=25:a1b2c3d4:0";
        QTest::newRow("numbers") << "Root=1-2-3;Lineage=1:aaaaaaaa:99999999999999|bbbbbbbb:-1";
        QTest::newRow("long") << QString("Root=").append(QString(100'000, 'x'));
    }

    void copesWithAnyTraceId()
    {
        QFETCH(QString, trace);
        const auto next = continueTrace(trace.toStdString(), arnOf("f"), false);
        QVERIFY(next.ok());
        QVERIFY(next->starts_with("Root="));
        QVERIFY(next->ends_with(":1"));
        QVERIFY(next->size() < 1100);
    }

    // The queue

    void deliversAndForgets()
    {
        accept("work", R"({"n":1})");
        QVERIFY(waitFor([&] { return m_dispatcher->held.size() == 1; }));
        QCOMPARE(*m_dispatcher->seen[0].event, std::string(R"({"n":1})"));
        QCOMPARE(m_dispatcher->seen[0].requestId, std::string("request-1"));
        m_dispatcher->answer(false);
        QVERIFY(waitFor([&] { return m_queue->size() == 0; }));
        QCOMPARE(m_observer->received, 1);
        reopen();
        QCOMPARE(m_queue->size(), std::size_t{0});
    }

    void keepsTheRequestIdAcrossRetries()
    {
        accept("work", "{}");
        QVERIFY(waitFor([&] { return m_dispatcher->held.size() == 1; }));
        m_dispatcher->answer(true);
        QVERIFY(waitFor([&] { return stateOf(0) == AsyncQueue::State::Retrying; }));
        m_clock.now += 59 * kSecond;
        run(1200);
        QCOMPARE(m_dispatcher->seen.size(), std::size_t{1});
        m_clock.now += 2 * kSecond;
        QVERIFY(waitFor([&] { return m_dispatcher->seen.size() == 2; }));
        QCOMPARE(m_dispatcher->seen[1].requestId, m_dispatcher->seen[0].requestId);
        QCOMPARE(m_observer->ages.size(), std::size_t{2});
    }

    void deliversAgainWhatAKillInterrupted()
    {
        accept("work", "{\"kept\":true}");
        QVERIFY(waitFor([&] { return m_dispatcher->held.size() == 1; }));
        reopen(); // while it runs
        QVERIFY(waitFor([&] { return m_dispatcher->seen.size() == 2; }));
        QCOMPARE(*m_dispatcher->seen[1].event, std::string("{\"kept\":true}"));
        QCOMPARE(m_dispatcher->seen[1].requestId, m_dispatcher->seen[0].requestId);
    }

    void sendsFailuresOn()
    {
        configure("work", 0, {}, "arn:aws:lambda:us-east-1:000000000000:function:other");
        setDeadLetter("work", "arn:aws:sqs:us-east-1:000000000000:dlq");
        accept("work", R"({"n":1})");
        QVERIFY(waitFor([&] { return m_dispatcher->held.size() == 1; }));
        m_dispatcher->answer(true, R"({"errorMessage":"no"})");
        QVERIFY(waitFor([&] { return m_dispatcher->seen.size() == 2 && m_target->sent.size() == 1; }));
        const auto document = boost::json::parse(*m_dispatcher->seen[1].event).as_object();
        QCOMPARE(std::string(document.at("requestContext").as_object().at("condition").as_string()),
                 std::string("RetriesExhausted"));
        QCOMPARE(m_dispatcher->seen[1].target.spec->functionName, std::string("other"));
        QCOMPARE(m_target->sent[0].body, std::string(R"({"n":1})"));
        QCOMPARE(m_target->sent[0].attributes.at("RequestID"), std::string("request-1"));
        QCOMPARE(m_observer->drops.size(), std::size_t{1});
        QCOMPARE(stateOf(0), AsyncQueue::State::Dead);
    }

    void sendsSuccessesOn()
    {
        configure("work", 2, "arn:aws:lambda:us-east-1:000000000000:function:other", {});
        accept("work", "[1]");
        QVERIFY(waitFor([&] { return m_dispatcher->held.size() == 1; }));
        m_dispatcher->answer(false, "\"fine\"");
        QVERIFY(waitFor([&] { return m_dispatcher->seen.size() == 2; }));
        const auto document = boost::json::parse(*m_dispatcher->seen[1].event).as_object();
        QCOMPARE(std::string(document.at("responsePayload").as_string()), std::string("fine"));
        QCOMPARE(std::string(document.at("requestContext").as_object().at("condition").as_string()),
                 std::string("Success"));
    }

    void triesAMessageAgainUntilItsTargetIsBack()
    {
        m_target->fails = 2;
        setDeadLetter("work", "arn:aws:sqs:us-east-1:000000000000:dlq");
        configure("work", 0, {}, {});
        accept("work", "{}");
        QVERIFY(waitFor([&] { return m_dispatcher->held.size() == 1; }));
        m_dispatcher->answer(true);
        for (int i = 0; i < 20 && m_target->sent.empty(); ++i) {
            m_clock.now += 5 * kSecond;
            run(100);
        }
        QVERIFY(waitFor([&] { return m_target->sent.size() == 1; }));
    }

    // A target that will never take the message: it is dead at once, counted and there to replay.
    void givesUpAMessageThatIsRefused()
    {
        m_target->refusal = makeError("QueueDoesNotExist", 400, "no such queue");
        setDeadLetter("work", "arn:aws:sqs:us-east-1:000000000000:dlq");
        configure("work", 0, {}, "arn:aws:sqs:us-east-1:000000000000:failures");
        accept("work", "{}");
        QVERIFY(waitFor([&] { return m_dispatcher->held.size() == 1; }));
        m_dispatcher->answer(true);
        QVERIFY(waitFor([&] {
            return m_observer->deadLetterErrors == 1 && m_observer->destinationErrors == 1;
        }));
        QVERIFY(waitFor([&] { return m_queue->size() == 3; }));
        std::vector<std::int64_t> undelivered;
        QVERIFY(waitFor([&] {
            undelivered.clear();
            m_queue->forEach([&](std::int64_t id, AsyncQueue::State state, const EventRecord& record) {
                if (state == AsyncQueue::State::Dead && record.condition() == conditions::kUndelivered)
                    undelivered.push_back(id);
            });
            return undelivered.size() == 2;
        }));
        m_target->refusal = absl::OkStatus();
        m_queue->replay(undelivered, [](const absl::Status&) {});
        QVERIFY(waitFor([&] { return m_target->sent.size() == 2; }));
        QCOMPARE(m_target->sent[0].attributes.size() + m_target->sent[1].attributes.size(),
                 std::size_t{3}); // RequestID, ErrorCode, ErrorMessage of the dead letter
    }

    void endsALoopOfDestinations()
    {
        configure("work", 0, "arn:aws:lambda:us-east-1:000000000000:function:other", {});
        configure("other", 0, "arn:aws:lambda:us-east-1:000000000000:function:work", {});
        accept("work", "{}");
        for (;;) {
            if (!waitFor([&] { return !m_dispatcher->held.empty() || !m_observer->drops.empty(); }))
                QFAIL("nothing happens any more");
            if (m_dispatcher->held.empty())
                break;
            m_dispatcher->answer(false);
        }
        QCOMPARE(m_dispatcher->seen.size(), std::size_t{2 * kMaxChainLength});
        QCOMPARE(m_observer->drops.at(0), AsyncObserver::Drop::Recursion);
    }

    void waitsAsAWholeWhenThrottled()
    {
        m_dispatcher->throttles = true;
        for (int i = 0; i < 50; ++i)
            accept("work", "{}");
        QVERIFY(waitFor([&] { return m_queue->size() == 50; }));
        run(200);
        // One lane, one pause: the others were not all tried in vain.
        QVERIFY(m_dispatcher->seen.size() <= 12);
        m_dispatcher->throttles = false;
        for (int i = 0; i < 400 && m_queue->size() > 0; ++i) {
            m_clock.now += 10 * kSecond;
            run(20);
            while (!m_dispatcher->held.empty())
                m_dispatcher->answer(false);
        }
        QVERIFY(waitFor([&] { return m_queue->size() == 0; }));
        QVERIFY(m_observer->drops.empty());
    }

    void replaysAndPurgesTheDead()
    {
        configure("work", 0, {}, {});
        accept("work", "{}");
        QVERIFY(waitFor([&] { return m_dispatcher->held.size() == 1; }));
        m_dispatcher->answer(true);
        QVERIFY(waitFor([&] { return stateOf(0) == AsyncQueue::State::Dead; }));
        reopen();
        QCOMPARE(stateOf(0), AsyncQueue::State::Dead);
        m_queue->replay({idOf(0)}, [](const absl::Status& status) { QVERIFY(status.ok()); });
        QVERIFY(waitFor([&] { return m_dispatcher->held.size() == 1; }));
        m_dispatcher->answer(true);
        QVERIFY(waitFor([&] { return stateOf(0) == AsyncQueue::State::Dead; }));
        m_queue->purge({idOf(0)}, [](const absl::Status& status) { QVERIFY(status.ok()); });
        QVERIFY(waitFor([&] { return m_queue->size() == 0; }));
    }

    void dropsTheEventsOfADeletedFunction()
    {
        m_dispatcher->throttles = true;
        accept("work", "{}");
        QVERIFY(waitFor([&] { return m_queue->size() == 1 && m_dispatcher->seen.size() == 1; }));
        lambda::DeleteFunctionRequest request;
        request.set_function_name("work");
        m_registry->remove(request, [](const absl::Status& status) { QVERIFY(status.ok()); });
        QVERIFY(waitFor([&] { return m_queue->size() == 0; }));
        QCOMPARE(m_observer->drops.at(0), AsyncObserver::Drop::Deleted);
    }

    void keepsToItsMemory()
    {
        m_options.memoryBytes = 10;
        reopen();
        m_options = {};
        accept("work", "{\"larger than that\":1}");
        QVERIFY(waitFor([&] { return m_dispatcher->held.size() == 1; }));
        QCOMPARE(*m_dispatcher->seen[0].event, std::string("{\"larger than that\":1}"));
        m_dispatcher->answer(false);
        QVERIFY(waitFor([&] { return m_queue->size() == 0; }));
    }

    void refusesLargeEvents()
    {
        std::optional<absl::StatusOr<std::string>> reply;
        AsyncRequest request;
        request.target = *m_registry->resolve("work", "", 0);
        request.payload = std::make_shared<const std::string>(1'048'577, '1');
        m_queue->accept(std::move(request), [&](auto answer) { reply = answer; });
        QCOMPARE(awsErrorOf(reply->status()).status, 413);
        QCOMPARE(m_queue->size(), std::size_t{0});
    }

private:
    std::filesystem::path path(const char* name) const
    {
        return std::filesystem::path(m_directory->path().toStdString()) / name;
    }

    void openQueue()
    {
        m_queue = *AsyncQueue::open(*m_io, path("events.db"), m_clock, *m_registry, *m_dispatcher,
                                    *m_observer, m_options);
        m_queue->setTarget("sqs", *m_target);
        m_queue->start();
    }

    // As after a kill: nothing is told that it ends.
    void reopen()
    {
        m_queue.reset();
        m_dispatcher->held.clear();
        openQueue();
    }

    void accept(const std::string& name, const std::string& payload)
    {
        AsyncRequest request;
        request.target = *m_registry->resolve(name, "", 0);
        request.requestId = "request-" + std::to_string(++m_requests);
        request.payload = std::make_shared<const std::string>(payload);
        bool accepted = false;
        m_queue->accept(std::move(request), [&](const auto& reply) { accepted = reply.ok(); });
        QVERIFY(waitFor([&] { return accepted; }));
    }

    void configure(const std::string& name, int retries, const std::string& success,
                   const std::string& failure)
    {
        bool saved = false;
        m_registry->changeSettings(
            name, {},
            [&](const functions::Found&, functions::Settings& settings) {
                lambda::FunctionEventInvokeConfig config;
                config.set_maximum_retry_attempts(retries);
                config.mutable_destination_config()->mutable_on_success()->set_destination(success);
                config.mutable_destination_config()->mutable_on_failure()->set_destination(failure);
                (*settings.mutable_event_invoke())["$LATEST"] = config;
                return absl::OkStatus();
            },
            [&](const absl::Status& status) { saved = status.ok(); });
        QVERIFY(waitFor([&] { return saved; }));
    }

    void setDeadLetter(const std::string& name, const std::string& arn)
    {
        lambda::UpdateFunctionConfigurationRequest request;
        request.set_function_name(name);
        request.mutable_dead_letter_config()->set_target_arn(arn);
        bool saved = false;
        m_registry->updateConfiguration(request, [&](const auto& reply) { saved = reply.ok(); });
        QVERIFY(waitFor([&] { return saved; }));
    }

    std::int64_t idOf(std::size_t index) const
    {
        std::vector<std::int64_t> ids;
        m_queue->forEach([&](std::int64_t id, auto, const auto&) { ids.push_back(id); });
        return index < ids.size() ? ids[index] : -1;
    }

    std::optional<AsyncQueue::State> stateOf(std::size_t index) const
    {
        std::vector<AsyncQueue::State> states;
        m_queue->forEach([&](auto, AsyncQueue::State state, const auto&) { states.push_back(state); });
        return index < states.size() ? std::optional(states[index]) : std::nullopt;
    }

    template <class Condition> bool waitFor(Condition condition)
    {
        for (int i = 0; i < 30'000 && !condition(); ++i) {
            m_io->restart();
            m_io->run_one_for(std::chrono::milliseconds(1));
        }
        return condition();
    }

    void run(int millis)
    {
        m_io->restart();
        m_io->run_for(std::chrono::milliseconds(millis));
    }

    void deploy(const std::string& name)
    {
        lambda::CreateFunctionRequest request;
        request.set_function_name(name);
        request.set_runtime("nodejs22.x");
        request.set_handler("index.handler");
        request.set_role("arn:aws:iam::000000000000:role/any");
        request.mutable_code()->set_zip_file(test::makeZip({{.name = "index.js", .data = "1"}}));
        m_registry->create(request, [](const auto& reply) { QVERIFY(reply.ok()); });
        QVERIFY(waitFor([&] { return m_registry->resolve(name, "", 0).ok(); }));
    }

    std::optional<QTemporaryDir> m_directory;
    SetClock m_clock;
    AsyncOptions m_options;
    int m_requests = 0;
    std::unique_ptr<boost::asio::io_context> m_io;
    std::unique_ptr<WorkerPool> m_workers;
    std::unique_ptr<store::CodeStore> m_code;
    std::unique_ptr<functions::Registry> m_registry;
    std::optional<HeldDispatcher> m_dispatcher;
    std::optional<CountingObserver> m_observer;
    std::optional<KeepingTarget> m_target;
    std::unique_ptr<AsyncQueue> m_queue;
};

QTEST_GUILESS_MAIN(AsyncTest)
#include "async_test.moc"
