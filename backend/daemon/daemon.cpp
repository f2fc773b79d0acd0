#include "backend/daemon/daemon.h"

#include "backend/api/concurrency.h"
#include "backend/api/cost.h"
#include "backend/api/cloudwatch.h"
#include "backend/api/develop.h"
#include "backend/api/function_urls.h"
#include "backend/api/iam.h"
#include "backend/api/kms.h"
#include "backend/api/lambda_concurrency.h"
#include "backend/api/lambda_control.h"
#include "backend/api/lambda_invoke.h"
#include "backend/api/lambda_layers.h"
#include "backend/api/lambda_signing.h"
#include "backend/api/logs.h"
#include "backend/api/monitor.h"
#include "backend/api/operation_table.h"
#include "backend/api/platform.h"
#include "backend/api/vault.h"
#include "backend/api/vault_console.h"
#include "backend/api/tuning.h"
#include "backend/api/queue.h"
#include "backend/base/clock.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/base/resources.h"
#include "backend/base/text.h"
#include "backend/base/version.h"
#include "backend/base/worker_pool.h"
#include "backend/cost/budgets.h"
#include "backend/cost/ledger.h"
#include "backend/cost/standing.h"
#include "backend/functions/code_signing.h"
#include "backend/functions/layers.h"
#include "backend/functions/registry.h"
#include "backend/iam/access.h"
#include "backend/iam/account.h"
#include "backend/iam/directory.h"
#include "backend/invoke/async_queue.h"
#include "backend/invoke/fleet.h"
#include "backend/invoke/keep_alive_store.h"
#include "backend/keys/key_store.h"
#include "backend/observe/recorder.h"
#include "backend/runtime/environment_factory.h"
#include "backend/sandbox/engine.h"
#include "backend/secrets/rotator.h"
#include "backend/secrets/vault.h"
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
    absl::Status openKeys();
    absl::Status openSandbox();
    absl::Status openFunctions();
    absl::Status openInvoke();
    absl::Status chooseKeepAlive(invoke::Options& wanted);
    void keepPromises(const functions::Function& function);
    absl::Status openTuning();
    absl::Status openQueue();
    absl::Status openDoors();
    absl::Status openCost();
    std::vector<cost::Provision> provisions() const;
    void registerOperations();
    void deliver(const std::string& functionArn, std::string event,
                 const std::function<void(absl::Status)>& done);
    std::string awsEndpoint() const;
    api::PlatformDetails details() const;

    boost::asio::io_context& io;
    const DaemonOptions options;
    Clock clock;
    const std::int64_t startedAtMs = clock.unixMillis();
    WorkerPool workers{kWorkers};
    std::optional<store::DirectoryLock> lock;
    std::optional<iam::Account> account;
    std::unique_ptr<keys::KeyStore> keys;
    std::unique_ptr<secrets::Vault> vault;
    std::unique_ptr<iam::Directory> directory;
    std::optional<iam::AccessControl> access;
    std::unique_ptr<sandbox::Engine> engine;
    runtime::Catalogue catalogue;
    std::unique_ptr<runtime::EnvironmentFactory> environments;
    std::unique_ptr<store::CodeStore> code;
    std::unique_ptr<functions::Layers> layers;
    std::unique_ptr<functions::CodeSigning> signing;
    std::unique_ptr<functions::Registry> registry;
    std::unique_ptr<cost::Ledger> ledger;
    std::unique_ptr<observe::Recorder> recorder;
    std::unique_ptr<cost::Budgets> budgets;
    std::optional<cost::StandingMeter> standing;
    std::unique_ptr<invoke::KeepAliveStore> keepAlive;
    std::unique_ptr<invoke::FleetDispatcher> dispatcher;
    std::unique_ptr<secrets::Rotator> rotator;
    std::unique_ptr<tuning::Tuner> tuner;
    invoke::AsyncObserver asyncObserver; // counts nothing yet
    std::unique_ptr<invoke::AsyncQueue> queue;
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
    auto identities =
        iam::Directory::open(io, directory / "iam.db",
                             resourceDirectory() / "iam" / "managed_policies.json", *account, clock);
    if (!identities.ok())
        return identities.status();
    this->directory = *std::move(identities);
    access.emplace(*this->directory);
    return absl::OkStatus();
}

absl::Status Daemon::Parts::openKeys()
{
    const Place place{account->id(), account->region()};
    auto opened =
        keys::KeyStore::open(io, options.dataDirectory, clock, place, options.masterKey);
    if (!opened.ok())
        return opened.status();
    keys = *std::move(opened);
    auto secretsOpened = secrets::Vault::open(io, options.dataDirectory, *keys, clock, place);
    if (!secretsOpened.ok())
        return secretsOpened.status();
    vault = *std::move(secretsOpened);
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
    auto openedLayers = functions::Layers::open(io, workers, directory / "layers",
                                                directory / "layers.db", clock, wanted.place);
    if (!openedLayers.ok())
        return openedLayers.status();
    layers = *std::move(openedLayers);
    auto openedSigning =
        functions::CodeSigning::open(io, workers, directory / "code-signing.db",
                                     directory / "signing-profiles", clock, wanted.place);
    if (!openedSigning.ok())
        return openedSigning.status();
    signing = *std::move(openedSigning);
    auto opened = functions::Registry::open(io, directory / "functions.db", *code, clock, wanted,
                                            layers.get());
    if (!opened.ok())
        return opened.status();
    registry = *std::move(opened);
    access->addResourcePolicies("lambda", [this](const std::string& arn) {
        std::string document = registry->policyDocument(arn);
        return document.empty() ? std::nullopt : std::optional(std::move(document));
    });
    return absl::OkStatus();
}

absl::Status Daemon::Parts::openInvoke()
{
    auto opened = observe::Recorder::open(io, clock, options.dataDirectory);
    if (!opened.ok())
        return opened.status();
    recorder = *std::move(opened);
    if (auto status = openCost(); !status.ok())
        return status;
    invoke::Options wanted;
    wanted.accountConcurrency = options.concurrency;
    wanted.streamBurstBytes = options.streamBurstMb * 1024 * 1024;
    wanted.streamBytesPerSecond = options.streamMbPerSecond * 1024 * 1024;
    wanted.startsPerTenSeconds = options.scalingRate;
    if (auto chosen = chooseKeepAlive(wanted); !chosen.ok())
        return chosen;
    const auto price = [this](const invoke::InvocationRecord& record) { return ledger->charge(record); };
    dispatcher = invoke::makeDispatcher(io, clock, *environments, *recorder, price, wanted);
    registry->onChange([this](const functions::Change& change) {
        if (change.retires)
            dispatcher->retire(change.functionName, change.poolKey);
        dispatcher->setUnreserved(registry->unreservedConcurrency());
        if (change.function)
            keepPromises(*change.function);
    });
    dispatcher->setUnreserved(registry->unreservedConcurrency());
    for (const auto& [name, function] : registry->functions()) {
        directory->ensureExecutionRole(function->latest->configuration.role());
        keepPromises(*function);
    }
    rotator =
        std::make_unique<secrets::Rotator>(vault->secrets(), *registry, *dispatcher);
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

// What is provisioned as of now.
std::vector<cost::Provision> Daemon::Parts::provisions() const
{
    std::vector<cost::Provision> all;
    for (const auto& [name, function] : registry->functions()) {
        if (function->provisioned.empty())
            continue;
        for (const functions::ProvisionedTarget& one : registry->provisionedTargets(*function))
            all.push_back({name, one.qualifier, one.target.spec->architecture == "arm64",
                           one.target.spec->memoryMb, one.requested});
    }
    return all;
}

// After the recorder, in whose file the running totals are.
absl::Status Daemon::Parts::openCost()
{
    const fs::path directory = options.dataDirectory;
    auto prices = cost::findPrices(resourceDirectory() / "prices", directory / "prices",
                                   account->region());
    if (!prices.ok())
        return prices.status();
    if (!prices->message.problem().empty())
        log::warning(prices->message.problem());
    auto opened = cost::Ledger::open(directory / "observe.db", clock, *std::move(prices));
    if (!opened.ok())
        return opened.status();
    ledger = *std::move(opened);
    for (const auto& [name, function] : registry->functions())
        ledger->setTags(name, function->tags);
    registry->onChange([this](const functions::Change& change) {
        ledger->setTags(change.functionName, change.function ? change.function->tags : cost::Tags());
    });
    recorder->setCompanion([this] { return ledger->takeWork(); });
    auto budgetsOpened = cost::Budgets::open(io, directory / "cost.db", *ledger);
    if (!budgetsOpened.ok())
        return budgetsOpened.status();
    budgets = *std::move(budgetsOpened);
    standing.emplace(io, *ledger, [this] { return provisions(); });
    return absl::OkStatus();
}

absl::Status Daemon::Parts::openTuning()
{
    const pricing::PriceTable& table = ledger->prices().table;
    const tuning::Prices prices{table.perRequest.perUnit().toDouble(),
                                table.x86.duration.front().perGbSecond.perUnit().toDouble(),
                                table.arm.duration.front().perGbSecond.perUnit().toDouble()};
    auto opened = tuning::Tuner::open({io, clock, *registry, *dispatcher, *recorder, prices,
                                       table.region, table.asOf},
                                      fs::path(options.dataDirectory) / "tuning.db");
    if (!opened.ok())
        return opened.status();
    tuner = *std::move(opened);
    return absl::OkStatus();
}

absl::Status Daemon::Parts::openQueue()
{
    invoke::AsyncOptions wanted;
    wanted.firstRetryMicros = options.retryDelaySeconds * 1'000'000;
    auto opened = invoke::AsyncQueue::open(io, fs::path(options.dataDirectory) / "events.db", clock,
                                           *registry, *dispatcher, asyncObserver, wanted);
    if (!opened.ok())
        return opened.status();
    queue = *std::move(opened);
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

// Calls a function with log lines that a subscription filter chose. An answer of the function is an
// end, be it an error: it would give the same one again.
void Daemon::Parts::deliver(const std::string& functionArn, std::string event,
                            const std::function<void(absl::Status)>& done)
{
    auto target = registry->resolve(functionArn, {}, 0);
    if (!target.ok())
        return done(target.status());
    invoke::Request request;
    request.target = *std::move(target);
    request.event = std::make_shared<const std::string>(std::move(event));
    dispatcher->invoke(std::move(request), [done](const absl::StatusOr<invoke::Result>& result) {
        done(result.status());
    });
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
    control.checkCode = [this](const std::string& zip, const std::string& config,
                               const std::string& function, std::function<void(absl::Status)> done) {
        signing->check(zip, config, function, std::move(done));
    };
    control.ensureRole = [this](const std::string& role, std::function<void()> done) {
        directory->ensureExecutionRole(role, std::move(done));
    };
    api::registerLambdaSigning(operations, *registry, *signing);
    api::registerLambdaControl(operations, *registry, control);
    api::registerLambdaLayers(
        operations, *layers, api::signedLayerLink([this] { return awsEndpoint(); }, *account, clock));
    api::registerLambdaInvoke(operations, *registry, *dispatcher, *queue);
    api::registerQueue(operations, io, *queue);
    api::registerLambdaConcurrency(operations, *registry, *dispatcher);
    api::registerConcurrency(operations, io, *registry, *dispatcher, *keepAlive, clock);
    api::registerKms(operations, *keys);
    api::registerSecretsManager(operations, vault->secrets());
    api::registerParameters(operations, vault->parameters());
    api::registerVault(operations, *vault, *registry, options.dataDirectory);
    api::registerCloudWatch(operations, *recorder);
    api::registerLogs(operations, io, *recorder, registry->place(),
                      [this](const std::string& function, std::string event, const auto& done) {
                          deliver(function, std::move(event), done);
                      });
    api::registerMonitor(operations, io, *recorder, *registry);
    functionUrls.emplace(*registry, *dispatcher, clock);
    api::registerUrlCalls(operations, *registry, *functionUrls);
    api::registerCost(operations, *ledger, *budgets, *recorder);
    api::registerDevelop(operations, io, *registry, *dispatcher);
    api::registerTuning(operations, *tuner);
    api::registerIam(operations, *directory);
    api::registerSts(operations, *directory);
    // The orderly end is the one that SIGTERM brings.
    api::registerPlatform(operations, io, [this] { return details(); }, catalogue, ledger->prices().message,
                          [] { ::kill(::getpid(), SIGTERM); });
}

absl::Status Daemon::Parts::openDoors()
{
    wire::HttpOptions wanted;
    wanted.hosts = options.hosts;
    wanted.functionUrls = &*functionUrls;
    wanted.access = &*access;
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
    for (const auto step :
         {&Parts::openStorage, &Parts::openKeys, &Parts::openSandbox, &Parts::openFunctions,
          &Parts::openInvoke, &Parts::openQueue, &Parts::openTuning}) {
        if (auto status = ((*m_parts).*step)(); !status.ok())
            return status;
    }
    m_parts->registerOperations();
    if (auto status = m_parts->openDoors(); !status.ok())
        return status;
    // Rotations call functions, and those call back: not before the doors are open.
    m_parts->rotator->start();
    m_parts->vault->startClock();
    m_parts->queue->start();
    return absl::OkStatus();
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
    m_parts->queue->stop();
    m_parts->dispatcher->shutdown([this, done = std::move(done)] {
        m_parts->grpc->shutdown();
        done();
    });
}

} // namespace gantry
