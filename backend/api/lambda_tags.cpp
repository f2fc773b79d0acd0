#include "backend/api/lambda_topics.h"

namespace gantry::api {
namespace {

using functions::Registry;

void listTags(const Registry& registry, const aws::lambda::ListTagsRequest& request,
              const Reply<aws::lambda::ListTagsResponse>& reply)
{
    const auto found = registry.find(request.resource());
    if (!found.ok())
        return reply(found.status());
    aws::lambda::ListTagsResponse response;
    response.mutable_tags()->insert(found->function->tags.begin(), found->function->tags.end());
    reply(std::move(response));
}

} // namespace

void registerLambdaTags(OperationTable& table, Registry& registry)
{
    table.on<aws::lambda::TagResourceRequest, google::protobuf::Empty>(
        [&registry](const CallPtr&, const auto& request, Reply<google::protobuf::Empty> reply) {
            registry.tag(request, done(std::move(reply)));
        });
    table.on<aws::lambda::UntagResourceRequest, google::protobuf::Empty>(
        [&registry](const CallPtr&, const auto& request, Reply<google::protobuf::Empty> reply) {
            registry.untag(request, done(std::move(reply)));
        });
    table.on<aws::lambda::ListTagsRequest, aws::lambda::ListTagsResponse>(
        [&registry](const CallPtr&, const auto& request, const auto& reply) {
            listTags(registry, request, reply);
        });
}

} // namespace gantry::api
