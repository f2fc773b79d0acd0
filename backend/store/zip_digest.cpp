#include "backend/store/zip_digest.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"

#include <archive.h>
#include <archive_entry.h>
#include <openssl/evp.h>

#include <array>
#include <memory>

namespace gantry::store {
namespace {

constexpr std::size_t kMaxKept = 1 << 20;

absl::Status broken()
{
    return invalidParameter(
        "Could not unzip uploaded file. Please check your file, then try to upload again.");
}

// Reads one entry to its end, handing its bytes to take.
template <class Take> bool readEntry(archive* reader, Take take)
{
    std::array<char, 64 * 1024> buffer;
    for (;;) {
        const la_ssize_t size = archive_read_data(reader, buffer.data(), buffer.size());
        if (size <= 0)
            return size == 0;
        take(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
    }
}

} // namespace

absl::StatusOr<ZipDigest> digestZip(std::string_view zip, const std::string& keep)
{
    const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                        archive_read_free);
    archive_read_support_format_zip_seekable(reader.get());
    if (archive_read_open_memory(reader.get(), zip.data(), zip.size()) != ARCHIVE_OK)
        return broken();
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(),
                                                                       EVP_MD_CTX_free);
    ZipDigest digest;
    archive_entry* entry = nullptr;
    while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
        const char* name = archive_entry_pathname(entry);
        const std::string path = name ? name : "";
        if (archive_entry_filetype(entry) == AE_IFLNK) {
            const char* target = archive_entry_symlink(entry);
            digest.files[path] = toHex(sha256(target ? target : ""));
            continue;
        }
        if (archive_entry_filetype(entry) != AE_IFREG)
            continue;
        const bool kept = path == keep;
        EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr);
        const bool read = readEntry(reader.get(), [&](std::string_view bytes) {
            if (kept && digest.kept.size() + bytes.size() <= kMaxKept)
                digest.kept += bytes;
            EVP_DigestUpdate(hash.get(), bytes.data(), bytes.size());
        });
        if (!read)
            return broken();
        std::string sum(EVP_MAX_MD_SIZE, '\0');
        unsigned size = 0;
        EVP_DigestFinal_ex(hash.get(), reinterpret_cast<unsigned char*>(sum.data()), &size);
        if (!kept)
            digest.files[path] = toHex(std::string_view(sum.data(), size));
    }
    return digest;
}

} // namespace gantry::store
