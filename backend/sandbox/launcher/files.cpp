#include "backend/sandbox/launcher/files.h"

#include "backend/base/unique_fd.h"
#include "backend/sandbox/launcher/step.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

namespace gantry::sandbox {

void writeFile(const std::string& path, std::string_view contents)
{
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    must(file.get(), "create " + path);
    must(static_cast<int>(::write(file.get(), contents.data(), contents.size())), "write " + path);
}

bool tryWriteFile(const std::string& path, std::string_view contents)
{
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file && ::write(file.get(), contents.data(), contents.size()) ==
                       static_cast<ssize_t>(contents.size());
}

void makeDirectories(const std::string& path)
{
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        const std::string part = path.substr(0, end);
        if (::mkdir(part.c_str(), 0755) < 0 && errno != EEXIST)
            throw StepFailed("create the directory " + part, errno);
        if (end == std::string::npos)
            return;
    }
}

std::string readSmallFile(const std::string& path)
{
    std::string contents;
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    char buffer[4096];
    ssize_t size;
    while (file && contents.size() < 256 * 1024 &&
           (size = ::read(file.get(), buffer, sizeof buffer)) > 0)
        contents.append(buffer, static_cast<std::size_t>(size));
    return contents;
}

void bindMount(const std::string& source, const std::string& target, unsigned long attributes)
{
    must(::mount(source.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr),
         "mount " + source + " at " + target);
    mount_attr attribute{};
    attribute.attr_set = attributes;
    must(::mount_setattr(AT_FDCWD, target.c_str(), AT_RECURSIVE, &attribute, sizeof attribute),
         "restrict the mount at " + target);
}

} // namespace gantry::sandbox
