#include "backend/iam/sigv4_canonical.h"

#include "backend/base/text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_join.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace gantry::iam {
namespace {

// RFC 3986 5.2.4, and runs of slashes become one, as AWS wants it.
std::string normalized(std::string_view path)
{
    std::vector<std::string_view> kept;
    for (std::size_t start = 0; start < path.size();) {
        const std::size_t slash = std::min(path.find('/', start), path.size());
        const std::string_view segment = path.substr(start, slash - start);
        start = slash + 1;
        if (segment == ".." && !kept.empty())
            kept.pop_back();
        else if (!segment.empty() && segment != "." && segment != "..")
            kept.push_back(segment);
    }
    std::string out;
    for (const std::string_view segment : kept)
        out.append("/").append(segment);
    if (out.empty() || path.back() == '/')
        out += '/';
    return out;
}

void appendFolded(std::string_view value, std::string& out)
{
    const std::string_view text = view(absl::StripAsciiWhitespace(view(value)));
    if (text.find('\t') == text.npos && text.find("  ") == text.npos) {
        out += text; // nearly always, and at once
        return;
    }
    bool space = false;
    for (const char c : text) {
        const bool isSpace = c == ' ' || c == '\t';
        if (!isSpace)
            out += c;
        else if (!space)
            out += ' ';
        space = isSpace;
    }
}

std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> makeHmacContext()
{
    EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(EVP_MAC_CTX_new(mac),
                                                                      &EVP_MAC_CTX_free);
    EVP_MAC_free(mac);
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    EVP_MAC_CTX_set_params(context.get(), parameters);
    return context;
}

} // namespace

std::string canonicalPath(std::string_view rawPath, bool s3)
{
    if (rawPath.empty())
        return "/";
    if (s3)
        return percentEncode(percentDecode(rawPath).value_or(std::string(rawPath)), true);
    return percentEncode(normalized(rawPath), true);
}

std::string canonicalQuery(const QueryParameters& parameters)
{
    std::vector<std::pair<std::string, std::string>> encoded;
    for (const auto& [name, value] : parameters) {
        if (name != "X-Amz-Signature")
            encoded.emplace_back(percentEncode(name), percentEncode(value));
    }
    std::sort(encoded.begin(), encoded.end());
    return absl::StrJoin(encoded, "&", absl::PairFormatter("="));
}

std::string canonicalHeaders(const HttpRequest& request,
                             const std::vector<absl::string_view>& names)
{
    std::string out;
    for (const absl::string_view name : names) {
        out.append(name.data(), name.size()).append(":");
        bool first = true;
        for (const HttpHeader& header : request.headers) {
            if (!absl::EqualsIgnoreCase(view(header.name), name))
                continue;
            if (!first)
                out += ',';
            first = false;
            appendFolded(header.value, out);
        }
        out += '\n';
    }
    return out;
}

std::string hmacSha256(std::string_view key, std::string_view data)
{
    // Kept, because looking the algorithm up takes longer than the work.
    thread_local const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context =
        makeHmacContext();
    std::string digest(32, '\0');
    std::size_t size = 0;
    if (!EVP_MAC_init(context.get(), reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                      nullptr) ||
        !EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(data.data()),
                        data.size()) ||
        !EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(digest.data()), &size,
                       digest.size()))
        throw std::runtime_error("HMAC-SHA-256 is not available");
    return digest;
}

std::string deriveSigningKey(std::string_view secretAccessKey, std::string_view date,
                             std::string_view region, std::string_view service)
{
    const std::string day = hmacSha256("AWS4" + std::string(secretAccessKey), date);
    return hmacSha256(hmacSha256(hmacSha256(day, region), service), "aws4_request");
}

} // namespace gantry::iam
