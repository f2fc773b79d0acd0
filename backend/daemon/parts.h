#pragma once

#include "backend/daemon/daemon.h"
#include "backend/daemon/resident_set.h"

#include "backend/api/alarm_actions.h"
#include "backend/api/alarm_feed.h"
#include "backend/api/extension_cache.h"
#include "backend/api/function_urls.h"
#include "backend/api/operation_table.h"
#include "backend/api/otlp_exporter.h"
#include "backend/api/platform.h"
#include "backend/api/queue_target.h"
#include "backend/base/clock.h"
#include "backend/base/worker_pool.h"
#include "backend/cost/budgets.h"
#include "backend/cost/ledger.h"
#include "backend/cost/price_book.h"
#include "backend/cost/standing.h"
#include "backend/functions/code_signing.h"
#include "backend/functions/deploy_history.h"
#include "backend/functions/layers.h"
#include "backend/functions/registry.h"
#include "backend/iam/access.h"
#include "backend/iam/account.h"
#include "backend/iam/action_catalogue.h"
#include "backend/iam/audit_log.h"
#include "backend/iam/directory.h"
#include "backend/iam/role_sessions.h"
#include "backend/images/image_store.h"
#include "backend/invoke/async_queue.h"
#include "backend/invoke/fleet.h"
#include "backend/invoke/keep_alive_store.h"
#include "backend/keys/key_store.h"
#include "backend/keys/local_authority.h"
#include "backend/observe/async_metrics.h"
#include "backend/observe/cloudwatch/dashboards.h"
#include "backend/observe/findings/findings.h"
#include "backend/observe/recorder.h"
#include "backend/observe/slo/objectives.h"
#include "backend/observe/traces/groups.h"
#include "backend/observe/traces/sampling_rules.h"
#include "backend/observe/traces/tracer.h"
#include "backend/queues/queues.h"
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

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gantry::v1 {
class TlsStatus;
}

namespace gantry {

// What the daemon is made of, in the order of construction; destroyed from the last to the first.
struct Daemon::Parts {
    Parts(boost::asio::io_context& context, DaemonOptions wanted) : io(context), options(std::move(wanted)) {}
    ~Parts();

    absl::Status openStorage();
    absl::Status openKeys();
    iam::Sealing sealing();
    absl::Status openIdentities();
    absl::Status openVault();
    absl::Status openAudit();
    void addSecretPolicies();
    void addFunctionPolicies();
    absl::Status openSandbox();
    absl::Status openFunctions();
    absl::Status openInvoke();
    absl::Status openTraces(invoke::Options& wanted);
    absl::Status chooseRules(invoke::Options& wanted);
    void keepPromises(const functions::Function& function);
    void keepSnapshots(const std::string& name, const functions::Function* function);
    void keepAllPromises();
    absl::StatusOr<runtime::Belongings> equip(runtime::EnvironmentSpec& spec);
    absl::Status openTuning();
    absl::Status openQueues();
    absl::Status openQueue();
    absl::Status openAlarms();
    observe::cloudwatch::MetricReader metricReader();
    absl::Status openObjectives();
    absl::Status openFindings();
    observe::findings::Surroundings surroundings() const;
    absl::Status openDoors();
    absl::Status openTls();
    absl::Status startTls(const std::string& address);
    absl::Status changeTls(bool on);
    v1::TlsStatus tlsStatus() const;
    absl::Status openExport();
    void applyExport(const v1::TelemetryExportSettings& settings);
    absl::Status changeExport(v1::TelemetryExportSettings settings);
    v1::TelemetryExportStatus exportStatus() const;
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
    WorkerPool workers{2}; // unpacking and hashing: as many as a small machine has processors
    ResidentSet residentSet{io, workers};
    std::optional<store::DirectoryLock> lock;
    std::optional<iam::Account> account;
    std::unique_ptr<keys::KeyStore> keys;
    std::unique_ptr<secrets::Vault> vault;
    std::unique_ptr<iam::Directory> directory;
    std::optional<iam::AccessControl> access;
    std::optional<iam::RoleSessions> roleSessions;
    api::ExtensionCaches extensionCaches;
    iam::ActionCatalogue catalogueOfActions;
    std::unique_ptr<iam::AuditLog> audit; // seals its head with a key
    std::unique_ptr<sandbox::Engine> engine;
    runtime::Catalogue catalogue;
    std::unique_ptr<runtime::EnvironmentFactory> environments;
    std::unique_ptr<store::CodeStore> code;
    std::unique_ptr<images::ImageStore> images;
    std::unique_ptr<functions::Layers> layers;
    std::unique_ptr<functions::CodeSigning> signing;
    std::unique_ptr<functions::Registry> registry;
    std::unique_ptr<functions::DeployHistory> deploys;
    std::unique_ptr<cost::PriceBook> priceBook;
    std::unique_ptr<cost::Ledger> ledger;
    std::unique_ptr<observe::Recorder> recorder;
    std::unique_ptr<observe::traces::TraceStore> traces;
    std::unique_ptr<observe::traces::SamplingRules> samplingRules;
    std::unique_ptr<observe::traces::Groups> traceGroups;
    std::optional<observe::traces::Tracer> tracer;
    std::unique_ptr<api::OtlpExporter> exporter; // asks the recorder
    std::unique_ptr<cost::Budgets> budgets;
    std::optional<cost::StandingMeter> standing;
    std::unique_ptr<invoke::KeepAliveStore> keepAlive;
    std::unique_ptr<invoke::FleetDispatcher> dispatcher;
    std::unique_ptr<secrets::Rotator> rotator;
    std::unique_ptr<tuning::Tuner> tuner;
    std::unique_ptr<queues::Queues> queues;
    std::optional<api::QueueTarget> queueTarget;
    std::optional<observe::AsyncMetrics> asyncMetrics;
    std::unique_ptr<invoke::AsyncQueue> queue;
    std::optional<observe::cloudwatch::MetricData> metricData;
    std::unique_ptr<observe::slo::Objectives> objectives;
    std::unique_ptr<observe::findings::Findings> findings;
    std::unique_ptr<observe::alarms::Alarms> alarms;
    std::optional<api::AlarmFeed> alarmFeed;
    std::optional<api::AlarmActions> alarmActions;
    std::unique_ptr<observe::cloudwatch::Dashboards> dashboards;
    api::OperationTable operations;
    std::optional<api::FunctionUrls> functionUrls;
    std::unique_ptr<wire::HttpServer> http;
    std::unique_ptr<wire::GrpcServer> grpc;
    std::optional<keys::LocalAuthority> authority; // once HTTPS was switched on
    int port = 0;
    int tlsPort = 0; // 0: off

private:
    void unreservedChanged();

    int m_allocatedConcurrency = 0; // reserved or provisioned, of the account's
    std::set<std::pair<std::string, std::int64_t>> m_snapshotsAwaited; // function's ARN, version
};

} // namespace gantry
