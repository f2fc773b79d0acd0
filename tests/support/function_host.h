#pragma once

#include "backend/base/clock.h"
#include "backend/base/ids.h"
#include "backend/runtime/catalogue.h"
#include "backend/runtime/environment_factory.h"
#include "backend/sandbox/engine.h"

#include <boost/asio/io_context.hpp>

#include <QElapsedTimer>
#include <QFile>
#include <QStringList>
#include <QTemporaryDir>

#include <memory>
#include <optional>
#include <string>

namespace gantry::test {

// Runs functions in real environments: the host's sandbox engine, its interpreters and the
// bootstraps of the source tree.
class FunctionHost final {
public:
    FunctionHost() : catalogue(runtime::Catalogue::probe())
    {
        options.resourceDirectory = GANTRY_SOURCE_DIR "/resources";
        sandbox::EngineOptions engineOptions;
        engineOptions.stateDirectory = m_state.filePath("sandbox").toStdString();
        engineOptions.launcherPath = GANTRY_BINARY_DIR "/bin/gantry-launcher";
        engineOptions.instance = "test-" + randomHex(6);
        engine = sandbox::makeEngine(io, engineOptions);
        if (engine.ok())
            factory = runtime::makeEnvironmentFactory(io, **engine, catalogue, clock, options);
    }

    template <class Condition> bool waitFor(Condition condition, int patienceMillis = 60'000)
    {
        QElapsedTimer timer;
        timer.start();
        while (!condition() && timer.elapsed() < patienceMillis) {
            io.restart();
            io.run_one_for(std::chrono::milliseconds(5));
        }
        return condition();
    }

    // Serves the loop for a while, for what must not happen.
    void run(int milliseconds)
    {
        waitFor([] { return false; }, milliseconds);
    }

    static runtime::EnvironmentSpec spec(const std::string& runtime, const std::string& code,
                                         const std::string& handler)
    {
        runtime::EnvironmentSpec spec;
        spec.accountId = "000000000000";
        spec.region = "us-east-1";
        spec.functionName = "fn";
        spec.functionArn = "arn:aws:lambda:us-east-1:000000000000:function:fn";
        spec.version = "$LATEST";
        spec.runtime = runtime;
        spec.handler = handler;
        spec.architecture = "x86_64";
        spec.memoryMb = 1769; // one vCPU
        spec.tmpMb = 64;
        spec.log.group = "/aws/lambda/fn";
        spec.codeDirectory = code;
        return spec;
    }

    boost::asio::io_context io;
    Clock clock;
    runtime::Catalogue catalogue;
    runtime::EnvironmentOptions options;
    absl::StatusOr<std::unique_ptr<sandbox::Engine>> engine;
    std::unique_ptr<runtime::EnvironmentFactory> factory;

private:
    QTemporaryDir m_state;
};

// One environment of a host, with what it said.
class FunctionRun final {
public:
    FunctionRun(FunctionHost& host, runtime::EnvironmentSpec spec) : m_host(host)
    {
        environment = host.factory->make(std::move(spec), [this](std::int64_t, std::string line) {
            lines << QString::fromStdString(line);
        });
        environment->onDeath([this] { died = true; });
    }

    bool start()
    {
        environment->start([this](runtime::InitOutcome outcome) { init = std::move(outcome); });
        return m_host.waitFor([this] { return init.has_value(); }) && init->ok;
    }

    // False when no outcome came within a minute.
    bool invoke(const std::string& event, std::int64_t timeoutMicros = 30'000'000,
                const std::string& clientContext = {})
    {
        runtime::Invocation invocation;
        invocation.requestId = requestId = randomUuid();
        invocation.invokedFunctionArn = "arn:aws:lambda:us-east-1:000000000000:function:fn:live";
        invocation.traceId = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";
        invocation.timeoutMicros = timeoutMicros;
        invocation.clientContext = clientContext;
        invocation.event = std::make_shared<const std::string>(event);
        outcome.reset();
        environment->invoke(std::move(invocation), [this](runtime::InvocationOutcome result) {
            outcome = std::move(result);
        });
        return m_host.waitFor([this] { return outcome.has_value(); });
    }

    QString payload() const { return QString::fromStdString(outcome->payload); }
    QString errorType() const { return QString::fromStdString(outcome->errorType); }
    QString errorMessage() const { return QString::fromStdString(outcome->errorMessage); }

    std::unique_ptr<runtime::Environment> environment;
    std::string requestId;
    std::optional<runtime::InitOutcome> init;
    std::optional<runtime::InvocationOutcome> outcome;
    QStringList lines;
    bool died = false;

private:
    FunctionHost& m_host;
};

} // namespace gantry::test
