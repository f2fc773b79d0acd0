#include "backend/wire/http_session.h"

#include "backend/wire/http_reply.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

#include <array>

namespace gantry::wire {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using std::chrono::seconds;

namespace {

// Three times faster from 64 KiB up than Beast's own growth (measured).
constexpr std::size_t kBufferBytes = 128 * 1024;
constexpr std::uint32_t kHeadLimit = 64 * 1024;
// A body or a reply must move at this speed at least, beside a fixed time.
constexpr std::size_t kSlowestBytesPerSecond = 64 * 1024;
constexpr seconds kTransferTime{30};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

seconds transferTime(std::size_t bytes)
{
    return kTransferTime + seconds(bytes / kSlowestBytesPerSecond);
}

// The connection is gone, as against: what came over it is wrong.
bool isEnd(beast::error_code error)
{
    return error &&
           (error.category() == asio::error::get_system_category() || error == asio::error::eof ||
            error == http::error::end_of_stream || error == http::error::partial_message);
}

std::string_view text(beast::string_view view)
{
    return {view.data(), view.size()};
}

} // namespace

HttpSession::HttpSession(Socket socket, Gateway& gateway, const HttpOptions& options)
    : m_socket(std::move(socket)), m_gateway(gateway), m_options(options)
{
    m_buffer.reserve(kBufferBytes);
}

void HttpSession::start(std::function<void(HttpSession*)> closed)
{
    m_closed = std::move(closed);
    beast::error_code ignored;
    m_socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    readHead();
}

void HttpSession::allow(seconds time)
{
    m_deadline = std::chrono::steady_clock::now() + time;
}

void HttpSession::readHead()
{
    m_state = State::Head;
    m_parser.emplace();
    m_parser->header_limit(kHeadLimit);
    m_parser->body_limit(boost::none); // set when the operation is known
    // For all of the head: drip-feeding it does not buy more time.
    allow(seconds(m_options.idleSeconds));
    http::async_read_header(
        m_socket, m_buffer, *m_parser,
        [self = shared_from_this()](beast::error_code error, std::size_t) { self->onHead(error); });
}

void HttpSession::onHead(beast::error_code error)
{
    if (m_state == State::Closed)
        return;
    if (isEnd(error)) {
        end();
        return;
    }
    if (error) {
        m_keepAlive = false;
        m_headOnly = false;
        refuse(m_gateway.malformed(error.message()));
        return;
    }
    fillRequest();
    m_admission = m_gateway.admit(m_request);
    if (m_admission.refusal) {
        refuse(*std::move(m_admission.refusal));
        return;
    }
    m_parser->body_limit(m_admission.bodyLimit);
    const HttpHeader* expect = m_request.header("expect");
    if (expect && beast::iequals("100-continue", {expect->value.data(), expect->value.size()}) &&
        m_buffer.size() == 0)
        sendContinue();
    else
        readBody();
}

void HttpSession::fillRequest()
{
    const auto& message = m_parser->get();
    const std::string_view target = text(message.target());
    const std::size_t mark = target.find('?');
    m_request.method = text(message.method_string());
    m_request.path = target.substr(0, mark);
    m_request.query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    m_request.headers.clear();
    for (const auto& field : message)
        m_request.headers.push_back({text(field.name_string()), text(field.value())});
    m_request.body.clear();
    m_keepAlive = message.keep_alive();
    m_headOnly = message.method() == http::verb::head;
}

void HttpSession::sendContinue()
{
    asio::async_write(m_socket, asio::buffer(kContinue.data(), kContinue.size()),
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                          if (error)
                              self->end();
                          else
                              self->readBody();
                      });
}

void HttpSession::readBody()
{
    if (m_state == State::Closed)
        return;
    if (m_parser->is_done()) {
        onBody({});
        return;
    }
    m_state = State::Body;
    allow(transferTime(m_admission.bodyLimit));
    http::async_read(
        m_socket, m_buffer, *m_parser,
        [self = shared_from_this()](beast::error_code error, std::size_t) { self->onBody(error); });
}

void HttpSession::onBody(beast::error_code error)
{
    if (m_state == State::Closed)
        return;
    if (error == http::error::body_limit) {
        refuse(m_gateway.tooLarge(m_admission));
        return;
    }
    if (isEnd(error)) {
        end();
        return;
    }
    if (error) {
        refuse(m_gateway.malformed(error.message()));
        return;
    }
    m_request.body = std::move(m_parser->get().body());
    call();
}

void HttpSession::call()
{
    m_state = State::Call;
    m_deadline = TimePoint::max(); // the function's own time-out rules
    m_call = m_gateway.handle(m_request, m_admission, [weak = weak_from_this()](HttpReply reply) {
        if (const auto self = weak.lock())
            self->reply(std::move(reply));
    });
    if (m_state == State::Call)
        watchForHangUp();
}

// A client that goes away makes the socket readable with nothing to read. The wait is left in place
// when the call ends first: the next request completes it, and the fast path pays for no
// cancelling.
void HttpSession::watchForHangUp()
{
    if (m_watching)
        return;
    m_watching = true;
    m_socket.async_wait(Socket::wait_read, [weak = weak_from_this()](beast::error_code error) {
        const auto self = weak.lock();
        if (!self)
            return;
        self->m_watching = false;
        if (error || self->m_state != State::Call)
            return;
        beast::error_code failed;
        if (self->m_socket.available(failed) == 0 || failed)
            self->end();
    });
}

// Before the body was read: the connection cannot be used again, and what the client is still
// sending must be taken in, or it would see a reset instead of the reply.
void HttpSession::refuse(HttpReply refusal)
{
    refusal.close = true;
    m_state = State::Call;
    reply(std::move(refusal));
}

void HttpSession::reply(HttpReply reply)
{
    if (m_state != State::Call)
        return;
    m_state = State::Reply;
    m_call.reset();
    m_reply = std::move(reply);
    m_keepAlive = m_keepAlive && !m_reply.close;
    m_head = serializeHead(m_reply, m_keepAlive);
    if (m_headOnly || m_reply.status == 204)
        m_reply.body.clear();
    allow(transferTime(m_reply.body.size()));
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(m_head),
                                                    asio::buffer(m_reply.body)};
    asio::async_write(m_socket, buffers,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                          self->onReplied(error);
                      });
}

void HttpSession::onReplied(beast::error_code error)
{
    if (m_state == State::Closed)
        return;
    if (error) {
        end();
        return;
    }
    m_reply = {};
    if (m_keepAlive) {
        readHead();
        return;
    }
    m_socket.shutdown(Socket::shutdown_send, error);
    m_state = State::Drain;
    allow(seconds(m_options.drainSeconds));
    drain();
}

void HttpSession::drain()
{
    m_buffer.clear();
    m_socket.async_read_some(m_buffer.prepare(kBufferBytes),
                             [self = shared_from_this()](beast::error_code error, std::size_t) {
                                 if (self->m_state == State::Closed)
                                     return;
                                 if (error)
                                     self->end();
                                 else
                                     self->drain();
                             });
}

void HttpSession::sweep(TimePoint now)
{
    if (now > m_deadline)
        end();
}

void HttpSession::end()
{
    if (m_state == State::Closed)
        return;
    close();
    m_closed(this);
}

void HttpSession::close()
{
    if (m_state == State::Closed)
        return;
    m_state = State::Closed;
    beast::error_code ignored;
    m_socket.close(ignored);
    const api::CallPtr call = std::move(m_call);
    if (call && call->onCancelled)
        std::exchange(call->onCancelled, nullptr)();
}

} // namespace gantry::wire
