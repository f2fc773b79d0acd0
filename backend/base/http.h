#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry {

struct HttpHeader {
    std::string_view name;
    std::string_view value;
};

// A request as it came, whatever library read it. The views live as long as that library's buffers.
struct HttpRequest {
    std::string_view method;
    std::string_view path;  // as sent: still percent-encoded, without the query
    std::string_view query; // as sent, without the '?'
    std::vector<HttpHeader> headers;
    std::string body;

    // The first header of that name (any case); null when there is none.
    const HttpHeader* header(std::string_view name) const;
};

struct HttpReply {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    bool close = false; // the connection must not be used again
};

} // namespace gantry
