#pragma once

#include "backend/api/http_prelude.h"
#include "backend/base/byte_queue.h"
#include "backend/runtime/environment.h"

#include <functional>
#include <memory>
#include <string>

namespace gantry::invoke {
struct Result;
}

namespace gantry::api {

// The response of a function whose URL streams (RESPONSE_STREAM), on its way to an HTTP client. The
// reply begins when the function's HTTP head has come, or with the first bytes when it sends none.
class UrlStream final : public runtime::ResponseSink,
                        public std::enable_shared_from_this<UrlStream> {
public:
    using Reply = std::function<void(HttpReply)>;

    explicit UrlStream(Reply reply) : m_reply(std::move(reply)) {}

    void begin(const std::string& contentType) override;
    void write(std::string bytes, std::function<void()> more) override;
    // The invocation has ended; what was not streamed is in the result.
    void finish(const invoke::Result& result);
    // It never began.
    void fail(HttpReply error);

private:
    void send(HttpHead head);
    void takePrelude(std::string& bytes);

    Reply m_reply; // until the head has gone
    std::string m_contentType;
    bool m_expectsPrelude = false;
    HttpPrelude m_prelude;
    std::shared_ptr<ByteQueue> m_body = std::make_shared<ByteQueue>();
};

} // namespace gantry::api
