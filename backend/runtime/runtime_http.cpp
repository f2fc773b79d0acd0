#include "backend/runtime/runtime_http.h"

#include "backend/base/text.h"

#include <absl/strings/str_cat.h>
#include <openssl/evp.h>

#include <algorithm>

namespace gantry::runtime {

namespace {

constexpr std::string_view kPrefix = "/2018-06-01";
constexpr std::string_view kExtensionPrefix = "/2020-01-01/extension";

Endpoint extensionEndpoint(std::string_view path)
{
    if (path == "/register")
        return Endpoint::ExtensionRegister;
    if (path == "/event/next")
        return Endpoint::ExtensionNext;
    if (path == "/init/error")
        return Endpoint::ExtensionInitError;
    return path == "/exit/error" ? Endpoint::ExtensionExitError : Endpoint::Unknown;
}

} // namespace

std::string_view statusText(int status)
{
    switch (status) {
    case 200:
        return "200 OK";
    case 202:
        return "202 Accepted";
    case 400:
        return "400 Bad Request";
    case 403:
        return "403 Forbidden";
    case 404:
        return "404 Not Found";
    case 405:
        return "405 Method Not Allowed";
    case 413:
        return "413 Request Entity Too Large";
    default:
        return "500 Internal Server Error";
    }
}

void appendHeader(std::string& head, std::string_view name, std::string_view value)
{
    if (value.empty())
        return;
    const auto start = static_cast<std::ptrdiff_t>(head.size());
    absl::StrAppend(&head, view(name), ": ", view(value));
    std::replace_if(
        head.begin() + start, head.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    head += "\r\n";
}

std::string decodeBase64(std::string_view text)
{
    std::string decoded(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    const auto padding =
        std::count(text.end() - std::min<std::ptrdiff_t>(2, text.size()), text.end(), '=');
    decoded.resize(size < 0 ? 0 : static_cast<std::size_t>(size - padding));
    return decoded;
}

Route routeOf(std::string_view target)
{
    target = target.substr(0, target.find('?'));
    if (target == "/2022-07-01/telemetry")
        return {Endpoint::Telemetry, {}};
    if (target == "/2020-08-15/logs")
        return {Endpoint::Logs, {}};
    if (target.starts_with(kExtensionPrefix))
        return {extensionEndpoint(target.substr(kExtensionPrefix.size())), {}};
    if (target.substr(0, kPrefix.size()) != kPrefix)
        return {};
    target.remove_prefix(kPrefix.size());
    if (target == "/runtime/invocation/next")
        return {Endpoint::Next, {}};
    if (target == "/runtime/init/error")
        return {Endpoint::InitError, {}};
    if (target == "/runtime/restore/next")
        return {Endpoint::RestoreNext, {}};
    if (target == "/runtime/restore/error")
        return {Endpoint::RestoreError, {}};
    if (target == "/ping")
        return {Endpoint::Ping, {}};
    constexpr std::string_view kInvocation = "/runtime/invocation/";
    if (target.substr(0, kInvocation.size()) != kInvocation)
        return {};
    target.remove_prefix(kInvocation.size());
    const std::size_t slash = target.find('/');
    if (slash == std::string_view::npos)
        return {};
    const std::string_view verb = target.substr(slash);
    const std::string id(target.substr(0, slash));
    if (verb == "/response")
        return {Endpoint::Response, id};
    if (verb == "/error")
        return {Endpoint::Error, id};
    return {};
}

} // namespace gantry::runtime
