#pragma once

#include "backend/images/blobs.h"
#include "backend/images/image.h"
#include "backend/images/unpack.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace gantry {
class Clock;
}

namespace gantry::images {

// While a copy exists, the image with its blobs and its unpacked root stays, even when no repository
// has it any more. May be dropped on any thread.
using ImageLease = std::shared_ptr<const void>;

// Where a repository's image is.
struct Found {
    std::string repository;
    ImagePtr image;
};

// The container images there are: blobs by content, and in images.db the repositories with their
// tags and manifests. What functions run is unpacked, one root file system an image, and can always
// be made again from the blobs. In memory, on the I/O thread; a change is on the disk before it is
// seen and answered. Blocking work is done on threads of its own. No callback comes after the
// store's destruction.
class ImageStore final {
public:
    using Done = std::function<void(absl::Status)>;
    using Put = std::function<void(absl::StatusOr<ImagePtr>)>;

    static absl::StatusOr<std::unique_ptr<ImageStore>>
    open(boost::asio::io_context& io, const std::filesystem::path& directory,
         const std::filesystem::path& file, const Clock& clock, UnpackLimits limits = {});
    ~ImageStore();

    Blobs& blobs();
    // The names, with ports, under which the registry is reached; the first is the one to show.
    void setHosts(std::vector<std::string> hosts);
    const std::vector<std::string>& hosts() const;
    // Work that may block, for what reads and writes blobs; `then` comes on the I/O thread.
    void work(std::function<void()> job, std::function<void()> then);

    const std::map<std::string, Repository>& repositories() const;
    ImagePtr image(const std::string& digest) const; // null when it is not known
    // By tag or digest; null when it is not there.
    ImagePtr find(const std::string& repository, std::string_view tagOrDigest) const;

    // RepositoryAlreadyExistsException when there is one.
    void createRepository(const std::string& name, Done done);
    // RepositoryNotEmptyException when it has images and they are not to go with it.
    void removeRepository(const std::string& name, bool withImages, Done done);
    // Stores a manifest whose blobs are there. Makes the repository when it is missing. tag may be
    // empty; expected, when not empty, is the digest that it must have.
    void put(const std::string& repository, const std::string& tag, std::string manifest,
             const std::string& mediaType, const std::string& expected, Put done);
    // Stores the image of an archive; an empty name or tag is taken from the archive.
    void import(const std::filesystem::path& archive, std::string repository, std::string tag,
                std::function<void(absl::StatusOr<Found>)> done);
    void removeTag(const std::string& repository, const std::string& tag, Done done);
    void removeImage(const std::string& repository, const std::string& digest, Done done);

    // What functions need. Unpacks the image, unless that was done.
    void prepare(const std::string& digest, Done done);
    bool isPrepared(const std::string& digest) const;
    std::filesystem::path rootOf(const std::string& digest) const;
    ImageLease lease(const std::string& digest);
    // Removes what no repository and no lease refers to. Once the functions have their leases: until
    // then everything is kept.
    void sweep();

    // Called after every change.
    void onChange(std::function<void()> listener);

private:
    struct State;
    explicit ImageStore(std::shared_ptr<State> state);

    std::shared_ptr<State> m_state;
};

} // namespace gantry::images
