#include "backend/store/files.h"

#include "backend/base/error.h"
#include "backend/base/unique_fd.h"

#include <absl/strings/str_cat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gantry::store {
namespace {

absl::Status writeAll(int fd, std::string_view data, const std::filesystem::path& file)
{
    while (!data.empty()) {
        const ssize_t written = ::write(fd, data.data(), data.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fileError(file, errno);
        data.remove_prefix(static_cast<std::size_t>(written));
    }
    return absl::OkStatus();
}

absl::Status syncDirectory(const std::filesystem::path& directory)
{
    const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return fd && ::fsync(fd.get()) == 0 ? absl::OkStatus() : fileError(directory, errno);
}

} // namespace

absl::Status fileError(const std::filesystem::path& file, int error)
{
    if (error == ENOSPC || error == EDQUOT) {
        return serviceError(absl::StrCat("The disk that holds ", file.string(),
                                         " is full. Nothing was changed; free some space and try "
                                         "again."));
    }
    return serviceError(absl::StrCat(file.string(), ": ", std::strerror(error), "."));
}

absl::Status writeDurably(const std::filesystem::path& file, std::string_view data,
                          const std::filesystem::path& temporary)
{
    const UniqueFd fd(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd)
        return fileError(temporary, errno);
    absl::Status status = writeAll(fd.get(), data, file);
    if (status.ok() && ::fsync(fd.get()) != 0)
        status = fileError(file, errno);
    if (status.ok() && std::rename(temporary.c_str(), file.c_str()) != 0)
        status = fileError(file, errno);
    if (!status.ok()) {
        ::unlink(temporary.c_str());
        return status;
    }
    return syncDirectory(file.parent_path());
}

absl::Status renameDurably(const std::filesystem::path& from, const std::filesystem::path& to)
{
    {
        // One call for the whole file system is far cheaper than one for each of a thousand files.
        const UniqueFd fd(::open(from.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!fd || ::syncfs(fd.get()) != 0)
            return fileError(from, errno);
    }
    if (std::rename(from.c_str(), to.c_str()) != 0)
        return fileError(to, errno);
    return syncDirectory(to.parent_path());
}

absl::StatusOr<std::string> readFile(const std::filesystem::path& file)
{
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info {};
    if (!fd || ::fstat(fd.get(), &info) != 0)
        return fileError(file, errno);
    std::string data(static_cast<std::size_t>(info.st_size), '\0');
    std::size_t filled = 0;
    while (filled < data.size()) {
        const ssize_t size = ::read(fd.get(), data.data() + filled, data.size() - filled);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return fileError(file, errno);
        if (size == 0)
            break;
        filled += static_cast<std::size_t>(size);
    }
    data.resize(filled);
    return data;
}

} // namespace gantry::store
