#include "backend/api/http_prelude.h"

#include "backend/base/text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace gantry::api {
namespace {

namespace json = boost::json;

constexpr std::string_view kSeparator("\0\0\0\0\0\0\0\0", 8);
constexpr std::size_t kMaxPrelude = 64 * 1024;

// Headers may be numbers and truth values; an array is one header several times.
bool addHeader(std::string_view name, const json::value& value, HttpHead& head)
{
    if (value.is_array()) {
        return std::all_of(
            value.get_array().begin(), value.get_array().end(),
            [&](const json::value& one) { return !one.is_array() && addHeader(name, one, head); });
    }
    if (value.is_object())
        return false;
    std::string text = value.is_string() ? std::string(value.get_string())
                       : value.is_null() ? std::string()
                                         : json::serialize(value);
    head.headers.emplace_back(absl::AsciiStrToLower(view(name)), std::move(text));
    return true;
}

bool isHeaderName(std::string_view name)
{
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

// What the platform itself decides.
bool isFraming(std::string_view name)
{
    const std::string lower = absl::AsciiStrToLower(view(name));
    return lower == "content-length" || lower == "transfer-encoding" || lower == "connection" ||
           lower == "keep-alive" || lower == "upgrade" || lower == "trailer" || lower == "date";
}

bool readStatus(const json::value& value, HttpHead& head)
{
    std::int64_t status = 0;
    if (value.is_int64())
        status = value.get_int64();
    else if (!value.is_string() || value.get_string().size() != 3 ||
             !absl::SimpleAtoi(std::string(value.get_string()), &status))
        return false;
    head.status = static_cast<int>(status);
    return status >= 100 && status <= 599;
}

} // namespace

bool readHttpHead(std::string_view text, HttpHead& head)
{
    json::error_code error;
    const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
    const json::object* object = error ? nullptr : value.if_object();
    if (!object)
        return false;
    if (const json::value* status = object->if_contains("statusCode");
        status && !readStatus(*status, head))
        return false;
    if (const json::value* headers = object->if_contains("headers");
        headers && !headers->is_null()) {
        if (!headers->is_object())
            return false;
        for (const auto& [name, content] : headers->get_object()) {
            const std::string_view key(name.data(), name.size());
            if (!isHeaderName(key))
                return false;
            if (!isFraming(key) && !addHeader(key, content, head))
                return false;
        }
    }
    const json::value* cookies = object->if_contains("cookies");
    if (!cookies || cookies->is_null())
        return true;
    return cookies->is_array() && addHeader("set-cookie", *cookies, head);
}

HttpPrelude::State HttpPrelude::add(std::string_view bytes)
{
    // The separator may begin in what came before.
    const std::size_t from = m_buffer.size() - std::min(m_buffer.size(), kSeparator.size() - 1);
    m_buffer += bytes;
    const std::size_t end = m_buffer.find(kSeparator, from);
    if (end == std::string::npos)
        return m_buffer.size() > kMaxPrelude ? State::Malformed : State::Incomplete;
    if (!readHttpHead(std::string_view(m_buffer).substr(0, end), m_head))
        return State::Malformed;
    m_buffer.erase(0, end + kSeparator.size());
    return State::Complete;
}

} // namespace gantry::api
