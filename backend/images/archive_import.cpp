#include "backend/images/archive_import.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/images/layer_stream.h"
#include "backend/images/manifest.h"
#include "backend/store/files.h"
#include "backend/store/utf8_locale.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <archive.h>
#include <archive_entry.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <cerrno>
#include <cstring>
#include <map>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>

namespace gantry::images {

namespace json = boost::json;

namespace {

constexpr std::string_view kBlobs = "blobs/sha256/";
constexpr std::size_t kMostFiles = 2000;
constexpr std::int64_t kMostBytes = 32LL << 30;
constexpr std::size_t kMostText = 8 << 20; // of one JSON file

absl::Status refused(std::string_view why)
{
    return invalidParameter(absl::StrCat("The file cannot be imported: ", view(why), "."));
}

// One pass over the archive: blobs go to the store, the few JSON files beside them are kept.
class ArchivePass final {
public:
    ArchivePass(Blobs& blobs, UniqueFd file) : m_blobs(blobs), m_stream(std::move(file)) {}

    absl::Status read();
    absl::StatusOr<ImportedImage> image();

private:
    static la_ssize_t readBlock(archive*, void* pass, const void** bytes);
    absl::Status entry(archive_entry* entry);
    absl::Status store(const std::string& path);
    absl::StatusOr<ImportedImage> fromLayout(const std::string& index);
    absl::StatusOr<ImportedImage> fromDocker(const std::string& list);
    absl::StatusOr<json::object> descriptorOf(std::string path, std::string_view mediaType);

    Blobs& m_blobs;
    LayerStream m_stream;
    archive* m_archive = nullptr;
    std::map<std::string, std::string> m_digests; // of stored files, by path
    std::map<std::string, std::string> m_links;
    std::string m_index, m_dockerList;
};

la_ssize_t ArchivePass::readBlock(archive* reader, void* pass, const void** bytes)
{
    auto& self = *static_cast<ArchivePass*>(pass);
    const auto block = self.m_stream.read();
    if (!block.ok() || self.m_stream.total() > kMostBytes) {
        ::archive_set_error(reader, EIO, "it is broken or too long");
        return ARCHIVE_FATAL;
    }
    *bytes = block->data();
    return static_cast<la_ssize_t>(block->size());
}

absl::Status ArchivePass::read()
{
    const store::Utf8Locale locale;
    const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                        archive_read_free);
    m_archive = reader.get();
    ::archive_read_support_format_tar(m_archive);
    int code = ::archive_read_open(m_archive, this, nullptr, readBlock, nullptr);
    while (code == ARCHIVE_OK || code == ARCHIVE_WARN) {
        archive_entry* next = nullptr;
        code = ::archive_read_next_header(m_archive, &next);
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
            break;
        if (m_digests.size() + m_links.size() > kMostFiles)
            return refused("it holds too many files");
        if (absl::Status read = entry(next); !read.ok())
            return read;
    }
    if (code == ARCHIVE_EOF)
        return absl::OkStatus();
    const char* why = ::archive_error_string(m_archive);
    return refused(absl::StrCat("it is no tar archive", why ? absl::StrCat(" (", why, ")") : ""));
}

absl::Status ArchivePass::entry(archive_entry* entry)
{
    const char* name = ::archive_entry_pathname(entry);
    std::string path = name ? name : "";
    while (path.starts_with("./"))
        path.erase(0, 2);
    if (const char* target = ::archive_entry_symlink(entry)) {
        // Old archives of Docker name a layer that occurs twice so.
        const std::string_view text = target;
        m_links[path] = std::string(text.starts_with("../") ? text.substr(3) : text);
        return absl::OkStatus();
    }
    return ::archive_entry_filetype(entry) == AE_IFREG ? store(path) : absl::OkStatus();
}

absl::Status ArchivePass::store(const std::string& path)
{
    auto writer = m_blobs.begin();
    if (!writer.ok())
        return writer.status();
    std::string* text = path == "index.json"      ? &m_index
                        : path == "manifest.json" ? &m_dockerList
                                                  : nullptr;
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    int code;
    while ((code = ::archive_read_data_block(m_archive, &data, &size, &offset)) == ARCHIVE_OK) {
        const std::string_view bytes(static_cast<const char*>(data), size);
        if (offset != (*writer)->size())
            return refused("it holds a sparse file");
        if (text && text->size() + size > kMostText)
            return refused(absl::StrCat(path, " is too long"));
        if (text)
            text->append(bytes);
        if (absl::Status written = (*writer)->append(bytes); !written.ok())
            return written;
    }
    if (code != ARCHIVE_EOF)
        return refused("it ends before its time");
    if (text)
        return absl::OkStatus();
    std::string expected;
    if (path.starts_with(kBlobs)) {
        expected = absl::StrCat("sha256:", path.substr(kBlobs.size()));
        if (!isDigest(expected))
            return refused("a blob's name is no SHA-256 digest");
    }
    auto kept = (*writer)->keep(expected);
    if (!kept.ok() && awsErrorOf(kept.status()).name == "DigestInvalid")
        return refused(absl::StrCat("the content of ", path.substr(0, 200), " is not what its name says"));
    if (!kept.ok())
        return kept.status();
    m_digests[path] = *std::move(kept);
    return absl::OkStatus();
}

absl::StatusOr<ImportedImage> ArchivePass::image()
{
    if (!m_index.empty())
        return fromLayout(m_index);
    if (!m_dockerList.empty())
        return fromDocker(m_dockerList);
    return refused("it is neither an OCI archive (index.json) nor one of docker save (manifest.json)");
}

// One image is that; several are an index of their own.
absl::StatusOr<ImportedImage> ArchivePass::fromLayout(const std::string& text)
{
    const auto index = parseManifest(text, kOciIndex);
    if (!index.ok())
        return refused("its index.json is not valid");
    if (index->images.empty())
        return refused("its index.json names no image");
    if (index->images.size() > 1)
        return ImportedImage{text, std::string(kOciIndex), {}};
    const Descriptor& only = index->images[0];
    auto manifest = m_blobs.read(only.digest, kMaxManifestBytes);
    if (!manifest.ok())
        return refused(absl::StrCat("the manifest ", only.digest, " is not in it"));
    return ImportedImage{*std::move(manifest), only.mediaType, only.name};
}

absl::StatusOr<json::object> ArchivePass::descriptorOf(std::string path, std::string_view mediaType)
{
    if (const auto link = m_links.find(path); link != m_links.end())
        path = link->second;
    const auto digest = m_digests.find(path);
    const auto size = digest == m_digests.end() ? std::nullopt : m_blobs.sizeOf(digest->second);
    if (!size)
        return refused(absl::StrCat(path.substr(0, 200), " is not in it"));
    json::object descriptor;
    descriptor["mediaType"] = json::string_view(mediaType.data(), mediaType.size());
    descriptor["size"] = *size;
    descriptor["digest"] = digest->second;
    return descriptor;
}

absl::StatusOr<ImportedImage> ArchivePass::fromDocker(const std::string& text)
{
    boost::system::error_code error;
    const json::value list = json::parse(text, error);
    const json::array* images = error ? nullptr : list.if_array();
    const json::object* image = images && images->size() == 1 ? images->front().if_object() : nullptr;
    const json::value* config = image ? image->if_contains("Config") : nullptr;
    const json::value* layers = image ? image->if_contains("Layers") : nullptr;
    if (!config || !config->is_string() || !layers || !layers->is_array())
        return refused("its manifest.json does not describe one image");
    json::object manifest;
    manifest["schemaVersion"] = 2;
    manifest["mediaType"] = json::string_view(kOciManifest.data(), kOciManifest.size());
    auto described = descriptorOf(std::string(config->get_string()), kOciConfig);
    if (!described.ok())
        return described.status();
    manifest["config"] = *std::move(described);
    json::array& stack = manifest["layers"].emplace_array();
    for (const json::value& layer : layers->get_array()) {
        auto one = descriptorOf(layer.is_string() ? std::string(layer.get_string()) : std::string(),
                                kOciLayer);
        if (!one.ok())
            return one.status();
        stack.emplace_back(*std::move(one));
    }
    ImportedImage imported{json::serialize(manifest), std::string(kOciManifest), {}};
    const json::value* names = image->if_contains("RepoTags");
    if (names && names->is_array() && !names->get_array().empty() &&
        names->get_array().front().is_string())
        imported.name = std::string(names->get_array().front().get_string());
    return imported;
}

} // namespace

absl::StatusOr<ImportedImage> importArchive(Blobs& blobs, const std::filesystem::path& file)
{
    UniqueFd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat info {};
    if (!opened || ::fstat(opened.get(), &info) != 0)
        return refused(absl::StrCat(file.string(), ": ", std::strerror(errno)));
    if (!S_ISREG(info.st_mode))
        return refused(absl::StrCat(file.string(), " is no file"));
    ArchivePass pass(blobs, std::move(opened));
    if (absl::Status read = pass.read(); !read.ok())
        return read;
    return pass.image();
}

} // namespace gantry::images
