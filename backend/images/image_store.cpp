#include "backend/images/image_store.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/images/archive_import.h"
#include "backend/images/image_store_state.h"
#include "backend/store/files.h"

#include <absl/strings/str_cat.h>

#include <array>
#include <utility>

namespace gantry::images {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 1> kMigrations = {R"(
CREATE TABLE image (
    digest TEXT PRIMARY KEY, media_type TEXT NOT NULL, manifest BLOB NOT NULL,
    config BLOB NOT NULL) WITHOUT ROWID;  -- config is empty when there is none to be run
CREATE TABLE repository (name TEXT PRIMARY KEY, created_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE repository_image (
    repository TEXT NOT NULL REFERENCES repository(name) ON DELETE CASCADE,
    digest TEXT NOT NULL REFERENCES image(digest), pushed_ms INTEGER NOT NULL,
    PRIMARY KEY (repository, digest)) WITHOUT ROWID;
CREATE TABLE tag (
    repository TEXT NOT NULL REFERENCES repository(name) ON DELETE CASCADE,
    tag TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (repository, tag)) WITHOUT ROWID;
)"};

absl::Status noSuchRepository(const std::string& name)
{
    return makeError("RepositoryNotFoundException", 400,
                     absl::StrCat("The repository with name '", name, "' does not exist."));
}

absl::StatusOr<ImagePtr> makeImage(std::string_view manifest, const std::string& mediaType,
                                   std::string_view config)
{
    auto parsed = parseManifest(manifest, mediaType);
    if (!parsed.ok())
        return parsed.status();
    auto image = std::make_shared<Image>();
    image->digest = digestOf(manifest);
    image->bytes = static_cast<std::int64_t>(manifest.size());
    image->manifest = *std::move(parsed);
    if (image->manifest.isIndex) {
        image->problem = "it is an index of images for several architectures";
        return image;
    }
    if (auto run = parseImageConfig(config); run.ok())
        image->config = *std::move(run);
    else
        image->problem = "its configuration is not that of a container";
    if (image->problem.empty() &&
        image->config.diffIds.size() != image->manifest.layers.size())
        image->problem = "its configuration names other layers than its manifest";
    return image;
}

absl::Status loadInto(store::Database& database, std::map<std::string, ImagePtr>& images,
                      std::map<std::string, Repository>& repositories)
{
    absl::Status damaged;
    absl::Status read = database.query(
        "SELECT digest, media_type, manifest, config FROM image", {}, [&](const store::Row& row) {
            auto image = makeImage(row.blob(2), std::string(row.text(1)), row.blob(3));
            damaged.Update(image.status());
            if (image.ok())
                images[std::string(row.text(0))] = *std::move(image);
        });
    read.Update(damaged);
    read.Update(database.query("SELECT name, created_ms FROM repository", {},
                               [&](const store::Row& row) {
                                   repositories[std::string(row.text(0))].createdMs = row.integer(1);
                               }));
    read.Update(database.query(
        "SELECT repository, digest, pushed_ms FROM repository_image", {}, [&](const store::Row& row) {
            repositories[std::string(row.text(0))].pushed[std::string(row.text(1))] = row.integer(2);
        }));
    read.Update(database.query(
        "SELECT repository, tag, digest FROM tag", {}, [&](const store::Row& row) {
            repositories[std::string(row.text(0))].tags[std::string(row.text(1))] =
                std::string(row.text(2));
        }));
    return read;
}

} // namespace

absl::StatusOr<std::unique_ptr<ImageStore>> ImageStore::open(boost::asio::io_context& io,
                                                             const fs::path& directory,
                                                             const fs::path& file,
                                                             const Clock& clock, UnpackLimits limits)
{
    std::error_code error;
    fs::create_directories(directory / "roots", error);
    if (!error)
        fs::create_directories(directory / "unpacking", error);
    if (error)
        return store::fileError(directory, error.value());
    auto blobs = Blobs::open(directory / "blobs");
    if (!blobs.ok())
        return blobs.status();
    auto database = store::Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    auto state = std::make_shared<State>(io, directory, clock, limits, *std::move(blobs));
    if (absl::Status loaded = loadInto(*database, state->images, state->repositories); !loaded.ok())
        return loaded;
    state->writer = std::make_unique<store::Writer>(io, *std::move(database));
    std::unique_ptr<ImageStore> opened(new ImageStore(state));
    // What a killed daemon was unpacking.
    for (const fs::directory_entry& entry : fs::directory_iterator(directory / "unpacking", error))
        state->pool->post([path = entry.path()] { removeRoot(path); });
    return opened;
}

ImageStore::ImageStore(std::shared_ptr<State> state) : m_state(std::move(state)) {}

ImageStore::~ImageStore()
{
    m_state->alive = false;
    m_state->stopping = true;
    m_state->pool.reset();
    m_state->writer.reset();
}

Blobs& ImageStore::blobs()
{
    return *m_state->blobs;
}

void ImageStore::setHosts(std::vector<std::string> hosts)
{
    m_state->hosts = std::move(hosts);
}

const std::vector<std::string>& ImageStore::hosts() const
{
    return m_state->hosts;
}

void ImageStore::work(std::function<void()> job, std::function<void()> then)
{
    m_state->run<bool>(
        [job = std::move(job)] {
            job();
            return true;
        },
        [then = std::move(then)](bool) { then(); });
}

const std::map<std::string, Repository>& ImageStore::repositories() const
{
    return m_state->repositories;
}

ImagePtr ImageStore::image(const std::string& digest) const
{
    const auto found = m_state->images.find(digest);
    return found == m_state->images.end() ? nullptr : found->second;
}

ImagePtr ImageStore::find(const std::string& name, std::string_view tagOrDigest) const
{
    const auto repository = m_state->repositories.find(name);
    if (repository == m_state->repositories.end())
        return nullptr;
    std::string digest(tagOrDigest);
    if (const auto tag = repository->second.tags.find(digest); tag != repository->second.tags.end())
        digest = tag->second;
    if (repository->second.pushed.contains(digest))
        return image(digest);
    // An image of an index is there with it.
    for (const auto& [pushed, time] : repository->second.pushed) {
        const ImagePtr index = image(pushed);
        for (const Descriptor& member : index->manifest.images)
            if (member.digest == digest)
                return image(digest);
    }
    return nullptr;
}

void ImageStore::createRepository(const std::string& name, Done done)
{
    if (m_state->repositories.contains(name)) {
        return done(makeError("RepositoryAlreadyExistsException", 400,
                              absl::StrCat("The repository with name '", name,
                                           "' already exists in the registry")));
    }
    const std::int64_t now = m_state->clock.unixMillis();
    m_state->writer->submit(
        [name, now](store::Database& database) {
            return database.run("INSERT OR IGNORE INTO repository(name, created_ms) VALUES(?, ?)",
                                {name, now});
        },
        [state = m_state, name, now, done = std::move(done)](absl::Status status) {
            if (status.ok()) {
                state->repositories.try_emplace(name).first->second.createdMs = now;
                state->changed();
            }
            done(std::move(status));
        });
}

void ImageStore::removeRepository(const std::string& name, bool withImages, Done done)
{
    const auto found = m_state->repositories.find(name);
    if (found == m_state->repositories.end())
        return done(noSuchRepository(name));
    if (!withImages && !found->second.pushed.empty()) {
        return done(makeError("RepositoryNotEmptyException", 400,
                              absl::StrCat("The repository with name '", name,
                                           "' cannot be deleted because it still contains images")));
    }
    m_state->writer->submit(
        [name](store::Database& database) {
            return database.run("DELETE FROM repository WHERE name = ?", {name});
        },
        [state = m_state, name, done = std::move(done)](absl::Status status) {
            if (status.ok()) {
                state->repositories.erase(name);
                state->changed();
                state->sweepSoon();
            }
            done(std::move(status));
        });
}

void ImageStore::removeTag(const std::string& repository, const std::string& tag, Done done)
{
    m_state->writer->submit(
        [repository, tag](store::Database& database) {
            return database.run("DELETE FROM tag WHERE repository = ? AND tag = ?", {repository, tag});
        },
        [state = m_state, repository, tag, done = std::move(done)](absl::Status status) {
            const auto found = state->repositories.find(repository);
            if (status.ok() && found != state->repositories.end()) {
                found->second.tags.erase(tag);
                state->changed();
            }
            done(std::move(status));
        });
}

void ImageStore::removeImage(const std::string& repository, const std::string& digest, Done done)
{
    m_state->writer->submit(
        [repository, digest](store::Database& database) {
            absl::Status status = database.run(
                "DELETE FROM tag WHERE repository = ? AND digest = ?", {repository, digest});
            status.Update(
                database.run("DELETE FROM repository_image WHERE repository = ? AND digest = ?",
                             {repository, digest}));
            return status;
        },
        [state = m_state, repository, digest, done = std::move(done)](absl::Status status) {
            const auto found = state->repositories.find(repository);
            if (status.ok() && found != state->repositories.end()) {
                found->second.pushed.erase(digest);
                std::erase_if(found->second.tags,
                              [&digest](const auto& tag) { return tag.second == digest; });
                state->changed();
                state->sweepSoon();
            }
            done(std::move(status));
        });
}

namespace {

// A manifest that is about to be stored, with what was read for it.
struct Draft {
    ImagePtr image;
    std::string manifest, config;
};

std::vector<std::string> blobsOf(const Image& image)
{
    std::vector<std::string> digests = {image.digest, image.manifest.config.digest};
    for (const auto* list : {&image.manifest.layers, &image.manifest.images})
        for (const Descriptor& descriptor : *list)
            digests.push_back(descriptor.digest);
    return digests;
}

absl::Status missingBlob(const std::string& digest)
{
    return makeError("ManifestBlobUnknown", 404,
                     absl::StrCat("The manifest names ", digest, ", which was not uploaded."));
}

absl::StatusOr<Draft> check(Blobs& blobs, std::string manifest, const std::string& mediaType,
                            const std::string& expected)
{
    const auto parsed = parseManifest(manifest, mediaType);
    if (!parsed.ok())
        return parsed.status();
    const std::string digest = digestOf(manifest);
    if (!expected.empty() && expected != digest) {
        return makeError("DigestInvalid", 400,
                         absl::StrCat("The manifest's digest is ", digest, ", not ", expected, "."));
    }
    std::vector<Descriptor> needed = parsed->isIndex ? parsed->images : parsed->layers;
    if (!parsed->isIndex)
        needed.push_back(parsed->config);
    for (const Descriptor& descriptor : needed) {
        const auto size = blobs.sizeOf(descriptor.digest);
        if (!size)
            return missingBlob(descriptor.digest);
        if (*size != descriptor.size) {
            return makeError("ManifestInvalid", 400,
                             absl::StrCat("The manifest gives ", descriptor.digest,
                                          " another size than it has."));
        }
    }
    Draft draft;
    if (!parsed->isIndex) {
        auto config = blobs.read(parsed->config.digest, kMaxConfigBytes);
        if (!config.ok())
            return config.status();
        draft.config = *std::move(config);
    }
    auto image = makeImage(manifest, mediaType, draft.config);
    if (!image.ok())
        return image.status();
    draft.image = *std::move(image);
    draft.manifest = std::move(manifest);
    if (absl::Status kept = blobs.put(draft.manifest); !kept.ok())
        return kept;
    return draft;
}

} // namespace

void ImageStore::put(const std::string& repository, const std::string& tag, std::string manifest,
                     const std::string& mediaType, const std::string& expected, Put done)
{
    const auto save = [state = m_state, repository, tag,
                       done = std::move(done)](const absl::StatusOr<Draft>& draft) {
        if (!draft.ok())
            return done(draft.status());
        const std::int64_t now = state->clock.unixMillis();
        state->writer->submit(
            [repository, tag, draft = *draft, now](store::Database& database) {
                absl::Status status = database.run(
                    "INSERT OR REPLACE INTO image(digest, media_type, manifest, config) "
                    "VALUES(?, ?, ?, ?)",
                    {draft.image->digest, draft.image->manifest.mediaType,
                     store::Value::blob(draft.manifest), store::Value::blob(draft.config)});
                status.Update(database.run(
                    "INSERT OR IGNORE INTO repository(name, created_ms) VALUES(?, ?)",
                    {repository, now}));
                status.Update(database.run("INSERT OR REPLACE INTO repository_image(repository, "
                                           "digest, pushed_ms) VALUES(?, ?, ?)",
                                           {repository, draft.image->digest, now}));
                if (!tag.empty())
                    status.Update(database.run(
                        "INSERT OR REPLACE INTO tag(repository, tag, digest) VALUES(?, ?, ?)",
                        {repository, tag, draft.image->digest}));
                return status;
            },
            [state, repository, tag, image = draft->image, now, done](const absl::Status& status) {
                if (!status.ok())
                    return done(status);
                state->images[image->digest] = image;
                state->blobs->settle(blobsOf(*image));
                Repository& to = state->repositories[repository];
                to.createdMs = to.createdMs == 0 ? now : to.createdMs;
                to.pushed[image->digest] = now;
                if (!tag.empty())
                    to.tags[tag] = image->digest;
                state->changed();
                done(image);
            });
    };
    m_state->run<absl::StatusOr<Draft>>(
        [state = m_state.get(), manifest = std::move(manifest), mediaType, expected] {
            return check(*state->blobs, manifest, mediaType, expected);
        },
        save);
}

void ImageStore::import(const fs::path& archive, std::string repository, std::string tag,
                        std::function<void(absl::StatusOr<Found>)> done)
{
    using Imported = absl::StatusOr<ImportedImage>;
    const auto save = [this, repository = std::move(repository), tag = std::move(tag),
                       done = std::move(done)](const Imported& imported) {
        if (!imported.ok())
            return done(imported.status());
        // The archive's own name fills what the caller left open: repo:tag, or a tag alone.
        Reference named;
        const bool full = imported->name.find_first_of(":/") != std::string::npos &&
                          parseReference(imported->name, named);
        const std::string own = !full && isTag(imported->name) ? imported->name : named.tag;
        const std::string name = !repository.empty() ? repository : named.repository;
        const std::string as = !tag.empty() ? tag : own.empty() ? "latest" : own;
        if (!isRepositoryName(name))
            return done(invalidParameter("The archive does not say how the image is called. Give it "
                                         "the name of a repository: lower-case letters, digits, and "
                                         "single . _ - / between them."));
        if (!isTag(as))
            return done(invalidParameter("This is no valid tag: letters, digits, _ . - up to 128."));
        put(name, as, imported->manifest, imported->mediaType, {},
            [name, done](const absl::StatusOr<ImagePtr>& image) {
                image.ok() ? done(Found{name, *image}) : done(image.status());
            });
    };
    m_state->run<Imported>(
        [state = m_state.get(), archive] { return importArchive(*state->blobs, archive); }, save);
}

void ImageStore::sweep()
{
    m_state->swept = true;
    m_state->sweep();
}

ImageLease ImageStore::lease(const std::string& digest)
{
    return m_state->lease(digest);
}

void ImageStore::onChange(std::function<void()> listener)
{
    m_state->listeners.push_back(std::move(listener));
}

} // namespace gantry::images
