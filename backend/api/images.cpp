#include "backend/api/images.h"

#include "backend/api/operation_table.h"
#include "backend/base/error.h"
#include "backend/functions/registry.h"
#include "backend/images/image_store.h"
#include "gantry/v1/images.pb.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace gantry::api {
namespace {

using images::ImageStore;

// Functions by the digest of an image that one of their versions runs.
std::map<std::string, std::set<std::string>> usesOf(const functions::Registry& registry)
{
    std::map<std::string, std::set<std::string>> uses;
    for (const auto& [name, function] : registry.functions()) {
        uses[function->latest->image.digest].insert(name);
        for (const auto& [number, version] : function->versions)
            uses[version->image.digest].insert(name);
    }
    return uses;
}

std::string uriOf(const ImageStore& store, const std::string& repository,
                  const std::vector<std::string>& tags, const std::string& digest)
{
    return absl::StrCat(store.hosts().empty() ? "" : absl::StrCat(store.hosts()[0], "/"), repository,
                        tags.empty() ? absl::StrCat("@", digest) : absl::StrCat(":", tags[0]));
}

v1::LibraryImage describe(const ImageStore& store, const std::string& name,
                          const images::Repository& repository, const images::Image& image)
{
    v1::LibraryImage out;
    out.set_repository(name);
    std::vector<std::string> tags;
    for (const auto& [tag, digest] : repository.tags)
        if (digest == image.digest)
            tags.push_back(tag);
    out.mutable_tags()->Assign(tags.begin(), tags.end());
    out.set_digest(image.digest);
    out.set_uri(uriOf(store, name, tags, image.digest));
    out.set_layer_bytes(image.layerBytes());
    out.set_architecture(image.config.architecture);
    for (const images::Descriptor& layer : image.manifest.layers) {
        v1::ImageLayer& each = *out.add_layers();
        each.set_digest(layer.digest);
        each.set_media_type(layer.mediaType);
        each.set_bytes(layer.size);
    }
    const images::ImageConfig& config = image.config;
    out.mutable_entry_point()->Assign(config.entryPoint.begin(), config.entryPoint.end());
    out.mutable_command()->Assign(config.command.begin(), config.command.end());
    out.set_working_directory(config.workingDirectory);
    out.set_problem(image.problem);
    return out;
}

v1::ImageLibrary library(const ImageStore& store, const functions::Registry& registry)
{
    const auto uses = usesOf(registry);
    v1::ImageLibrary out;
    if (!store.hosts().empty())
        out.set_registry(store.hosts()[0]);
    for (const auto& [name, repository] : store.repositories()) {
        std::vector<std::pair<std::int64_t, std::string>> newest;
        for (const auto& [digest, pushed] : repository.pushed)
            newest.emplace_back(-pushed, digest);
        std::sort(newest.begin(), newest.end());
        for (const auto& [negated, digest] : newest) {
            v1::LibraryImage image = describe(store, name, repository, *store.image(digest));
            image.set_pushed_ms(-negated);
            if (const auto use = uses.find(digest); use != uses.end())
                image.mutable_functions()->Assign(use->second.begin(), use->second.end());
            *out.add_images() = std::move(image);
        }
    }
    return out;
}

void import(ImageStore& store, const v1::ImportImageRequest& request,
            const Reply<v1::ImportedImage>& reply)
{
    if (!request.path().starts_with('/'))
        return reply(invalidParameter("Give the archive by its absolute path."));
    store.import(request.path(), request.repository(), request.tag(),
                 [&store, reply](const absl::StatusOr<images::Found>& found) {
                     if (!found.ok())
                         return reply(found.status());
                     v1::ImportedImage imported;
                     imported.set_repository(found->repository);
                     imported.set_digest(found->image->digest);
                     const images::Repository& in = store.repositories().at(found->repository);
                     std::vector<std::string> tags;
                     for (const auto& [tag, digest] : in.tags)
                         if (digest == found->image->digest)
                             tags.push_back(tag);
                     imported.set_uri(uriOf(store, found->repository, tags, found->image->digest));
                     reply(std::move(imported));
                 });
}

} // namespace

void registerImages(OperationTable& table, ImageStore& images, const functions::Registry& registry)
{
    table.on<v1::ListImagesRequest, v1::ImageLibrary>(
        [&images, &registry](const CallPtr&, const auto&, const auto& reply) {
            reply(library(images, registry));
        });
    table.on<v1::ImportImageRequest, v1::ImportedImage>(
        [&images](const CallPtr&, const auto& request, const auto& reply) {
            import(images, request, reply);
        });
    table.on<v1::DeleteImageRequest, v1::DeleteImageResponse>(
        [&images](const CallPtr&, const auto& request, Reply<v1::DeleteImageResponse> reply) {
            if (!images.find(request.repository(),
                             request.tag().empty() ? request.digest() : request.tag()))
                return reply(notFound("There is no such image."));
            const auto done = [reply = std::move(reply)](const absl::Status& status) {
                status.ok() ? reply(v1::DeleteImageResponse()) : reply(status);
            };
            if (request.tag().empty())
                images.removeImage(request.repository(), request.digest(), done);
            else
                images.removeTag(request.repository(), request.tag(), done);
        });
}

} // namespace gantry::api
