#include "ui/rpc/images_api.h"

#include "aws/lambda.pb.h"
#include "gantry/v1/images.pb.h"
#include "ui/rpc/call.h"

namespace gantry::rpc {

namespace {

constexpr std::chrono::minutes kImportTimeout{30}; // 10 GB from a slow disk

template <class List> QStringList toList(const List& list)
{
    QStringList result;
    for (const std::string& item : list)
        result << QString::fromStdString(item);
    return result;
}

LibraryImage fromProto(const v1::LibraryImage& image)
{
    LibraryImage result;
    result.repository = QString::fromStdString(image.repository());
    result.tags = toList(image.tags());
    result.digest = QString::fromStdString(image.digest());
    result.uri = QString::fromStdString(image.uri());
    result.pushedMs = image.pushed_ms();
    result.layerBytes = image.layer_bytes();
    result.architecture = QString::fromStdString(image.architecture());
    for (const v1::ImageLayer& layer : image.layers())
        result.layers.append({QString::fromStdString(layer.digest()),
                              QString::fromStdString(layer.media_type()), layer.bytes()});
    result.entryPoint = toList(image.entry_point());
    result.command = toList(image.command());
    result.workingDirectory = QString::fromStdString(image.working_directory());
    result.problem = QString::fromStdString(image.problem());
    result.functions = toList(image.functions());
    return result;
}

ImageLibrary fromProto(const v1::ImageLibrary& library)
{
    ImageLibrary result;
    result.registry = QString::fromStdString(library.registry());
    for (const v1::LibraryImage& image : library.images())
        result.images.append(fromProto(image));
    return result;
}

constexpr auto kNothing = [](const auto&) { return Nothing(); };

} // namespace

void ImagesApi::list(QObject* context, Done<ImageLibrary> done)
{
    call<v1::ImageLibrary>(
        m_channel, v1::ListImagesRequest(), context,
        [](const v1::ImageLibrary& library) { return fromProto(library); }, std::move(done));
}

void ImagesApi::import(const QString& path, const QString& repository, const QString& tag,
                       QObject* context, Done<QString> done)
{
    v1::ImportImageRequest request;
    request.set_path(path.toStdString());
    request.set_repository(repository.toStdString());
    request.set_tag(tag.toStdString());
    call<v1::ImportedImage>(
        m_channel, request, context,
        [](const v1::ImportedImage& image) { return QString::fromStdString(image.uri()); },
        std::move(done), kImportTimeout);
}

void ImagesApi::remove(const QString& repository, const QString& digest, QObject* context,
                       Done<Nothing> done)
{
    v1::DeleteImageRequest request;
    request.set_repository(repository.toStdString());
    request.set_digest(digest.toStdString());
    call<v1::DeleteImageResponse>(m_channel, request, context, kNothing, std::move(done));
}

void ImagesApi::deploy(const ImageDeployment& deployment, QObject* context, Done<Nothing> done)
{
    aws::lambda::CreateFunctionRequest request;
    request.set_function_name(deployment.function.toStdString());
    request.set_package_type("Image");
    request.mutable_code()->set_image_uri(deployment.imageUri.toStdString());
    request.set_role(deployment.role.toStdString());
    request.add_architectures(deployment.architecture.toStdString());
    request.set_memory_size(deployment.memoryMb);
    request.set_timeout(deployment.timeoutS);
    call<aws::lambda::FunctionConfiguration>(m_channel, request, context, kNothing,
                                             std::move(done));
}

} // namespace gantry::rpc
