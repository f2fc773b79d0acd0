#include "backend/api/lambda_pager.h"
#include "backend/api/lambda_topics.h"

namespace gantry::api {
namespace {

using functions::Configuration;
using functions::Registry;

void listVersions(const Registry& registry,
                  const aws::lambda::ListVersionsByFunctionRequest& request,
                  const Reply<aws::lambda::ListVersionsByFunctionResponse>& reply)
{
    const auto found = registry.find(request.function_name());
    if (!found.ok())
        return reply(found.status());
    auto pager = LambdaPager::make(request.marker(), request.has_max_items(), request.max_items());
    if (!pager.ok())
        return reply(pager.status());
    aws::lambda::ListVersionsByFunctionResponse response;
    const functions::FunctionPtr& function = found->function;
    if (pager->takes(pageKey({}, 0)))
        *response.add_versions() = listed(registry, function, function->latest, functions::kLatest);
    for (const auto& [number, version] : function->versions) {
        if (pager->takes(pageKey({}, number)))
            *response.add_versions() =
                listed(registry, function, version, version->configuration.version());
    }
    if (const std::string marker = pager->nextMarker(); !marker.empty())
        response.set_next_marker(marker);
    reply(std::move(response));
}

} // namespace

void registerLambdaVersions(OperationTable& table, Registry& registry,
                            const LambdaControl& control)
{
    table.on<aws::lambda::PublishVersionRequest, Configuration>(
        [&registry, control](const CallPtr& call, const auto& request, Reply<Configuration> reply) {
            registry.publish(request, readable(control, call, std::move(reply)));
        });
    table.on<aws::lambda::ListVersionsByFunctionRequest,
             aws::lambda::ListVersionsByFunctionResponse>(
        [&registry, control](const CallPtr& call, const auto& request, const auto& reply) {
            listVersions(registry, request, readable(control, call, reply));
        });
}

} // namespace gantry::api
