#include "backend/api/lambda_topics.h"
#include "backend/base/error.h"
#include "gantry/store/functions.pb.h"

#include <memory>

// When a function's runtime is updated. There is one build of each runtime here, the host's, so
// that this is kept and answered, and pins that build at most.
namespace gantry::api {
namespace {

using functions::Found;
using functions::Registry;
using functions::Settings;
using Record = record::RuntimeManagement;

std::string versionOf(const Found& found)
{
    return found.version->configuration.version();
}

std::string arnOf(const Registry& registry, const Found& found)
{
    return functions::functionArn(registry.place(), found.function->name, versionOf(found));
}

absl::Status check(const Found& found, const aws::lambda::PutRuntimeManagementConfigRequest& request)
{
    if (found.alias)
        return invalidParameter("Aliases are not supported for runtime management.");
    const bool manual = request.update_runtime_on() == "Manual";
    if (manual && !request.has_runtime_version_arn())
        return invalidParameter(
            "You must specify a RuntimeVersionArn when UpdateRuntimeOn is Manual.");
    if (!manual && request.has_runtime_version_arn())
        return invalidParameter(
            "You can specify a RuntimeVersionArn only when UpdateRuntimeOn is Manual.");
    const std::string& build =
        found.version->configuration.runtime_version_config().runtime_version_arn();
    if (manual && request.runtime_version_arn() != build) {
        return invalidParameter("Runtime version " + request.runtime_version_arn() +
                                " is not on this platform; the function's is " + build + ".");
    }
    return absl::OkStatus();
}

template <class Response>
Response responseOf(const Registry& registry, const Found& found, const Record& record)
{
    Response response;
    response.set_function_arn(arnOf(registry, found));
    response.set_update_runtime_on(record.update_runtime_on());
    if (!record.runtime_version_arn().empty())
        response.set_runtime_version_arn(record.runtime_version_arn());
    return response;
}

Record recordOf(const Settings& settings, const Found& found)
{
    const auto configured = settings.runtime_management().find(versionOf(found));
    if (configured != settings.runtime_management().end())
        return configured->second;
    Record record;
    record.set_update_runtime_on("Auto");
    return record;
}

} // namespace

void registerLambdaRuntime(OperationTable& table, Registry& registry)
{
    using Got = aws::lambda::GetRuntimeManagementConfigResponse;
    using Put = aws::lambda::PutRuntimeManagementConfigResponse;
    table.on<aws::lambda::GetRuntimeManagementConfigRequest, Got>(
        [&registry](const CallPtr&, const auto& request, const Reply<Got>& reply) {
            const auto found = registry.find(request.function_name(), request.qualifier());
            if (!found.ok())
                return reply(found.status());
            reply(responseOf<Got>(registry, *found,
                                  recordOf(*found->function->settings, *found)));
        });
    table.on<aws::lambda::PutRuntimeManagementConfigRequest, Put>(
        [&registry](const CallPtr&, const auto& request, Reply<Put> reply) {
            auto response = std::make_shared<Put>();
            registry.changeSettings(
                request.function_name(), request.qualifier(),
                [&registry, request, response](const Found& found, Settings& settings) {
                    if (absl::Status valid = check(found, request); !valid.ok())
                        return valid;
                    Record& record = (*settings.mutable_runtime_management())[versionOf(found)];
                    record.set_update_runtime_on(request.update_runtime_on());
                    record.set_runtime_version_arn(request.runtime_version_arn());
                    *response = responseOf<Put>(registry, found, record);
                    return absl::OkStatus();
                },
                [response, reply = std::move(reply)](const absl::Status& status) {
                    status.ok() ? reply(*response) : reply(status);
                });
        });
}

} // namespace gantry::api
