#pragma once

#include "backend/images/blobs.h"
#include "backend/wire/body_sink.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace gantry::images {
class ImageStore;
}

namespace gantry::wire {

// One blob on its way in. Its pieces come one after the other.
struct RegistryUpload {
    std::string id, repository;
    std::unique_ptr<images::BlobWriter> writer; // once there are bytes
    std::int64_t size = 0;
    absl::Status status;
    bool busy = false; // a request writes to it
    std::chrono::steady_clock::time_point used;
};
using RegistryUploadPtr = std::shared_ptr<RegistryUpload>;

// The blobs that clients are pushing, and who pushed which: content is visible only in the
// repositories that it was pushed to, so that its digest alone opens nothing. What is not continued
// for an hour is forgotten. I/O thread only.
class RegistryUploads final {
public:
    explicit RegistryUploads(images::ImageStore& images) : m_images(images) {}

    // Null when there are too many.
    RegistryUploadPtr begin(const std::string& repository);
    RegistryUploadPtr find(const std::string& repository, const std::string& id);
    void drop(const std::string& id) { m_uploads.erase(id); }
    // For the body of one request; the upload is busy as long as it lives.
    std::shared_ptr<BodySink> sink(const RegistryUploadPtr& upload);

    // Ends the upload: its content must have the digest.
    void finish(const RegistryUploadPtr& upload, const std::string& digest,
                std::function<void(absl::Status)> done);

    // Whether the repository has the blob, in an image or fresh from a client.
    bool isVisible(const std::string& repository, const std::string& digest) const;
    std::set<std::string> visible(const std::string& repository) const;
    void show(const std::string& repository, const std::string& digest);

private:
    class Sink;
    void forgetOld();

    images::ImageStore& m_images;
    std::map<std::string, RegistryUploadPtr> m_uploads; // by id
    std::map<std::string, std::map<std::string, std::chrono::steady_clock::time_point>> m_fresh;
};

} // namespace gantry::wire
