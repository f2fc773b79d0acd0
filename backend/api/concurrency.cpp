#include "backend/api/concurrency.h"

#include "backend/api/concurrency_feed.h"
#include "backend/api/operation_table.h"
#include "backend/base/error.h"
#include "backend/functions/configuration.h"
#include "backend/functions/registry.h"
#include "backend/invoke/fleet.h"
#include "backend/invoke/keep_alive_store.h"

#include <memory>
#include <string>
#include <utility>

namespace gantry::api {
namespace {

constexpr int kMaxKeepAliveSeconds = 86'400;
constexpr int kMaxRate = 100'000;

v1::KeepAlive describe(const invoke::KeepAlive& keepAlive)
{
    const invoke::KeepAlive::Account& account = keepAlive.account();
    v1::KeepAlive message;
    message.set_policy(std::string(nameOf(keepAlive.policy())));
    message.set_fixed_seconds(static_cast<int>(keepAlive.fixedMicros() / 1'000'000));
    message.set_learned_functions(keepAlive.learnedFunctions());
    message.set_calls(account.calls);
    message.set_cold_fixed(account.coldFixed);
    message.set_cold_learned(account.coldLearned);
    message.set_idle_gb_seconds_fixed(account.idleGbSecondsFixed);
    message.set_idle_gb_seconds_learned(account.idleGbSecondsLearned);
    return message;
}

void setKeepAlive(invoke::Fleet& fleet, invoke::KeepAliveStore& store,
                  const v1::SetKeepAliveRequest& request, const Reply<v1::KeepAlive>& reply)
{
    const auto policy = invoke::keepAlivePolicy(request.policy());
    if (!policy)
        return reply(invalidParameter("The policy is either fixed or learned."));
    if (request.fixed_seconds() < 1 || request.fixed_seconds() > kMaxKeepAliveSeconds)
        return reply(invalidParameter("Environments are kept for 1 to 86,400 seconds."));
    const invoke::KeepAliveStore::Choice choice{*policy,
                                                std::int64_t{1'000'000} * request.fixed_seconds()};
    store.save(choice, [&fleet, choice, reply](const absl::Status& status) {
        if (!status.ok())
            return reply(status);
        fleet.chooseKeepAlive(choice.policy, choice.fixedMicros);
        reply(describe(fleet.keepAlive()));
    });
}

v1::Scaling describe(const invoke::ScalingRates& rates)
{
    v1::Scaling message;
    message.set_starts_per_ten_seconds(rates.startsPerTenSeconds);
    message.set_calls_per_environment(rates.callsPerEnvironment);
    return message;
}

void setScaling(invoke::Fleet& fleet, invoke::KeepAliveStore& store, const v1::Scaling& wanted,
                const Reply<v1::Scaling>& reply)
{
    const invoke::ScalingRates rates{wanted.starts_per_ten_seconds(),
                                     wanted.calls_per_environment()};
    for (const int rate : {rates.startsPerTenSeconds, rates.callsPerEnvironment}) {
        if (rate < 1 || rate > kMaxRate)
            return reply(invalidParameter("A rate is a number of 1 to 100,000."));
    }
    store.save(rates, [&fleet, rates, reply](const absl::Status& status) {
        if (!status.ok())
            return reply(status);
        fleet.setScaling(rates);
        reply(describe(fleet.scaling()));
    });
}

v1::Snapshot::State stateOf(runtime::SnapshotStatus::State state)
{
    using State = runtime::SnapshotStatus::State;
    switch (state) {
    case State::Preparing:
        return v1::Snapshot::PREPARING;
    case State::Ready:
        return v1::Snapshot::READY;
    case State::Unavailable:
        return v1::Snapshot::UNAVAILABLE;
    default:
        return v1::Snapshot::NONE;
    }
}

void getSnapshots(const functions::Registry& registry, const invoke::Fleet& fleet,
                  const std::string& name, const Reply<v1::GetSnapshotsResponse>& reply)
{
    const auto found = registry.find(name);
    if (!found.ok())
        return reply(found.status());
    v1::GetSnapshotsResponse response;
    const auto& versions = found->function->versions;
    for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
        const auto& configuration = version->second->configuration;
        if (!functions::hasSnapStart(configuration))
            continue;
        const runtime::SnapshotStatus status = fleet.snapshotStatus(
            functions::functionArn(registry.place(), configuration.function_name()),
            configuration.version());
        v1::Snapshot& snapshot = *response.add_snapshots();
        snapshot.set_version(configuration.version());
        snapshot.set_state(stateOf(status.state));
        snapshot.set_reason(status.reason);
        snapshot.set_init_ms(static_cast<double>(status.initMicros) / 1000);
        snapshot.set_restore_ms(static_cast<double>(status.restoreMicros) / 1000);
        snapshot.set_restores(status.restores);
        snapshot.set_memory_bytes(status.memoryBytes);
    }
    reply(std::move(response));
}

} // namespace

void registerConcurrency(OperationTable& table, boost::asio::io_context& io,
                         const functions::Registry& registry, invoke::Fleet& fleet,
                         invoke::KeepAliveStore& keepAlive, const Clock& clock)
{
    auto feed = std::make_shared<ConcurrencyFeed>(io, registry, fleet, clock);
    table.onStream<v1::WatchConcurrencyRequest>(
        [feed](CallPtr call, const v1::WatchConcurrencyRequest& request, StreamPtr sink) {
            feed->watch(std::move(call), request, std::move(sink));
        });
    table.on<v1::EndEnvironmentRequest, v1::EndEnvironmentResponse>(
        [&fleet](const CallPtr&, const v1::EndEnvironmentRequest& request,
                 const Reply<v1::EndEnvironmentResponse>& reply) {
            if (fleet.end(request.id()))
                reply(v1::EndEnvironmentResponse());
            else
                reply(notFound("The environment has ended already, or is still starting."));
        });
    table.on<v1::GetSnapshotsRequest, v1::GetSnapshotsResponse>(
        [&registry, &fleet](const CallPtr&, const v1::GetSnapshotsRequest& request,
                            const Reply<v1::GetSnapshotsResponse>& reply) {
            getSnapshots(registry, fleet, request.function_name(), reply);
        });
    table.on<v1::GetKeepAliveRequest, v1::KeepAlive>(
        [&fleet](const CallPtr&, const auto&, const Reply<v1::KeepAlive>& reply) {
            reply(describe(fleet.keepAlive()));
        });
    table.on<v1::SetKeepAliveRequest, v1::KeepAlive>(
        [&fleet, &keepAlive](const CallPtr&, const v1::SetKeepAliveRequest& request,
                             const Reply<v1::KeepAlive>& reply) {
            setKeepAlive(fleet, keepAlive, request, reply);
        });
    table.on<v1::GetScalingRequest, v1::Scaling>(
        [&fleet](const CallPtr&, const auto&, const Reply<v1::Scaling>& reply) {
            reply(describe(fleet.scaling()));
        });
    table.on<v1::SetScalingRequest, v1::Scaling>(
        [&fleet, &keepAlive](const CallPtr&, const v1::SetScalingRequest& request,
                             const Reply<v1::Scaling>& reply) {
            setScaling(fleet, keepAlive, request.scaling(), reply);
        });
}

} // namespace gantry::api
