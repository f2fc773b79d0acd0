#include "backend/daemon/daemon.h"

#include "backend/api/concurrency.h"
#include "backend/api/develop.h"
#include "backend/api/function_urls.h"
#include "backend/api/lambda_concurrency.h"
#include "backend/api/lambda_control.h"
#include "backend/api/lambda_invoke.h"
#include "backend/api/monitor.h"
#include "backend/api/operation_table.h"
#include "backend/api/platform.h"
#include "backend/api/tuning.h"
#include "backend/base/clock.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/base/resources.h"
#include "backend/base/text.h"
#include "backend/base/version.h"
#include "backend/base/worker_pool.h"
#include "backend/cost/price_table.h"
#include "backend/functions/registry.h"
#include "backend/iam/account.h"
#include "backend/invoke/fleet.h"
#include "backend/invoke/keep_alive_store.h"
#include "backend/observe/recorder.h"
#include "backend/runtime/environment_factory.h"
#include "backend/sandbox/engine.h"
#include "backend/store/code_store.h"
#include "backend/store/directory_lock.h"
#include "backend/tuning/tuner.h"
#include "backend/wire/grpc_server.h"
#include "backend/wire/http_server.h"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include <csignal>
#include <sys/utsname.h>
#include <unistd.h>

namespace gantry {
namespace {

namespace fs = std::filesystem;

constexpr int kWorkers = 2;  // unpacking and hashing: as many as a small machine has processors

absl::Status makePrivateDirectory(const fs::path& directory)
{
    std::error_code error;
    fs::create_directories(directory, error);
    if (!error)
        fs::permissions(directory, fs::perms::owner_all, error);
    return error ? absl::FailedPreconditionError("cannot use " + directory.string() + " as data directory: " +
                                                 error.message())
                 : absl::OkStatus();
}

// Names the daemon's cgroups and mount points: the same for the same data, so that the next start
// finds what a killed one left, and different for two daemons side by side.
std::string instanceName(const fs::path& dataDirectory)
{
    return toHex(sha256(fs::canonical(dataDirectory).string())).substr(0, 12);
}

// As AWS spells it.
std::string hostArchitecture()
{
    utsname host{};
    return uname(&host) == 0 && std::string_view(host.machine) == "aarch64" ? "arm64" : "x86_64";
}

} // namespace

// In the order of construction; destroyed from the last to the first.
struct Daemon::Parts {
    Parts(boost::asio::io_context& context, DaemonOptions wanted) : io(context), options(std::move(wanted)) {}

    absl::Status openStorage();
    absl::Status openSandbox();
    absl::Status openFunctions();
    absl::Status openInvoke();
    absl::Status chooseKeepAlive(invoke::Options& wanted);
    void keepPromises(const functions::Function& function);
    absl::Status openTuning();
    absl::Status openDoors();
    void registerOperations();
    std::string awsEndpoint() const;
    api::PlatformDetails details() const;

    boost::asio::io_context& io;
    const DaemonOptions options;
    Clock clock;
    const std::int64_t startedAtMs = clock.unixMillis();
    WorkerPool workers{kWorkers};
    std::optional<store::DirectoryLock> lock;
    std::optional<iam::Account> account;
    std::unique_ptr<sandbox::Engine> engine;
    runtime::Catalogue catalogue;
    std::unique_ptr<runtime::EnvironmentFactory> environments;
    std::unique_ptr<store::CodeStore> code;
    std::unique_ptr<functions::Registry> registry;
    std::optional<cost::Meter> meter;
    std::unique_ptr<observe::Recorder> recorder;
    std::unique_ptr<invoke::KeepAliveStore> keepAlive;
    std::unique_ptr<invoke::FleetDispatcher> dispatcher;
    std::unique_ptr<tuning::Tuner> tuner;
    api::OperationTable operations;
    std::optional<api::FunctionUrls> functionUrls;
    std::unique_ptr<wire::HttpServer> http;
    std::unique_ptr<wire::GrpcServer> grpc;
    int port = 0;
};

absl::Status Daemon::Parts::openStorage()
{
    const fs::path directory = options.dataDirectory;
    if (auto made = makePrivateDirectory(directory); !made.ok())
        return made;
    auto locked = store::DirectoryLock::acquire(directory);
    if (!locked.ok())
        return locked.status();
    lock.emplace(*std::move(locked));
    auto opened = iam::Account::open(directory);
    if (!opened.ok())
        return opened.status();
    account.emplace(*std::move(opened));
    return absl::OkStatus();
}

absl::Status Daemon::Parts::openSandbox()
{
    sandbox::EngineOptions wanted;
    wanted.stateDirectory = fs::path(options.dataDirectory) / "sandbox";
    wanted.launcherPath = programDirectory() / "gantry-launcher";
    wanted.instance = instanceName(options.dataDirectory);
    wanted.allowProcessEngine = options.allowNoIsolation;
    wanted.preparedSandboxes = options.preparedSandboxes;
    auto made = sandbox::makeEngine(io, wanted);
    if (!made.ok())
        return made.status();
    engine = *std::move(made);
    catalogue = runtime::Catalogue::probe();
    runtime::EnvironmentOptions environmentOptions;
    environmentOptions.resourceDirectory = resourceDirectory();
    environments = runtime::makeEnvironmentFactory(io, *engine, catalogue, clock, environmentOptions);
    return absl::OkStatus();
}

absl::Status Daemon::Parts::openFunctions()
{
    const fs::path directory = options.dataDirectory;
    auto codeStore = store::CodeStore::open(io, workers, directory / "code");
    if (!codeStore.ok())
        return codeStore.status();
    code = *std::move(codeStore);
    functions::Options wanted;
    wanted.place.accountId = account->id();
    wanted.place.region = account->region();
    wanted.hostArchitecture = hostArchitecture();
    wanted.accountConcurrency = options.concurrency;
    auto opened = functions::Registry::open(io, directory / "functions.db", *code, clock, wanted);
    if (!opened.ok())
        return opened.status();
    registry = *std::move(opened);
    return absl::OkStatus();
}

absl::Status Daemon::Parts::openInvoke()
{
    auto prices = cost::PriceTable::load(resourceDirectory() / "prices" / "lambda-us-east-1.json");
    if (!prices.ok())
        return prices.status();
    meter.emplace(*std::move(prices));
    auto opened = observe::Recorder::open(io, clock, options.dataDirectory);
    if (!opened.ok())
        return opened.status();
    recorder = *std::move(opened);
    invoke::Options wanted;
    wanted.accountConcurrency = options.concurrency;
    wanted.streamBurstBytes = options.streamBurstMb * 1024 * 1024;
    wanted.streamBytesPerSecond = options.streamMbPerSecond * 1024 * 1024;
    wanted.startsPerTenSeconds = options.scalingRate;
    if (auto chosen = chooseKeepAlive(wanted); !chosen.ok())
        return chosen;
    const auto price = [this](const invoke::InvocationRecord& record) { return meter->charge(record); };
    dispatcher = invoke::makeDispatcher(io, clock, *environments, *recorder, price, wanted);
    registry->onChange([this](const functions::Change& change) {
        if (change.retires)
            dispatcher->retire(change.functionName, change.poolKey);
        dispatcher->setUnreserved(registry->unreservedConcurrency());
        if (change.function)
            keepPromises(*change.function);
    });
    dispatcher->setUnreserved(registry->unreservedConcurrency());
    for (const auto& [name, function] : registry->functions())
        keepPromises(*function);
    return absl::OkStatus();
}

// What the command line says, else what was chosen in the console, else the defaults.
absl::Status Daemon::Parts::chooseKeepAlive(invoke::Options& wanted)
{
    auto opened =
        invoke::KeepAliveStore::open(io, fs::path(options.dataDirectory) / "invoke.db");
    if (!opened.ok())
        return opened.status();
    keepAlive = *std::move(opened);
    invoke::KeepAliveStore::Choice choice{invoke::KeepAlive::Policy::Fixed,
                                          DaemonOptions::kKeepAliveSeconds * 1'000'000};
    if (keepAlive->choice())
        choice = *keepAlive->choice();
    if (options.keepAliveSeconds)
        choice.fixedMicros = *options.keepAliveSeconds * 1'000'000;
    if (const auto policy = invoke::keepAlivePolicy(options.keepAlivePolicy))
        choice.policy = *policy;
    wanted.keepAliveMicros = choice.fixedMicros;
    wanted.learnKeepAlive = choice.policy == invoke::KeepAlive::Policy::Learned;
    return absl::OkStatus();
}

// Provisioned environments are there as long as the setting is, over restarts too.
void Daemon::Parts::keepPromises(const functions::Function& function)
{
    dispatcher->provision(function.name, registry->provisionedTargets(function));
}

absl::Status Daemon::Parts::openTuning()
{
    const cost::PriceTable& table = meter->table();
    const tuning::Prices prices{table.perRequest(), table.tiers("x86_64").front().perGbSecond,
                                table.tiers("arm64").front().perGbSecond};
    auto opened = tuning::Tuner::open({io, clock, *registry, *dispatcher, *recorder, prices,
                                       table.region(), table.asOf()},
                                      fs::path(options.dataDirectory) / "tuning.db");
    if (!opened.ok())
        return opened.status();
    tuner = *std::move(opened);
    return absl::OkStatus();
}

std::string Daemon::Parts::awsEndpoint() const
{
    const std::string host = options.awsAddress.substr(0, options.awsAddress.rfind(':'));
    return absl::StrCat("http://", host, ":", port);
}

api::PlatformDetails Daemon::Parts::details() const
{
    api::PlatformDetails details;
    details.accountId = account->id();
    details.region = account->region();
    details.dataDirectory = options.dataDirectory;
    details.awsEndpoint = awsEndpoint();
    details.credentialsFile = account->credentialsFile();
    details.engine = engine->name();
    details.engineReason = engine->reason();
    details.capabilities = engine->capabilities();
    details.startedAtMs = startedAtMs;
    details.accountConcurrency = options.concurrency;
    return details;
}

void Daemon::Parts::registerOperations()
{
    api::LambdaControl control;
    control.accountConcurrency = options.concurrency;
    control.packageLink =
        api::signedPackageLink([this] { return awsEndpoint(); }, *account, clock);
    control.functionUrl = [this](const std::string& id) {
        return absl::StrCat("http://", id, ".lambda-url.", account->region(), ".localhost:", port,
                            "/");
    };
    api::registerLambdaControl(operations, *registry, control);
    api::registerLambdaInvoke(operations, *registry, *dispatcher);
    api::registerLambdaConcurrency(operations, *registry, *dispatcher);
    api::registerConcurrency(operations, io, *registry, *dispatcher, *keepAlive, clock);
    api::registerMonitor(operations, io, *recorder, *registry);
    functionUrls.emplace(*registry, *dispatcher, clock);
    api::registerUrlCalls(operations, *registry, *functionUrls);
    api::registerDevelop(operations, io, *registry, *dispatcher);
    api::registerTuning(operations, *tuner);
    // The orderly end is the one that SIGTERM brings.
    api::registerPlatform(operations, io, [this] { return details(); }, catalogue, meter->table(),
                          [] { ::kill(::getpid(), SIGTERM); });
}

absl::Status Daemon::Parts::openDoors()
{
    wire::HttpOptions wanted;
    wanted.hosts = options.hosts;
    wanted.functionUrls = &*functionUrls;
    http = std::make_unique<wire::HttpServer>(io, operations, *account, clock, wanted);
    auto listening = http->listen(options.awsAddress);
    if (!listening.ok())
        return listening.status();
    port = *listening;
    grpc = std::make_unique<wire::GrpcServer>(io, operations, *account);
    return grpc->listen(options.grpcSocket);
}

Daemon::Daemon(boost::asio::io_context& io, DaemonOptions options)
    : m_parts(std::make_unique<Parts>(io, std::move(options)))
{
}

Daemon::~Daemon() = default;

absl::Status Daemon::start()
{
    for (const auto step : {&Parts::openStorage, &Parts::openSandbox, &Parts::openFunctions, &Parts::openInvoke,
                            &Parts::openTuning}) {
        if (auto status = ((*m_parts).*step)(); !status.ok())
            return status;
    }
    m_parts->registerOperations();
    return m_parts->openDoors();
}

std::string Daemon::banner() const
{
    const api::PlatformDetails details = m_parts->details();
    return absl::StrCat("gantryd ", kVersion, "\n  AWS endpoint  ", details.awsEndpoint, "\n  credentials   ",
                        details.credentialsFile, " (profile gantry)\n  console       unix:", m_parts->options.grpcSocket,
                        "\n  isolation     ", details.engine, ": ", details.engineReason, "\n");
}

void Daemon::shutdown(std::function<void()> done)
{
    m_parts->http->close();
    m_parts->dispatcher->shutdown([this, done = std::move(done)] {
        m_parts->grpc->shutdown();
        done();
    });
}

} // namespace gantry
