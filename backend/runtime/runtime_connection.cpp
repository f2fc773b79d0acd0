#include "backend/runtime/runtime_connection.h"

#include "backend/base/text.h"
#include "backend/runtime/error_document.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

#include <array>
#include <utility>

#include <sys/socket.h>

namespace gantry::runtime {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

// The X-Ray error cause is a header of up to 1 MiB.
constexpr std::uint32_t kMaxHeader = (1u << 20) + 16 * 1024;
constexpr std::size_t kSmallBuffer = 4 * 1024;
constexpr std::size_t kLargeBuffer = 128 * 1024;
constexpr std::uint64_t kMaxResponse = 6 * 1024 * 1024 + 100;

constexpr std::string_view kErrorTypeHeader = "Lambda-Runtime-Function-Error-Type";
constexpr std::string_view kErrorBodyTrailer = "Lambda-Runtime-Function-Error-Body";
constexpr std::string_view kResponseModeHeader = "Lambda-Runtime-Function-Response-Mode";
constexpr std::string_view kAccepted = "{\"status\":\"OK\"}\n";

beast::string_view beastView(std::string_view text)
{
    return {text.data(), text.size()};
}
std::string_view stdView(beast::string_view text)
{
    return {text.data(), text.size()};
}

} // namespace

RuntimeConnection::RuntimeConnection(Socket socket, std::shared_ptr<RuntimeServer> server)
    : m_socket(std::move(socket)), m_server(std::move(server)), m_buffer(kMaxHeader + kLargeBuffer)
{
    boost::system::error_code ignored;
    m_socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    m_buffer.reserve(kSmallBuffer);
}

void RuntimeConnection::readHead()
{
    m_request.emplace();
    m_request->header_limit(kMaxHeader);
    m_request->body_limit(boost::none);
    m_claimed = false;
    m_refusal.clear();
    http::async_read_header(m_socket, m_buffer, *m_request,
                            [self = shared_from_this()](const boost::system::error_code& error,
                                                        std::size_t) { self->onHead(error); });
}

void RuntimeConnection::onHead(const boost::system::error_code& error)
{
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        m_keepAlive = false;
        replyError(400, "InvalidRequest", "The request's headers are too large");
        return;
    }
    if (error) {
        lost();
        return;
    }
    m_keepAlive = m_request->get().keep_alive();
    m_route = routeOf(stdView(m_request->get().target()));
    chooseLimit();
    continueOnExpectation();
    if (m_request->is_done())
        answerRequest();
    else
        readBody();
}

bool RuntimeConnection::methodFits() const
{
    return m_request->get().method() == (m_route.isPost() ? http::verb::post : http::verb::get);
}

// Only a request that may end the invocation (or the init) may have its body kept.
void RuntimeConnection::chooseLimit()
{
    using State = RuntimeServer::State;
    if (!methodFits())
        return;
    if (m_route.endpoint == Endpoint::InitError)
        m_claimed = claim(State::InitError);
    else if (m_route.endpoint == Endpoint::Response)
        m_claimed = claim(State::InvocationResponse);
    else if (m_route.endpoint == Endpoint::Error)
        m_claimed = claim(State::InvocationErrorResponse);
    if (m_claimed)
        m_request->get().body().limit = kMaxResponse;
    if (m_claimed && m_request->content_length().value_or(kLargeBuffer) >= kLargeBuffer)
        m_buffer.reserve(kLargeBuffer);
}

bool RuntimeConnection::claim(RuntimeServer::State next)
{
    if (next != RuntimeServer::State::InitError && !m_server->isCurrent(m_route.requestId)) {
        m_refusal = "InvalidRequestID";
        return false;
    }
    if (m_server->moveTo(next))
        return true;
    m_refusal = m_server->refusal(next == RuntimeServer::State::InitError ? "InitError"
                                  : next == RuntimeServer::State::InvocationResponse
                                      ? "InvocationResponse"
                                      : "InvocationErrorResponse");
    return false;
}

void RuntimeConnection::continueOnExpectation()
{
    if (m_request->is_done() ||
        !beast::iequals(m_request->get()[http::field::expect], "100-continue"))
        return;
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    // 25 bytes into an empty send buffer; a client that does not read them loses nothing but time.
    [[maybe_unused]] const ssize_t sent = ::send(m_socket.native_handle(), kContinue.data(),
                                                 kContinue.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void RuntimeConnection::readBody()
{
    http::async_read(m_socket, m_buffer, *m_request,
                     [self = shared_from_this()](const boost::system::error_code& error,
                                                 std::size_t) { self->onBody(error); });
}

void RuntimeConnection::onBody(const boost::system::error_code& error)
{
    if (error && !(error == http::error::body_limit && m_claimed)) {
        lost();
        return;
    }
    if (error)
        m_keepAlive = false;
    answerRequest();
}

void RuntimeConnection::answerRequest()
{
    if (m_buffer.capacity() > kLargeBuffer) {
        m_buffer.shrink_to_fit();
        m_buffer.reserve(kSmallBuffer);
    }
    if (m_route.endpoint == Endpoint::Unknown) {
        replyError(404, "NotFound",
                   absl::StrCat("No such path here: ", std::string(m_request->get().target())));
    } else if (!methodFits()) {
        replyError(405, "MethodNotAllowed", "The path does not support this method");
    } else if (m_route.endpoint == Endpoint::Ping) {
        reply(200, "pong", "text/plain");
    } else if (m_route.endpoint == Endpoint::Next) {
        if (m_server->mayPark())
            m_server->park(shared_from_this());
        else
            replyError(403, "InvalidStateTransition", m_server->refusal("Ready"));
    } else if (m_refusal == "InvalidRequestID") {
        replyError(400, "InvalidRequestID", "Invalid request ID");
    } else if (!m_refusal.empty()) {
        replyError(403, "InvalidStateTransition", m_refusal);
    } else if (m_route.endpoint == Endpoint::InitError) {
        takeInitError();
    } else {
        takeAnswer();
    }
}

void RuntimeConnection::takeInitError()
{
    m_claimed = false;
    std::string document;
    if (!m_request->get().body().tooLarge())
        document = std::move(m_request->get().body().data);
    std::string type = header(kErrorTypeHeader);
    reply(202, kAccepted);
    m_server->initFailed(std::move(document), std::move(type));
}

void RuntimeConnection::takeAnswer()
{
    m_claimed = false;
    BoundedBody::value_type& body = m_request->get().body();
    const std::string mode = header(kResponseModeHeader);
    RuntimeApi::Answer answer;
    answer.failed = m_route.endpoint == Endpoint::Error;
    answer.contentType = header("Content-Type");
    answer.errorType = header(kErrorTypeHeader);
    answer.tooLarge = body.tooLarge();
    answer.invalidMode = !answer.failed && !mode.empty() && mode != "streaming";
    if (answer.tooLarge) {
        replyError(
            413, "RequestEntityTooLarge",
            absl::StrCat("Exceeded maximum allowed payload size (", kMaxResponse, " bytes)."));
    } else if (answer.invalidMode) {
        replyError(400, "InvalidResponseModeHeader",
                   absl::StrCat("Invalid response mode: ", mode.substr(0, 100)));
    } else {
        if (answer.failed || !takeTrailers(answer))
            answer.body = std::move(body.data);
        reply(202, kAccepted);
    }
    m_server->answered(std::move(answer));
}

// A stream that failed half-way ends with its error in the trailers, which Beast adds to the
// fields.
bool RuntimeConnection::takeTrailers(RuntimeApi::Answer& answer)
{
    const std::string document = header(kErrorBodyTrailer);
    if (answer.errorType.empty() && document.empty())
        return false;
    answer.failed = true;
    answer.body = decodeBase64(document);
    answer.contentType = "application/json";
    return true;
}

std::string RuntimeConnection::header(std::string_view name) const
{
    return std::string(m_request->get()[beastView(name)]);
}

void RuntimeConnection::reply(int status, std::string_view body, std::string_view type)
{
    m_out = absl::StrCat("HTTP/1.1 ", gantry::view(statusText(status)),
                         "\r\nContent-Type: ", gantry::view(type),
                         m_keepAlive ? "" : "\r\nConnection: close",
                         "\r\nContent-Length: ", body.size(), "\r\n\r\n", gantry::view(body));
    m_event.reset();
    write();
}

void RuntimeConnection::replyError(int status, std::string_view type, std::string_view message)
{
    reply(status, makeErrorDocument(type, message));
}

void RuntimeConnection::sendEvent(std::string head, std::shared_ptr<const std::string> event)
{
    m_out = std::move(head);
    m_event = std::move(event);
    write();
}

void RuntimeConnection::write()
{
    const std::array<asio::const_buffer, 2> parts = {
        asio::buffer(m_out), m_event ? asio::buffer(*m_event) : asio::const_buffer()};
    asio::async_write(m_socket, parts,
                      [self = shared_from_this()](const boost::system::error_code& error,
                                                  std::size_t) { self->onWritten(error); });
}

void RuntimeConnection::onWritten(const boost::system::error_code& error)
{
    m_event.reset();
    if (error || !m_keepAlive)
        lost();
    else
        readHead();
}

bool RuntimeConnection::peerClosed()
{
    char byte;
    return ::recv(m_socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

// The connection has ended; when it was inside an answer, that is all of the answer there will be.
void RuntimeConnection::lost()
{
    const std::shared_ptr<RuntimeConnection> self = shared_from_this();
    const std::shared_ptr<RuntimeServer> server = m_server;
    const bool insideAnswer = m_claimed && !m_request->is_done();
    const bool insideInitError = insideAnswer && m_route.endpoint == Endpoint::InitError;
    m_claimed = false;
    close();
    if (insideInitError) {
        server->initFailed({}, {});
    } else if (insideAnswer) {
        RuntimeApi::Answer answer;
        answer.failed = true;
        answer.truncated = true;
        server->answered(std::move(answer));
    }
    server->closed(self);
}

void RuntimeConnection::close()
{
    boost::system::error_code ignored;
    m_socket.close(ignored);
}

} // namespace gantry::runtime
