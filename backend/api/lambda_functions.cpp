#include "backend/api/lambda_pager.h"
#include "backend/api/lambda_topics.h"
#include "gantry/store/functions.pb.h"

namespace gantry::api {
namespace {

using functions::Configuration;
using functions::FunctionPtr;
using functions::Registry;

// Who was answered finds the function's role.
Reply<Configuration> afterRole(const LambdaControl& control, Reply<Configuration> reply)
{
    if (!control.ensureRole)
        return reply;
    return [ensureRole = control.ensureRole,
            reply = std::move(reply)](absl::StatusOr<Configuration> deployed) {
        if (!deployed.ok())
            return reply(std::move(deployed));
        ensureRole(deployed->role(), [reply, deployed] { reply(deployed); });
    };
}

void createFunction(Registry& registry, const LambdaControl& control,
                    const aws::lambda::CreateFunctionRequest& request, Reply<Configuration> reply)
{
    reply = afterRole(control, std::move(reply));
    const std::string& config = request.code_signing_config_arn();
    if (config.empty() || request.package_type() == "Image")
        return registry.create(request, std::move(reply));
    control.checkCode(request.code().zip_file(), config, request.function_name(),
                      [&registry, request, reply = std::move(reply)](const absl::Status& checked) {
                          checked.ok() ? registry.create(request, reply) : reply(checked);
                      });
}

void updateCode(Registry& registry, const LambdaControl& control,
                const aws::lambda::UpdateFunctionCodeRequest& request, Reply<Configuration> reply)
{
    const auto found = registry.find(request.function_name());
    const std::string config =
        found.ok() ? found->function->settings->code_signing_config_arn() : std::string();
    if (config.empty() || !request.has_zip_file())
        return registry.updateCode(request, std::move(reply));
    control.checkCode(request.zip_file(), config, found->function->name,
                      [&registry, request, reply = std::move(reply)](const absl::Status& checked) {
                          checked.ok() ? registry.updateCode(request, reply) : reply(checked);
                      });
}

void getFunction(const Registry& registry, const LambdaControl& control,
                 const aws::lambda::GetFunctionRequest& request,
                 const Reply<aws::lambda::GetFunctionResponse>& reply)
{
    const auto found = registry.find(request.function_name(), request.qualifier());
    if (!found.ok())
        return reply(found.status());
    aws::lambda::GetFunctionResponse response;
    *response.mutable_configuration() = registry.describe(*found);
    const functions::ImageSource& image = found->version->image;
    response.mutable_code()->set_repository_type(image.empty() ? "S3" : "ECR");
    if (!image.empty()) {
        response.mutable_code()->set_image_uri(image.uri);
        response.mutable_code()->set_resolved_image_uri(image.resolved);
    } else if (control.packageLink) {
        response.mutable_code()->set_location(
            control.packageLink(found->function->name, found->qualifier));
    }
    response.mutable_tags()->insert(found->function->tags.begin(), found->function->tags.end());
    if (const auto reserved = found->function->reservedConcurrency)
        response.mutable_concurrency()->set_reserved_concurrent_executions(*reserved);
    reply(std::move(response));
}

void getConfiguration(const Registry& registry,
                      const aws::lambda::GetFunctionConfigurationRequest& request,
                      const Reply<Configuration>& reply)
{
    const auto found = registry.find(request.function_name(), request.qualifier());
    if (!found.ok())
        return reply(found.status());
    reply(registry.describe(*found));
}

void deleteFunction(Registry& registry, const aws::lambda::DeleteFunctionRequest& request,
                    const Reply<aws::lambda::DeleteFunctionResponse>& reply)
{
    registry.remove(request, [reply](const absl::Status& status) {
        if (!status.ok())
            return reply(status);
        aws::lambda::DeleteFunctionResponse response;
        response.set_status_code(204);
        reply(std::move(response));
    });
}

void listFunctions(const Registry& registry, const aws::lambda::ListFunctionsRequest& request,
                   const Reply<aws::lambda::ListFunctionsResponse>& reply)
{
    auto pager = LambdaPager::make(request.marker(), request.has_max_items(), request.max_items());
    if (!pager.ok())
        return reply(pager.status());
    aws::lambda::ListFunctionsResponse response;
    // Functions that another region replicates to this one; there are none.
    if (request.has_master_region() && request.master_region() != "ALL" &&
        request.master_region() != registry.place().region)
        return reply(std::move(response));
    const bool all = request.function_version() == "ALL";
    const auto& functions = registry.functions();
    const std::string from = pager->after().substr(0, pager->after().find(' '));
    for (auto at = functions.lower_bound(from); at != functions.end() && !pager->isFull(); ++at) {
        const auto& [name, function] = *at;
        if (pager->takes(pageKey(name, 0)))
            *response.add_functions() =
                listed(registry, function, function->latest, all ? functions::kLatest : "");
        if (!all)
            continue;
        for (const auto& [number, version] : function->versions) {
            if (pager->takes(pageKey(name, number)))
                *response.add_functions() =
                    listed(registry, function, version, version->configuration.version());
        }
    }
    if (const std::string marker = pager->nextMarker(); !marker.empty())
        response.set_next_marker(marker);
    reply(std::move(response));
}

} // namespace

// Lists leave out what only a single function's answer tells.
Configuration listed(const Registry& registry, const FunctionPtr& function,
                     const functions::VersionPtr& version, const std::string& qualifier)
{
    Configuration configuration = registry.describe({function, version, nullptr, qualifier});
    configuration.clear_state();
    configuration.clear_state_reason();
    configuration.clear_state_reason_code();
    configuration.clear_last_update_status();
    configuration.clear_last_update_status_reason();
    configuration.clear_last_update_status_reason_code();
    configuration.clear_runtime_version_config();
    return configuration;
}

void registerLambdaFunctions(OperationTable& table, Registry& registry,
                             const LambdaControl& control)
{
    table.on<aws::lambda::CreateFunctionRequest, Configuration>(
        [&registry, control](const CallPtr& call, const auto& request, Reply<Configuration> reply) {
            createFunction(registry, control, request,
                           readable(control, call, std::move(reply)));
        });
    table.on<aws::lambda::UpdateFunctionCodeRequest, Configuration>(
        [&registry, control](const CallPtr& call, const auto& request, Reply<Configuration> reply) {
            updateCode(registry, control, request, readable(control, call, std::move(reply)));
        });
    table.on<aws::lambda::UpdateFunctionConfigurationRequest, Configuration>(
        [&registry, control](const CallPtr& call, const auto& request, Reply<Configuration> reply) {
            reply = readable(control, call, std::move(reply));
            registry.updateConfiguration(
                request, request.has_role() ? afterRole(control, std::move(reply)) : reply);
        });
    table.on<aws::lambda::GetFunctionRequest, aws::lambda::GetFunctionResponse>(
        [&registry, control](const CallPtr& call, const auto& request, const auto& reply) {
            getFunction(registry, control, request, readable(control, call, reply));
        });
    table.on<aws::lambda::GetFunctionConfigurationRequest, Configuration>(
        [&registry, control](const CallPtr& call, const auto& request, const auto& reply) {
            getConfiguration(registry, request, readable(control, call, reply));
        });
    table.on<aws::lambda::DeleteFunctionRequest, aws::lambda::DeleteFunctionResponse>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            deleteFunction(registry, request, reply);
        });
    table.on<aws::lambda::ListFunctionsRequest, aws::lambda::ListFunctionsResponse>(
        [&registry, control](const CallPtr& call, const auto& request, const auto& reply) {
            listFunctions(registry, request, readable(control, call, reply));
        });
}

} // namespace gantry::api
