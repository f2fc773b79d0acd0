#include "backend/daemon/parts.h"

#include "backend/api/access.h"
#include "backend/api/alarms.h"
#include "backend/api/annotations.h"
#include "backend/api/audit.h"
#include "backend/api/cloudwatch.h"
#include "backend/api/concurrency.h"
#include "backend/api/cost.h"
#include "backend/api/dashboards.h"
#include "backend/api/debug_invocation.h"
#include "backend/api/develop.h"
#include "backend/api/ecr.h"
#include "backend/api/extension.h"
#include "backend/api/findings.h"
#include "backend/api/function_urls.h"
#include "backend/api/iam.h"
#include "backend/api/images.h"
#include "backend/api/key_needs.h"
#include "backend/api/kms.h"
#include "backend/api/lambda_concurrency.h"
#include "backend/api/lambda_control.h"
#include "backend/api/lambda_invoke.h"
#include "backend/api/lambda_layers.h"
#include "backend/api/lambda_signing.h"
#include "backend/api/logs.h"
#include "backend/api/message_queues.h"
#include "backend/api/monitor.h"
#include "backend/api/objectives.h"
#include "backend/api/operation_table.h"
#include "backend/api/pasted_search.h"
#include "backend/api/platform.h"
#include "backend/api/queue.h"
#include "backend/api/sqs.h"
#include "backend/api/stream_pace.h"
#include "backend/api/telemetry_export.h"
#include "backend/api/tls.h"
#include "backend/api/traces.h"
#include "backend/api/tuning.h"
#include "backend/api/vault.h"
#include "backend/api/vault_console.h"
#include "backend/base/text.h"
#include "backend/observe/prometheus.h"
#include "gantry/v1/platform.pb.h"
#include "gantry/v1/telemetry_export.pb.h"

#include <utility>

#include <csignal>
#include <unistd.h>

namespace gantry {

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
    control.concealFor = [this](const api::Call& call) {
        return api::concealFor(*access, {*access, *keys}, call);
    };
    api::registerLambdaSigning(operations, *registry, *signing);
    api::registerLambdaControl(operations, *registry, control);
    api::registerLambdaLayers(
        operations, *layers, *registry,
        api::signedLayerLink([this] { return awsEndpoint(); }, *account, clock));
    api::registerImages(operations, *images, *registry);
    api::registerEcr(operations, *images, registry->place(), clock);
    api::registerLambdaInvoke(operations, *registry, *dispatcher, *queue, [this](const std::string& name) {
        recorder->count(name, [](observe::Bucket& bucket) { ++bucket.recursionsDropped; });
    });
    api::registerQueue(operations, io, *queue);
    api::registerSqs(operations, *queues);
    api::registerMessageQueues(operations, *queues, *registry);
    api::registerLambdaConcurrency(operations, *registry, *dispatcher);
    api::registerConcurrency(operations, io, *registry, *dispatcher, *keepAlive, clock);
    constexpr std::int64_t kMb = 1024 * 1024;
    api::registerStreamPace(operations, *registry,
                            {options.streamBurstMb * kMb, options.streamMbPerSecond * kMb});
    api::registerKms(operations, *keys, *access);
    api::registerSecretsManager(operations, vault->secrets());
    api::registerParameters(operations, vault->parameters());
    api::registerExtension(operations, *vault, extensionCaches);
    api::registerVault(operations, {io, workers, *vault, *registry}, *directory, options.dataDirectory);
    api::registerCloudWatch(operations, *recorder, *metricData,
                            {metricReader(), [this] { return objectives->burnRates(); }});
    api::registerObjectives(operations, *objectives, *recorder);
    api::registerFindings(operations, *findings);
    api::registerDashboards(operations, *dashboards, account->id(), clock);
    api::registerAlarms(operations, *alarms, *alarmFeed, &*access);
    api::registerLogs(operations, io, *recorder, registry->place(),
                      [this](const std::string& function, std::string event, const auto& done) {
                          deliver(function, std::move(event), done);
                      });
    api::registerTraces(operations, *traces, *samplingRules, *traceGroups, account->id());
    api::registerAnnotations(operations, {*deploys, *alarms, *tuner, clock});
    api::registerMonitor(operations, io, *recorder, *registry);
    functionUrls.emplace(*registry, *dispatcher, clock);
    api::registerUrlCalls(operations, *registry, *functionUrls);
    api::registerCost(operations, *ledger, *budgets, *priceBook, *recorder);
    api::registerDevelop(operations, io, *registry, *dispatcher);
    api::registerDebugInvocation(operations, *registry, *dispatcher);
    api::registerTuning(operations, *tuner);
    api::registerIam(operations, *directory);
    api::registerSts(operations, *directory);
    api::registerTls(operations, {[this] { return tlsStatus(); }, [this](bool on) { return changeTls(on); }});
    api::registerTelemetryExport(operations,
                                 {[this] { return exportStatus(); },
                                  [this](const auto& settings) { return changeExport(settings); }});
    const api::KeyUses keyUses(*access, *keys);
    api::addKmsNeeds(*access, keyUses);
    api::addVaultKeyNeeds(*access, keyUses, *vault);
    api::addFunctionKeyNeeds(*access, keyUses, *registry);
    api::registerAudit(operations, *audit);
    api::registerAccess(operations, *access, *audit, *registry, catalogueOfActions);
    api::registerAccessAnalyzer(operations, *access, catalogueOfActions);
    // The orderly end is the one that SIGTERM brings.
    api::registerPlatform(operations, io, [this] { return details(); }, catalogue,
                          [this]() -> const v1::PriceTable& { return ledger->prices().message; }, [] { ::kill(::getpid(), SIGTERM); });
}

absl::Status Daemon::Parts::openDoors()
{
    wire::HttpOptions wanted;
    wanted.hosts = options.hosts;
    wanted.functionUrls = &*functionUrls;
    wanted.access = &*access;
    wanted.images = images.get();
    if (options.serveMetrics)
        wanted.metricsText = [this] { return observe::prometheusText(recorder->metrics()); };
    wanted.audit = audit.get();
    http = std::make_unique<wire::HttpServer>(io, operations, *account, clock, wanted);
    auto listening = http->listen(options.awsAddress);
    if (!listening.ok())
        return listening.status();
    port = *listening;
    const std::string host = options.awsAddress.substr(0, options.awsAddress.rfind(':'));
    std::vector<std::string> names = {host, "127.0.0.1", "localhost"};
    names.insert(names.end(), options.hosts.begin(), options.hosts.end());
    for (std::string& name : names)
        absl::StrAppend(&name, ":", port);
    images->setHosts(std::move(names));
    if (auto secured = openTls(); !secured.ok())
        return secured;
    grpc = std::make_unique<wire::GrpcServer>(io, operations, *account, &*access, audit.get());
    return grpc->listen(options.grpcSocket);
}

} // namespace gantry
