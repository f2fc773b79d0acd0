// An alias that moves in steps goes on moving when the platform is started again.
#include "backend/base/clock.h"
#include "backend/base/worker_pool.h"
#include "backend/functions/registry.h"
#include "backend/tuning/application.h"
#include "tests/unit/backend/zip_maker.h"

#include <boost/asio/io_context.hpp>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

using namespace gantry;
using namespace gantry::tuning;
namespace lambda = gantry::aws::lambda;
namespace fs = std::filesystem;

namespace {

// A platform's control plane on a directory of its own; made again, it is a restart.
struct Platform {
    explicit Platform(const fs::path& directory)
        : pool(1), code(*store::CodeStore::open(io, pool, directory / "code")),
          registry(*functions::Registry::open(io, directory / "functions.db", *code, clock, {}))
    {
    }

    template <class Condition> bool waitFor(Condition condition)
    {
        QElapsedTimer timer;
        timer.start();
        while (!condition() && timer.elapsed() < 30'000) {
            io.restart();
            io.run_one_for(std::chrono::milliseconds(5));
        }
        return condition();
    }
    template <class Answer, class Call> Answer ask(Call call)
    {
        std::optional<absl::StatusOr<Answer>> answer;
        call([&](absl::StatusOr<Answer> reply) { answer = std::move(reply); });
        if (!waitFor([&] { return answer.has_value(); }))
            throw std::logic_error("no answer");
        return std::move(*answer).value();
    }
    double weight(const std::string& version)
    {
        const functions::AliasPtr alias = registry->find("f")->function->aliases.at("live");
        const auto& weights = alias->routing_config().additional_version_weights();
        const auto found = weights.find(version);
        return found == weights.end() ? 0 : found->second;
    }

    boost::asio::io_context io;
    Clock clock;
    WorkerPool pool;
    std::unique_ptr<store::CodeStore> code;
    std::unique_ptr<functions::Registry> registry;
};

void deploy(Platform& platform)
{
    lambda::CreateFunctionRequest create;
    create.set_function_name("f");
    create.set_runtime("python3.11");
    create.set_handler("main.handler");
    create.set_role("arn:aws:iam::000000000000:role/any");
    create.set_publish(true);
    create.mutable_code()->set_zip_file(test::makeZip({{.name = "main.py", .data = "1"}}));
    platform.ask<functions::Configuration>(
        [&](auto reply) { platform.registry->create(create, std::move(reply)); });
    QVERIFY(platform.waitFor(
        [&] { return platform.registry->find("f")->version->configuration.state() == "Active"; }));
    lambda::CreateAliasRequest alias;
    alias.set_function_name("f");
    alias.set_name("live");
    alias.set_function_version("1");
    platform.ask<functions::Alias>(
        [&](auto reply) { platform.registry->createAlias(alias, std::move(reply)); });
}

} // namespace

class TuningApplicationTest final : public QObject {
    Q_OBJECT

private slots:
    void aShiftGoesOnAfterARestart()
    {
        QTemporaryDir directory;
        const fs::path path = directory.path().toStdString();
        v1::ApplyTuningRequest request;
        request.set_id("run");
        request.set_memory_mb(512);
        request.set_alias("live");
        request.set_shift_minutes(60);
        v1::TuningApplication reported;
        {
            Platform platform(path);
            deploy(platform);
            auto application = std::make_shared<Application>(
                platform.io, *platform.registry, platform.clock, "f", request,
                [&](absl::StatusOr<v1::TuningApplication> now) { reported = *std::move(now); });
            application->start();
            QVERIFY(platform.waitFor([&] { return reported.alias_weight() > 0; }));
            QCOMPARE(reported.version(), std::string("2"));
            QCOMPARE(reported.alias_weight(), 0.1);
            QCOMPARE(platform.weight("2"), 0.1);
            QVERIFY(reported.next_step_at_ms() > platform.clock.unixMillis() + 15 * 60'000);
            application->cancel(); // the platform ends
            platform.io.poll();
        }
        // Off for long: the step that was to come is taken at once, the next ones in their time.
        reported.set_next_step_at_ms(1);
        Platform platform(path);
        auto application = std::make_shared<Application>(
            platform.io, *platform.registry, platform.clock, "f", request,
            [&](absl::StatusOr<v1::TuningApplication> now) { reported = *std::move(now); });
        application->resume(reported);
        QVERIFY(platform.waitFor([&] { return reported.alias_weight() > 0.1; }));
        QCOMPARE(platform.weight("2"), 0.25);
        QVERIFY(reported.next_step_at_ms() > platform.clock.unixMillis());
        application->cancel();
    }
};

QTEST_GUILESS_MAIN(TuningApplicationTest)
#include "tuning_application_test.moc"
