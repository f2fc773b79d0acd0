#include "backend/api/lambda_signing.h"

#include "backend/api/lambda_pager.h"
#include "backend/api/lambda_topics.h"
#include "backend/base/error.h"
#include "backend/functions/code_signing.h"
#include "gantry/store/functions.pb.h"
#include "gantry/v1/signing.pb.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace gantry::api {
namespace {

using functions::CodeSigning;
using functions::Found;
using functions::Registry;
using functions::Settings;
using functions::SigningConfig;

std::vector<std::string> usersOf(const Registry& registry, const std::string& arn)
{
    std::vector<std::string> users;
    for (const auto& [name, function] : registry.functions()) {
        if (function->settings->code_signing_config_arn() == arn)
            users.push_back(functions::functionArn(registry.place(), name));
    }
    return users;
}

template <class Response>
CodeSigning::Saved answer(Reply<Response> reply)
{
    return [reply = std::move(reply)](absl::StatusOr<SigningConfig> config) {
        if (!config.ok())
            return reply(config.status());
        Response response;
        *response.mutable_code_signing_config() = *std::move(config);
        reply(std::move(response));
    };
}

void list(const CodeSigning& signing, const aws::lambda::ListCodeSigningConfigsRequest& request,
          const Reply<aws::lambda::ListCodeSigningConfigsResponse>& reply)
{
    auto pager = LambdaPager::make(request.marker(), request.has_max_items(), request.max_items());
    if (!pager.ok())
        return reply(pager.status());
    aws::lambda::ListCodeSigningConfigsResponse response;
    for (const auto& [arn, config] : signing.all()) {
        if (pager->takes(arn))
            *response.add_code_signing_configs() = *config;
    }
    if (const std::string marker = pager->nextMarker(); !marker.empty())
        response.set_next_marker(marker);
    reply(std::move(response));
}

void listFunctions(const Registry& registry, const CodeSigning& signing,
                   const aws::lambda::ListFunctionsByCodeSigningConfigRequest& request,
                   const Reply<aws::lambda::ListFunctionsByCodeSigningConfigResponse>& reply)
{
    const auto config = signing.find(request.code_signing_config_arn());
    auto pager = LambdaPager::make(request.marker(), request.has_max_items(), request.max_items());
    if (!config.ok() || !pager.ok())
        return reply(config.ok() ? pager.status() : config.status());
    aws::lambda::ListFunctionsByCodeSigningConfigResponse response;
    for (const std::string& user : usersOf(registry, request.code_signing_config_arn())) {
        if (pager->takes(user))
            response.add_function_arns(user);
    }
    if (const std::string marker = pager->nextMarker(); !marker.empty())
        response.set_next_marker(marker);
    reply(std::move(response));
}

void remove(const Registry& registry, CodeSigning& signing, const std::string& arn,
            const Reply<aws::lambda::DeleteCodeSigningConfigResponse>& reply)
{
    if (!usersOf(registry, arn).empty()) {
        return reply(conflict("Cannot delete the code signing configuration " + arn +
                              " because functions use it."));
    }
    signing.remove(arn, [reply](const absl::Status& status) {
        status.ok() ? reply(aws::lambda::DeleteCodeSigningConfigResponse()) : reply(status);
    });
}

void put(Registry& registry, const CodeSigning& signing,
         const aws::lambda::PutFunctionCodeSigningConfigRequest& request,
         const Reply<aws::lambda::PutFunctionCodeSigningConfigResponse>& reply)
{
    const std::string& arn = request.code_signing_config_arn();
    if (!signing.find(arn).ok()) {
        return reply(makeError("CodeSigningConfigNotFoundException", 404,
                               "The code signing configuration cannot be found. Check that the "
                               "provided configuration is not deleted: " +
                                   arn + "."));
    }
    auto response = std::make_shared<aws::lambda::PutFunctionCodeSigningConfigResponse>();
    registry.changeSettings(
        request.function_name(), {},
        [arn, response](const Found& found, Settings& settings) {
            settings.set_code_signing_config_arn(arn);
            response->set_code_signing_config_arn(arn);
            response->set_function_name(found.function->name);
            return absl::OkStatus();
        },
        [response, reply](const absl::Status& status) {
            status.ok() ? reply(*response) : reply(status);
        });
}

void registerOfFunctions(OperationTable& table, Registry& registry, CodeSigning& signing)
{
    using Put = aws::lambda::PutFunctionCodeSigningConfigResponse;
    table.on<aws::lambda::PutFunctionCodeSigningConfigRequest, Put>(
        [&registry, &signing](const CallPtr&, const auto& request, const Reply<Put>& reply) {
            put(registry, signing, request, reply);
        });
    using Got = aws::lambda::GetFunctionCodeSigningConfigResponse;
    table.on<aws::lambda::GetFunctionCodeSigningConfigRequest, Got>(
        [&registry](const CallPtr&, const auto& request, const Reply<Got>& reply) {
            const auto found = registry.find(request.function_name());
            if (!found.ok())
                return reply(found.status());
            Got response;
            response.set_function_name(found->function->name);
            response.set_code_signing_config_arn(
                found->function->settings->code_signing_config_arn());
            reply(std::move(response));
        });
    table.on<aws::lambda::DeleteFunctionCodeSigningConfigRequest, google::protobuf::Empty>(
        [&registry](const CallPtr&, const auto& request, Reply<google::protobuf::Empty> reply) {
            registry.changeSettings(
                request.function_name(), {},
                [](const Found&, Settings& settings) {
                    settings.clear_code_signing_config_arn();
                    return absl::OkStatus();
                },
                done(std::move(reply)));
        });
}

void addProfile(CodeSigning& signing, const v1::AddSigningProfileRequest& request,
                Reply<v1::SigningProfile> reply)
{
    signing.addProfile(
        request.name(), request.certificate(),
        [&signing, reply = std::move(reply)](const absl::StatusOr<functions::SigningProfile>& added) {
            if (!added.ok())
                return reply(added.status());
            v1::SigningProfile profile;
            profile.set_profile_version_arn(functions::profileArn(signing.place(), *added));
            profile.set_subject(added->subject);
            profile.set_not_after_ms(added->notAfterSeconds * 1000);
            reply(std::move(profile));
        });
}

} // namespace

void registerLambdaSigning(OperationTable& table, Registry& registry, CodeSigning& signing)
{
    table.on<v1::AddSigningProfileRequest, v1::SigningProfile>(
        [&signing](const CallPtr&, const auto& request, Reply<v1::SigningProfile> reply) {
            addProfile(signing, request, std::move(reply));
        });
    using namespace aws::lambda;
    table.on<CreateCodeSigningConfigRequest, CreateCodeSigningConfigResponse>(
        [&signing](const CallPtr&, const auto& request,
                   Reply<CreateCodeSigningConfigResponse> reply) {
            signing.create(request, answer(std::move(reply)));
        });
    table.on<UpdateCodeSigningConfigRequest, UpdateCodeSigningConfigResponse>(
        [&signing](const CallPtr&, const auto& request,
                   Reply<UpdateCodeSigningConfigResponse> reply) {
            signing.update(request, answer(std::move(reply)));
        });
    table.on<GetCodeSigningConfigRequest, GetCodeSigningConfigResponse>(
        [&signing](const CallPtr&, const auto& request,
                   Reply<GetCodeSigningConfigResponse> reply) {
            const auto found = signing.find(request.code_signing_config_arn());
            answer(std::move(reply))(found.ok() ? absl::StatusOr<SigningConfig>(**found)
                                                : found.status());
        });
    table.on<DeleteCodeSigningConfigRequest, DeleteCodeSigningConfigResponse>(
        [&registry, &signing](const CallPtr&, const auto& request, const auto& reply) {
            remove(registry, signing, request.code_signing_config_arn(), reply);
        });
    table.on<ListCodeSigningConfigsRequest, ListCodeSigningConfigsResponse>(
        [&signing](const CallPtr&, const auto& request, const auto& reply) {
            list(signing, request, reply);
        });
    table.on<ListFunctionsByCodeSigningConfigRequest, ListFunctionsByCodeSigningConfigResponse>(
        [&registry, &signing](const CallPtr&, const auto& request, const auto& reply) {
            listFunctions(registry, signing, request, reply);
        });
    registerOfFunctions(table, registry, signing);
}

} // namespace gantry::api
