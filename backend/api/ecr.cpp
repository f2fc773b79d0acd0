#include "backend/api/ecr.h"

#include "aws/ecr.pb.h"
#include "backend/api/operation_table.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/place.h"
#include "backend/base/text.h"
#include "backend/iam/registry_token.h"
#include "backend/images/digest.h"
#include "backend/images/image_store.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace gantry::api {
namespace {

using namespace aws::ecr;
using images::ImagePtr;
using images::ImageStore;
using Repositories = std::map<std::string, images::Repository>;

constexpr int kDefaultResults = 100;

struct Ecr {
    ImageStore& images;
    Place place;
    const Clock& clock;

    std::string host() const { return images.hosts().empty() ? "" : images.hosts()[0]; }
    void describe(const std::string& name, const images::Repository& from, Repository& to) const;
    absl::StatusOr<const images::Repository*> repository(const std::string& name) const;
};

absl::Status invalid(std::string why)
{
    return makeError("InvalidParameterException", 400, std::move(why));
}

absl::StatusOr<const images::Repository*> Ecr::repository(const std::string& name) const
{
    const auto found = images.repositories().find(name);
    if (found != images.repositories().end())
        return &found->second;
    return makeError("RepositoryNotFoundException", 400,
                     absl::StrCat("The repository with name '", name,
                                  "' does not exist in the registry with id '", place.accountId, "'"));
}

void setTime(std::int64_t unixMs, google::protobuf::Timestamp& to)
{
    to.set_seconds(unixMs / 1000);
    to.set_nanos(static_cast<int>(unixMs % 1000) * 1'000'000);
}

void Ecr::describe(const std::string& name, const images::Repository& from, Repository& to) const
{
    to.set_repository_arn(
        absl::StrCat("arn:aws:ecr:", place.region, ":", place.accountId, ":repository/", name));
    to.set_registry_id(place.accountId);
    to.set_repository_name(name);
    to.set_repository_uri(absl::StrCat(host(), "/", name));
    setTime(from.createdMs, *to.mutable_created_at());
    to.set_image_tag_mutability("MUTABLE");
    to.mutable_image_scanning_configuration()->set_scan_on_push(false);
    to.mutable_encryption_configuration()->set_encryption_type("AES256");
}

// What is asked for beyond plain repositories is not kept, so it is refused.
absl::Status checkCreate(const CreateRepositoryRequest& request)
{
    if (request.has_image_tag_mutability() && request.image_tag_mutability() != "MUTABLE")
        return invalid("Gantry has repositories with mutable tags only.");
    if (request.image_scanning_configuration().scan_on_push())
        return invalid("Gantry does not scan images.");
    if (request.encryption_configuration().has_encryption_type() &&
        request.encryption_configuration().encryption_type() != "AES256")
        return invalid("Gantry does not encrypt images with KMS.");
    if (request.tags_size() > 0)
        return invalid("Gantry keeps no tags of repositories.");
    return absl::OkStatus();
}

// One page of a sorted map: from the token's key on. Answers the key of the next page's first.
template <class Map, class Each>
std::string page(const Map& map, const std::string& token, int most, Each each)
{
    int count = 0;
    for (auto at = map.lower_bound(token); at != map.end(); ++at) {
        if (count == most)
            return at->first;
        count += each(at->first, at->second) ? 1 : 0;
    }
    return {};
}

template <class Request> int mostOf(const Request& request)
{
    return request.has_max_results() ? request.max_results() : kDefaultResults;
}

void describeRepositories(const Ecr& ecr, const DescribeRepositoriesRequest& request,
                          const Reply<DescribeRepositoriesResponse>& reply)
{
    DescribeRepositoriesResponse response;
    for (const std::string& name : request.repository_names()) {
        const auto found = ecr.repository(name);
        if (!found.ok())
            return reply(found.status());
        ecr.describe(name, **found, *response.add_repositories());
    }
    if (request.repository_names_size() > 0)
        return reply(std::move(response));
    const std::string next =
        page(ecr.images.repositories(), request.next_token(), mostOf(request),
             [&](const std::string& name, const images::Repository& repository) {
                 ecr.describe(name, repository, *response.add_repositories());
                 return true;
             });
    if (!next.empty())
        response.set_next_token(next);
    reply(std::move(response));
}

std::vector<std::string> tagsOf(const images::Repository& repository, const std::string& digest)
{
    std::vector<std::string> tags;
    for (const auto& [tag, of] : repository.tags)
        if (of == digest)
            tags.push_back(tag);
    return tags;
}

bool wanted(const std::string& tagStatus, bool tagged)
{
    return tagStatus.empty() || tagStatus == "ANY" || (tagStatus == "TAGGED") == tagged;
}

// A page holds whole images, so that it may be a little longer than asked for.
void listImages(const Ecr& ecr, const ListImagesRequest& request,
                const Reply<ListImagesResponse>& reply)
{
    const auto repository = ecr.repository(request.repository_name());
    if (!repository.ok())
        return reply(repository.status());
    ListImagesResponse response;
    const std::string next = page(
        (*repository)->pushed, request.next_token(), mostOf(request),
        [&](const std::string& digest, std::int64_t) {
            const auto tags = tagsOf(**repository, digest);
            if (!wanted(request.filter().tag_status(), !tags.empty()))
                return false;
            if (tags.empty())
                response.add_image_ids()->set_image_digest(digest);
            for (const std::string& tag : tags) {
                ImageIdentifier& id = *response.add_image_ids();
                id.set_image_digest(digest);
                id.set_image_tag(tag);
            }
            return true;
        });
    if (!next.empty())
        response.set_next_token(next);
    reply(std::move(response));
}

ImageDetail detailOf(const Ecr& ecr, const std::string& name, const images::Repository& repository,
                     const images::Image& image)
{
    ImageDetail detail;
    detail.set_registry_id(ecr.place.accountId);
    detail.set_repository_name(name);
    detail.set_image_digest(image.digest);
    const auto tags = tagsOf(repository, image.digest);
    detail.mutable_image_tags()->Assign(tags.begin(), tags.end());
    detail.set_image_size_in_bytes(image.layerBytes());
    if (const auto pushed = repository.pushed.find(image.digest); pushed != repository.pushed.end())
        setTime(pushed->second, *detail.mutable_image_pushed_at());
    detail.set_image_manifest_media_type(image.manifest.mediaType);
    detail.set_artifact_media_type(image.manifest.config.mediaType);
    return detail;
}

// By both when both are given. Null: there is none such.
ImagePtr findImage(const Ecr& ecr, const std::string& repository, const ImageIdentifier& id)
{
    const ImagePtr image =
        ecr.images.find(repository, id.has_image_tag() ? id.image_tag() : id.image_digest());
    const bool other = image && id.has_image_digest() && image->digest != id.image_digest();
    return other ? nullptr : image;
}

void describeImages(const Ecr& ecr, const DescribeImagesRequest& request,
                    const Reply<DescribeImagesResponse>& reply)
{
    const std::string& name = request.repository_name();
    const auto repository = ecr.repository(name);
    if (!repository.ok())
        return reply(repository.status());
    DescribeImagesResponse response;
    for (const ImageIdentifier& id : request.image_ids()) {
        const ImagePtr image = findImage(ecr, name, id);
        if (!image) {
            return reply(makeError(
                "ImageNotFoundException", 400,
                absl::StrCat("The image with imageId {imageDigest:'", id.image_digest(),
                             "', imageTag:'", id.image_tag(),
                             "'} does not exist within the repository with name '", name, "'")));
        }
        *response.add_image_details() = detailOf(ecr, name, **repository, *image);
    }
    if (request.image_ids_size() > 0)
        return reply(std::move(response));
    const std::string next =
        page((*repository)->pushed, request.next_token(), mostOf(request),
             [&](const std::string& digest, std::int64_t) {
                 if (!wanted(request.filter().tag_status(), !tagsOf(**repository, digest).empty()))
                     return false;
                 *response.add_image_details() =
                     detailOf(ecr, name, **repository, *ecr.images.image(digest));
                 return true;
             });
    if (!next.empty())
        response.set_next_token(next);
    reply(std::move(response));
}

void addFailure(const ImageIdentifier& id, google::protobuf::RepeatedPtrField<ImageFailure>& to)
{
    const bool none = !id.has_image_digest() && !id.has_image_tag();
    ImageFailure& failure = *to.Add();
    *failure.mutable_image_id() = id;
    failure.set_failure_code(none ? "MissingDigestAndTag" : "ImageNotFound");
    failure.set_failure_reason(none ? "Invalid request parameters: both tag and digest cannot be null"
                                    : "Requested image not found");
}

void fillImage(const Ecr& ecr, const std::string& repository, const std::string& tag,
               const images::Image& image, Image& to)
{
    to.set_registry_id(ecr.place.accountId);
    to.set_repository_name(repository);
    to.mutable_image_id()->set_image_digest(image.digest);
    if (!tag.empty())
        to.mutable_image_id()->set_image_tag(tag);
    to.set_image_manifest_media_type(image.manifest.mediaType);
}

void batchGetImage(const Ecr& ecr, const BatchGetImageRequest& request,
                   Reply<BatchGetImageResponse> reply)
{
    const std::string& name = request.repository_name();
    if (const auto repository = ecr.repository(name); !repository.ok())
        return reply(repository.status());
    const auto response = std::make_shared<BatchGetImageResponse>();
    for (const ImageIdentifier& id : request.image_ids()) {
        if (const ImagePtr image = findImage(ecr, name, id))
            fillImage(ecr, name, id.image_tag(), *image, *response->add_images());
        else
            addFailure(id, *response->mutable_failures());
    }
    const auto failed = std::make_shared<absl::Status>();
    ecr.images.work(
        [&blobs = ecr.images.blobs(), response, failed] {
            for (Image& image : *response->mutable_images()) {
                auto text = blobs.read(image.image_id().image_digest(), images::kMaxManifestBytes);
                failed->Update(text.status());
                if (text.ok())
                    image.set_image_manifest(*std::move(text));
            }
        },
        [response, failed, reply = std::move(reply)] {
            failed->ok() ? reply(std::move(*response)) : reply(*failed);
        });
}

// One after the other: each sees what the one before left.
class Deletion final : public std::enable_shared_from_this<Deletion> {
public:
    Deletion(const Ecr& ecr, const BatchDeleteImageRequest& request,
             Reply<BatchDeleteImageResponse> reply)
        : m_ecr(ecr), m_request(request), m_reply(std::move(reply))
    {
    }

    void next()
    {
        if (m_at == m_request.image_ids_size())
            return m_reply(std::move(m_response));
        const std::string& name = m_request.repository_name();
        const ImageIdentifier& id = m_request.image_ids(m_at++);
        const ImagePtr image = findImage(m_ecr, name, id);
        if (!image) {
            addFailure(id, *m_response.mutable_failures());
            return next();
        }
        ImageIdentifier& gone = *m_response.add_image_ids();
        gone = id;
        gone.set_image_digest(image->digest);
        const auto done = [self = shared_from_this()](const absl::Status& status) {
            status.ok() ? self->next() : self->m_reply(status);
        };
        // The last tag takes the image with it.
        const images::Repository& repository = **m_ecr.repository(name);
        if (id.has_image_tag() && tagsOf(repository, image->digest).size() > 1)
            m_ecr.images.removeTag(name, id.image_tag(), done);
        else
            m_ecr.images.removeImage(name, image->digest, done);
    }

private:
    const Ecr m_ecr;
    const BatchDeleteImageRequest m_request;
    Reply<BatchDeleteImageResponse> m_reply;
    BatchDeleteImageResponse m_response;
    int m_at = 0;
};

absl::Status ecrError(const absl::Status& status)
{
    AwsError error = awsErrorOf(status);
    if (error.name == "ManifestBlobUnknown")
        return makeError("LayersNotFoundException", 400, error.message);
    if (error.name == "DigestInvalid")
        return makeError("ImageDigestDoesNotMatchException", 400, error.message);
    return error.name == "ManifestInvalid" ? invalid(error.message) : status;
}

void putImage(const Ecr& ecr, const PutImageRequest& request, Reply<PutImageResponse> reply)
{
    const std::string& name = request.repository_name();
    if (const auto repository = ecr.repository(name); !repository.ok())
        return reply(repository.status());
    if (request.has_image_tag() && !images::isTag(request.image_tag()))
        return reply(invalid("The tag is not valid."));
    const ImagePtr there = ecr.images.find(name, images::digestOf(request.image_manifest()));
    const ImagePtr tagged = ecr.images.find(name, request.image_tag());
    if (there && (!request.has_image_tag() || tagged == there)) {
        return reply(makeError("ImageAlreadyExistsException", 400,
                               absl::StrCat("Image with digest '", there->digest, "' and tag '",
                                            request.image_tag(),
                                            "' already exists in the repository with name '", name,
                                            "'")));
    }
    ecr.images.put(name, request.image_tag(), request.image_manifest(),
                   request.image_manifest_media_type(), request.image_digest(),
                   [ecr, name, request, reply = std::move(reply)](const absl::StatusOr<ImagePtr>& put) {
                       if (!put.ok())
                           return reply(ecrError(put.status()));
                       PutImageResponse response;
                       fillImage(ecr, name, request.image_tag(), **put, *response.mutable_image());
                       response.mutable_image()->set_image_manifest(request.image_manifest());
                       reply(std::move(response));
                   });
}

void authorizationToken(const Ecr& ecr, const Call& call,
                        const Reply<GetAuthorizationTokenResponse>& reply)
{
    if (!call.credential)
        return reply(invalid("A token is made for a signed caller."));
    std::int64_t expires = ecr.clock.unixMillis() / 1000 + iam::kRegistryTokenSeconds;
    if (const std::int64_t end = call.credential->expiresUnixSeconds; end > 0)
        expires = std::min(expires, end);
    GetAuthorizationTokenResponse response;
    AuthorizationData& data = *response.add_authorization_data();
    data.set_authorization_token(absl::Base64Escape(
        absl::StrCat("AWS:", iam::makeRegistryPassword(*call.credential, expires))));
    data.mutable_expires_at()->set_seconds(expires);
    data.set_proxy_endpoint(absl::StrCat("http://", ecr.host()));
    reply(std::move(response));
}

void registerRepositories(OperationTable& table, const Ecr& ecr)
{
    table.on<CreateRepositoryRequest, CreateRepositoryResponse>(
        [ecr](const CallPtr&, const auto& request, Reply<CreateRepositoryResponse> reply) {
            if (absl::Status valid = checkCreate(request); !valid.ok())
                return reply(valid);
            const std::string name = request.repository_name();
            ecr.images.createRepository(name, [ecr, name, reply](const absl::Status& status) {
                if (!status.ok())
                    return reply(status);
                CreateRepositoryResponse response;
                ecr.describe(name, **ecr.repository(name), *response.mutable_repository());
                reply(std::move(response));
            });
        });
    table.on<DescribeRepositoriesRequest, DescribeRepositoriesResponse>(
        [ecr](const CallPtr&, const auto& request, const auto& reply) {
            describeRepositories(ecr, request, reply);
        });
    table.on<DeleteRepositoryRequest, DeleteRepositoryResponse>(
        [ecr](const CallPtr&, const auto& request, Reply<DeleteRepositoryResponse> reply) {
            const std::string& name = request.repository_name();
            const auto found = ecr.repository(name);
            if (!found.ok())
                return reply(found.status());
            DeleteRepositoryResponse response;
            ecr.describe(name, **found, *response.mutable_repository());
            ecr.images.removeRepository(name, request.force(),
                                        [response, reply](const absl::Status& status) {
                                            status.ok() ? reply(response) : reply(status);
                                        });
        });
}

} // namespace

void registerEcr(OperationTable& table, ImageStore& images, const Place& place, const Clock& clock)
{
    const Ecr ecr{images, place, clock};
    registerRepositories(table, ecr);
    table.on<GetAuthorizationTokenRequest, GetAuthorizationTokenResponse>(
        [ecr](const CallPtr& call, const auto&, const auto& reply) {
            authorizationToken(ecr, *call, reply);
        });
    table.on<ListImagesRequest, ListImagesResponse>(
        [ecr](const CallPtr&, const auto& request, const auto& reply) {
            listImages(ecr, request, reply);
        });
    table.on<DescribeImagesRequest, DescribeImagesResponse>(
        [ecr](const CallPtr&, const auto& request, const auto& reply) {
            describeImages(ecr, request, reply);
        });
    table.on<BatchGetImageRequest, BatchGetImageResponse>(
        [ecr](const CallPtr&, const auto& request, Reply<BatchGetImageResponse> reply) {
            batchGetImage(ecr, request, std::move(reply));
        });
    table.on<BatchDeleteImageRequest, BatchDeleteImageResponse>(
        [ecr](const CallPtr&, const auto& request, Reply<BatchDeleteImageResponse> reply) {
            if (const auto found = ecr.repository(request.repository_name()); !found.ok())
                return reply(found.status());
            std::make_shared<Deletion>(ecr, request, std::move(reply))->next();
        });
    table.on<PutImageRequest, PutImageResponse>(
        [ecr](const CallPtr&, const auto& request, Reply<PutImageResponse> reply) {
            putImage(ecr, request, std::move(reply));
        });
}

} // namespace gantry::api
