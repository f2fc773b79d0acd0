#include "backend/sandbox/host_files.h"

#include "backend/base/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

namespace gantry::sandbox {

std::string readHostFile(const std::string& path)
{
    std::string text;
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char buffer[4096];
    ssize_t size;
    while (file && text.size() < (1 << 20) &&
           (size = ::read(file.get(), buffer, sizeof buffer)) > 0)
        text.append(buffer, static_cast<std::size_t>(size));
    return text;
}

bool writeHostFile(const std::string& path, std::string_view value)
{
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file &&
           ::write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

} // namespace gantry::sandbox
