#include "backend/base/uri.h"

#include <absl/strings/ascii.h>

namespace gantry {
namespace {

bool isUnreserved(unsigned char c)
{
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~';
}

int hexValue(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

} // namespace

std::string percentEncode(std::string_view text, bool keepSlash)
{
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size() + 16);
    std::size_t kept = 0; // up to here it is in `out`
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (isUnreserved(byte) || (keepSlash && byte == '/'))
            continue;
        out.append(text, kept, i - kept);
        out += '%';
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
        kept = i + 1;
    }
    out.append(text, kept);
    return out;
}

std::optional<std::string> percentDecode(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size())
            return std::nullopt;
        const int high = hexValue(text[i + 1]);
        const int low = hexValue(text[i + 2]);
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

std::optional<QueryParameters> parseQuery(std::string_view query)
{
    QueryParameters parameters;
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view part = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        if (part.empty())
            continue;
        const std::size_t equals = part.find('=');
        auto name = percentDecode(part.substr(0, equals));
        auto value = percentDecode(equals == std::string_view::npos ? std::string_view()
                                                                    : part.substr(equals + 1));
        if (!name || !value)
            return std::nullopt;
        parameters.emplace_back(*std::move(name), *std::move(value));
    }
    return parameters;
}

} // namespace gantry
