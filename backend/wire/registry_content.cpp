#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/images/image_store.h"
#include "backend/wire/json_writer.h"
#include "backend/wire/registry_front.h"
#include "backend/wire/registry_reply.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

// Lists, manifests and blobs of the registry.
namespace gantry::wire {

namespace {

constexpr std::size_t kDefaultNames = 1000;

absl::Status unknownName(const std::string& repository)
{
    return registryStatus(404, "NAME_UNKNOWN",
                          absl::StrCat("The repository with name '", repository, "' does not exist."));
}

// A page of names behind ?last, at most ?n; a link leads on. before and after are the JSON around.
template <class Map>
HttpReply listReply(const HttpRequest& request, const Map& names, std::string before)
{
    std::size_t most = kDefaultNames;
    if (const std::string wanted = registryParameter(request, "n"); !wanted.empty())
        (void)absl::SimpleAtoi(wanted, &most);
    most = std::min(most, kDefaultNames);
    std::string body = std::move(before);
    std::string last;
    std::size_t count = 0;
    auto at = names.upper_bound(registryParameter(request, "last"));
    for (; at != names.end() && count < most; ++at, ++count) {
        body += count > 0 ? "," : "";
        writeJsonString(at->first, body);
        last = at->first;
    }
    body += "]}";
    HttpReply reply = registryJson(std::move(body));
    if (at != names.end() && count > 0)
        reply.headers.emplace_back("Link", absl::StrCat("<", std::string(request.path), "?n=", most,
                                                        "&last=", last, ">; rel=\"next\""));
    return reply;
}

} // namespace

void RegistryFront::listRepositories(const HttpRequest& request, const Reply& reply) const
{
    reply(listReply(request, m_images.repositories(), "{\"repositories\":["));
}

void RegistryFront::listTags(const Match& match, const HttpRequest& request, const Reply& reply) const
{
    const auto found = m_images.repositories().find(match.repository);
    if (found == m_images.repositories().end())
        return reply(registryError(unknownName(match.repository)));
    reply(listReply(request, found->second.tags,
                    absl::StrCat("{\"name\":\"", match.repository, "\",\"tags\":[")));
}

void RegistryFront::serveManifest(const Match& match, const HttpRequest&, Reply reply)
{
    const images::ImagePtr image = m_images.find(match.repository, match.name);
    if (!image) {
        const bool known = m_images.repositories().contains(match.repository);
        return reply(registryError(known ? registryStatus(404, "MANIFEST_UNKNOWN",
                                                          "Requested image not found")
                                         : unknownName(match.repository)));
    }
    const auto text = std::make_shared<absl::StatusOr<std::string>>();
    m_images.work(
        [&blobs = m_images.blobs(), text, image] {
            *text = blobs.read(image->digest, images::kMaxManifestBytes);
        },
        [text, image, reply = std::move(reply)] {
            if (!text->ok())
                return reply(registryError(text->status()));
            HttpReply out = registryReply(200);
            out.headers.emplace_back("Content-Type", image->manifest.mediaType);
            out.headers.emplace_back("Docker-Content-Digest", image->digest);
            out.body = *std::move(*text);
            reply(std::move(out));
        });
}

// Its blobs must have come to this repository: their digests alone do not open what is elsewhere.
void RegistryFront::putManifest(const Match& match, const HttpRequest& request, Reply reply)
{
    std::string type;
    if (const HttpHeader* header = request.header("content-type"))
        type = std::string(header->value.substr(0, header->value.find(';')));
    absl::StripAsciiWhitespace(&type);
    const std::string& repository = match.repository;
    const bool byDigest = images::isDigest(match.name);
    const auto status = std::make_shared<absl::Status>();
    const auto body = std::make_shared<std::string>(request.body);
    const auto put = [this, repository, byDigest, name = match.name, type, body,
                      reply](const absl::Status& checked) {
        if (!checked.ok())
            return reply(registryError(checked));
        m_images.put(repository, byDigest ? "" : name, *body, type, byDigest ? name : "",
                     [repository, reply](const absl::StatusOr<images::ImagePtr>& image) {
                         if (!image.ok())
                             return reply(registryError(image.status()));
                         HttpReply out = registryReply(201);
                         out.headers.emplace_back("Location",
                                                  absl::StrCat("/v2/", repository, "/manifests/",
                                                               (*image)->digest));
                         out.headers.emplace_back("Docker-Content-Digest", (*image)->digest);
                         reply(std::move(out));
                     });
    };
    m_images.work(
        [body, type, status, visible = m_uploads.visible(repository)] {
            const auto manifest = images::parseManifest(*body, type);
            *status = manifest.status();
            if (!manifest.ok())
                return;
            std::vector<images::Descriptor> needed = manifest->layers;
            if (!manifest->isIndex)
                needed.push_back(manifest->config);
            needed.insert(needed.end(), manifest->images.begin(), manifest->images.end());
            for (const images::Descriptor& each : needed)
                if (!visible.contains(each.digest))
                    *status = registryStatus(404, "MANIFEST_BLOB_UNKNOWN",
                                             absl::StrCat(each.digest, " was not pushed to this "
                                                                       "repository."));
        },
        [status, put] { put(*status); });
}

void RegistryFront::removeManifest(const Match& match, Reply reply)
{
    const images::ImagePtr image = m_images.find(match.repository, match.name);
    if (!image)
        return reply(registryError(
            registryStatus(404, "MANIFEST_UNKNOWN", "Requested image not found")));
    const auto done = [reply = std::move(reply)](const absl::Status& status) {
        reply(status.ok() ? registryReply(202) : registryError(status));
    };
    if (images::isDigest(match.name))
        m_images.removeImage(match.repository, image->digest, done);
    else
        m_images.removeTag(match.repository, match.name, done);
}

void RegistryFront::serveBlob(const Match& match, Reply reply)
{
    const absl::Status unknown = registryStatus(404, "BLOB_UNKNOWN", "There is no such blob here.");
    if (!m_uploads.isVisible(match.repository, match.name))
        return reply(registryError(unknown));
    struct Opened {
        std::optional<std::int64_t> size;
        UniqueFd file;
    };
    const auto opened = std::make_shared<Opened>();
    m_images.work(
        [&blobs = m_images.blobs(), opened, digest = match.name] {
            opened->size = blobs.sizeOf(digest);
            opened->file = blobs.open(digest);
        },
        [this, opened, unknown, digest = match.name, reply = std::move(reply)] {
            if (!opened->size || !opened->file)
                return reply(registryError(unknown));
            HttpReply out = fileReply(m_images, std::move(opened->file), *opened->size);
            out.headers.emplace_back("Docker-Content-Digest", digest);
            reply(std::move(out));
        });
}

namespace {

HttpReply uploadReply(int status, const RegistryUpload& upload)
{
    HttpReply reply = registryReply(status);
    reply.headers.emplace_back("Location", absl::StrCat("/v2/", upload.repository,
                                                        "/blobs/uploads/", upload.id));
    reply.headers.emplace_back("Range",
                               absl::StrCat("0-", std::max<std::int64_t>(upload.size - 1, 0)));
    reply.headers.emplace_back("Docker-Upload-UUID", upload.id);
    return reply;
}

HttpReply createdBlob(const std::string& repository, const std::string& digest)
{
    HttpReply reply = registryReply(201);
    reply.headers.emplace_back("Location", absl::StrCat("/v2/", repository, "/blobs/", digest));
    reply.headers.emplace_back("Docker-Content-Digest", digest);
    return reply;
}

} // namespace

void RegistryFront::serveUpload(const Match& match, const HttpRequest& request, Reply reply)
{
    const std::string digest = registryParameter(request, "digest");
    const std::string mounted = registryParameter(request, "mount");
    if (match.kind == Match::Kind::Uploads && !mounted.empty() &&
        m_uploads.isVisible(match.repository, mounted)) {
        m_uploads.drop(match.upload->id);
        return reply(createdBlob(match.repository, mounted));
    }
    if (!digest.empty() && (request.method == "POST" || request.method == "PUT"))
        return finishUpload(match, digest, std::move(reply));
    if (request.method == "PUT")
        return reply(registryError(registryStatus(400, "DIGEST_INVALID", "Say the digest.")));
    if (request.method == "DELETE") {
        m_uploads.drop(match.upload->id);
        return reply(registryReply(204));
    }
    if (!match.upload->status.ok()) {
        m_uploads.drop(match.upload->id);
        return reply(registryError(match.upload->status));
    }
    reply(uploadReply(request.method == "GET" || request.method == "HEAD" ? 204 : 202, *match.upload));
}

void RegistryFront::finishUpload(const Match& match, const std::string& digest, Reply reply)
{
    if (!images::isDigest(digest))
        return reply(registryError(
            registryStatus(400, "DIGEST_INVALID", "The registry takes SHA-256 digests.")));
    m_uploads.finish(match.upload, digest,
                     [repository = match.repository, digest,
                      reply = std::move(reply)](const absl::Status& status) {
                         reply(status.ok() ? createdBlob(repository, digest)
                                           : registryError(status));
                     });
}

} // namespace gantry::wire
