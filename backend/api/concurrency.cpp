#include "backend/api/concurrency.h"

#include "backend/api/concurrency_feed.h"
#include "backend/api/operation_table.h"
#include "backend/base/error.h"
#include "backend/invoke/fleet.h"
#include "backend/invoke/keep_alive_store.h"

#include <memory>
#include <string>
#include <utility>

namespace gantry::api {
namespace {

constexpr int kMaxKeepAliveSeconds = 86'400;

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
    table.on<v1::GetKeepAliveRequest, v1::KeepAlive>(
        [&fleet](const CallPtr&, const auto&, const Reply<v1::KeepAlive>& reply) {
            reply(describe(fleet.keepAlive()));
        });
    table.on<v1::SetKeepAliveRequest, v1::KeepAlive>(
        [&fleet, &keepAlive](const CallPtr&, const v1::SetKeepAliveRequest& request,
                             const Reply<v1::KeepAlive>& reply) {
            setKeepAlive(fleet, keepAlive, request, reply);
        });
}

} // namespace gantry::api
