#include "backend/wire/registry_uploads.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/images/image_store.h"

#include <utility>

namespace gantry::wire {
namespace {

constexpr std::chrono::hours kKept{1};
constexpr std::size_t kMostUploads = 256;

} // namespace

// The upload's writer is used by one piece of work at a time: the next bytes come after the last.
class RegistryUploads::Sink final : public BodySink {
public:
    Sink(images::ImageStore& images, RegistryUploadPtr upload)
        : m_images(images), m_upload(std::move(upload)),
          m_claim(m_upload.get(), [upload = m_upload](const void*) {
              upload->busy = false;
              upload->used = std::chrono::steady_clock::now();
          })
    {
        m_upload->busy = true;
    }

    void write(std::string bytes, std::function<void()> more) override
    {
        if (!m_upload->status.ok())
            return more();
        m_images.work(
            [&blobs = m_images.blobs(), upload = m_upload, bytes = std::move(bytes)] {
                if (!upload->writer) {
                    auto begun = blobs.begin();
                    upload->status = begun.status();
                    if (!begun.ok())
                        return;
                    upload->writer = *std::move(begun);
                }
                upload->status = upload->writer->append(bytes);
                upload->size = upload->writer->size();
            },
            [more = std::move(more), claim = m_claim] { more(); });
    }

private:
    images::ImageStore& m_images;
    const RegistryUploadPtr m_upload;
    const std::shared_ptr<const void> m_claim; // held by work as well, which may outlive the request
};

void RegistryUploads::forgetOld()
{
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(m_uploads, [now](const auto& each) {
        return !each.second->busy && now - each.second->used > kKept;
    });
    for (auto& [repository, digests] : m_fresh)
        std::erase_if(digests, [now](const auto& each) { return now - each.second > kKept; });
    std::erase_if(m_fresh, [](const auto& each) { return each.second.empty(); });
}

RegistryUploadPtr RegistryUploads::begin(const std::string& repository)
{
    forgetOld();
    if (m_uploads.size() >= kMostUploads)
        return nullptr;
    auto upload = std::make_shared<RegistryUpload>();
    upload->id = randomUuid();
    upload->repository = repository;
    upload->used = std::chrono::steady_clock::now();
    m_uploads.emplace(upload->id, upload);
    return upload;
}

RegistryUploadPtr RegistryUploads::find(const std::string& repository, const std::string& id)
{
    const auto found = m_uploads.find(id);
    return found == m_uploads.end() || found->second->repository != repository ? nullptr
                                                                               : found->second;
}

std::shared_ptr<BodySink> RegistryUploads::sink(const RegistryUploadPtr& upload)
{
    return std::make_shared<Sink>(m_images, upload);
}

void RegistryUploads::finish(const RegistryUploadPtr& upload, const std::string& digest,
                             std::function<void(absl::Status)> done)
{
    m_uploads.erase(upload->id); // nobody else continues it
    m_images.work(
        [&blobs = m_images.blobs(), upload, digest] {
            if (upload->status.ok() && !upload->writer) { // empty content
                auto begun = blobs.begin();
                upload->status = begun.status();
                if (begun.ok())
                    upload->writer = *std::move(begun);
            }
            if (upload->status.ok())
                upload->status = upload->writer->keep(digest).status();
        },
        [this, upload, digest, done = std::move(done)] {
            if (upload->status.ok())
                show(upload->repository, digest);
            done(upload->status);
        });
}

std::set<std::string> RegistryUploads::visible(const std::string& name) const
{
    std::set<std::string> digests;
    if (const auto fresh = m_fresh.find(name); fresh != m_fresh.end())
        for (const auto& [digest, time] : fresh->second)
            digests.insert(digest);
    const auto repository = m_images.repositories().find(name);
    if (repository == m_images.repositories().end())
        return digests;
    for (const auto& [digest, time] : repository->second.pushed) {
        const images::Manifest& manifest = m_images.image(digest)->manifest;
        digests.insert(digest);
        digests.insert(manifest.config.digest);
        for (const auto* list : {&manifest.layers, &manifest.images})
            for (const images::Descriptor& descriptor : *list)
                digests.insert(descriptor.digest);
    }
    return digests;
}

bool RegistryUploads::isVisible(const std::string& repository, const std::string& digest) const
{
    return visible(repository).contains(digest);
}

void RegistryUploads::show(const std::string& repository, const std::string& digest)
{
    m_fresh[repository][digest] = std::chrono::steady_clock::now();
}

} // namespace gantry::wire
