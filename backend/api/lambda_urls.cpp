#include "backend/api/lambda_pager.h"
#include "backend/api/lambda_topics.h"

#include <string>
#include <utility>

namespace gantry::api {
namespace {

using functions::Registry;
using functions::UrlPtr;

// The four answers that hold one URL have the same members but for the time of the last change.
template <class Answer>
Answer answerOf(const functions::Url& url, const LambdaControl& control)
{
    Answer answer;
    answer.set_function_url(control.functionUrl(url.id));
    answer.set_function_arn(url.config.function_arn());
    answer.set_auth_type(url.config.auth_type());
    answer.set_creation_time(url.config.creation_time());
    answer.set_invoke_mode(url.config.invoke_mode());
    if (url.config.has_cors())
        *answer.mutable_cors() = url.config.cors();
    if constexpr (requires { answer.set_last_modified_time(std::string()); })
        answer.set_last_modified_time(url.config.last_modified_time());
    return answer;
}

template <class Answer>
Registry::Addressed answering(const LambdaControl& control, Reply<Answer> reply)
{
    return [control, reply = std::move(reply)](absl::StatusOr<UrlPtr> url) {
        if (!url.ok())
            return reply(url.status());
        reply(answerOf<Answer>(**url, control));
    };
}

void listUrls(const Registry& registry, const LambdaControl& control,
              const aws::lambda::ListFunctionUrlConfigsRequest& request,
              const Reply<aws::lambda::ListFunctionUrlConfigsResponse>& reply)
{
    const auto found = registry.find(request.function_name());
    if (!found.ok())
        return reply(found.status());
    auto pager = LambdaPager::make(request.marker(), request.has_max_items(), request.max_items());
    if (!pager.ok())
        return reply(pager.status());
    aws::lambda::ListFunctionUrlConfigsResponse response;
    for (const auto& [qualifier, url] : found->function->urls) {
        // $LATEST's has the empty name, which no marker can stand before.
        if (pager->takes("url " + qualifier))
            *response.add_function_url_configs() =
                answerOf<aws::lambda::FunctionUrlConfig>(*url, control);
    }
    if (const std::string marker = pager->nextMarker(); !marker.empty())
        response.set_next_marker(marker);
    reply(std::move(response));
}

} // namespace

void registerLambdaUrls(OperationTable& table, Registry& registry, const LambdaControl& control)
{
    using namespace aws::lambda;
    table.on<CreateFunctionUrlConfigRequest, CreateFunctionUrlConfigResponse>(
        [&registry, control](const CallPtr&, const auto& request,
                             Reply<CreateFunctionUrlConfigResponse> reply) {
            registry.createUrl(request, answering(control, std::move(reply)));
        });
    table.on<UpdateFunctionUrlConfigRequest, UpdateFunctionUrlConfigResponse>(
        [&registry, control](const CallPtr&, const auto& request,
                             Reply<UpdateFunctionUrlConfigResponse> reply) {
            registry.updateUrl(request, answering(control, std::move(reply)));
        });
    table.on<GetFunctionUrlConfigRequest, GetFunctionUrlConfigResponse>(
        [&registry, control](const CallPtr&, const auto& request,
                             Reply<GetFunctionUrlConfigResponse> reply) {
            answering(control, std::move(reply))(
                registry.url(request.function_name(), request.qualifier()));
        });
    table.on<DeleteFunctionUrlConfigRequest, google::protobuf::Empty>(
        [&registry](const CallPtr&, const auto& request, Reply<google::protobuf::Empty> reply) {
            registry.removeUrl(request, done(std::move(reply)));
        });
    table.on<ListFunctionUrlConfigsRequest, ListFunctionUrlConfigsResponse>(
        [&registry, control](const CallPtr&, const auto& request, const auto& reply) {
            listUrls(registry, control, request, reply);
        });
}

} // namespace gantry::api
