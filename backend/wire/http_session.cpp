#include "backend/wire/http_session.h"

#include "backend/wire/http_reply.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/read_size.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>

namespace gantry::wire {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using std::chrono::seconds;

namespace {

// What an idle connection holds. A long body gets the large one, which is three times faster from
// 64 KiB up than Beast's own growth (measured).
constexpr std::size_t kSmallBuffer = 4 * 1024;
constexpr std::size_t kLargeBuffer = 128 * 1024;
constexpr std::uint32_t kHeadLimit = 64 * 1024;
// A body or a reply must move at this speed at least, beside a fixed time.
constexpr std::size_t kSlowestBytesPerSecond = 64 * 1024;
constexpr seconds kTransferTime{30};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

seconds transferTime(std::size_t bytes)
{
    return kTransferTime + seconds(bytes / kSlowestBytesPerSecond);
}

std::string_view text(beast::string_view view)
{
    return {view.data(), view.size()};
}

} // namespace

HttpSession::HttpSession(Socket socket, Gateway& gateway, const HttpOptions& options,
                         Origin origin)
    : m_socket(std::move(socket)), m_gateway(gateway), m_options(options),
      m_origin(std::move(origin))
{
    m_buffer.reserve(kSmallBuffer);
}

void HttpSession::start(std::function<void(HttpSession*)> closed)
{
    m_closed = std::move(closed);
    beast::error_code ignored;
    m_socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    m_socket.non_blocking(true, ignored);
    nextRequest();
    proceed();
}

void HttpSession::allow(seconds time)
{
    m_deadline = std::chrono::steady_clock::now() + time;
}

void HttpSession::nextRequest()
{
    m_state = State::Head;
    m_parser.emplace();
    m_parser->header_limit(kHeadLimit);
    m_parser->body_limit(boost::none); // set when the operation is known
    // For all of the head: drip-feeding it does not buy more time.
    allow(seconds(m_options.idleSeconds));
}

// Takes steps until one has to wait: for bytes, for a call's answer, for room in the socket.
void HttpSession::proceed()
{
    if (m_proceeding)
        return;
    const auto self = shared_from_this();
    const auto parsing = [this] { return m_state == State::Head || m_state == State::Body; };
    m_proceeding = true;
    while (parsing() && parse()) {
    }
    m_proceeding = false;
    if (parsing() || m_state == State::Drain || (m_state == State::Call && m_buffer.size() == 0))
        read();
}

// False when the request needs bytes that have not come.
bool HttpSession::parse()
{
    if (m_reading)
        return false; // into what would be parsed
    const bool pours = m_state == State::Body && m_admission.sink();
    beast::error_code error;
    if (!pours || !m_parser->is_done()) {
        m_buffer.consume(m_parser->put(m_buffer.data(), error));
        if (error == http::error::need_more)
            return false;
    }
    if (error) {
        onMalformed(error);
        return true;
    }
    if (m_state == State::Head)
        onHead();
    if (m_state != State::Body)
        return true;
    if (m_admission.sink() && !m_parser->get().body().empty())
        return pour();
    if (!m_parser->is_done())
        return m_buffer.size() > 0;
    m_request.body = std::move(m_parser->get().body());
    call();
    return true;
}

// What came of the body goes to who takes it; nothing more is read until that is done.
bool HttpSession::pour()
{
    m_state = State::Pour;
    m_deadline = TimePoint::max(); // the disk's time, not the client's
    const auto sink = m_admission.sink();
    sink->write(std::exchange(m_parser->get().body(), {}), [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self || self->m_state != State::Pour)
            return;
        self->m_state = State::Body;
        self->allow(kTransferTime);
        self->proceed();
    });
    return m_state == State::Body;
}

void HttpSession::onMalformed(beast::error_code error)
{
    if (m_state == State::Head) {
        m_keepAlive = false;
        m_headOnly = false;
    }
    refuse(error == http::error::body_limit ? m_gateway.tooLarge(m_admission)
                                            : m_gateway.malformed(error.message()));
}

void HttpSession::onHead()
{
    fillRequest();
    m_admission = m_gateway.admit(m_request, m_origin.environment);
    if (m_request.remoteAddress.empty()) // of the connection, so once is enough
        m_request.remoteAddress = remoteAddress();
    if (m_admission.refusal) {
        refuse(*std::move(m_admission.refusal));
        return;
    }
    m_state = State::Body;
    m_parser->eager(true);
    m_parser->body_limit(m_admission.bodyLimit);
    if (m_parser->is_done())
        return;
    allow(m_admission.sink() ? kTransferTime : transferTime(m_admission.bodyLimit));
    if (m_buffer.size() == 0)
        sendContinue();
    if (m_parser->content_length_remaining().value_or(kLargeBuffer) >= kLargeBuffer)
        m_buffer.reserve(kLargeBuffer);
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
    m_request.secure = !m_origin.tlsClient.empty();
    m_keepAlive = message.keep_alive();
    m_chunked = message.version() >= 11;
    m_headOnly = message.method() == http::verb::head;
}

std::string HttpSession::remoteAddress() const
{
    if (!m_origin.tlsClient.empty())
        return m_origin.tlsClient;
    beast::error_code error;
    const auto endpoint = m_socket.remote_endpoint(error);
    return error ? std::string() : endpoint.address().to_string();
}

void HttpSession::sendContinue()
{
    const HttpHeader* expect = m_request.header("expect");
    if (!expect || !beast::iequals("100-continue", {expect->value.data(), expect->value.size()}))
        return;
    // A few bytes into an empty socket; a client that does not get them goes on after a moment.
    beast::error_code ignored;
    m_socket.write_some(asio::buffer(kContinue.data(), kContinue.size()), ignored);
}

void HttpSession::read()
{
    if (m_reading)
        return;
    m_reading = true;
    m_socket.async_read_some(
        m_buffer.prepare(beast::read_size(m_buffer, kLargeBuffer)),
        [self = shared_from_this()](beast::error_code error, std::size_t count) {
            self->m_reading = false;
            self->m_buffer.commit(count);
            self->onRead(error);
        });
}

void HttpSession::onRead(beast::error_code error)
{
    m_peerDone = m_peerDone || error;
    if (m_state == State::Drain)
        m_buffer.clear();
    if (m_state == State::Closed || m_state == State::Reply)
        return; // the reply goes out first
    if (error)
        end(); // also in the middle of a call: the client has gone away
    else if (m_state != State::Call)
        proceed();
}

void HttpSession::call()
{
    m_state = State::Call;
    m_deadline = TimePoint::max(); // the function's own time-out rules
    // What was read does not stay where the next request is awaited: it may be a secret, and what is
    // freed is overwritten (wiped_heap.cpp).
    m_buffer.shrink_to_fit();
    m_buffer.reserve(kSmallBuffer);
    auto call = m_gateway.handle(m_request, m_admission, [weak = weak_from_this()](HttpReply reply) {
        if (const auto self = weak.lock())
            self->reply(std::move(reply));
    });
    m_admission.registry.reset(); // and with it what it holds of an upload
    if (m_state == State::Call)
        m_call = std::move(call);
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
    const bool sized = hasLength(m_reply);
    m_keepAlive = m_keepAlive && !m_reply.close && (m_chunked || sized || !m_reply.source);
    m_chunked = m_chunked && !sized;
    m_head = serializeHead(m_reply, m_keepAlive, m_chunked);
    if (m_headOnly || m_reply.status == 204) {
        m_reply.body.clear();
        if (const auto source = std::exchange(m_reply.source, nullptr))
            source->cancel();
    }
    m_lastPart = false;
    allow(transferTime(m_reply.body.size()));
    sendReply();
}

std::array<asio::const_buffer, 2> HttpSession::unsent(std::size_t sent) const
{
    return {asio::buffer(m_head) + sent,
            asio::buffer(m_reply.body) + (sent - std::min(sent, m_head.size()))};
}

void HttpSession::sendReply()
{
    beast::error_code error;
    const std::size_t sent = m_socket.write_some(unsent(0), error);
    if (error == asio::error::would_block)
        error = {};
    const auto rest = unsent(sent);
    if (error || asio::buffer_size(rest) == 0) {
        onReplied(error);
        return;
    }
    asio::async_write(m_socket, rest,
                      [self = shared_from_this()](beast::error_code failed, std::size_t) {
                          self->onReplied(failed);
                      });
}

void HttpSession::onReplied(beast::error_code error)
{
    if (m_state == State::Closed)
        return;
    const bool complete = !m_reply.source || m_lastPart;
    if (error || (m_peerDone && m_buffer.size() == 0 && complete)) {
        end();
        return;
    }
    if (!complete) {
        pull();
        return;
    }
    // Not cleared but freed, and so overwritten.
    std::string().swap(m_reply.body);
    std::string().swap(m_request.body);
    m_reply = {};
    if (m_keepAlive) {
        nextRequest();
    } else {
        m_socket.shutdown(Socket::shutdown_send, error);
        m_state = State::Drain;
        if (!m_reading)
            m_buffer.clear();
        allow(seconds(m_options.drainSeconds));
    }
    proceed();
}

// The next part of a body that is still being made is asked for when the one before is sent.
void HttpSession::pull()
{
    m_deadline = TimePoint::max(); // the function's own time-out rules
    m_reply.source->read([weak = weak_from_this()](BodySource::Part part) {
        if (const auto self = weak.lock())
            self->sendPart(std::move(part));
    });
}

void HttpSession::sendPart(BodySource::Part part)
{
    if (m_state != State::Reply)
        return;
    if (part.broken) {
        end(); // without the last chunk, which is how the client sees it
        return;
    }
    m_lastPart = part.last;
    m_head = m_chunked ? chunkHead(part.bytes.size()) : std::string();
    m_reply.body = std::move(part.bytes);
    if (m_chunked)
        m_reply.body += chunkEnd(m_reply.body.size(), part.last);
    allow(transferTime(m_reply.body.size()));
    sendReply();
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
    if (const auto source = std::exchange(m_reply.source, nullptr))
        source->cancel();
}

} // namespace gantry::wire
