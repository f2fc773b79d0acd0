#pragma once

#include "backend/wire/gateway.h"
#include "backend/wire/http_server.h"
#include "backend/wire/text_body.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace gantry::wire {

// One connection: head, body, call, reply, and again. Requests that are sent before their turn
// (pipelining) wait in the buffer. One read is under way nearly always: during a call it tells that
// the client went away, afterwards it brings the next request. What is in the buffer already and
// what the socket takes at once needs no trip through the event loop. It has no timer of its own:
// the server's sweep compares the deadline of each connection, which costs the fast path nothing.
class HttpSession final : public std::enable_shared_from_this<HttpSession> {
public:
    using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                    boost::asio::io_context::executor_type>;
    using TimePoint = std::chrono::steady_clock::time_point;

    struct Origin {
        std::string tlsClient;   // behind TLS the socket is not the client's own: its address
        std::string environment; // see Gateway::admit
    };

    HttpSession(Socket socket, Gateway& gateway, const HttpOptions& options, Origin origin);

    // closed is called when the connection has ended by itself.
    void start(std::function<void(HttpSession*)> closed);
    void close();

    // Ends the connection when it has overstayed in its present step.
    void sweep(TimePoint now);
    bool isIdle() const { return m_state == State::Head && m_buffer.size() == 0; }
    TimePoint deadline() const { return m_deadline; }

private:
    enum class State { Head, Body, Pour, Call, Reply, Drain, Closed };
    using Parser = boost::beast::http::request_parser<TextBody>;

    void nextRequest();
    void proceed();
    bool parse();
    void onHead();
    void onMalformed(boost::beast::error_code error);
    void fillRequest();
    std::string remoteAddress() const;
    void sendContinue();
    void read();
    void onRead(boost::beast::error_code error);
    bool pour();
    void call();
    void refuse(HttpReply reply);
    void reply(HttpReply reply);
    void sendReply();
    std::array<boost::asio::const_buffer, 2> unsent(std::size_t sent) const;
    void pull();
    void sendPart(BodySource::Part part);
    void onReplied(boost::beast::error_code error);
    void end();
    void allow(std::chrono::seconds time);

    Socket m_socket;
    Gateway& m_gateway;
    const HttpOptions& m_options;
    const Origin m_origin;
    std::function<void(HttpSession*)> m_closed;
    State m_state = State::Head;
    TimePoint m_deadline = TimePoint::max();
    boost::beast::flat_buffer m_buffer;
    std::optional<Parser> m_parser;
    HttpRequest m_request;
    Gateway::Admission m_admission;
    api::CallPtr m_call;
    HttpReply m_reply;
    std::string m_head;       // of the reply, as bytes
    bool m_keepAlive = false;  // as the request wants it
    bool m_chunked = false;    // the client understands chunks, as all of HTTP/1.1 do
    bool m_lastPart = false;   // of a body that comes from a source
    bool m_headOnly = false;   // the request's method is HEAD
    bool m_proceeding = false; // proceed() is on the stack and takes the next step itself
    bool m_reading = false;    // into the buffer, which nobody else touches meanwhile
    bool m_peerDone = false;   // it will send nothing more
};

} // namespace gantry::wire
