#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/images/image_store_state.h"
#include "backend/store/files.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

// The root file systems of images that functions run, and the end of what nothing refers to.
namespace gantry::images {

namespace fs = std::filesystem;

namespace {

absl::StatusOr<UniqueFd> makeRoot(const fs::path& directory)
{
    if (::mkdir(directory.c_str(), 0755) != 0 || ::chmod(directory.c_str(), 0755) != 0)
        return store::fileError(directory, errno);
    UniqueFd opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened)
        return store::fileError(directory, errno);
    return opened;
}

absl::Status layLayers(const Image& image, Blobs& blobs, const UnpackLimits& limits,
                       const std::atomic<bool>& stopping, RootTree& tree)
{
    UnpackedSoFar soFar;
    for (std::size_t i = 0; i < image.manifest.layers.size(); ++i) {
        const std::string& digest = image.manifest.layers[i].digest;
        UniqueFd file = blobs.open(digest);
        if (!file)
            return serviceError(absl::StrCat("The layer ", digest, " is missing. Push the image again."));
        LayerStream layer(std::move(file), &stopping);
        if (absl::Status laid = unpackLayer(layer, tree, limits, soFar); !laid.ok())
            return laid;
        if (layer.digest() != image.config.diffIds[i])
            return invalidParameter(absl::StrCat("The layer ", digest,
                                                 " is not the one that the image's configuration names."));
    }
    return makeMountPoints(tree);
}

} // namespace

void removeRoot(const fs::path& directory)
{
    const UniqueFd parent(
        ::open(directory.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const absl::Status removed = RootTree::remove(parent.get(), directory.filename().string());
    if (!removed.ok())
        log::warning(directory.string(), " could not be removed: ", removed.message());
}

absl::Status ImageStore::State::unpack(const Image& image)
{
    if (!image.problem.empty())
        return invalidParameter(absl::StrCat("The image cannot be run: ", image.problem, "."));
    const fs::path root = rootOf(image.digest);
    std::error_code ignored;
    if (fs::exists(root, ignored))
        return absl::OkStatus();
    const fs::path temporary = directory / "unpacking" / randomHex(16);
    auto opened = makeRoot(temporary);
    if (!opened.ok())
        return opened.status();
    RootTree tree(*std::move(opened));
    absl::Status status = layLayers(image, *blobs, limits, stopping, tree);
    if (status.ok())
        status = store::renameDurably(temporary, root);
    if (!status.ok())
        removeRoot(temporary);
    return status;
}

void ImageStore::prepare(const std::string& digest, Done done)
{
    const ImagePtr wanted = image(digest);
    if (!wanted)
        return done(serviceError(absl::StrCat("The image ", digest, " is not there any more.")));
    auto& waiting = m_state->unpacking[digest];
    waiting.push_back(std::move(done));
    if (waiting.size() > 1)
        return;
    m_state->run<absl::Status>(
        [state = m_state.get(), wanted] { return state->unpack(*wanted); },
        [state = m_state, digest, lease = lease(digest)](const absl::Status& status) {
            const auto all = std::move(state->unpacking[digest]);
            state->unpacking.erase(digest);
            for (const Done& each : all)
                each(status);
        });
}

bool ImageStore::isPrepared(const std::string& digest) const
{
    std::error_code ignored;
    return fs::is_directory(m_state->rootOf(digest), ignored);
}

fs::path ImageStore::rootOf(const std::string& digest) const
{
    return m_state->rootOf(digest);
}

ImageLease ImageStore::State::lease(const std::string& digest)
{
    const std::scoped_lock lock(mutex);
    ++leases[digest];
    return ImageLease(static_cast<const void*>(this),
                      [self = shared_from_this(), digest](const void*) { self->release(digest); });
}

void ImageStore::State::release(const std::string& digest)
{
    const std::scoped_lock lock(mutex);
    if (--leases[digest] > 0)
        return;
    leases.erase(digest);
    if (!alive)
        return;
    boost::asio::post(io, [self = shared_from_this()] {
        if (self->alive)
            self->sweepSoon();
    });
}

std::set<std::string> ImageStore::State::leased()
{
    const std::scoped_lock lock(mutex);
    std::set<std::string> digests;
    for (const auto& [digest, count] : leases)
        digests.insert(digest);
    return digests;
}

void ImageStore::State::changed() const
{
    for (const auto& listener : listeners)
        listener();
}

// Once for all that happens until the loop is reached again.
void ImageStore::State::sweepSoon()
{
    if (!swept || std::exchange(sweepPending, true))
        return;
    boost::asio::post(io, [self = shared_from_this()] {
        self->sweepPending = false;
        if (self->alive)
            self->sweep();
    });
}

void ImageStore::State::sweep()
{
    const std::set<std::string> inUse = leased();
    std::set<std::string> live = inUse;
    for (const auto& [name, repository] : repositories) {
        for (const auto& [digest, time] : repository.pushed)
            live.insert(digest);
    }
    std::set<std::string> kept; // blobs
    for (const std::string& digest : std::set<std::string>(live)) {
        const auto found = images.find(digest);
        if (found == images.end())
            continue;
        for (const Descriptor& member : found->second->manifest.images)
            live.insert(member.digest);
    }
    for (const std::string& digest : live) {
        kept.insert(digest);
        const auto found = images.find(digest);
        if (found == images.end())
            continue;
        const Manifest& manifest = found->second->manifest;
        if (!manifest.isIndex)
            kept.insert(manifest.config.digest);
        for (const Descriptor& layer : manifest.layers)
            kept.insert(layer.digest);
    }
    std::erase_if(images, [&live](const auto& each) { return !live.contains(each.first); });
    writer->submit(
        [live](store::Database& database) {
            std::set<std::string> dead;
            absl::Status status =
                database.query("SELECT digest FROM image", {}, [&](const store::Row& row) {
                    if (!live.contains(std::string(row.text(0))))
                        dead.emplace(row.text(0));
                });
            for (const std::string& digest : dead)
                status.Update(database.run(
                    "DELETE FROM image WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM "
                    "repository_image WHERE digest = ?1)",
                    {digest}));
            return status;
        },
        [](const absl::Status&) {});
    std::set<std::string> unused;
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory / "roots", ignored)) {
        const std::string digest = absl::StrCat("sha256:", entry.path().filename().string());
        if (isDigest(digest) && !inUse.contains(digest))
            unused.insert(digest);
    }
    pool->post([self = shared_from_this(), kept, unused] {
        for (const std::string& digest : unused)
            self->dropRoot(digest);
        self->blobs->sweep(kept);
    });
}

// Unless someone began to use it again since.
void ImageStore::State::dropRoot(const std::string& digest)
{
    const fs::path away = directory / "unpacking" / randomHex(16);
    {
        const std::scoped_lock lock(mutex);
        std::error_code error;
        if (!leases.contains(digest))
            fs::rename(rootOf(digest), away, error);
        if (leases.contains(digest) || error)
            return;
    }
    removeRoot(away);
}

} // namespace gantry::images
