#include "backend/functions/layers.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/functions/configuration.h"
#include "backend/store/files.h"
#include "gantry/store/functions.pb.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>

#include <array>
#include <utility>

namespace gantry::functions {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 1> kMigrations = {R"(
CREATE TABLE layer (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE layer_version (
    name TEXT NOT NULL, version INTEGER NOT NULL, record BLOB NOT NULL,
    PRIMARY KEY (name, version)) WITHOUT ROWID;
)"};

absl::Status noSuchLayer()
{
    return notFound("The resource you requested does not exist.");
}

absl::Status checkContent(const aws::lambda::LayerVersionContentInput& content)
{
    if (content.has_s3_bucket() || content.has_s3_key()) {
        return invalidParameter(
            "Layer content in S3 is not supported by this platform yet. Send it as ZipFile.");
    }
    if (content.zip_file().empty())
        return invalidParameter("Uploaded file must be a non-empty zip");
    if (static_cast<std::int64_t>(content.zip_file().size()) > store::CodeStore::kMaxZipBytes) {
        return makeError("RequestEntityTooLargeException", 413,
                         "Request must be smaller than 70167211 bytes for the PublishLayerVersion "
                         "operation");
    }
    return absl::OkStatus();
}

} // namespace

absl::StatusOr<std::unique_ptr<Layers>> Layers::open(boost::asio::io_context& io, WorkerPool& pool,
                                                     const fs::path& directory,
                                                     const fs::path& file, const Clock& clock,
                                                     Place place)
{
    auto code = store::CodeStore::open(io, pool, directory / "packages");
    if (!code.ok())
        return code.status();
    std::error_code error;
    fs::create_directories(directory / "merged", error);
    if (error)
        return store::fileError(directory / "merged", error.value());
    absl::StatusOr<store::Database> database = store::Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    std::map<std::string, std::int64_t> last;
    std::vector<LayerVersion> found;
    bool damaged = false;
    absl::Status read =
        database->query("SELECT name, last FROM layer", {}, [&last](const store::Row& row) {
            last[std::string(row.text(0))] = row.integer(1);
        });
    read.Update(database->query(
        "SELECT name, version, record FROM layer_version", {}, [&](const store::Row& row) {
            auto record = std::make_shared<LayerRecord>();
            const std::string_view bytes = row.blob(2);
            damaged |= !record->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
            found.push_back({std::string(row.text(0)), row.integer(1), std::move(record)});
        }));
    if (read.ok() && damaged) {
        read = serviceError(absl::StrCat("A layer version in ", file.string(),
                                         " is damaged. Restore the data directory from a backup or "
                                         "use another one."));
    }
    if (!read.ok())
        return read;
    std::unique_ptr<Layers> layers(new Layers(io, pool, directory, *std::move(code),
                                              *std::move(database), clock, std::move(place)));
    layers->m_last = std::move(last);
    for (LayerVersion& version : found)
        layers->adopt(version.layer, version.number, std::move(version.record));
    return layers;
}

Layers::Layers(boost::asio::io_context& io, WorkerPool& pool, fs::path directory,
               std::unique_ptr<store::CodeStore> code, store::Database database, const Clock& clock,
               Place place)
    : m_io(io), m_pool(pool), m_merged(directory / "merged"), m_clock(clock),
      m_place(std::move(place)), m_code(std::move(code)), m_writer(io, std::move(database))
{
}

Layers::~Layers()
{
    m_alive.reset();
}

void Layers::adopt(const std::string& layer, std::int64_t number, LayerRecordPtr record)
{
    use({record->package()}, +1);
    LayerRecordPtr& slot = m_layers[layer][number];
    if (slot)
        use({slot->package()}, -1);
    slot = std::move(record);
}

void Layers::publish(const aws::lambda::PublishLayerVersionRequest& request, std::int64_t room,
                     Published reply)
{
    const absl::StatusOr<LayerReference> reference = parseLayer(m_place, request.layer_name());
    absl::Status valid = reference.ok() ? checkContent(request.content()) : reference.status();
    if (!valid.ok())
        return reply(valid);
    auto record = std::make_shared<LayerRecord>();
    record->set_description(request.description());
    *record->mutable_compatible_architectures() = request.compatible_architectures();
    *record->mutable_compatible_runtimes() = request.compatible_runtimes();
    record->set_license_info(request.license_info());
    m_code->add(request.content().zip_file(),
                [this, name = reference->name, record, room, reply = std::move(reply),
                 alive = std::weak_ptr<int>(m_alive)](absl::StatusOr<store::CodePackage> package) {
                    if (alive.expired())
                        return;
                    if (!package.ok())
                        return reply(package.status());
                    if (package->zipBytes > room) {
                        if (!m_uses.contains(package->id))
                            m_code->discard(package->id);
                        return reply(makeError("CodeStorageExceededException", 400,
                                               "Code storage limit exceeded."));
                    }
                    record->set_package(package->id);
                    record->set_code_sha256(package->codeSha256);
                    record->set_zip_bytes(package->zipBytes);
                    record->set_unpacked_bytes(package->unpackedBytes);
                    record->set_created_date(formatTime(m_clock.unixMillis()));
                    // The lease ends with the callback, when the model refers to the package.
                    save({name, ++m_last[name], record},
                         [reply, lease = package->lease](absl::StatusOr<LayerVersion> saved) {
                             reply(std::move(saved));
                         });
                });
}

void Layers::save(LayerVersion version, Published reply)
{
    m_writer.submit(
        [version, last = m_last[version.layer]](store::Database& database) {
            const std::string bytes = version.record->SerializeAsString();
            absl::Status status =
                database.run("INSERT INTO layer(name, last) VALUES(?1, ?2) "
                             "ON CONFLICT(name) DO UPDATE SET last = MAX(last, ?2)",
                             {version.layer, last});
            status.Update(database.run(
                "INSERT OR REPLACE INTO layer_version(name, version, record) VALUES(?, ?, ?)",
                {version.layer, version.number, store::Value::blob(bytes)}));
            return status;
        },
        [this, version, reply = std::move(reply)](const absl::Status& status) {
            if (!status.ok())
                return reply(status);
            adopt(version.layer, version.number, version.record);
            reply(version);
        });
}

// Deleting a version that is not there succeeds, as with AWS.
void Layers::remove(const LayerReference& reference, Done reply)
{
    m_writer.submit(
        [reference](store::Database& database) {
            return database.run("DELETE FROM layer_version WHERE name = ? AND version = ?",
                                {reference.name, reference.version});
        },
        [this, reference, reply = std::move(reply)](absl::Status status) {
            const auto layer = m_layers.find(reference.name);
            if (status.ok() && layer != m_layers.end()) {
                if (const auto version = layer->second.find(reference.version);
                    version != layer->second.end()) {
                    use({version->second->package()}, -1);
                    layer->second.erase(version);
                }
                if (layer->second.empty())
                    m_layers.erase(layer);
            }
            reply(std::move(status));
        });
}

absl::StatusOr<LayerVersion> Layers::find(const LayerReference& reference) const
{
    const auto layer = m_layers.find(reference.name);
    if (layer == m_layers.end())
        return noSuchLayer();
    const auto version = layer->second.find(reference.version);
    if (version == layer->second.end())
        return noSuchLayer();
    return LayerVersion{reference.name, reference.version, version->second};
}

void Layers::package(const LayerVersion& version, Package done)
{
    m_code->read(version.record->package(),
                 [lease = m_code->lease(version.record->package()), done = std::move(done)](
                     absl::StatusOr<std::string> zip) { done(std::move(zip)); });
}

std::int64_t Layers::codeBytes() const
{
    std::int64_t bytes = 0;
    for (const auto& [name, versions] : m_layers) {
        for (const auto& [number, record] : versions)
            bytes += record->zip_bytes();
    }
    return bytes;
}

void Layers::changePolicy(const LayerReference& reference, Edit edit, Published reply)
{
    absl::StatusOr<LayerVersion> found = find(reference);
    if (!found.ok()) {
        return reply(notFound(absl::StrCat(
            "Layer version ", layerVersionArn(m_place, reference.name, reference.version),
            " does not exist.")));
    }
    const std::string& text = found->record->policy().document();
    PolicyDocument policy = text.empty() ? PolicyDocument() : *PolicyDocument::parse(text);
    if (absl::Status edited = edit(policy, found->record->policy().revision_id()); !edited.ok())
        return reply(edited);
    auto record = std::make_shared<LayerRecord>(*found->record);
    record->mutable_policy()->set_document(policy.text());
    record->mutable_policy()->set_revision_id(policy.empty() ? std::string() : randomUuid());
    // Seen by the next change at once, so that none is lost; taken back when the disk refuses it.
    m_layers[reference.name][reference.version] = record;
    save({found->layer, found->number, record},
         [this, before = *found, record, reply](absl::StatusOr<LayerVersion> saved) {
             LayerRecordPtr& slot = m_layers[before.layer][before.number];
             if (!saved.ok() && slot == record)
                 slot = before.record;
             reply(std::move(saved));
         });
}

} // namespace gantry::functions
