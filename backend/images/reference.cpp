#include "backend/images/digest.h"
#include "backend/images/image.h"

#include <algorithm>

namespace gantry::images {
namespace {

constexpr std::size_t kLongestName = 256;
constexpr std::size_t kLongestTag = 128;

bool isLowerAlnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Letters and digits, with single separators between.
bool isNamePart(std::string_view part)
{
    if (part.empty() || !isLowerAlnum(part.front()) || !isLowerAlnum(part.back()))
        return false;
    for (std::size_t i = 1; i < part.size(); ++i) {
        const char c = part[i], before = part[i - 1];
        const bool doubled = (c == '_' || c == '-') && before == c;
        if (!isLowerAlnum(c) && (std::string_view("._-").find(c) == std::string_view::npos ||
                                 (!isLowerAlnum(before) && !doubled)))
            return false;
    }
    return true;
}

// The first part of a name is a host when it cannot be a repository of ours.
bool looksLikeHost(std::string_view part)
{
    return part == "localhost" || part.find_first_of(".:[") != std::string_view::npos;
}

} // namespace

bool isRepositoryName(std::string_view name)
{
    if (name.empty() || name.size() > kLongestName)
        return false;
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find('/', begin), name.size());
        if (!isNamePart(name.substr(begin, end - begin)))
            return false;
        begin = end + 1;
    }
    return true;
}

bool isTag(std::string_view tag)
{
    const auto word = [](char c) {
        return isLowerAlnum(c) || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !tag.empty() && tag.size() <= kLongestTag && word(tag.front()) &&
           std::all_of(tag.begin(), tag.end(),
                       [&word](char c) { return word(c) || c == '.' || c == '-'; });
}

bool parseReference(std::string_view text, Reference& reference)
{
    reference = {};
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos && looksLikeHost(text.substr(0, slash))) {
        reference.host = std::string(text.substr(0, slash));
        text.remove_prefix(slash + 1);
    }
    if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
        reference.digest = std::string(text.substr(at + 1));
        text = text.substr(0, at);
        if (!isDigest(reference.digest))
            return false;
    }
    if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
        reference.tag = std::string(text.substr(colon + 1));
        text = text.substr(0, colon);
        if (!isTag(reference.tag))
            return false;
    }
    if (reference.digest.empty() && reference.tag.empty())
        reference.tag = "latest";
    if (!reference.digest.empty())
        reference.tag.clear(); // the digest says more
    reference.repository = std::string(text);
    return isRepositoryName(reference.repository);
}

} // namespace gantry::images
