#include "backend/images/blobs.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/store/files.h"

#include <absl/strings/str_cat.h>

#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gantry::images {

namespace fs = std::filesystem;

namespace {

// A push or an import of one image takes no longer, as a rule; if it does, it says what is missing.
constexpr std::chrono::hours kSpared{1};

fs::path incomingOf(const fs::path& directory)
{
    return directory / "incoming";
}

} // namespace

BlobWriter::BlobWriter(Blobs& blobs, fs::path temporary, UniqueFd file)
    : m_blobs(blobs), m_temporary(std::move(temporary)), m_file(std::move(file))
{
}

BlobWriter::~BlobWriter()
{
    if (!m_temporary.empty())
        ::unlink(m_temporary.c_str());
}

absl::Status BlobWriter::append(std::string_view bytes)
{
    m_hasher.add(bytes);
    while (!bytes.empty()) {
        const ssize_t written = ::write(m_file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return store::fileError(m_temporary, errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
        m_size += written;
    }
    return absl::OkStatus();
}

absl::StatusOr<std::string> BlobWriter::keep(std::string_view expected)
{
    std::string digest = m_hasher.digest();
    if (!expected.empty() && digest != expected) {
        return makeError("DigestInvalid", 400,
                         absl::StrCat("The content's digest is ", digest, ", not ", view(expected),
                                      "."));
    }
    const fs::path file = m_blobs.pathOf(digest);
    if (::fsync(m_file.get()) != 0)
        return store::fileError(m_temporary, errno);
    const std::scoped_lock lock(m_blobs.m_mutex);
    if (std::rename(m_temporary.c_str(), file.c_str()) != 0)
        return store::fileError(file, errno);
    m_temporary.clear();
    m_blobs.m_claims[digest] = std::chrono::steady_clock::now() + kSpared;
    const UniqueFd directory(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0)
        return store::fileError(file.parent_path(), errno);
    return digest;
}

absl::StatusOr<std::unique_ptr<Blobs>> Blobs::open(fs::path directory)
{
    std::error_code error;
    fs::remove_all(incomingOf(directory), error);
    if (!error)
        fs::create_directories(incomingOf(directory), error);
    if (error)
        return store::fileError(directory, error.value());
    return std::unique_ptr<Blobs>(new Blobs(std::move(directory)));
}

fs::path Blobs::pathOf(std::string_view digest) const
{
    return m_directory / hexOf(digest);
}

absl::StatusOr<std::unique_ptr<BlobWriter>> Blobs::begin()
{
    fs::path temporary = incomingOf(m_directory) / randomHex(16);
    UniqueFd file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file)
        return store::fileError(temporary, errno);
    return std::unique_ptr<BlobWriter>(new BlobWriter(*this, std::move(temporary), std::move(file)));
}

absl::Status Blobs::put(std::string_view bytes)
{
    auto writer = begin();
    if (!writer.ok())
        return writer.status();
    if (absl::Status written = (*writer)->append(bytes); !written.ok())
        return written;
    return (*writer)->keep().status();
}

std::optional<std::int64_t> Blobs::sizeOf(const std::string& digest)
{
    const std::scoped_lock lock(m_mutex);
    struct stat info {};
    if (::stat(pathOf(digest).c_str(), &info) != 0)
        return std::nullopt;
    m_claims[digest] = std::chrono::steady_clock::now() + kSpared;
    return info.st_size;
}

void Blobs::settle(const std::vector<std::string>& digests)
{
    const std::scoped_lock lock(m_mutex);
    for (const std::string& digest : digests)
        m_claims.erase(digest);
}

UniqueFd Blobs::open(const std::string& digest) const
{
    return UniqueFd(::open(pathOf(digest).c_str(), O_RDONLY | O_CLOEXEC));
}

absl::StatusOr<std::string> Blobs::read(const std::string& digest, std::int64_t most) const
{
    struct stat info {};
    if (::stat(pathOf(digest).c_str(), &info) != 0)
        return notFound(absl::StrCat("There is no blob ", digest, "."));
    if (info.st_size > most)
        return invalidParameter(absl::StrCat("The blob ", digest, " is too long for what it is."));
    return store::readFile(pathOf(digest));
}

void Blobs::sweep(const std::set<std::string>& kept)
{
    std::vector<std::string> unknown;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(m_directory, error)) {
        const std::string digest = absl::StrCat("sha256:", entry.path().filename().string());
        if (isDigest(digest) && !kept.contains(digest))
            unknown.push_back(digest);
    }
    const auto now = std::chrono::steady_clock::now();
    const std::scoped_lock lock(m_mutex);
    std::erase_if(m_claims, [now](const auto& claim) { return claim.second <= now; });
    for (const std::string& digest : unknown) {
        if (!m_claims.contains(digest))
            ::unlink(pathOf(digest).c_str());
    }
}

} // namespace gantry::images
