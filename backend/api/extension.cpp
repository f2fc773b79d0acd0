#include "backend/api/extension.h"

#include "backend/api/extension_cache.h"
#include "backend/api/operation_table.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/secrets/vault.h"
#include "gantry/v1/extension.pb.h"

#include <absl/strings/str_cat.h>

#include <utility>

namespace gantry::api {
namespace {

namespace sm = aws::secretsmanager;
namespace ssm = aws::ssm;

sm::GetSecretValueRequest wanted(const v1::ExtensionSecretRequest& request)
{
    sm::GetSecretValueRequest wanted;
    wanted.set_secret_id(request.secret_id());
    if (request.has_version_id())
        wanted.set_version_id(request.version_id());
    if (request.has_version_stage())
        wanted.set_version_stage(request.version_stage());
    return wanted;
}

ssm::GetParameterRequest wanted(const v1::ExtensionParameterRequest& request)
{
    std::string name = request.name();
    if (request.has_version())
        absl::StrAppend(&name, ":", request.version());
    else if (request.has_label())
        absl::StrAppend(&name, ":", request.label());
    ssm::GetParameterRequest wanted;
    wanted.set_name(name);
    wanted.set_with_decryption(request.with_decryption());
    return wanted;
}

// From the environment's cache while the value there is fresh.
template <class Response, class Request, class Fetch>
void answer(ExtensionCache* cache, ExtensionCache::Kind kind, const Request& request,
            const Fetch& fetch, const Reply<Response>& reply)
{
    const std::string key = request.SerializeAsString();
    if (const auto known = cache ? cache->find(kind, key, monotonicMicros()) : nullptr)
        return reply(static_cast<const Response&>(*known));
    absl::StatusOr<Response> fresh = fetch(wanted(request));
    if (cache && fresh.ok())
        cache->put(kind, key, std::make_shared<Response>(*fresh), monotonicMicros());
    reply(std::move(fresh));
}

} // namespace

void registerExtension(OperationTable& table, secrets::Vault& vault, ExtensionCaches& caches)
{
    table.on<v1::ExtensionSecretRequest, sm::GetSecretValueResponse>(
        [&vault, &caches](const CallPtr& call, const v1::ExtensionSecretRequest& request,
                          const Reply<sm::GetSecretValueResponse>& reply) {
            answer(
                caches.find(call->accessKeyId), ExtensionCache::Kind::Secret, request,
                [&vault](const auto& wanted) { return vault.secrets().value(wanted); }, reply);
        });
    table.on<v1::ExtensionParameterRequest, ssm::GetParameterResult>(
        [&vault, &caches](const CallPtr& call, const v1::ExtensionParameterRequest& request,
                          const Reply<ssm::GetParameterResult>& reply) {
            if (request.has_version() && request.has_label())
                return reply(validationError("Give a version or a label, not both."));
            answer(
                caches.find(call->accessKeyId), ExtensionCache::Kind::Parameter, request,
                [&vault](const auto& wanted) { return vault.parameters().get(wanted); }, reply);
        });
}

} // namespace gantry::api
