#include "ui/rpc/layers_api.h"

#include "aws/lambda.pb.h"
#include "ui/rpc/pager.h"

#include <google/protobuf/empty.pb.h>

namespace gantry::rpc {

namespace pb = aws::lambda;

namespace {

constexpr std::chrono::minutes kUploadTimeout{3};

QStringList toList(const google::protobuf::RepeatedPtrField<std::string>& list)
{
    QStringList result;
    for (const std::string& item : list)
        result << QString::fromStdString(item);
    return result;
}

// The name is the seventh part of both ARNs.
template <class Message> LayerVersion toVersion(const Message& message)
{
    LayerVersion version;
    version.arn = QString::fromStdString(message.layer_version_arn());
    version.layer = version.arn.section(u':', 6, 6);
    version.version = message.version();
    version.description = QString::fromStdString(message.description());
    version.createdDate = QString::fromStdString(message.created_date());
    version.runtimes = toList(message.compatible_runtimes());
    version.architectures = toList(message.compatible_architectures());
    version.license = QString::fromStdString(message.license_info());
    return version;
}

std::vector<LayerVersion> toLayers(const pb::ListLayersResponse& response)
{
    std::vector<LayerVersion> layers;
    for (const pb::LayersListItem& layer : response.layers())
        layers.push_back(toVersion(layer.latest_matching_version()));
    return layers;
}

std::vector<LayerVersion> toVersions(const pb::ListLayerVersionsResponse& response)
{
    std::vector<LayerVersion> versions;
    for (const pb::LayerVersionsListItem& version : response.layer_versions())
        versions.push_back(toVersion(version));
    return versions;
}

} // namespace

void LayersApi::list(QObject* context, Done<std::vector<LayerVersion>> done)
{
    using Layers = Pager<pb::ListLayersRequest, pb::ListLayersResponse, LayerVersion>;
    std::make_shared<Layers>(m_channel, pb::ListLayersRequest(), context, toLayers, std::move(done))
        ->next();
}

void LayersApi::listVersions(const QString& layer, QObject* context,
                             Done<std::vector<LayerVersion>> done)
{
    pb::ListLayerVersionsRequest request;
    request.set_layer_name(layer.toStdString());
    using Versions =
        Pager<pb::ListLayerVersionsRequest, pb::ListLayerVersionsResponse, LayerVersion>;
    std::make_shared<Versions>(m_channel, request, context, toVersions, std::move(done))->next();
}

void LayersApi::publish(const NewLayerVersion& layer, QObject* context, Done<LayerVersion> done)
{
    pb::PublishLayerVersionRequest request;
    request.set_layer_name(layer.layer.toStdString());
    request.mutable_content()->set_zip_file(layer.zip.toStdString());
    if (!layer.description.isEmpty())
        request.set_description(layer.description.toStdString());
    if (!layer.license.isEmpty())
        request.set_license_info(layer.license.toStdString());
    for (const QString& runtime : layer.runtimes)
        request.add_compatible_runtimes(runtime.toStdString());
    for (const QString& architecture : layer.architectures)
        request.add_compatible_architectures(architecture.toStdString());
    call<pb::PublishLayerVersionResponse>(
        m_channel, request, context, [](const auto& response) { return toVersion(response); },
        std::move(done), kUploadTimeout);
}

void LayersApi::remove(const QString& layer, qint64 version, QObject* context, Done<Nothing> done)
{
    pb::DeleteLayerVersionRequest request;
    request.set_layer_name(layer.toStdString());
    request.set_version_number(version);
    call<google::protobuf::Empty>(
        m_channel, request, context, [](const auto&) { return Nothing(); }, std::move(done));
}

} // namespace gantry::rpc
