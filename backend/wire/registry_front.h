#pragma once

#include "backend/base/http.h"
#include "backend/iam/access.h"
#include "backend/iam/audit_log.h"
#include "backend/wire/body_sink.h"
#include "backend/wire/registry_uploads.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {
class Clock;
}

namespace gantry::wire {

// The container registry on the AWS port: the OCI distribution API below /v2/, for skopeo, podman,
// docker and crane. The user is AWS, the password is from ecr:GetAuthorizationToken; what it may do
// is decided by IAM, under ECR's actions. Blobs go to the disk as they come. I/O thread only.
class RegistryFront final {
public:
    using Reply = std::function<void(HttpReply)>;

    // What a request is about, once its head is there.
    struct Match {
        enum class Kind { Ping, Catalog, Tags, Manifest, Blob, Uploads, Upload, Unknown };
        Kind kind = Kind::Unknown;
        std::string repository;
        std::string name; // tag or digest, or the upload's id
        RegistryUploadPtr upload; // that the body goes to
        std::shared_ptr<BodySink> sink; // likewise
        std::size_t bodyLimit = 0;
    };

    RegistryFront(images::ImageStore& images, std::string accountId, std::string region,
                  iam::CredentialLookup credentials, const Clock& clock,
                  const iam::AccessControl* access, iam::AuditLog* audit);

    static bool isFor(const HttpRequest& head);
    // Answers the refusal when the caller may not do that, or it cannot be done.
    std::optional<HttpReply> admit(const HttpRequest& head, const std::string& requestId,
                                   Match& match);
    // The body is complete: in the request, or all of it was given to the sink.
    void serve(const Match& match, const HttpRequest& request, Reply reply);
    static HttpReply tooLarge();

private:
    absl::Status authenticate(const HttpRequest& head, const std::string& requestId,
                              const iam::Credential*& credential) const;
    absl::Status authorize(const HttpRequest& head, const std::string& requestId,
                           const iam::Credential& credential, const std::string& action,
                           const std::string& repository) const;
    absl::Status openUpload(const HttpRequest& head, Match& match);
    absl::Status mount(const HttpRequest& head, const std::string& requestId,
                       const iam::Credential& credential, const Match& match);

    void listRepositories(const HttpRequest& request, const Reply& reply) const;
    void listTags(const Match& match, const HttpRequest& request, const Reply& reply) const;
    void serveManifest(const Match& match, const HttpRequest& request, Reply reply);
    void putManifest(const Match& match, const HttpRequest& request, Reply reply);
    void removeManifest(const Match& match, Reply reply);
    void serveBlob(const Match& match, Reply reply);
    void serveUpload(const Match& match, const HttpRequest& request, Reply reply);
    void finishUpload(const Match& match, const std::string& digest, Reply reply);

    images::ImageStore& m_images;
    RegistryUploads m_uploads;
    const std::string m_arnPrefix;
    iam::CredentialLookup m_credentials;
    const Clock& m_clock;
    const iam::AccessControl* m_access;
    iam::AuditLog* m_audit;
};

} // namespace gantry::wire
