#include "backend/store/zip_modes.h"

#include "backend/store/zip_paths.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace gantry::store {
namespace {

// Offsets and sizes of APPNOTE.TXT 4.3.12 and 4.3.16.
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kHeaderSize = 46;
constexpr unsigned kUnix = 3;
constexpr unsigned kDarwin = 19;

std::uint32_t number(std::string_view bytes, std::size_t offset, int size)
{
    std::uint32_t value = 0;
    for (int i = size - 1; i >= 0; --i)
        value =
            value << 8 | static_cast<unsigned char>(bytes[offset + static_cast<std::size_t>(i)]);
    return value;
}

// The central directory's headers; empty when there is none where the archive says.
std::string_view centralDirectory(std::string_view zip)
{
    const std::size_t end = zip.rfind("PK\5\6");
    if (end == std::string_view::npos || zip.size() - end < kEndSize)
        return {};
    const std::size_t size = number(zip, end + 12, 4);
    return size <= end ? zip.substr(end - size, size) : std::string_view();
}

} // namespace

ZipModes::ZipModes(std::string_view zip)
{
    const ZipPaths paths(1024);
    std::string_view rest = centralDirectory(zip);
    while (rest.size() >= kHeaderSize && rest.substr(0, 4) == "PK\1\2") {
        const unsigned system = number(rest, 5, 1);
        const std::uint32_t attributes = number(rest, 38, 4);
        const std::size_t nameSize = number(rest, 28, 2);
        const std::size_t size = kHeaderSize + nameSize + number(rest, 30, 2) + number(rest, 32, 2);
        if (size > rest.size())
            return;
        if ((system != kUnix && system != kDarwin) || attributes >> 16 == 0) {
            std::string name(rest.substr(kHeaderSize, nameSize));
            std::replace(name.begin(), name.end(), '\\', '/');
            if (const std::optional<std::string> path = paths.normalise(name))
                m_unknown.insert(*path);
        }
        rest.remove_prefix(size);
    }
}

} // namespace gantry::store
