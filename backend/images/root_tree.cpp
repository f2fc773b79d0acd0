#include "backend/images/root_tree.h"

#include "backend/base/error.h"
#include "backend/base/root_path.h"
#include "backend/store/files.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gantry::images {
namespace {

constexpr int kReadDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
// Removing walks down with a descriptor a level; mounting wants a path that the kernel takes.
constexpr std::ptrdiff_t kDeepest = 200;
constexpr std::size_t kLongest = 3000;

absl::Status failed(const std::string& path)
{
    if (errno == ENOSPC || errno == EDQUOT)
        return store::fileError(path, errno);
    return invalidParameter(absl::StrCat("The layer's path ", path.substr(0, 200),
                                         " cannot be made: ", std::strerror(errno), "."));
}

absl::Status checkDepth(int directory, const std::string& path)
{
    std::array<char, 4096> real{};
    const std::string link = absl::StrCat("/proc/self/fd/", directory);
    const ssize_t size = ::readlink(link.c_str(), real.data(), real.size());
    const std::string_view text(real.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (size >= 0 && text.size() <= kLongest &&
        std::count(text.begin(), text.end(), '/') <= kDeepest)
        return absl::OkStatus();
    return invalidParameter(
        absl::StrCat("The layer's path ", path.substr(0, 200), " leads too deep."));
}

std::vector<std::string> namesIn(int directory)
{
    std::vector<std::string> names;
    const int copy = ::openat(directory, ".", kReadDirectory | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(copy < 0 ? nullptr : ::fdopendir(copy),
                                                     [](DIR* opened) { return ::closedir(opened); });
    while (const dirent* entry = stream ? ::readdir(stream.get()) : nullptr) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..")
            names.emplace_back(name);
    }
    return names;
}

bool isDirectoryAt(int parent, const std::string& name)
{
    struct stat info {};
    return ::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

} // namespace

absl::StatusOr<UniqueFd> RootTree::directory(const std::string& path)
{
    UniqueFd found = openInRoot(m_root.get(), path, O_RDONLY | O_DIRECTORY);
    if (!found && errno == ENOENT && !path.empty()) {
        const std::size_t slash = path.rfind('/');
        const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
        auto parent = directory(slash == std::string::npos ? std::string() : path.substr(0, slash));
        if (!parent.ok())
            return parent.status();
        if (::mkdirat(parent->get(), name.c_str(), 0755) != 0)
            return failed(path);
        found.reset(::openat(parent->get(), name.c_str(), kReadDirectory | O_CLOEXEC));
    }
    if (!found)
        return failed(path);
    if (absl::Status depth = checkDepth(found.get(), path); !depth.ok())
        return depth;
    return found;
}

absl::Status RootTree::makeMountPoint(const std::string& path, bool file)
{
    UniqueFd at(::dup(m_root.get()));
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string name = path.substr(begin, end - begin);
        begin = end + 1;
        const bool last = end == path.size();
        struct stat info {};
        const bool there = ::fstatat(at.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
        const bool fits = there && (last && file ? S_ISREG(info.st_mode) : S_ISDIR(info.st_mode));
        if (there && !fits) {
            if (absl::Status removed = remove(at.get(), name); !removed.ok())
                return removed;
        }
        if (last && file) {
            const UniqueFd made(fits ? -1
                                     : ::openat(at.get(), name.c_str(),
                                                O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
            return fits || made ? absl::OkStatus() : failed(path);
        }
        if (!fits && ::mkdirat(at.get(), name.c_str(), 0755) != 0)
            return failed(path);
        at.reset(::openat(at.get(), name.c_str(), kReadDirectory | O_CLOEXEC));
        if (!at)
            return failed(path);
    }
    return absl::OkStatus();
}

absl::Status RootTree::remove(int directory, const std::string& name, const Spared& spared)
{
    const bool keep = spared && spared(placeOf(directory, name));
    if (!isDirectoryAt(directory, name)) {
        if (keep || ::unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT)
            return absl::OkStatus();
        return failed(name);
    }
    const UniqueFd inner(::openat(directory, name.c_str(), kReadDirectory | O_CLOEXEC));
    if (!inner)
        return failed(name);
    if (absl::Status cleared = clear(inner.get(), spared); !cleared.ok())
        return cleared;
    if (!keep && ::unlinkat(directory, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOTEMPTY)
        return failed(name);
    return absl::OkStatus();
}

absl::Status RootTree::clear(int directory, const Spared& spared)
{
    for (const std::string& name : namesIn(directory)) {
        if (absl::Status removed = remove(directory, name, spared); !removed.ok())
            return removed;
    }
    return absl::OkStatus();
}

Place RootTree::placeOf(int directory, std::string name)
{
    struct stat info {};
    ::fstat(directory, &info);
    return {info.st_ino, std::move(name)};
}

} // namespace gantry::images
