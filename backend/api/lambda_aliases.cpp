#include "backend/api/lambda_pager.h"
#include "backend/api/lambda_topics.h"
#include "backend/base/error.h"

#include <absl/strings/str_cat.h>

namespace gantry::api {
namespace {

using functions::Alias;
using functions::Registry;

void getAlias(const Registry& registry, const aws::lambda::GetAliasRequest& request,
              const Reply<Alias>& reply)
{
    const auto found = registry.find(request.function_name());
    if (!found.ok())
        return reply(found.status());
    const auto alias = found->function->aliases.find(request.name());
    if (alias == found->function->aliases.end()) {
        return reply(notFound(absl::StrCat(
            "Cannot find alias arn: ",
            functions::functionArn(registry.place(), found->function->name, request.name()))));
    }
    reply(*alias->second);
}

bool leadsTo(const Alias& alias, const std::string& version)
{
    return alias.function_version() == version ||
           alias.routing_config().additional_version_weights().contains(version);
}

void listAliases(const Registry& registry, const aws::lambda::ListAliasesRequest& request,
                 const Reply<aws::lambda::ListAliasesResponse>& reply)
{
    const auto found = registry.find(request.function_name());
    if (!found.ok())
        return reply(found.status());
    auto pager = LambdaPager::make(request.marker(), request.has_max_items(), request.max_items());
    if (!pager.ok())
        return reply(pager.status());
    aws::lambda::ListAliasesResponse response;
    for (const auto& [name, alias] : found->function->aliases) {
        if (request.has_function_version() && !leadsTo(*alias, request.function_version()))
            continue;
        if (pager->takes(name))
            *response.add_aliases() = *alias;
    }
    if (const std::string marker = pager->nextMarker(); !marker.empty())
        response.set_next_marker(marker);
    reply(std::move(response));
}

} // namespace

void registerLambdaAliases(OperationTable& table, Registry& registry)
{
    table.on<aws::lambda::CreateAliasRequest, Alias>(
        [&registry](const CallPtr&, const auto& request, Reply<Alias> reply) {
            registry.createAlias(request, std::move(reply));
        });
    table.on<aws::lambda::UpdateAliasRequest, Alias>(
        [&registry](const CallPtr&, const auto& request, Reply<Alias> reply) {
            registry.updateAlias(request, std::move(reply));
        });
    table.on<aws::lambda::DeleteAliasRequest, google::protobuf::Empty>(
        [&registry](const CallPtr&, const auto& request, Reply<google::protobuf::Empty> reply) {
            registry.removeAlias(request, done(std::move(reply)));
        });
    table.on<aws::lambda::GetAliasRequest, Alias>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            getAlias(registry, request, reply);
        });
    table.on<aws::lambda::ListAliasesRequest, aws::lambda::ListAliasesResponse>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            listAliases(registry, request, reply);
        });
}

} // namespace gantry::api
