#pragma once

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

// A dispatcher whose environments do what the test says, on a clock that stands still.
namespace gantry::test {

using namespace gantry::invoke;
using Kind = runtime::InvocationOutcome::Kind;

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

} // namespace gantry::test
