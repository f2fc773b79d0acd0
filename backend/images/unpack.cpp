#include "backend/images/unpack.h"

#include "backend/base/error.h"
#include "backend/base/root_path.h"
#include "backend/base/text.h"
#include "backend/store/files.h"
#include "backend/store/utf8_locale.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gantry::images {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::string_view kMarkers = ".wh..wh."; // further ones are AUFS's own
constexpr std::size_t kLongestPath = 3000;
// What an archive spends on an entry beside its content, names and attributes included.
constexpr std::int64_t kEntryOverhead = 16 * 1024;

absl::Status refused(std::string_view path, std::string_view why)
{
    return invalidParameter(absl::StrCat("The layer's path ",
                                         absl::Utf8SafeCEscape(view(path.substr(0, 200))), " ",
                                         view(why), "."));
}

// Without leading slashes and dots; nothing for the root itself.
absl::StatusOr<std::string> cleanPath(const char* text)
{
    if (!text)
        return invalidParameter("The layer has a path that cannot be read.");
    const std::string_view raw = text;
    if (raw.size() > kLongestPath)
        return refused(raw, "is too long");
    std::string path;
    for (std::size_t begin = 0; begin < raw.size();) {
        const std::size_t end = std::min(raw.find('/', begin), raw.size());
        const std::string_view part = raw.substr(begin, end - begin);
        begin = end + 1;
        if (part == "..")
            return refused(raw, "leads out of the image");
        if (!part.empty() && part != ".")
            absl::StrAppend(&path, path.empty() ? "" : "/", view(part));
    }
    return path;
}

class LayerPass final {
public:
    LayerPass(LayerStream& layer, RootTree& tree, const UnpackLimits& limits, UnpackedSoFar& soFar)
        : m_layer(layer), m_tree(tree), m_limits(limits), m_soFar(soFar)
    {
    }

    absl::Status run();

private:
    static la_ssize_t readBlock(archive*, void* pass, const void** bytes);
    absl::Status entry(archive_entry* entry);
    absl::Status whiteOut(int directory, const std::string& name);
    absl::Status make(int directory, const std::string& name, const std::string& path,
                      archive_entry* entry);
    absl::Status makeDirectory(int directory, const std::string& name, archive_entry* entry);
    absl::Status makeFile(int directory, const std::string& name, const std::string& path,
                          archive_entry* entry);
    absl::Status makeHardLink(int directory, const std::string& name, const std::string& path,
                              const char* target);
    absl::Status copyData(int file, const std::string& path, std::int64_t size);
    absl::Status spend(std::int64_t bytes);
    absl::Status broken() const;
    absl::Status failed(const std::string& path) const;

    LayerStream& m_layer;
    RootTree& m_tree;
    const UnpackLimits& m_limits;
    UnpackedSoFar& m_soFar;
    archive* m_archive = nullptr;
    absl::Status m_streamStatus;
    std::set<Place> m_own; // what this layer brought
};

la_ssize_t LayerPass::readBlock(archive* reader, void* pass, const void** bytes)
{
    auto& self = *static_cast<LayerPass*>(pass);
    auto block = self.m_layer.read();
    if (block.ok() && self.m_layer.total() >
                          self.m_limits.bytes + (self.m_soFar.entries + 64) * kEntryOverhead)
        block = self.spend(self.m_limits.bytes + 1);
    if (!block.ok()) {
        self.m_streamStatus = block.status();
        ::archive_set_error(reader, EIO, "the layer cannot be read");
        return ARCHIVE_FATAL;
    }
    *bytes = block->data();
    return static_cast<la_ssize_t>(block->size());
}

absl::Status LayerPass::broken() const
{
    if (!m_streamStatus.ok())
        return m_streamStatus;
    const char* why = ::archive_error_string(m_archive);
    return invalidParameter(absl::StrCat("The layer is no valid tar archive",
                                         why ? absl::StrCat(": ", why) : std::string(), "."));
}

absl::Status LayerPass::failed(const std::string& path) const
{
    if (errno == ENOSPC || errno == EDQUOT)
        return store::fileError(path, errno);
    return refused(path, absl::StrCat("cannot be made: ", std::strerror(errno)));
}

absl::Status LayerPass::spend(std::int64_t bytes)
{
    m_soFar.bytes += bytes;
    if (m_soFar.bytes <= m_limits.bytes)
        return absl::OkStatus();
    return invalidParameter(absl::StrCat("The image is larger than ", m_limits.bytes,
                                         " bytes when it is unpacked, which is the limit."));
}

absl::Status LayerPass::run()
{
    const store::Utf8Locale locale;
    const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                        archive_read_free);
    m_archive = reader.get();
    ::archive_read_support_format_tar(m_archive);
    ::archive_read_support_format_empty(m_archive);
    if (::archive_read_open(m_archive, this, nullptr, readBlock, nullptr) != ARCHIVE_OK)
        return broken();
    for (;;) {
        archive_entry* next = nullptr;
        const int code = ::archive_read_next_header(m_archive, &next);
        if (code == ARCHIVE_EOF)
            break;
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
            return broken();
        if (++m_soFar.entries > m_limits.entries)
            return invalidParameter(
                absl::StrCat("The image has more than ", m_limits.entries, " files."));
        if (absl::Status made = entry(next); !made.ok())
            return made;
    }
    // What follows the archive's end belongs to the digest.
    for (;;) {
        const void* rest = nullptr;
        const la_ssize_t size = readBlock(m_archive, this, &rest);
        if (size <= 0)
            return size < 0 ? broken() : absl::OkStatus();
    }
}

absl::Status LayerPass::entry(archive_entry* entry)
{
    const absl::StatusOr<std::string> path = cleanPath(::archive_entry_pathname(entry));
    if (!path.ok())
        return path.status();
    if (path->empty())
        return absl::OkStatus(); // the root's own attributes are ours
    const std::size_t slash = path->rfind('/');
    const std::string name = path->substr(slash == std::string::npos ? 0 : slash + 1);
    const auto directory =
        m_tree.directory(slash == std::string::npos ? std::string() : path->substr(0, slash));
    if (!directory.ok())
        return directory.status();
    if (name.starts_with(kWhiteout))
        return whiteOut(directory->get(), name);
    absl::Status made = make(directory->get(), name, *path, entry);
    if (made.ok())
        m_own.insert(RootTree::placeOf(directory->get(), name));
    return made;
}

absl::Status LayerPass::whiteOut(int directory, const std::string& name)
{
    const auto own = [this](const Place& place) { return m_own.contains(place); };
    if (name == kOpaque)
        return RootTree::clear(directory, own);
    if (name.starts_with(kMarkers))
        return absl::OkStatus();
    const std::string hidden = name.substr(kWhiteout.size());
    if (hidden.empty() || hidden == "." || hidden == "..")
        return refused(name, "is no whiteout");
    return RootTree::remove(directory, hidden, own);
}

absl::Status LayerPass::make(int directory, const std::string& name, const std::string& path,
                             archive_entry* entry)
{
    if (const char* target = ::archive_entry_hardlink(entry))
        return makeHardLink(directory, name, path, target);
    switch (::archive_entry_filetype(entry)) {
    case AE_IFDIR:
        return makeDirectory(directory, name, entry);
    case AE_IFREG:
        return makeFile(directory, name, path, entry);
    case AE_IFLNK: {
        const char* target = ::archive_entry_symlink(entry);
        if (!target)
            return refused(path, "is a link that cannot be read");
        if (absl::Status removed = RootTree::remove(directory, name); !removed.ok())
            return removed;
        return ::symlinkat(target, directory, name.c_str()) == 0 ? absl::OkStatus() : failed(path);
    }
    default:
        return absl::OkStatus(); // devices, pipes, sockets
    }
}

absl::Status LayerPass::makeDirectory(int directory, const std::string& name, archive_entry* entry)
{
    struct stat info {};
    const bool there = ::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && !S_ISDIR(info.st_mode)) {
        if (absl::Status removed = RootTree::remove(directory, name); !removed.ok())
            return removed;
    }
    if ((!there || !S_ISDIR(info.st_mode)) && ::mkdirat(directory, name.c_str(), 0755) != 0)
        return failed(name);
    // The owner, who is not root everywhere, must be able to lay more over it and to remove it.
    const mode_t mode = (::archive_entry_perm(entry) & 0777) | 0700;
    const UniqueFd made(::openat(directory, name.c_str(),
                                 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    return made && ::fchmod(made.get(), mode) == 0 ? absl::OkStatus() : failed(name);
}

absl::Status LayerPass::makeFile(int directory, const std::string& name, const std::string& path,
                                 archive_entry* entry)
{
    if (absl::Status removed = RootTree::remove(directory, name); !removed.ok())
        return removed;
    const UniqueFd file(::openat(directory, name.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file)
        return failed(path);
    if (absl::Status copied = copyData(file.get(), path, ::archive_entry_size(entry)); !copied.ok())
        return copied;
    if (::fchmod(file.get(), (::archive_entry_perm(entry) & 0777) | 0400) != 0)
        return failed(path);
    // Python compares the time of a source with what its compiled form says.
    const timespec time{::archive_entry_mtime(entry), ::archive_entry_mtime_nsec(entry)};
    const timespec times[] = {time, time};
    ::futimens(file.get(), times);
    return absl::OkStatus();
}

absl::Status LayerPass::makeHardLink(int directory, const std::string& name,
                                     const std::string& path, const char* target)
{
    const absl::StatusOr<std::string> clean = cleanPath(target);
    if (!clean.ok())
        return clean.status();
    const std::size_t slash = clean->rfind('/');
    const UniqueFd from = openInRoot(
        m_tree.fd(), slash == std::string::npos ? std::string() : clean->substr(0, slash),
        O_RDONLY | O_DIRECTORY);
    const std::string base = clean->substr(slash == std::string::npos ? 0 : slash + 1);
    struct stat info {};
    if (!from || ::fstatat(from.get(), base.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        S_ISDIR(info.st_mode))
        return refused(path, "is a link to a file that is not in the image");
    struct stat own {};
    if (::fstatat(directory, name.c_str(), &own, AT_SYMLINK_NOFOLLOW) == 0 &&
        own.st_ino == info.st_ino)
        return absl::OkStatus();
    if (absl::Status removed = RootTree::remove(directory, name); !removed.ok())
        return removed;
    return ::linkat(from.get(), base.c_str(), directory, name.c_str(), 0) == 0 ? absl::OkStatus()
                                                                              : failed(path);
}

// A file may end in a hole.
absl::Status LayerPass::copyData(int file, const std::string& path, std::int64_t length)
{
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    std::int64_t end = 0;
    int code;
    while ((code = ::archive_read_data_block(m_archive, &data, &size, &offset)) == ARCHIVE_OK) {
        const std::int64_t after = offset + static_cast<std::int64_t>(size);
        if (absl::Status spent = spend(std::max<std::int64_t>(after - end, 0)); !spent.ok())
            return spent;
        end = std::max(end, after);
        for (std::size_t done = 0; done < size;) {
            const ssize_t written =
                ::pwrite(file, static_cast<const char*>(data) + done, size - done,
                         offset + static_cast<la_int64_t>(done));
            if (written < 0 && errno == EINTR)
                continue;
            if (written < 0)
                return failed(path);
            done += static_cast<std::size_t>(written);
        }
    }
    if (code != ARCHIVE_EOF)
        return broken();
    if (absl::Status spent = spend(std::max<std::int64_t>(length - end, 0)); !spent.ok())
        return spent;
    return ::ftruncate(file, std::max(end, length)) == 0 ? absl::OkStatus() : failed(path);
}

} // namespace

absl::Status unpackLayer(LayerStream& layer, RootTree& tree, const UnpackLimits& limits,
                         UnpackedSoFar& soFar)
{
    return LayerPass(layer, tree, limits, soFar).run();
}

absl::Status makeMountPoints(RootTree& tree)
{
    for (const char* path : {"proc", "dev", "tmp", "sys/fs/cgroup"}) {
        if (absl::Status made = tree.makeMountPoint(path, false); !made.ok())
            return made;
    }
    for (const char* path : {"etc/hosts", "etc/hostname", "etc/resolv.conf"}) {
        if (absl::Status made = tree.makeMountPoint(path, true); !made.ok())
            return made;
    }
    return absl::OkStatus();
}

} // namespace gantry::images
