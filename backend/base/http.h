#pragma once

#include <functional>
#include <memory>
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
    std::string remoteAddress; // of the client, e.g. 127.0.0.1
    bool secure = false;       // over TLS

    // The first header of that name (any case); null when there is none.
    const HttpHeader* header(std::string_view name) const;
};

// A body that is sent while it is made. I/O thread only.
class BodySource {
public:
    struct Part {
        std::string bytes;
        bool last = false;
        bool broken = false; // with last: it ends before its time, and the reader must see that
    };
    virtual ~BodySource() = default;
    // Calls back once, when there are bytes or the end. One question at a time.
    virtual void read(std::function<void(Part)> done) = 0;
    // Nobody reads any more; a question that waits is not answered.
    virtual void cancel() = 0;
};

struct HttpReply {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::shared_ptr<BodySource> source; // the body instead, when set: sent in chunks
    bool close = false; // the connection must not be used again
};

} // namespace gantry
