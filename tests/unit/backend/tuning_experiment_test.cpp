// Experiments against a dispatcher that plays the function, and the history that outlives a daemon.
#include "backend/tuning/experiment.h"
#include "backend/tuning/history.h"
#include "backend/tuning/options.h"

#include "backend/base/error.h"

#include <QtTest>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <cmath>
#include <map>
#include <set>

using namespace gantry;
using namespace gantry::tuning;

namespace {

constexpr Prices kPrices{0.2e-6, 0.0000166667, 0.0000133334};

// Answers every call after a turn of the loop with what the test's function makes of it.
class PlayedFunction final : public invoke::Dispatcher {
public:
    explicit PlayedFunction(boost::asio::io_context& io) : m_io(io) {}

    void invoke(invoke::Request request, Done done) override
    {
        boost::asio::post(m_io, [this, request = std::move(request), done = std::move(done)] {
            invoke::Result result;
            result.record.memoryMb = request.target.spec->memoryMb;
            result.record.coldStart = seen.insert(request.target.poolKey).second;
            result.record.initMicros = result.record.coldStart ? 100'000 : 0;
            result.record.durationMicros = 20'000'000 / result.record.memoryMb;
            events.push_back(*request.event);
            sizes.insert(result.record.memoryMb);
            if (play)
                play(request, result);
            result.record.billedMs =
                (result.record.durationMicros + result.record.initMicros + 999) / 1000;
            result.functionError = !result.record.errorType.empty();
            done(std::move(result));
        });
    }
    void checkInit(functions::Target, InitChecked) override {}
    void retire(const std::string& function, const std::string& keep) override
    {
        QCOMPARE(function, std::string("played"));
        QCOMPARE(keep, std::string("played"));
        released = seen;
    }
    int runningTotal() const override { return 0; }
    int running(const std::string&) const override { return 0; }
    void shutdown(std::function<void()> done) override { done(); }

    std::function<void(const invoke::Request&, invoke::Result&)> play;
    std::vector<std::string> events;
    std::set<std::string> seen, released;
    std::set<int> sizes;

private:
    boost::asio::io_context& m_io;
};

} // namespace

class TuningExperimentTest final : public QObject {
    Q_OBJECT

private:
    boost::asio::io_context m_io;
    WorkerPool m_workers{1};
    std::unique_ptr<PlayedFunction> m_function;
    std::shared_ptr<Experiment> m_experiment;
    v1::TuningRun m_last;
    int m_told = 0;

    v1::TuningRun tune(v1::TuningOptions options)
    {
        auto good = checked(std::move(options));
        if (!good.ok())
            qFatal("%s", good.status().ToString().c_str());
        v1::TuningRun run;
        run.set_id("run");
        run.set_function_name("played");
        run.set_start_memory_mb(512);
        *run.mutable_options() = *std::move(good);
        m_io.restart();
        m_last = {};
        m_told = 0;
        Traffic traffic{1'000'000, 30, 0.01};
        m_experiment = std::make_shared<Experiment>(
            Platform{m_io, *m_function, m_workers,
                     [](const std::string& name) -> absl::StatusOr<functions::Target> {
                         if (name == "missing")
                             return notFound("Function not found: missing");
                         functions::Target target;
                         auto spec = std::make_shared<runtime::EnvironmentSpec>();
                         spec->functionName = name;
                         spec->architecture = "x86_64";
                         spec->memoryMb = 512;
                         target.poolKey = name;
                         target.spec = std::move(spec);
                         return target;
                     }},
            std::move(run), kPrices, traffic, [this](const v1::TuningRun& now) {
                m_last = now;
                ++m_told;
            });
        m_experiment->start();
        const auto guard = boost::asio::make_work_guard(m_io);
        while (m_last.state() == v1::TUNING_RUNNING || m_told == 0)
            m_io.run_one();
        while (m_io.poll_one() > 0)
            ;
        return m_last;
    }

private Q_SLOTS:
    void init()
    {
        m_function = std::make_unique<PlayedFunction>(m_io);
    }
    void cleanup() { m_experiment.reset(); }

    void everyProbeHasAnEnvironmentOfItsOwn()
    {
        v1::TuningOptions options;
        options.set_both_architectures(true);
        options.set_seed(5);
        const v1::TuningRun run = tune(options);
        QVERIFY(run.state() == v1::TUNING_SURE || run.state() == v1::TUNING_BUDGET);
        QVERIFY(run.calls() <= 60);
        QCOMPARE(int(m_function->seen.size()), run.environments());
        QCOMPARE(m_function->released, m_function->seen); // and none is left behind
        QVERIFY(!m_function->seen.contains("played"));
        for (const v1::TuningProbe& probe : run.probes()) {
            QCOMPARE(probe.calls_size(), 3);
            QVERIFY(probe.calls(0).cold() && !probe.calls(1).cold());
        }
        QVERIFY(m_told > 2);
        // The other architecture follows as an estimate at its own price.
        const int measured = run.estimates_size() / 2;
        QVERIFY(!run.estimates(0).modelled() && run.estimates(measured).modelled());
        QCOMPARE(run.estimates(measured).architecture(), std::string("arm64"));
        QVERIFY(run.estimates(measured).cost_usd().mean() < run.estimates(0).cost_usd().mean());
        QCOMPARE(run.estimates(measured).duration_ms().mean(),
                 run.estimates(0).duration_ms().mean());
        QVERIFY(run.pick().index() < measured);
        QCOMPARE(run.balanced_size(), 21);
    }

    // A million calls a month: the saving is the difference of the two costs, a million times.
    void theSavingIsThatOfTheTraffic()
    {
        const v1::TuningRun run = tune({});
        double own = 0;
        for (const v1::TuningEstimate& estimate : run.estimates())
            if (estimate.memory_mb() == 512)
                own = estimate.cost_usd().mean();
        const double pick = run.estimates(run.pick().index()).cost_usd().mean();
        QVERIFY(std::abs(run.saving().usd_per_month() - (own - pick) * 1e6) < 1e-9);
        QVERIFY(run.saving().usd_low() <= run.saving().usd_per_month());
        QVERIFY(run.saving().usd_high() >= run.saving().usd_per_month());
    }

    void payloadsComeByTheirWeights()
    {
        v1::TuningOptions options;
        const std::map<std::string, int> weights = {{"\"a\"", 1}, {"\"b\"", 3}};
        for (const auto& [payload, weight] : weights) {
            options.add_payloads()->set_payload(payload);
            options.mutable_payloads(options.payloads_size() - 1)->set_weight(weight);
        }
        options.set_max_calls(40);
        tune(options);
        const auto count = std::count(m_function->events.begin(), m_function->events.end(), "\"a\"");
        const auto all = std::ssize(m_function->events);
        QVERIFY2(std::abs(count - all / 4) <= 1, qPrintable(QString::number(count)));
    }

    void processorsStandBeforeAndAfter()
    {
        int before = 0, after = 0;
        m_function->play = [&](const invoke::Request& request, invoke::Result& result) {
            const std::string& name = request.target.spec->functionName;
            if (name == "pre") {
                ++before;
                result.payload = "\"prepared\"";
            } else if (name == "post") {
                ++after;
                QCOMPARE(*request.event, std::string("\"answer\""));
            } else {
                QCOMPARE(*request.event, std::string("\"prepared\""));
                result.payload = "\"answer\"";
            }
        };
        v1::TuningOptions options;
        options.set_pre_processor("pre");
        options.set_post_processor("post");
        options.set_max_calls(12);
        const v1::TuningRun run = tune(options);
        QCOMPARE(before, run.calls());
        QCOMPARE(after, run.calls());
        options.set_pre_processor("missing");
        const v1::TuningRun failed = tune(options);
        QCOMPARE(failed.state(), v1::TUNING_FAILED);
        QVERIFY(failed.message().find("missing") != std::string::npos);
    }

    void anErrorOfTheFunctionEndsIt()
    {
        m_function->play = [](const invoke::Request&, invoke::Result& result) {
            result.record.errorType = "ValueError";
            result.record.errorMessage = "no";
        };
        const v1::TuningRun run = tune({});
        QCOMPARE(run.state(), v1::TUNING_FAILED);
        QVERIFY(run.message().find("ValueError: no") != std::string::npos);
        QCOMPARE(run.calls(), 1);
        v1::TuningOptions options;
        options.add_allowed_exceptions("ValueError");
        QVERIFY(tune(options).state() != v1::TUNING_FAILED);
    }

    void tooLittleMemoryIsABound()
    {
        m_function->play = [](const invoke::Request&, invoke::Result& result) {
            if (result.record.memoryMb < 600)
                result.record.errorType = "Runtime.OutOfMemory";
        };
        const v1::TuningRun run = tune({});
        QVERIFY(run.state() != v1::TUNING_FAILED);
        QVERIFY(run.estimates(run.pick().index()).memory_mb() >= 600);
        QCOMPARE(run.estimates(0).state(), v1::TuningEstimate::OUT_OF_MEMORY);
    }

    void coldStartsOnly()
    {
        v1::TuningOptions options;
        options.set_only_cold_starts(true);
        options.set_max_calls(16);
        const v1::TuningRun run = tune(options);
        QCOMPARE(run.environments(), run.calls());
        for (const v1::TuningProbe& probe : run.probes())
            QVERIFY(probe.calls(0).duration_ms() >= 100); // its init is in
    }

    void aDryRunIsOneCallInThePresentSize()
    {
        v1::TuningOptions options;
        options.set_dry_run(true);
        const v1::TuningRun run = tune(options);
        QCOMPARE(run.calls(), 1);
        QCOMPARE(m_function->sizes, std::set<int>{512});
    }

    void stoppingStillAnswers()
    {
        int calls = 0;
        m_function->play = [&](const invoke::Request&, invoke::Result&) {
            if (++calls == 9)
                m_experiment->stop();
        };
        v1::TuningOptions options;
        options.set_max_calls(1000);
        options.set_epsilon(0.001);
        const v1::TuningRun run = tune(options);
        QCOMPARE(run.state(), v1::TUNING_STOPPED);
        QCOMPARE(run.calls(), 9);
        QVERIFY(run.pick().index() >= 0);
    }

    void roundsRunSideBySideWhenAsked()
    {
        v1::TuningOptions options;
        options.set_parallel_invocation(true);
        std::size_t most = 0;
        m_function->play = [&](const invoke::Request&, invoke::Result&) {
            most = std::max(most, m_function->seen.size() - m_function->released.size());
        };
        tune(options);
        QCOMPARE(most, std::size_t(3));
    }

    void theHistoryOutlivesTheDaemon()
    {
        QTemporaryDir directory;
        const std::string file = directory.filePath(QStringLiteral("tuning.db")).toStdString();
        {
            auto history = History::open(m_io, file);
            QVERIFY(history.ok());
            v1::TuningRun done, running;
            done.set_id("done");
            done.set_function_name("f");
            done.set_state(v1::TUNING_SURE);
            done.set_started_at_ms(1);
            running.set_id("running");
            running.set_function_name("g");
            running.set_started_at_ms(2);
            (*history)->save(done, [](const absl::Status& s) { QVERIFY(s.ok()); });
            (*history)->save(running, [](const absl::Status& s) { QVERIFY(s.ok()); });
        }
        auto history = History::open(m_io, file);
        QVERIFY(history.ok());
        QCOMPARE((*history)->list({}).size(), std::size_t(2));
        QCOMPARE((*history)->list({}).front()->id(), std::string("running"));
        QCOMPARE((*history)->list("f").size(), std::size_t(1));
        QCOMPARE((*history)->find("done")->state(), v1::TUNING_SURE);
        QCOMPARE((*history)->find("running")->state(), v1::TUNING_FAILED);
        QVERIFY(!(*history)->find("other"));
    }
};

QTEST_GUILESS_MAIN(TuningExperimentTest)
#include "tuning_experiment_test.moc"
