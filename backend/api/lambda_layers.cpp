#include "backend/api/lambda_layers.h"

#include "backend/api/lambda_pager.h"
#include "backend/api/lambda_topics.h"
#include "backend/base/error.h"
#include "backend/functions/layers.h"
#include "backend/functions/policy_document.h"
#include "backend/functions/registry.h"
#include "gantry/store/functions.pb.h"
#include "gantry/v1/develop.pb.h"

#include <absl/strings/str_cat.h>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace gantry::api {
namespace {

using functions::LayerRecord;
using functions::LayerReference;
using functions::Layers;
using functions::LayerVersion;

// What the answers about one version have in common.
template <class Response> void describe(const LayerRecord& record, Response& response)
{
    response.set_description(record.description());
    response.set_created_date(record.created_date());
    *response.mutable_compatible_architectures() = record.compatible_architectures();
    *response.mutable_compatible_runtimes() = record.compatible_runtimes();
    if (!record.license_info().empty())
        response.set_license_info(record.license_info());
}

template <class Response>
Response responseOf(const Layers& layers, const LayerLink& link, const LayerVersion& version)
{
    Response response;
    describe(*version.record, response);
    response.set_version(version.number);
    response.set_layer_arn(functions::layerArn(layers.place(), version.layer));
    response.set_layer_version_arn(
        functions::layerVersionArn(layers.place(), version.layer, version.number));
    auto& content = *response.mutable_content();
    content.set_code_sha256(version.record->code_sha256());
    content.set_code_size(version.record->zip_bytes());
    if (link)
        content.set_location(link(version.layer, version.number));
    return response;
}

aws::lambda::LayerVersionsListItem itemOf(const Layers& layers, const std::string& name,
                                          std::int64_t number, const LayerRecord& record)
{
    aws::lambda::LayerVersionsListItem item;
    describe(record, item);
    item.set_version(number);
    item.set_layer_version_arn(functions::layerVersionArn(layers.place(), name, number));
    return item;
}

bool holds(const google::protobuf::RepeatedPtrField<std::string>& list, const std::string& value)
{
    return std::find(list.begin(), list.end(), value) != list.end();
}

// A version that names no runtimes fits none that is asked for, as with AWS; without architectures
// it is for x86_64.
template <class Request> bool matches(const Request& request, const LayerRecord& record)
{
    if (request.has_compatible_runtime() &&
        !holds(record.compatible_runtimes(), request.compatible_runtime()))
        return false;
    if (!request.has_compatible_architecture())
        return true;
    return record.compatible_architectures().empty()
               ? request.compatible_architecture() == "x86_64"
               : holds(record.compatible_architectures(), request.compatible_architecture());
}

// The layer version that a request names in its path.
template <class Request>
absl::StatusOr<LayerReference> referenceOf(const Layers& layers, const Request& request)
{
    if (request.version_number() < 1)
        return invalidParameter("Layer Version Cannot be less than 1");
    absl::StatusOr<LayerReference> reference =
        functions::parseLayer(layers.place(), request.layer_name());
    if (reference.ok())
        reference->version = request.version_number();
    return reference;
}

template <class Request>
absl::StatusOr<LayerVersion> find(const Layers& layers, const Request& request)
{
    const auto reference = referenceOf(layers, request);
    if (!reference.ok())
        return reference.status();
    return layers.find(*reference);
}

void listLayers(const Layers& layers, const aws::lambda::ListLayersRequest& request,
                const Reply<aws::lambda::ListLayersResponse>& reply)
{
    auto pager = LambdaPager::make(request.marker(), request.has_max_items(), request.max_items());
    if (!pager.ok())
        return reply(pager.status());
    aws::lambda::ListLayersResponse response;
    for (const auto& [name, versions] : layers.all()) {
        const auto newest =
            std::find_if(versions.rbegin(), versions.rend(),
                         [&](const auto& version) { return matches(request, *version.second); });
        if (newest == versions.rend() || !pager->takes(name))
            continue;
        aws::lambda::LayersListItem& layer = *response.add_layers();
        layer.set_layer_name(name);
        layer.set_layer_arn(functions::layerArn(layers.place(), name));
        *layer.mutable_latest_matching_version() =
            itemOf(layers, name, newest->first, *newest->second);
    }
    if (const std::string marker = pager->nextMarker(); !marker.empty())
        response.set_next_marker(marker);
    reply(std::move(response));
}

void listVersions(const Layers& layers, const aws::lambda::ListLayerVersionsRequest& request,
                  const Reply<aws::lambda::ListLayerVersionsResponse>& reply)
{
    const auto reference = functions::parseLayer(layers.place(), request.layer_name());
    auto pager = LambdaPager::make(request.marker(), request.has_max_items(), request.max_items());
    if (!reference.ok() || !pager.ok())
        return reply(reference.ok() ? pager.status() : reference.status());
    aws::lambda::ListLayerVersionsResponse response;
    const auto layer = layers.all().find(reference->name);
    if (layer == layers.all().end())
        return reply(std::move(response));
    constexpr std::int64_t kDescending = 1'000'000'000'000; // keys ascend while numbers fall
    for (auto version = layer->second.rbegin(); version != layer->second.rend(); ++version) {
        if (matches(request, *version->second) &&
            pager->takes(pageKey({}, kDescending - version->first)))
            *response.add_layer_versions() =
                itemOf(layers, layer->first, version->first, *version->second);
    }
    if (const std::string marker = pager->nextMarker(); !marker.empty())
        response.set_next_marker(marker);
    reply(std::move(response));
}

// Permissions

absl::Status checkRevision(const std::string& wanted, const std::string& current)
{
    if (wanted.empty() || wanted == current)
        return absl::OkStatus();
    return preconditionFailed("The Revision Id provided does not match the latest Revision Id. Call "
                              "the GetLayerPolicy API to retrieve the latest Revision Id");
}

void addPermission(Layers& layers, const aws::lambda::AddLayerVersionPermissionRequest& request,
                   const Reply<aws::lambda::AddLayerVersionPermissionResponse>& reply)
{
    const auto reference = referenceOf(layers, request);
    const auto principal = functions::principalOf(request.principal());
    if (!reference.ok() || !principal.ok())
        return reply(reference.ok() ? principal.status() : reference.status());
    boost::json::object statement = {
        {"Sid", request.statement_id()},
        {"Effect", "Allow"},
        {"Principal", *principal},
        {"Action", request.action()},
        {"Resource",
         functions::layerVersionArn(layers.place(), reference->name, reference->version)}};
    if (request.has_organization_id())
        statement["Condition"] = boost::json::object{
            {"StringEquals",
             boost::json::object{{"aws:PrincipalOrgID", request.organization_id()}}}};
    layers.changePolicy(
        *reference,
        [&request, &statement](functions::PolicyDocument& policy, const std::string& revision) {
            if (absl::Status s = checkRevision(request.revision_id(), revision); !s.ok())
                return s;
            return policy.add(statement);
        },
        [reply, text = boost::json::serialize(statement)](absl::StatusOr<LayerVersion> changed) {
            if (!changed.ok())
                return reply(changed.status());
            aws::lambda::AddLayerVersionPermissionResponse response;
            response.set_statement(text);
            response.set_revision_id(changed->record->policy().revision_id());
            reply(std::move(response));
        });
}

void removePermission(Layers& layers,
                      const aws::lambda::RemoveLayerVersionPermissionRequest& request,
                      const Reply<google::protobuf::Empty>& reply)
{
    const auto reference = referenceOf(layers, request);
    if (!reference.ok())
        return reply(reference.status());
    layers.changePolicy(
        *reference,
        [&request](functions::PolicyDocument& policy, const std::string& revision) {
            if (absl::Status s = checkRevision(request.revision_id(), revision); !s.ok())
                return s;
            return policy.remove(request.statement_id());
        },
        [reply](const absl::StatusOr<LayerVersion>& changed) {
            changed.ok() ? reply(google::protobuf::Empty()) : reply(changed.status());
        });
}

void getPolicy(const Layers& layers, const aws::lambda::GetLayerVersionPolicyRequest& request,
               const Reply<aws::lambda::GetLayerVersionPolicyResponse>& reply)
{
    const auto reference = referenceOf(layers, request);
    if (!reference.ok())
        return reply(reference.status());
    const auto version = layers.find(*reference);
    if (!version.ok()) {
        return reply(notFound(absl::StrCat(
            "Layer version ",
            functions::layerVersionArn(layers.place(), reference->name, reference->version),
            " does not exist.")));
    }
    const record::PolicyRecord& policy = version->record->policy();
    if (policy.document().empty())
        return reply(notFound("No policy is associated with the given resource."));
    aws::lambda::GetLayerVersionPolicyResponse response;
    response.set_policy(policy.document());
    response.set_revision_id(policy.revision_id());
    reply(std::move(response));
}

void registerPermissions(OperationTable& table, Layers& layers)
{
    using namespace aws::lambda;
    table.on<AddLayerVersionPermissionRequest, AddLayerVersionPermissionResponse>(
        [&layers](const CallPtr&, const auto& request, const auto& reply) {
            addPermission(layers, request, reply);
        });
    table.on<RemoveLayerVersionPermissionRequest, google::protobuf::Empty>(
        [&layers](const CallPtr&, const auto& request, const auto& reply) {
            removePermission(layers, request, reply);
        });
    table.on<GetLayerVersionPolicyRequest, GetLayerVersionPolicyResponse>(
        [&layers](const CallPtr&, const auto& request, const auto& reply) {
            getPolicy(layers, request, reply);
        });
}

void getPackage(Layers& layers, const v1::GetLayerPackageRequest& request,
                const Reply<v1::GetPackageResponse>& reply)
{
    const auto version = find(layers, request);
    if (!version.ok())
        return reply(version.status());
    layers.package(*version, [reply, sha = version->record->code_sha256()](
                                 absl::StatusOr<std::string> zip) {
        if (!zip.ok())
            return reply(zip.status());
        v1::GetPackageResponse response;
        response.set_zip(*std::move(zip));
        response.set_code_sha256(sha);
        response.set_content_type("application/zip");
        reply(std::move(response));
    });
}

void registerReading(OperationTable& table, Layers& layers, const LayerLink& link)
{
    using Got = aws::lambda::GetLayerVersionResponse;
    const auto answer = [&layers, link](const absl::StatusOr<LayerVersion>& version,
                                        const Reply<Got>& reply) {
        version.ok() ? reply(responseOf<Got>(layers, link, *version)) : reply(version.status());
    };
    table.on<aws::lambda::GetLayerVersionRequest, Got>(
        [&layers, answer](const CallPtr&, const auto& request, const Reply<Got>& reply) {
            answer(find(layers, request), reply);
        });
    table.on<aws::lambda::GetLayerVersionByArnRequest, Got>(
        [&layers, answer](const CallPtr&, const auto& request, const Reply<Got>& reply) {
            const auto reference = functions::parseLayer(layers.place(), request.arn());
            answer(reference.ok() ? layers.find(*reference)
                                  : absl::StatusOr<LayerVersion>(reference.status()),
                   reply);
        });
    table.on<aws::lambda::ListLayersRequest, aws::lambda::ListLayersResponse>(
        [&layers](const CallPtr&, const auto& request, const auto& reply) {
            listLayers(layers, request, reply);
        });
    table.on<aws::lambda::ListLayerVersionsRequest, aws::lambda::ListLayerVersionsResponse>(
        [&layers](const CallPtr&, const auto& request, const auto& reply) {
            listVersions(layers, request, reply);
        });
    table.on<v1::GetLayerPackageRequest, v1::GetPackageResponse>(
        [&layers](const CallPtr&, const auto& request, const auto& reply) {
            getPackage(layers, request, reply);
        });
}

} // namespace

void registerLambdaLayers(OperationTable& table, Layers& layers,
                          const functions::Registry& registry, LayerLink link)
{
    using Published = aws::lambda::PublishLayerVersionResponse;
    table.on<aws::lambda::PublishLayerVersionRequest, Published>(
        [&layers, &registry, link](const CallPtr&, const auto& request, Reply<Published> reply) {
            const std::int64_t room = registry.options().totalCodeBytes - registry.codeBytes();
            layers.publish(request, room, [&layers, link, reply = std::move(reply)](
                                        absl::StatusOr<LayerVersion> version) {
                version.ok() ? reply(responseOf<Published>(layers, link, *version))
                             : reply(version.status());
            });
        });
    table.on<aws::lambda::DeleteLayerVersionRequest, google::protobuf::Empty>(
        [&layers](const CallPtr&, const auto& request, Reply<google::protobuf::Empty> reply) {
            const auto reference = referenceOf(layers, request);
            reference.ok() ? layers.remove(*reference, done(std::move(reply)))
                           : reply(reference.status());
        });
    registerReading(table, layers, link);
    registerPermissions(table, layers);
}

} // namespace gantry::api
