#include "backend/api/lambda_pager.h"
#include "backend/api/lambda_topics.h"
#include "backend/base/error.h"
#include "backend/functions/settings.h"
#include "gantry/store/functions.pb.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/time_util.h>


// How asynchronous invocations of a function are handled, and its loops.
namespace gantry::api {
namespace {

using aws::lambda::FunctionEventInvokeConfig;
using functions::Found;
using functions::Registry;
using functions::Settings;

std::string keyOf(const Found& found)
{
    return found.qualifier.empty() ? functions::kLatest : found.qualifier;
}

std::string arnOf(const Registry& registry, const Found& found)
{
    return functions::functionArn(registry.place(), found.function->name, keyOf(found));
}

absl::Status notConfigured(const Registry& registry, const Found& found)
{
    return notFound(absl::StrCat("The function ", arnOf(registry, found),
                                 " doesn't have an EventInvokeConfig"));
}

// These operations word it in their own way.
absl::StatusOr<Found> find(const Registry& registry, const std::string& name,
                           const std::string& qualifier)
{
    absl::StatusOr<Found> found = registry.find(name, qualifier);
    if (!found.ok() && awsErrorOf(found.status()).name == "ResourceNotFoundException")
        return notFound("The function doesn't exist.");
    return found;
}

// Sets what the request names.
template <class Request>
void merge(const Registry& registry, const Found& found, const Request& request,
           FunctionEventInvokeConfig& config)
{
    config.set_function_arn(arnOf(registry, found));
    *config.mutable_last_modified() = google::protobuf::util::TimeUtil::GetCurrentTime();
    if (request.has_maximum_retry_attempts())
        config.set_maximum_retry_attempts(request.maximum_retry_attempts());
    if (request.has_maximum_event_age_in_seconds())
        config.set_maximum_event_age_in_seconds(request.maximum_event_age_in_seconds());
    const aws::lambda::DestinationConfig& wanted = request.destination_config();
    aws::lambda::DestinationConfig& destinations = *config.mutable_destination_config();
    destinations.mutable_on_success();
    destinations.mutable_on_failure();
    if (wanted.on_success().has_destination())
        *destinations.mutable_on_success() = wanted.on_success();
    if (wanted.on_failure().has_destination())
        *destinations.mutable_on_failure() = wanted.on_failure();
    // An empty destination takes the one there is away.
    if (destinations.on_success().destination().empty())
        destinations.mutable_on_success()->clear_destination();
    if (destinations.on_failure().destination().empty())
        destinations.mutable_on_failure()->clear_destination();
}

template <class Request>
absl::Status check(const Registry& registry, const Found& found, const Request& request)
{
    if (!request.has_maximum_retry_attempts() && !request.has_maximum_event_age_in_seconds() &&
        !request.has_destination_config()) {
        return invalidParameter(
            "You must specify at least one of error handling or destination setting.");
    }
    return functions::checkDestinations(
        registry.options(), found.version->configuration, request.destination_config(),
        [&registry](const std::string& name) { return registry.functions().contains(name); });
}

// Put begins with nothing, Update with what is there.
template <class Request>
void save(Registry& registry, const Request& request, bool update,
          const Reply<FunctionEventInvokeConfig>& reply)
{
    const absl::StatusOr<Found> found =
        find(registry, request.function_name(), request.qualifier());
    if (!found.ok())
        return reply(found.status());
    if (absl::Status valid = check(registry, *found, request); !valid.ok())
        return reply(valid);
    auto saved = std::make_shared<FunctionEventInvokeConfig>();
    registry.changeSettings(
        request.function_name(), request.qualifier(),
        [&registry, request, update, saved](const Found& found, Settings& settings) {
            auto& configs = *settings.mutable_event_invoke();
            if (update && !configs.contains(keyOf(found)))
                return notConfigured(registry, found);
            if (update)
                *saved = configs.at(keyOf(found));
            merge(registry, found, request, *saved);
            configs[keyOf(found)] = *saved;
            return absl::OkStatus();
        },
        [saved, reply](const absl::Status& status) {
            status.ok() ? reply(*saved) : reply(status);
        });
}

void get(const Registry& registry, const aws::lambda::GetFunctionEventInvokeConfigRequest& request,
         const Reply<FunctionEventInvokeConfig>& reply)
{
    const auto found = find(registry, request.function_name(), request.qualifier());
    if (!found.ok())
        return reply(found.status());
    const auto& configs = found->function->settings->event_invoke();
    const auto config = configs.find(keyOf(*found));
    if (config == configs.end())
        return reply(notConfigured(registry, *found));
    reply(config->second);
}

void remove(Registry& registry, const aws::lambda::DeleteFunctionEventInvokeConfigRequest& request,
            Reply<google::protobuf::Empty> reply)
{
    const auto found = find(registry, request.function_name(), request.qualifier());
    if (!found.ok())
        return reply(found.status());
    registry.changeSettings(
        request.function_name(), request.qualifier(),
        [&registry](const Found& found, Settings& settings) {
            return settings.mutable_event_invoke()->erase(keyOf(found)) > 0
                       ? absl::OkStatus()
                       : notConfigured(registry, found);
        },
        done(std::move(reply)));
}

void list(const Registry& registry,
          const aws::lambda::ListFunctionEventInvokeConfigsRequest& request,
          const Reply<aws::lambda::ListFunctionEventInvokeConfigsResponse>& reply)
{
    const auto found = find(registry, request.function_name(), {});
    if (!found.ok())
        return reply(found.status());
    auto pager = LambdaPager::make(request.marker(), request.has_max_items(), request.max_items());
    if (!pager.ok())
        return reply(pager.status());
    aws::lambda::ListFunctionEventInvokeConfigsResponse response;
    const auto& configs = found->function->settings->event_invoke();
    const std::map<std::string, FunctionEventInvokeConfig> sorted(configs.begin(), configs.end());
    for (const auto& [qualifier, config] : sorted) {
        if (pager->takes(qualifier))
            *response.add_function_event_invoke_configs() = config;
    }
    if (const std::string marker = pager->nextMarker(); !marker.empty())
        response.set_next_marker(marker);
    reply(std::move(response));
}

void registerRecursion(OperationTable& table, Registry& registry)
{
    using Got = aws::lambda::GetFunctionRecursionConfigResponse;
    using Put = aws::lambda::PutFunctionRecursionConfigResponse;
    table.on<aws::lambda::GetFunctionRecursionConfigRequest, Got>(
        [&registry](const CallPtr&, const auto& request, const Reply<Got>& reply) {
            const auto found = registry.find(request.function_name());
            if (!found.ok())
                return reply(found.status());
            Got response;
            response.set_recursive_loop(
                found->function->settings->recursion_allowed() ? "Allow" : "Terminate");
            reply(std::move(response));
        });
    table.on<aws::lambda::PutFunctionRecursionConfigRequest, Put>(
        [&registry](const CallPtr&, const auto& request, Reply<Put> reply) {
            const std::string wanted = request.recursive_loop();
            registry.changeSettings(
                request.function_name(), {},
                [wanted](const Found&, Settings& settings) {
                    settings.set_recursion_allowed(wanted == "Allow");
                    return absl::OkStatus();
                },
                [wanted, reply = std::move(reply)](const absl::Status& status) {
                    Put response;
                    response.set_recursive_loop(wanted);
                    status.ok() ? reply(std::move(response)) : reply(status);
                });
        });
}

} // namespace

void registerLambdaEvents(OperationTable& table, Registry& registry)
{
    table.on<aws::lambda::PutFunctionEventInvokeConfigRequest, FunctionEventInvokeConfig>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            save(registry, request, false, reply);
        });
    table.on<aws::lambda::UpdateFunctionEventInvokeConfigRequest, FunctionEventInvokeConfig>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            save(registry, request, true, reply);
        });
    table.on<aws::lambda::GetFunctionEventInvokeConfigRequest, FunctionEventInvokeConfig>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            get(registry, request, reply);
        });
    table.on<aws::lambda::DeleteFunctionEventInvokeConfigRequest, google::protobuf::Empty>(
        [&registry](const CallPtr&, const auto& request, Reply<google::protobuf::Empty> reply) {
            remove(registry, request, std::move(reply));
        });
    table.on<aws::lambda::ListFunctionEventInvokeConfigsRequest,
             aws::lambda::ListFunctionEventInvokeConfigsResponse>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            list(registry, request, reply);
        });
    registerRecursion(table, registry);
}

} // namespace gantry::api
