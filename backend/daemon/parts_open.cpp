#include "backend/daemon/parts.h"

#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/base/resources.h"
#include "backend/base/text.h"
#include "backend/iam/policy_values.h"
#include "gantry/store/functions.pb.h"
#include "gantry/store/secrets.pb.h"

#include <filesystem>
#include <string_view>
#include <utility>

#include <sys/utsname.h>

namespace gantry {
namespace {

namespace fs = std::filesystem;

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

template <class Map> iam::AccessControl::Tags tagsIn(const Map& map)
{
    return {map.begin(), map.end()};
}

// As AWS spells it.
std::string hostArchitecture()
{
    utsname host{};
    return uname(&host) == 0 && std::string_view(host.machine) == "aarch64" ? "arm64" : "x86_64";
}

} // namespace

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

absl::Status Daemon::Parts::openKeys()
{
    const Place place{account->id(), account->region()};
    auto opened =
        keys::KeyStore::open(io, options.dataDirectory, clock, place, options.masterKey);
    if (!opened.ok())
        return opened.status();
    keys = *std::move(opened);
    return absl::OkStatus();
}

// What a copy of the data directory is worth nothing for without the master key.
iam::Sealing Daemon::Parts::sealing()
{
    static constexpr char kKey[] = "alias/aws/lambda"; // which nobody can disable or delete
    iam::Sealing sealing;
    sealing.seal = [this](const std::string& subject, const std::string& text) {
        return keys->sealValue(kKey, {{"gantry", subject}}, text);
    };
    sealing.open = [this](const std::string& subject,
                          const std::string& sealed) -> absl::StatusOr<std::string> {
        auto opened =
            keys->openValue(sealed, {{"gantry", subject}}, keys::KeyStore::Use::Stored);
        if (!opened.ok())
            return opened.status();
        return opened->text();
    };
    return sealing;
}

absl::Status Daemon::Parts::openIdentities()
{
    auto identities = iam::Directory::open(io, fs::path(options.dataDirectory) / "iam.db",
                                           resourceDirectory() / "iam" / "managed_policies.json",
                                           *account, clock, sealing());
    if (!identities.ok())
        return identities.status();
    directory = *std::move(identities);
    access.emplace(*directory);
    roleSessions.emplace(*directory, options.roleCredentialSeconds);
    return absl::OkStatus();
}

absl::Status Daemon::Parts::openVault()
{
    const Place place{account->id(), account->region()};
    auto opened = secrets::Vault::open(io, options.dataDirectory, *keys, clock, place);
    if (!opened.ok())
        return opened.status();
    vault = *std::move(opened);
    addSecretPolicies();
    return absl::OkStatus();
}

// The head of the audit log is sealed: a copy of the log is as good as the log only for who has the
// master key too.
absl::Status Daemon::Parts::openAudit()
{
    auto actions = iam::ActionCatalogue::load(resourceDirectory() / "iam" / "actions.json");
    if (!actions.ok())
        return actions.status();
    catalogueOfActions = *std::move(actions);
    auto opened = iam::AuditLog::open(io, options.dataDirectory, clock, sealing());
    if (!opened.ok())
        return opened.status();
    audit = *std::move(opened);
    return absl::OkStatus();
}

// What callers may name by less than its ARN is decided about by its ARN.
void Daemon::Parts::addSecretPolicies()
{
    access->addTags("iam", [this](const std::string& arn) { return directory->tagsOf(arn); });
    access->addTags("kms", [this](const std::string& arn) {
        const auto key = keys->factsOf(arn);
        return key.ok() ? key->tags : iam::AccessControl::Tags();
    });
    access->addTags("secretsmanager", [this](const std::string& arn) {
        const auto secret = vault->secrets().find(arn);
        return secret.ok() ? tagsIn((*secret)->tags()) : iam::AccessControl::Tags();
    });
    access->addTags("ssm", [this](const std::string& arn) {
        const auto parameter = vault->parameters().find(arn);
        return parameter ? tagsIn(parameter->tags()) : iam::AccessControl::Tags();
    });
    access->addArns("secretsmanager", [this](const std::string& arn) {
        const auto secret = vault->secrets().find(arn);
        return secret.ok() ? (*secret)->arn() : arn;
    });
    // With its version or label a parameter is the same one.
    access->addArns("ssm", [](const std::string& arn) {
        const auto parts = iam::splitArn(arn);
        const std::size_t selector = parts ? (*parts)[5].find(':') : std::string::npos;
        if (selector == std::string::npos)
            return arn;
        return arn.substr(0, arn.size() - (*parts)[5].size() + selector);
    });
    access->addArns("kms", [this](const std::string& arn) {
        constexpr std::string_view kKey = ":key/"; // before an alias as well, as it is made of a name
        const std::size_t at = arn.find(kKey);
        const auto known = keys->arnOf(at == std::string::npos ? arn : arn.substr(at + kKey.size()));
        return known.ok() ? *known : arn;
    });
    access->addResourcePolicies(
        "kms", [this](const std::string& arn) { return keys->policyDocument(arn); },
        [this] { return keys->givenPolicies(); }, iam::AccessControl::Trust::Policy);
    access->addResourcePolicies(
        "secretsmanager",
        [this](const std::string& arn) -> std::optional<std::string> {
            const auto secret = vault->secrets().find(arn);
            if (!secret.ok() || (*secret)->policy().empty())
                return std::nullopt;
            return (*secret)->policy();
        },
        [this] {
            std::vector<std::pair<std::string, std::string>> all;
            for (const auto& [name, secret] : vault->secrets().all()) {
                if (!secret->policy().empty())
                    all.emplace_back(secret->arn(), secret->policy());
            }
            return all;
        });
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
    environmentOptions.equip = [this](runtime::EnvironmentSpec& spec) { return equip(spec); };
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
    wanted.keys = keys.get();
    wanted.accountConcurrency = options.concurrency;
    wanted.totalCodeBytes = options.codeStorageMb * 1024 * 1024;
    wanted.destinationServices = {"lambda", "sqs"};
    wanted.deadLetterServices = {"sqs"};
    wanted.reach = [this](const std::string& target, const std::string& role,
                          const std::string& function) {
        return queueTarget->check(target, role, function);
    };
    auto openedImages =
        images::ImageStore::open(io, directory / "images", directory / "images.db", clock);
    if (!openedImages.ok())
        return openedImages.status();
    images = *std::move(openedImages);
    wanted.images = images.get();
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
    auto history = functions::DeployHistory::open(io, directory / "functions.db");
    if (!history.ok())
        return history.status();
    deploys = *std::move(history);
    addFunctionPolicies();
    return absl::OkStatus();
}

void Daemon::Parts::addFunctionPolicies()
{
    access->addTags("lambda", [this](const std::string& arn) {
        const auto found = registry->find(arn);
        return found.ok() ? tagsIn(found->function->tags) : iam::AccessControl::Tags();
    });
    access->addResourcePolicies(
        "lambda",
        [this](const std::string& arn) {
            std::string document = registry->policyDocument(arn);
            return document.empty() ? std::nullopt : std::optional(std::move(document));
        },
        [this] {
            std::vector<std::pair<std::string, std::string>> all;
            for (const auto& [name, function] : registry->functions()) {
                for (const auto& [qualifier, policy] : function->settings->policies())
                    all.emplace_back(functions::functionArn(registry->place(), name, qualifier),
                                     policy.document());
            }
            return all;
        });
    access->addResourcePolicies(
        "lambda",
        [this](const std::string& arn) -> std::optional<std::string> {
            const auto reference = functions::parseLayer(layers->place(), arn);
            const auto version = reference.ok() && reference->version > 0
                                     ? layers->find(*reference)
                                     : absl::NotFoundError("no version of a layer");
            if (!version.ok() || version->record->policy().document().empty())
                return std::nullopt;
            return version->record->policy().document();
        },
        [this] {
            std::vector<std::pair<std::string, std::string>> all;
            for (const auto& [name, versions] : layers->all()) {
                for (const auto& [number, layer] : versions) {
                    if (!layer->policy().document().empty())
                        all.emplace_back(functions::layerVersionArn(layers->place(), name, number),
                                         layer->policy().document());
                }
            }
            return all;
        });
}

Daemon::Parts::~Parts()
{
    if (recorder)
        recorder->askAccount({}); // the dispatcher goes first
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
    wanted.keepAliveMinuteMicros = options.keepAliveMinuteMs * 1000;
    if (auto chosen = chooseRules(wanted); !chosen.ok())
        return chosen;
    if (auto opened = openTraces(wanted); !opened.ok())
        return opened;
    const auto price = [this](const invoke::InvocationRecord& record) { return ledger->charge(record); };
    dispatcher = invoke::makeDispatcher(io, clock, *environments, *tracer, price, wanted);
    keepAlive->follow(dispatcher->keepAlive());
    registry->onChange([this](const functions::Change& change) {
        if (change.retires)
            dispatcher->retire(change.functionName, change.poolKey);
        unreservedChanged();
        if (change.function)
            keepPromises(*change.function);
        keepSnapshots(change.functionName, change.function.get());
    });
    unreservedChanged();
    recorder->askAccount([this] {
        const int running = dispatcher->unreservedRunning();
        return observe::AccountConcurrency{running, running + m_allocatedConcurrency};
    });
    signing->onUnverified([this](const std::string& name) {
        recorder->count(name, [](observe::Bucket& bucket) { ++bucket.signatureErrors; });
    });
    rotator =
        std::make_unique<secrets::Rotator>(vault->secrets(), *registry, *dispatcher);
    return openExport();
}

void Daemon::Parts::unreservedChanged()
{
    const int unreserved = registry->unreservedConcurrency();
    m_allocatedConcurrency = options.concurrency - unreserved;
    dispatcher->setUnreserved(unreserved);
}

absl::Status Daemon::Parts::openTraces(invoke::Options& wanted)
{
    const fs::path directory = options.dataDirectory;
    auto opened = observe::traces::TraceStore::open(io, clock, directory / "traces.db");
    if (!opened.ok())
        return opened.status();
    traces = *std::move(opened);
    auto rules = observe::traces::SamplingRules::open(io, directory / "xray.db", clock,
                                                      {account->id(), account->region()});
    if (!rules.ok())
        return rules.status();
    samplingRules = *std::move(rules);
    auto groups = observe::traces::Groups::open(io, directory / "trace_groups.db",
                                                {account->id(), account->region()});
    if (!groups.ok())
        return groups.status();
    traceGroups = *std::move(groups);
    tracer.emplace(*recorder, *traces);
    wanted.sample = [this](const runtime::EnvironmentSpec& function) {
        return samplingRules->sample(function);
    };
    return absl::OkStatus();
}

// What the command line says, else what was chosen in the console, else the defaults.
absl::Status Daemon::Parts::chooseRules(invoke::Options& wanted)
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
    wanted.scaling = keepAlive->scaling().value_or(invoke::ScalingRates{});
    wanted.scaling.startsPerTenSeconds =
        options.scalingRate.value_or(wanted.scaling.startsPerTenSeconds);
    wanted.scaling.callsPerEnvironment =
        options.callRate.value_or(wanted.scaling.callsPerEnvironment);
    return absl::OkStatus();
}

// After a start: environments may call the platform at once, so its doors must be open, and they
// need the role that a database of before there were roles does not have.
void Daemon::Parts::keepAllPromises()
{
    for (const auto& [name, function] : registry->functions()) {
        directory->ensureExecutionRole(function->latest->configuration.role(), [this, name = name] {
            const auto found = registry->functions().find(name);
            if (found != registry->functions().end())
                keepPromises(*found->second);
        });
    }
}

// Provisioned environments are there as long as the setting is, over restarts too.
void Daemon::Parts::keepPromises(const functions::Function& function)
{
    dispatcher->provision(function.name, registry->provisionedTargets(function));
}

// A version that waits for its snapshot gets it; what was deleted goes.
void Daemon::Parts::keepSnapshots(const std::string& name, const functions::Function* function)
{
    std::set<std::string> versions;
    if (function) {
        for (const auto& [number, version] : function->versions) {
            versions.insert(std::to_string(number));
            if (!version->spec || version->configuration.state() != "Pending" ||
                !m_snapshotsAwaited.emplace(version->spec->functionArn, number).second)
                continue;
            const auto done = [this, name, number, spec = version->spec](
                                  const runtime::InitOutcome& outcome) {
                m_snapshotsAwaited.erase({spec->functionArn, number});
                registry->snapshotTaken(name, spec->version, outcome);
            };
            dispatcher->takeSnapshot(*version->spec, done);
        }
    }
    dispatcher->keepVersions(name, versions);
}

// What is provisioned or cached as of now.
std::vector<cost::Provision> Daemon::Parts::provisions() const
{
    std::vector<cost::Provision> all;
    for (const auto& [name, function] : registry->functions()) {
        for (const auto& [number, version] : function->versions) {
            const auto& c = version->configuration;
            if (version->spec && version->spec->snapStart && c.state() == "Active" &&
                c.snap_start().optimization_status() == "On")
                all.push_back({name, c.version(), version->spec->architecture == "arm64",
                               version->spec->memoryMb, 1, true});
        }
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
    auto book = cost::PriceBook::open(io, clock, {resourceDirectory() / "prices", directory / "prices"},
                                      directory / "prices.db", account->region());
    if (!book.ok())
        return book.status();
    priceBook = *std::move(book);
    if (const std::string& problem = priceBook->times().current().message.problem(); !problem.empty())
        log::warning(problem);
    auto opened = cost::Ledger::open(directory / "observe.db", clock, priceBook->times());
    if (!opened.ok())
        return opened.status();
    ledger = *std::move(opened);
    priceBook->onChange([this](const cost::PriceTimes& times) { ledger->setPrices(times); });
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
    const auto priceList = [this]() -> tuning::PriceList {
        const pricing::PriceTable& table = ledger->prices().table;
        return {{table.perRequest.perUnit().toDouble(),
                 table.x86.duration.front().perGbSecond.perUnit().toDouble(),
                 table.arm.duration.front().perGbSecond.perUnit().toDouble()},
                table.region,
                table.asOf};
    };
    auto opened = tuning::Tuner::open({io, clock, *registry, *dispatcher, *recorder, priceList},
                                      fs::path(options.dataDirectory) / "tuning.db");
    if (!opened.ok())
        return opened.status();
    tuner = *std::move(opened);
    return absl::OkStatus();
}

absl::Status Daemon::Parts::openQueues()
{
    auto opened = queues::Queues::open(io, fs::path(options.dataDirectory) / "queues.db", clock,
                                       {account->id(), account->region()},
                                       [this] { return awsEndpoint(); });
    if (!opened.ok())
        return opened.status();
    queues = *std::move(opened);
    queueTarget.emplace(*queues, *registry, *access, *roleSessions);
    // Callers name queues by their addresses.
    access->addArns("sqs", [this](const std::string& arn) {
        const std::size_t slash = arn.rfind('/');
        return slash == std::string::npos ? arn : queues->arnOf(arn.substr(slash + 1));
    });
    const auto policyOf = [this](const std::string& arn) -> std::optional<std::string> {
        std::string policy = queues->policyOf(arn);
        return policy.empty() ? std::nullopt : std::optional(std::move(policy));
    };
    access->addResourcePolicies("sqs", policyOf, [this, policyOf] {
        std::vector<std::pair<std::string, std::string>> all;
        for (const std::string& name : queues->names()) {
            if (auto policy = policyOf(queues->arnOf(name)))
                all.emplace_back(queues->arnOf(name), *std::move(policy));
        }
        return all;
    });
    return absl::OkStatus();
}

absl::Status Daemon::Parts::openQueue()
{
    invoke::AsyncOptions wanted;
    asyncMetrics.emplace(*recorder);
    wanted.firstRetryMicros = options.retryDelaySeconds * 1'000'000;
    auto opened = invoke::AsyncQueue::open(io, fs::path(options.dataDirectory) / "events.db", clock,
                                           *registry, *dispatcher, *asyncMetrics, wanted);
    if (!opened.ok())
        return opened.status();
    queue = *std::move(opened);
    queue->setTarget("sqs", *queueTarget);
    return absl::OkStatus();
}

} // namespace gantry
