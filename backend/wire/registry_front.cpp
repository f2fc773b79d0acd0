#include "backend/wire/registry_front.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/base/uri.h"
#include "backend/iam/registry_token.h"
#include "backend/images/image_store.h"
#include "backend/wire/audit_entries.h"
#include "backend/wire/registry_reply.h"

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <utility>

// Who may do what, and where a request goes.
namespace gantry::wire {
namespace {

using Kind = RegistryFront::Match::Kind;

constexpr std::string_view kPrefix = "/v2/";
// Lambda takes images of 10 GB; a layer is not longer, whatever it is packed with.
constexpr std::size_t kMaxBlob = 10ull << 30;

// NAME/blobs/DIGEST and so on: the name itself may have slashes.
void parsePath(std::string_view path, RegistryFront::Match& match)
{
    const auto split = [&](std::string_view word, Kind kind) {
        const std::size_t at = path.rfind(word);
        if (match.kind != Kind::Unknown || at == std::string_view::npos)
            return;
        match.kind = kind;
        match.repository = std::string(path.substr(0, at));
        match.name = std::string(path.substr(at + word.size()));
    };
    if (path.empty())
        match.kind = Kind::Ping;
    else if (path == "_catalog")
        match.kind = Kind::Catalog;
    split("/blobs/uploads/", Kind::Upload);
    split("/blobs/", Kind::Blob);
    split("/manifests/", Kind::Manifest);
    split("/tags/", Kind::Tags);
    if (match.kind == Kind::Upload && match.name.empty())
        match.kind = Kind::Uploads;
    const bool named = match.kind != Kind::Ping && match.kind != Kind::Catalog;
    const bool wrong = (named && !images::isRepositoryName(match.repository)) ||
                       (match.kind == Kind::Blob && !images::isDigest(match.name)) ||
                       (match.kind == Kind::Manifest && !images::isDigest(match.name) &&
                        !images::isTag(match.name)) ||
                       (match.kind == Kind::Tags && match.name != "list");
    if (wrong)
        match.kind = Kind::Unknown;
}

// ECR's action for a request; empty for what everybody may do who is known, nothing for what there
// is not.
std::optional<std::string> actionOf(const RegistryFront::Match& match, std::string_view method)
{
    const bool reads = method == "GET" || method == "HEAD";
    switch (match.kind) {
    case Kind::Ping:
        return reads ? std::optional<std::string>("") : std::nullopt;
    case Kind::Catalog:
        return reads ? std::optional<std::string>("ecr:DescribeRepositories") : std::nullopt;
    case Kind::Tags:
        return reads ? std::optional<std::string>("ecr:ListImages") : std::nullopt;
    case Kind::Manifest:
        if (method == "PUT")
            return "ecr:PutImage";
        if (method == "DELETE")
            return "ecr:BatchDeleteImage";
        return reads ? std::optional<std::string>("ecr:BatchGetImage") : std::nullopt;
    case Kind::Blob:
        if (method == "HEAD")
            return "ecr:BatchCheckLayerAvailability";
        return reads ? std::optional<std::string>("ecr:GetDownloadUrlForLayer") : std::nullopt;
    case Kind::Uploads:
        return method == "POST" ? std::optional<std::string>("ecr:InitiateLayerUpload")
                                : std::nullopt;
    case Kind::Upload:
        if (method == "PUT")
            return "ecr:CompleteLayerUpload";
        return method == "PATCH" || method == "DELETE" || reads
                   ? std::optional<std::string>("ecr:UploadLayerPart")
                   : std::nullopt;
    case Kind::Unknown:
        break;
    }
    return std::nullopt;
}

} // namespace

RegistryFront::RegistryFront(images::ImageStore& images, std::string accountId, std::string region,
                             iam::CredentialLookup credentials, const Clock& clock,
                             const iam::AccessControl* access, iam::AuditLog* audit)
    : m_images(images), m_uploads(images),
      m_arnPrefix(absl::StrCat("arn:aws:ecr:", region, ":", accountId, ":repository/")),
      m_credentials(std::move(credentials)), m_clock(clock), m_access(access), m_audit(audit)
{
}

bool RegistryFront::isFor(const HttpRequest& head)
{
    return head.path == "/v2" || head.path.starts_with(kPrefix);
}

absl::Status RegistryFront::authenticate(const HttpRequest& head, const std::string& requestId,
                                         const iam::Credential*& credential) const
{
    constexpr std::string_view kBasic = "basic ";
    const HttpHeader* header = head.header("authorization");
    std::string decoded;
    const bool basic = header && absl::StartsWithIgnoreCase(view(header->value), view(kBasic)) &&
                       absl::Base64Unescape(view(header->value.substr(kBasic.size())), &decoded);
    if (!header)
        return makeError("Unauthorized", 401, "Log in: aws ecr get-login-password gives the password "
                                              "of the user AWS.");
    const std::string_view text = decoded;
    const std::size_t colon = text.find(':');
    const bool ours = basic && text.substr(0, colon) == "AWS" && colon != std::string_view::npos;
    const auto found = iam::checkRegistryPassword(
        m_credentials, ours ? text.substr(colon + 1) : std::string_view(),
        m_clock.unixMillis() / 1000);
    if (!found.ok()) {
        if (m_audit)
            m_audit->record(rejectedEntry("registry", head, requestId, found.status()));
        return found.status();
    }
    credential = *found;
    return absl::OkStatus();
}

absl::Status RegistryFront::authorize(const HttpRequest& head, const std::string& requestId,
                                      const iam::Credential& credential, const std::string& action,
                                      const std::string& repository) const
{
    if (!m_access || action.empty())
        return absl::OkStatus();
    iam::AccessRequest asked = m_access->describe(
        credential, action, repository.empty() ? "*" : absl::StrCat(m_arnPrefix, repository));
    asked.context.set("aws:SourceIp", head.remoteAddress);
    iam::Judgement judged;
    absl::Status status = m_access->authorize(credential, asked, &judged);
    if (!m_audit)
        return status;
    v1::AuditEntry entry;
    addSource("registry", head, entry);
    entry.set_request_id(requestId);
    entry.set_principal_arn(credential.principalArn);
    entry.set_access_key_id(credential.accessKeyId);
    entry.set_action(asked.action);
    entry.set_resource(asked.resource);
    addDecision(asked, std::move(judged), entry);
    m_audit->record(std::move(entry));
    return status;
}

std::optional<HttpReply> RegistryFront::admit(const HttpRequest& head, const std::string& requestId,
                                              Match& match)
{
    const auto path = percentDecode(head.path);
    if (path)
        parsePath(std::string_view(*path).substr(std::min(path->size(), kPrefix.size())), match);
    const iam::Credential* credential = nullptr;
    absl::Status status = authenticate(head, requestId, credential);
    const auto action = actionOf(match, head.method);
    if (status.ok() && !action)
        status = registryStatus(404, "UNSUPPORTED", "The registry has no such operation.");
    if (status.ok())
        status = authorize(head, requestId, *credential, *action, match.repository);
    if (status.ok())
        status = openUpload(head, match);
    if (status.ok() && match.kind == Kind::Uploads && match.upload)
        status = mount(head, requestId, *credential, match);
    if (!status.ok())
        return registryError(status);
    match.bodyLimit = match.sink                        ? kMaxBlob
                      : match.kind == Kind::Manifest ? images::kMaxManifestBytes
                                                     : 0;
    return std::nullopt;
}

// The upload that the request begins or continues.
absl::Status RegistryFront::openUpload(const HttpRequest& head, Match& match)
{
    if (match.kind == Kind::Uploads) {
        match.upload = m_uploads.begin(match.repository);
        if (!match.upload)
            return registryStatus(429, "TOOMANYREQUESTS", "Too many uploads are under way.");
        if (!registryParameter(head, "digest").empty())
            match.sink = m_uploads.sink(match.upload);
        return absl::OkStatus();
    }
    if (match.kind != Kind::Upload)
        return absl::OkStatus();
    match.upload = m_uploads.find(match.repository, match.name);
    if (!match.upload)
        return registryStatus(404, "BLOB_UPLOAD_UNKNOWN", "There is no such upload.");
    if (head.method != "PATCH" && head.method != "PUT")
        return absl::OkStatus();
    if (match.upload->busy)
        return registryStatus(409, "BLOB_UPLOAD_INVALID", "Another request writes to this upload.");
    if (const HttpHeader* range = head.header("content-range")) {
        const std::string_view first = range->value.substr(0, range->value.find('-'));
        if (first != std::to_string(match.upload->size))
            return registryStatus(416, "BLOB_UPLOAD_INVALID", "The chunks are not in their order.");
    }
    match.sink = m_uploads.sink(match.upload);
    return absl::OkStatus();
}

// A blob of another repository, which the caller may read there, becomes visible in this one.
absl::Status RegistryFront::mount(const HttpRequest& head, const std::string& requestId,
                                  const iam::Credential& credential, const Match& match)
{
    const std::string digest = registryParameter(head, "mount");
    const std::string from = registryParameter(head, "from");
    if (!images::isDigest(digest) || !images::isRepositoryName(from) ||
        !m_uploads.isVisible(from, digest) ||
        !authorize(head, requestId, credential, "ecr:GetDownloadUrlForLayer", from).ok())
        return absl::OkStatus(); // then it is uploaded
    m_uploads.show(match.repository, digest);
    return absl::OkStatus();
}

void RegistryFront::serve(const Match& match, const HttpRequest& request, Reply reply)
{
    switch (match.kind) {
    case Kind::Ping:
        return reply(registryJson("{}"));
    case Kind::Catalog:
        return listRepositories(request, reply);
    case Kind::Tags:
        return listTags(match, request, reply);
    case Kind::Manifest:
        if (request.method == "PUT")
            return putManifest(match, request, std::move(reply));
        if (request.method == "DELETE")
            return removeManifest(match, std::move(reply));
        return serveManifest(match, request, std::move(reply));
    case Kind::Blob:
        return serveBlob(match, std::move(reply));
    case Kind::Uploads:
    case Kind::Upload:
        return serveUpload(match, request, std::move(reply));
    case Kind::Unknown:
        break;
    }
    reply(registryError(registryStatus(404, "UNSUPPORTED", "The registry has no such operation.")));
}

HttpReply RegistryFront::tooLarge()
{
    return registryError(registryStatus(413, "SIZE_INVALID", "That is more than the registry takes."));
}

} // namespace gantry::wire
