#include "backend/store/zip.h"

#include "backend/base/elf.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/base/unique_fd.h"
#include "backend/store/files.h"
#include "backend/store/utf8_locale.h"
#include "backend/store/zip_modes.h"
#include "backend/store/zip_paths.h"

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gantry::store {
namespace {

absl::Status broken(std::string_view why = {}, std::string_view name = {})
{
    std::string message =
        "Could not unzip uploaded file. Please check your file, then try to upload again.";
    if (!why.empty()) {
        const std::string shown = absl::Utf8SafeCEscape(view(name.substr(0, 100)));
        absl::StrAppend(&message, " (", shown, shown.empty() ? "" : ": ", view(why), ")");
    }
    return invalidParameter(std::move(message));
}

// One pass over an archive. With a destination it writes what it reads, else it only checks.
class ZipPass final {
public:
    ZipPass(std::string_view zip, const ZipLimits& limits,
            std::optional<std::filesystem::path> destination)
        : m_zip(zip), m_limits(limits), m_destination(std::move(destination)),
          m_paths(limits.pathBytes), m_modes(zip)
    {
    }

    absl::StatusOr<ZipSummary> run();

private:
    struct Link {
        std::string path;
        std::string target;
    };

    absl::Status entry(archive_entry* entry);
    absl::Status directory(const std::string& path);
    absl::Status file(const std::string& path, archive_entry* entry);
    absl::Status link(const std::string& path, archive_entry* entry);
    absl::Status copyData(const std::string& path, int fd);
    absl::Status makeDirectories(const std::string& path);
    absl::Status makeLinks();

    const std::string_view m_zip;
    const ZipLimits m_limits;
    const std::optional<std::filesystem::path> m_destination;
    ZipPaths m_paths;
    ZipModes m_modes;
    archive* m_archive = nullptr;
    std::vector<Link> m_links; // made last, so that no file is ever written through one
    ZipSummary m_summary;
};

absl::StatusOr<ZipSummary> ZipPass::run()
{
    // It begins with the end of its directory: there are no entries.
    if (m_zip.starts_with("PK\5\6"))
        return invalidParameter("Uploaded file must be a non-empty zip");
    const Utf8Locale locale;
    const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                        archive_read_free);
    m_archive = reader.get();
    archive_read_support_format_zip_seekable(m_archive);
    if (archive_read_open_memory(m_archive, m_zip.data(), m_zip.size()) != ARCHIVE_OK)
        return broken();
    for (;;) {
        archive_entry* next = nullptr;
        const int code = archive_read_next_header(m_archive, &next);
        if (code == ARCHIVE_EOF)
            break;
        if (code != ARCHIVE_OK)
            return broken();
        if (absl::Status status = entry(next); !status.ok())
            return status;
    }
    if (absl::Status status = makeLinks(); !status.ok())
        return status;
    return m_summary;
}

absl::Status ZipPass::entry(archive_entry* entry)
{
    const char* text = archive_entry_pathname(entry);
    const std::string name = text ? text : "";
    if (++m_summary.entries > m_limits.entries)
        return broken(absl::StrCat("more than ", m_limits.entries, " entries"));
    if (archive_entry_is_encrypted(entry))
        return broken("the entry is encrypted", name);
    const std::optional<std::string> path = m_paths.normalise(name);
    if (!path)
        return broken("the path leaves the package or is not a valid name", name);
    const auto type = archive_entry_filetype(entry);
    if (path->empty())
        return type == AE_IFDIR ? absl::OkStatus() : broken("the entry has no name");
    if (archive_entry_hardlink(entry) || (type != AE_IFDIR && type != AE_IFREG && type != AE_IFLNK))
        return broken("neither a file, a directory nor a symbolic link", name);
    const ZipPaths::Kind kind = type == AE_IFDIR   ? ZipPaths::Kind::Directory
                                : type == AE_IFREG ? ZipPaths::Kind::File
                                                   : ZipPaths::Kind::Link;
    if (!m_paths.add(*path, kind))
        return broken("the path occurs twice or runs through a file or link", name);
    switch (kind) {
    case ZipPaths::Kind::Directory:
        return directory(*path);
    case ZipPaths::Kind::Link:
        return link(*path, entry);
    case ZipPaths::Kind::File:
        break;
    }
    return file(*path, entry);
}

absl::Status ZipPass::directory(const std::string& path)
{
    return m_destination ? makeDirectories(path) : absl::OkStatus();
}

absl::Status ZipPass::link(const std::string& path, archive_entry* entry)
{
    const char* text = archive_entry_symlink(entry);
    const std::string target = text ? text : "";
    if (!ZipPaths::linkStaysInside(path, target))
        return broken("the symbolic link points outside the package", path);
    m_links.push_back({path, target});
    return absl::OkStatus();
}

absl::Status ZipPass::file(const std::string& path, archive_entry* entry)
{
    if (!m_destination)
        return copyData(path, -1);
    if (const std::size_t slash = path.rfind('/'); slash != std::string::npos) {
        if (absl::Status made = makeDirectories(path.substr(0, slash)); !made.ok())
            return made;
    }
    const std::string target = (*m_destination / path).string();
    const UniqueFd fd(
        ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd)
        return fileError(path, errno);
    if (absl::Status copied = copyData(path, fd.get()); !copied.ok())
        return copied;
    const bool executable = (archive_entry_perm(entry) & 0111) != 0 || !m_modes.known(path);
    return ::fchmod(fd.get(), executable ? 0555 : 0444) == 0 ? absl::OkStatus()
                                                             : fileError(path, errno);
}

absl::Status ZipPass::copyData(const std::string& path, int fd)
{
    std::array<char, 64 * 1024> buffer;
    bool first = true;
    for (;;) {
        const la_ssize_t size = archive_read_data(m_archive, buffer.data(), buffer.size());
        if (size == 0)
            return absl::OkStatus();
        if (size < 0) {
            const char* text = archive_error_string(m_archive);
            return absl::StrContains(text ? text : "", "ncrypt")
                       ? broken("the entry is encrypted", path)
                       : broken("the entry cannot be decompressed", path);
        }
        if (const std::string_view head(buffer.data(), static_cast<std::size_t>(size));
            std::exchange(first, false))
            if (std::string architecture = elfArchitecture(head); !architecture.empty())
                m_summary.natives.emplace(std::move(architecture), path);
        m_summary.unpackedBytes += size;
        if (m_summary.unpackedBytes > m_limits.unpackedBytes) {
            return invalidParameter(absl::StrCat("Unzipped size must be smaller than ",
                                                 m_limits.unpackedBytes, " bytes"));
        }
        for (la_ssize_t done = 0; fd >= 0 && done < size;) {
            const ssize_t written =
                ::write(fd, buffer.data() + done, static_cast<std::size_t>(size - done));
            if (written < 0)
                return fileError(path, errno);
            done += written;
        }
    }
}

absl::Status ZipPass::makeDirectories(const std::string& path)
{
    for (std::size_t slash = path.find('/');; slash = path.find('/', slash + 1)) {
        const std::string target = (*m_destination / path.substr(0, slash)).string();
        // The mode is set apart from the creation because the umask would cut it.
        if (::mkdir(target.c_str(), 0700) == 0) {
            if (::chmod(target.c_str(), 0755) != 0)
                return fileError(path, errno);
        } else if (errno != EEXIST) {
            return fileError(path, errno);
        }
        if (slash == std::string::npos)
            return absl::OkStatus();
    }
}

absl::Status ZipPass::makeLinks()
{
    if (!m_destination)
        return absl::OkStatus();
    for (const Link& link : m_links) {
        const std::size_t slash = link.path.rfind('/');
        if (slash != std::string::npos) {
            if (absl::Status made = makeDirectories(link.path.substr(0, slash)); !made.ok())
                return made;
        }
        if (::symlink(link.target.c_str(), (*m_destination / link.path).c_str()) != 0)
            return fileError(link.path, errno);
    }
    return absl::OkStatus();
}

} // namespace

absl::StatusOr<ZipSummary> inspectZip(std::string_view zip, const ZipLimits& limits)
{
    return ZipPass(zip, limits, std::nullopt).run();
}

absl::StatusOr<ZipSummary> unpackZip(std::string_view zip, const std::filesystem::path& directory,
                                     const ZipLimits& limits)
{
    return ZipPass(zip, limits, directory).run();
}

} // namespace gantry::store
