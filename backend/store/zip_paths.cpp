#include "backend/store/zip_paths.h"

#include "backend/base/text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include <algorithm>

namespace gantry::store {
namespace {

constexpr std::size_t kMaxNameBytes = 255; // of one path component on Linux file systems
constexpr absl::string_view kMountPoint = "/var/task/";

bool isContinuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

// Well-formed UTF-8, without overlong forms and surrogates.
bool isUtf8(std::string_view text)
{
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80   ? 1
                                   : lead < 0xc2 ? 0
                                   : lead < 0xe0 ? 2
                                   : lead < 0xf0 ? 3
                                   : lead < 0xf5 ? 4
                                                 : 0;
        if (length == 0 || i + length > text.size())
            return false;
        for (std::size_t k = 1; k < length; ++k) {
            if (!isContinuation(static_cast<unsigned char>(text[i + k])))
                return false;
        }
        const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
        if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
            (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
            return false;
        i += length;
    }
    return true;
}

bool hasDriveLetter(std::string_view name)
{
    return name.size() >= 2 && name[1] == ':' && absl::ascii_isalpha(name[0]) &&
           (name.size() == 2 || name[2] == '/' || name[2] == '\\');
}

std::string_view parentOf(std::string_view path)
{
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

} // namespace

std::optional<std::string> ZipPaths::normalise(std::string_view name) const
{
    if (name.empty() || name.size() > m_maxBytes || name.front() == '/' || name.front() == '\\' ||
        hasDriveLetter(name) || !isUtf8(name))
        return std::nullopt;
    std::vector<absl::string_view> parts = absl::StrSplit(
        view(name), '/', [](absl::string_view part) { return !part.empty() && part != "."; });
    for (const absl::string_view part : parts) {
        if (part.size() > kMaxNameBytes)
            return std::nullopt;
        // A reader on another system would take the backslash for a separator.
        for (const absl::string_view piece : absl::StrSplit(part, '\\')) {
            if (piece == "..")
                return std::nullopt;
        }
    }
    return absl::StrJoin(parts, "/");
}

bool ZipPaths::add(const std::string& path, Kind kind)
{
    for (std::string_view parent = parentOf(path); !parent.empty(); parent = parentOf(parent)) {
        const auto [known, added] = m_kinds.emplace(std::string(parent), Kind::Directory);
        if (known->second != Kind::Directory)
            return false;
        if (!added)
            break;
    }
    const auto [known, added] = m_kinds.emplace(path, kind);
    return added || (kind == Kind::Directory && known->second == Kind::Directory);
}

bool ZipPaths::linkStaysInside(std::string_view path, std::string_view target)
{
    absl::string_view rest = view(target);
    if (rest.empty())
        return false;
    // Links may name the place at which the package is mounted.
    auto depth = std::count(path.begin(), path.end(), '/');
    if (absl::ConsumePrefix(&rest, kMountPoint))
        depth = 0;
    if (absl::StartsWith(rest, "/"))
        return false;
    bool named = false;
    for (const absl::string_view part : absl::StrSplit(rest, '/')) {
        if (part != "..") {
            named = named || (!part.empty() && part != ".");
            continue;
        }
        if (named || --depth < 0)
            return false;
    }
    return true;
}

} // namespace gantry::store
