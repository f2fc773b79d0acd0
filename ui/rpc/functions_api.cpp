#include "ui/rpc/functions_api.h"

#include "gantry/v1/develop.pb.h"
#include "ui/rpc/call.h"
#include "ui/rpc/functions_convert.h"
#include "ui/rpc/money.h"
#include "ui/rpc/pager.h"

#include <google/protobuf/empty.pb.h>

namespace gantry::rpc {

namespace pb = aws::lambda;
namespace dev = v1;
using google::protobuf::Empty;

namespace {

// A function may run 15 minutes, and wait for an environment before.
constexpr std::chrono::minutes kInvokeTimeout{16};
// 50 MB over a Unix socket, unpacked and checked by a busy machine.
constexpr std::chrono::minutes kUploadTimeout{3};

std::vector<FunctionConfiguration> toVersions(const pb::ListVersionsByFunctionResponse& response)
{
    std::vector<FunctionConfiguration> versions;
    for (const auto& version : response.versions())
        versions.push_back(toConfiguration(version));
    return versions;
}

std::vector<Alias> toAliases(const pb::ListAliasesResponse& response)
{
    std::vector<Alias> aliases;
    for (const auto& alias : response.aliases())
        aliases.push_back(toAlias(alias));
    return aliases;
}

template <class Response> Nothing toNothing(const Response&)
{
    return {};
}

InitCheck toInitCheck(const dev::CheckInitResponse& message)
{
    InitCheck check;
    check.ok = message.ok();
    check.initMs = message.init_ms();
    check.errorType = text(message.error_type());
    check.errorMessage = text(message.error_message());
    check.errorFile = text(message.error_file());
    check.errorLine = message.error_line();
    for (const auto& line : message.stack_trace())
        check.stackTrace << text(line);
    for (const auto& line : message.log())
        check.log << text(line);
    return check;
}

LoadProgress toProgress(const dev::LoadProgress& message)
{
    LoadProgress progress;
    progress.elapsedMs = message.elapsed_ms();
    progress.sent = message.sent();
    progress.succeeded = message.succeeded();
    progress.failed = message.failed();
    progress.throttled = message.throttled();
    progress.coldStarts = message.cold_starts();
    progress.inFlight = message.in_flight();
    progress.perSecond = message.per_second();
    progress.p50Ms = message.p50_ms();
    progress.p90Ms = message.p90_ms();
    progress.p99Ms = message.p99_ms();
    progress.maxMs = message.max_ms();
    progress.costUsd = moneyOf(message.cost_usd());
    progress.finished = message.finished();
    progress.firstError = text(message.first_error());
    return progress;
}

} // namespace

void FunctionsApi::create(const NewFunction& function, QObject* context,
                          Done<FunctionConfiguration> done)
{
    call<pb::FunctionConfiguration>(m_channel, toMessage(function), context, toConfiguration,
                                    std::move(done), kUploadTimeout);
}

void FunctionsApi::updateCode(const QString& function, const CodeUpdate& update, QObject* context,
                              Done<FunctionConfiguration> done)
{
    call<pb::FunctionConfiguration>(m_channel, toMessage(function, update), context,
                                    toConfiguration, std::move(done), kUploadTimeout);
}

void FunctionsApi::updateConfiguration(const QString& function, const ConfigurationChange& change,
                                       QObject* context, Done<FunctionConfiguration> done)
{
    call<pb::FunctionConfiguration>(m_channel, toMessage(function, change), context,
                                    toConfiguration, std::move(done));
}

void FunctionsApi::remove(const QString& function, const QString& qualifier, QObject* context,
                          Done<Nothing> done)
{
    pb::DeleteFunctionRequest request;
    request.set_function_name(function.toStdString());
    if (!qualifier.isEmpty())
        request.set_qualifier(qualifier.toStdString());
    call<pb::DeleteFunctionResponse>(m_channel, request, context,
                                     toNothing<pb::DeleteFunctionResponse>, std::move(done));
}

void FunctionsApi::get(const QString& function, const QString& qualifier, QObject* context,
                       Done<FunctionDetails> done)
{
    pb::GetFunctionRequest request;
    request.set_function_name(function.toStdString());
    if (!qualifier.isEmpty())
        request.set_qualifier(qualifier.toStdString());
    call<pb::GetFunctionResponse>(m_channel, request, context, toDetails, std::move(done));
}

void FunctionsApi::listVersions(const QString& function, QObject* context,
                                Done<std::vector<FunctionConfiguration>> done)
{
    pb::ListVersionsByFunctionRequest request;
    request.set_function_name(function.toStdString());
    using Versions = Pager<pb::ListVersionsByFunctionRequest, pb::ListVersionsByFunctionResponse,
                           FunctionConfiguration>;
    std::make_shared<Versions>(m_channel, request, context, toVersions, std::move(done))->next();
}

void FunctionsApi::publishVersion(const QString& function, const QString& description,
                                  const QString& revisionId, QObject* context,
                                  Done<FunctionConfiguration> done)
{
    pb::PublishVersionRequest request;
    request.set_function_name(function.toStdString());
    if (!description.isEmpty())
        request.set_description(description.toStdString());
    if (!revisionId.isEmpty())
        request.set_revision_id(revisionId.toStdString());
    call<pb::FunctionConfiguration>(m_channel, request, context, toConfiguration, std::move(done));
}

void FunctionsApi::listAliases(const QString& function, QObject* context,
                               Done<std::vector<Alias>> done)
{
    pb::ListAliasesRequest request;
    request.set_function_name(function.toStdString());
    using Aliases = Pager<pb::ListAliasesRequest, pb::ListAliasesResponse, Alias>;
    std::make_shared<Aliases>(m_channel, request, context, toAliases, std::move(done))->next();
}

void FunctionsApi::createAlias(const QString& function, const Alias& alias, QObject* context,
                               Done<Alias> done)
{
    pb::CreateAliasRequest request;
    request.set_function_name(function.toStdString());
    request.set_name(alias.name.toStdString());
    request.set_function_version(alias.version.toStdString());
    request.set_description(alias.description.toStdString());
    if (!alias.weights.isEmpty())
        fillRouting(alias, request.mutable_routing_config());
    call<pb::AliasConfiguration>(m_channel, request, context, toAlias, std::move(done));
}

void FunctionsApi::updateAlias(const QString& function, const Alias& alias, QObject* context,
                               Done<Alias> done)
{
    pb::UpdateAliasRequest request;
    request.set_function_name(function.toStdString());
    request.set_name(alias.name.toStdString());
    request.set_function_version(alias.version.toStdString());
    request.set_description(alias.description.toStdString());
    fillRouting(alias, request.mutable_routing_config()); // empty: all traffic to version
    if (!alias.revisionId.isEmpty())
        request.set_revision_id(alias.revisionId.toStdString());
    call<pb::AliasConfiguration>(m_channel, request, context, toAlias, std::move(done));
}

void FunctionsApi::removeAlias(const QString& function, const QString& alias, QObject* context,
                               Done<Nothing> done)
{
    pb::DeleteAliasRequest request;
    request.set_function_name(function.toStdString());
    request.set_name(alias.toStdString());
    call<Empty>(m_channel, request, context, toNothing<Empty>, std::move(done));
}

void FunctionsApi::tag(const QString& arn, const StringMap& tags, QObject* context,
                       Done<Nothing> done)
{
    pb::TagResourceRequest request;
    request.set_resource(arn.toStdString());
    fillStringMap(tags, request.mutable_tags());
    call<Empty>(m_channel, request, context, toNothing<Empty>, std::move(done));
}

void FunctionsApi::untag(const QString& arn, const QStringList& keys, QObject* context,
                         Done<Nothing> done)
{
    pb::UntagResourceRequest request;
    request.set_resource(arn.toStdString());
    for (const QString& key : keys)
        request.add_tag_keys(key.toStdString());
    call<Empty>(m_channel, request, context, toNothing<Empty>, std::move(done));
}

void FunctionsApi::invoke(const InvokeRequest& request, QObject* context, Done<InvokeReply> done)
{
    call<pb::InvocationResponse>(m_channel, toMessage(request), context, toReply, std::move(done),
                                 kInvokeTimeout);
}

void FunctionsApi::checkInit(const QString& function, QObject* context, Done<InitCheck> done)
{
    dev::CheckInitRequest request;
    request.set_function_name(function.toStdString());
    call<dev::CheckInitResponse>(m_channel, request, context, toInitCheck, std::move(done));
}

void FunctionsApi::getPackage(const QString& function, const QString& qualifier, QObject* context,
                              Done<Package> done)
{
    dev::GetPackageRequest request;
    request.set_function_name(function.toStdString());
    request.set_qualifier(qualifier.toStdString());
    call<dev::GetPackageResponse>(
        m_channel, request, context,
        [](const dev::GetPackageResponse& response) {
            return Package{bytes(response.zip()), text(response.code_sha256())};
        },
        std::move(done), kUploadTimeout);
}

std::unique_ptr<Stream> FunctionsApi::runLoad(const LoadRequest& request,
                                              std::function<void(LoadProgress)> onProgress,
                                              std::function<void(Error)> onEnd)
{
    dev::RunLoadRequest message;
    message.set_function_name(request.function.toStdString());
    message.set_qualifier(request.qualifier.toStdString());
    message.set_payload(request.payload.toStdString());
    message.set_concurrency(request.concurrency);
    message.set_count(request.count);
    message.set_duration_ms(request.durationMs);
    message.set_rate_per_second(request.ratePerSecond);
    return stream<dev::LoadProgress>(m_channel, message, toProgress, std::move(onProgress),
                                     std::move(onEnd));
}

} // namespace gantry::rpc
