#include "backend/api/lambda_concurrency.h"

#include "aws/lambda.pb.h"
#include "backend/api/lambda_pager.h"
#include "backend/api/lambda_topics.h"
#include "backend/base/error.h"
#include "backend/functions/registry.h"
#include "backend/invoke/fleet.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

namespace gantry::api {
namespace {

using functions::ProvisionedConfig;
using functions::Registry;

// Get, Put and the items of List say the same.
template <class Message>
void fill(Message& message, const std::string& function, const std::string& qualifier,
          const ProvisionedConfig& config, const invoke::Fleet& fleet)
{
    const auto states = fleet.provisioned();
    const auto state = std::find_if(states.begin(), states.end(), [&](const auto& candidate) {
        return candidate.functionName == function && candidate.qualifier == qualifier;
    });
    const bool known = state != states.end();
    message.set_requested_provisioned_concurrent_executions(config.requested);
    message.set_allocated_provisioned_concurrent_executions(known ? state->allocated : 0);
    message.set_available_provisioned_concurrent_executions(known ? state->allocated : 0);
    message.set_status(known ? state->status : "IN_PROGRESS");
    if (known && !state->statusReason.empty())
        message.set_status_reason(state->statusReason);
    message.set_last_modified(config.lastModified);
}

void getProvisioned(const Registry& registry, const invoke::Fleet& fleet,
                    const aws::lambda::GetProvisionedConcurrencyConfigRequest& request,
                    const Reply<aws::lambda::GetProvisionedConcurrencyConfigResponse>& reply)
{
    if (request.qualifier() == functions::kLatest) {
        return reply(invalidParameter(
            "The function resource provided must be an alias or a published version."));
    }
    const auto found = registry.find(request.function_name(), request.qualifier());
    if (!found.ok())
        return reply(found.status());
    const auto& configs = found->function->provisioned;
    const auto config = configs.find(request.qualifier());
    if (config == configs.end()) {
        return reply(makeError("ProvisionedConcurrencyConfigNotFoundException", 404,
                               "No Provisioned Concurrency Config found for this function"));
    }
    aws::lambda::GetProvisionedConcurrencyConfigResponse response;
    fill(response, found->function->name, config->first, config->second, fleet);
    reply(std::move(response));
}

void listProvisioned(const Registry& registry, const invoke::Fleet& fleet,
                     const aws::lambda::ListProvisionedConcurrencyConfigsRequest& request,
                     const Reply<aws::lambda::ListProvisionedConcurrencyConfigsResponse>& reply)
{
    const auto found = registry.find(request.function_name());
    if (!found.ok())
        return reply(found.status());
    auto pager = LambdaPager::make(request.marker(), request.has_max_items(), request.max_items());
    if (!pager.ok())
        return reply(pager.status());
    aws::lambda::ListProvisionedConcurrencyConfigsResponse response;
    for (const auto& [qualifier, config] : found->function->provisioned) {
        if (!pager->takes(qualifier))
            continue;
        auto& item = *response.add_provisioned_concurrency_configs();
        item.set_function_arn(
            functions::functionArn(registry.place(), found->function->name, qualifier));
        fill(item, found->function->name, qualifier, config, fleet);
    }
    if (const std::string marker = pager->nextMarker(); !marker.empty())
        response.set_next_marker(marker);
    reply(std::move(response));
}

void putProvisioned(Registry& registry,
                    const aws::lambda::PutProvisionedConcurrencyConfigRequest& request,
                    const Reply<aws::lambda::PutProvisionedConcurrencyConfigResponse>& reply)
{
    registry.putProvisioned(request, [reply](const absl::StatusOr<ProvisionedConfig>& config) {
        if (!config.ok())
            return reply(config.status());
        aws::lambda::PutProvisionedConcurrencyConfigResponse response;
        response.set_requested_provisioned_concurrent_executions(config->requested);
        response.set_allocated_provisioned_concurrent_executions(0);
        response.set_available_provisioned_concurrent_executions(0);
        response.set_status("IN_PROGRESS");
        response.set_last_modified(config->lastModified);
        reply(std::move(response));
    });
}

void registerReserved(OperationTable& table, Registry& registry)
{
    using aws::lambda::Concurrency;
    using google::protobuf::Empty;
    table.on<aws::lambda::PutFunctionConcurrencyRequest, Concurrency>(
        [&registry](const CallPtr&, const auto& request, Reply<Concurrency> reply) {
            const int reserved = request.reserved_concurrent_executions();
            registry.putConcurrency(
                request, [reply = std::move(reply), reserved](const absl::Status& status) {
                    if (!status.ok())
                        return reply(status);
                    Concurrency response;
                    response.set_reserved_concurrent_executions(reserved);
                    reply(std::move(response));
                });
        });
    table.on<aws::lambda::DeleteFunctionConcurrencyRequest, Empty>(
        [&registry](const CallPtr&, const auto& request, Reply<Empty> reply) {
            registry.removeConcurrency(request, done(std::move(reply)));
        });
    table.on<aws::lambda::GetFunctionConcurrencyRequest,
             aws::lambda::GetFunctionConcurrencyResponse>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            const auto found = registry.find(request.function_name());
            if (!found.ok())
                return reply(found.status());
            aws::lambda::GetFunctionConcurrencyResponse response;
            if (const auto reserved = found->function->reservedConcurrency)
                response.set_reserved_concurrent_executions(*reserved);
            reply(std::move(response));
        });
}

} // namespace

void registerLambdaConcurrency(OperationTable& table, Registry& registry,
                               const invoke::Fleet& fleet)
{
    using google::protobuf::Empty;
    registerReserved(table, registry);
    table.on<aws::lambda::PutProvisionedConcurrencyConfigRequest,
             aws::lambda::PutProvisionedConcurrencyConfigResponse>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            putProvisioned(registry, request, reply);
        });
    table.on<aws::lambda::DeleteProvisionedConcurrencyConfigRequest, Empty>(
        [&registry](const CallPtr&, const auto& request, Reply<Empty> reply) {
            registry.removeProvisioned(request, done(std::move(reply)));
        });
    table.on<aws::lambda::GetProvisionedConcurrencyConfigRequest,
             aws::lambda::GetProvisionedConcurrencyConfigResponse>(
        [&registry, &fleet](const CallPtr&, const auto& request, const auto& reply) {
            getProvisioned(registry, fleet, request, reply);
        });
    table.on<aws::lambda::ListProvisionedConcurrencyConfigsRequest,
             aws::lambda::ListProvisionedConcurrencyConfigsResponse>(
        [&registry, &fleet](const CallPtr&, const auto& request, const auto& reply) {
            listProvisioned(registry, fleet, request, reply);
        });
}

} // namespace gantry::api
