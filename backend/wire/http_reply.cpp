#include "backend/wire/http_reply.h"

#include "backend/base/text.h"

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <ctime>
#include <iterator>

namespace gantry::wire {
namespace {

// Made anew once a second at most.
const std::string& dateNow()
{
    thread_local std::time_t second = 0;
    thread_local std::string text;
    if (const std::time_t now = std::time(nullptr); now != second) {
        second = now;
        text = absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", absl::FromTimeT(now),
                                absl::UTCTimeZone());
    }
    return text;
}

void appendClean(std::string_view value, std::string& out)
{
    const auto isControl = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::none_of(value.begin(), value.end(), isControl)) {
        out += value; // nearly always, and at once
        return;
    }
    std::remove_copy_if(value.begin(), value.end(), std::back_inserter(out), isControl);
}

} // namespace

bool hasLength(const HttpReply& reply)
{
    return std::any_of(reply.headers.begin(), reply.headers.end(),
                       [](const auto& header) { return header.first == "Content-Length"; });
}

std::string serializeHead(const HttpReply& reply, bool keepAlive, bool chunked)
{
    const auto reason = boost::beast::http::obsolete_reason(
        boost::beast::http::int_to_status(static_cast<unsigned>(reply.status)));
    std::string out;
    out.reserve(384);
    absl::StrAppend(&out, "HTTP/1.1 ", reply.status, " ",
                    absl::string_view(reason.data(), reason.size()), "\r\nDate: ", dateNow(),
                    "\r\n");
    for (const auto& [name, value] : reply.headers) {
        appendClean(name, out);
        out += ": ";
        appendClean(value, out);
        out += "\r\n";
    }
    if (hasLength(reply)) {
        // said already
    } else if (reply.source && chunked)
        out += "Transfer-Encoding: chunked\r\n";
    else if (!reply.source && reply.status != 204)
        absl::StrAppend(&out, "Content-Length: ", reply.body.size(), "\r\n");
    out += keepAlive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    return out;
}

std::string chunkHead(std::size_t size)
{
    return size == 0 ? std::string() : absl::StrCat(absl::Hex(size), "\r\n");
}

std::string_view chunkEnd(std::size_t size, bool last)
{
    if (size == 0)
        return last ? "0\r\n\r\n" : "";
    return last ? "\r\n0\r\n\r\n" : "\r\n";
}

} // namespace gantry::wire
