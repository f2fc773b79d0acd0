#include "backend/store/directory_lock.h"

#include "backend/base/error.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace gantry::store {
namespace {

std::string holderOf(int fd)
{
    char text[32] = {};
    const ssize_t size = ::pread(fd, text, sizeof text - 1, 0);
    std::string pid(text, size > 0 ? static_cast<std::size_t>(size) : 0);
    absl::StripAsciiWhitespace(&pid);
    return pid.empty() ? std::string("unknown") : pid;
}

} // namespace

absl::StatusOr<DirectoryLock> DirectoryLock::acquire(const std::filesystem::path& directory)
{
    const std::string file = (directory / "lock").string();
    UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd)
        return serviceError(absl::StrCat(file, " cannot be opened: ", std::strerror(errno), "."));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return serviceError(absl::StrCat(file, " cannot be locked: ", std::strerror(errno)));
        return serviceError(absl::StrCat("Another gantryd (process ", holderOf(fd.get()),
                                         ") already uses ", directory.string(),
                                         ". Stop it or choose another --data-dir."));
    }
    const std::string pid = absl::StrCat(::getpid(), "\n");
    if (::ftruncate(fd.get(), 0) != 0 ||
        ::pwrite(fd.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        return serviceError(absl::StrCat(file, " cannot be written: ", std::strerror(errno), "."));
    return DirectoryLock(std::move(fd));
}

} // namespace gantry::store
