#pragma once

#include "backend/base/unique_fd.h"
#include "backend/images/digest.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::images {

class Blobs;

// A blob that is being written. Nothing of it stays unless it was kept.
class BlobWriter final {
public:
    ~BlobWriter();
    BlobWriter(const BlobWriter&) = delete;
    BlobWriter& operator=(const BlobWriter&) = delete;

    absl::Status append(std::string_view bytes);
    std::int64_t size() const { return m_size; }
    // Puts it on the disk under its digest, which it answers. When one is expected, it must be that:
    // else DigestInvalid.
    absl::StatusOr<std::string> keep(std::string_view expected = {});

private:
    friend class Blobs;
    BlobWriter(Blobs& blobs, std::filesystem::path temporary, UniqueFd file);

    Blobs& m_blobs;
    std::filesystem::path m_temporary; // empty once kept
    UniqueFd m_file;
    Hasher m_hasher;
    std::int64_t m_size = 0;
};

// Layers, configurations and manifests as files that are named after their content: complete and
// verified, or absent. Blocking; every method may be called on any thread.
class Blobs final {
public:
    // What a killed daemon left half-written is removed.
    static absl::StatusOr<std::unique_ptr<Blobs>> open(std::filesystem::path directory);

    absl::StatusOr<std::unique_ptr<BlobWriter>> begin();
    absl::Status put(std::string_view bytes); // at once, under its digest

    // Of a blob that is there. Like one that was just written, it is spared by sweeps for a while:
    // an image that has it may be on its way. settle() ends that, once the image is there.
    std::optional<std::int64_t> sizeOf(const std::string& digest);
    void settle(const std::vector<std::string>& digests);
    UniqueFd open(const std::string& digest) const;
    // ResourceNotFoundException when it is not there; refused when longer than `most`.
    absl::StatusOr<std::string> read(const std::string& digest, std::int64_t most) const;

    // Removes blobs that are neither among those nor spared.
    void sweep(const std::set<std::string>& kept);

    std::filesystem::path pathOf(std::string_view digest) const;

private:
    friend class BlobWriter;
    explicit Blobs(std::filesystem::path directory) : m_directory(std::move(directory)) {}

    const std::filesystem::path m_directory;
    std::mutex m_mutex; // between claims and removals
    std::map<std::string, std::chrono::steady_clock::time_point> m_claims; // until then spared
};

} // namespace gantry::images
