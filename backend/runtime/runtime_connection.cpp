#include "backend/runtime/runtime_connection.h"

#include "backend/base/text.h"
#include "backend/runtime/error_document.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/write.hpp>
#include <boost/beast/core/read_size.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
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
constexpr std::uint64_t kMaxExtensionBody = 64 * 1024;
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

ExtensionRequest::Kind extensionKind(Endpoint endpoint)
{
    using Kind = ExtensionRequest::Kind;
    switch (endpoint) {
    case Endpoint::ExtensionRegister:
        return Kind::Register;
    case Endpoint::ExtensionInitError:
        return Kind::InitError;
    case Endpoint::ExtensionExitError:
        return Kind::ExitError;
    case Endpoint::Telemetry:
        return Kind::Telemetry;
    case Endpoint::Logs:
        return Kind::Logs;
    default:
        return Kind::Next;
    }
}

} // namespace

RuntimeConnection::RuntimeConnection(Socket socket, std::shared_ptr<RuntimeServer> server)
    : m_socket(std::move(socket)), m_server(std::move(server)), m_buffer(kMaxHeader + kLargeBuffer)
{
    boost::system::error_code ignored;
    m_socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    m_socket.non_blocking(true, ignored);
    m_buffer.reserve(kSmallBuffer);
}

void RuntimeConnection::start()
{
    nextRequest();
    proceed();
}

void RuntimeConnection::nextRequest()
{
    m_step = Step::Head;
    m_request.emplace();
    m_request->header_limit(kMaxHeader);
    m_request->body_limit(boost::none);
    m_claimed = false;
    m_sink.reset();
    m_refusal.clear();
}

// Takes requests out of the buffer while there are whole ones; then sends what was answered and
// waits for more. A parked runtime waits for its event: its other replies can wait for that too.
void RuntimeConnection::proceed()
{
    if (m_proceeding || m_writing || m_held)
        return;
    const auto self = shared_from_this();
    const auto parsing = [this] {
        return !m_writing && !m_held && (m_step == Step::Head || m_step == Step::Body);
    };
    m_proceeding = true;
    while (parsing() && parse()) {
    }
    m_proceeding = false;
    if (!parsing())
        return;
    if (m_out.empty())
        read();
    else
        write();
}

// False when the request needs bytes that have not come.
bool RuntimeConnection::parse()
{
    boost::system::error_code error;
    if (m_step == Step::Head || !m_request->is_done())
        m_buffer.consume(m_request->put(m_buffer.data(), error));
    if (error == http::error::need_more) {
        if (m_step == Step::Body)
            passOn(); // what came before the chunk that is not whole
        return false;
    }
    if (error) {
        refuse(error);
        return true;
    }
    if (m_step == Step::Head)
        onHead();
    if (m_step != Step::Body || !passOn())
        return true;
    if (!m_request->is_done())
        return m_buffer.size() > 0;
    answerRequest();
    return true;
}

// Hands on what has come of a streamed response; false while its reader is not ready for more.
// Nothing is read from the runtime meanwhile, so its own writes come to a halt.
bool RuntimeConnection::passOn()
{
    std::string& data = m_request->get().body().data;
    if (!m_sink || data.empty())
        return true;
    m_held = true;
    m_sink->write(std::exchange(data, {}), [weak = weak_from_this()] {
        if (const auto self = weak.lock())
            self->goOn();
    });
    return !m_held;
}

void RuntimeConnection::goOn()
{
    m_held = false;
    if (m_step != Step::Closed)
        proceed();
}

void RuntimeConnection::refuse(const boost::system::error_code& error)
{
    if (error == http::error::header_limit) {
        m_keepAlive = false;
        sayError(400, "InvalidRequest", "The request's headers are too large");
        answerGiven();
    } else if (error == http::error::body_limit && m_claimed) {
        m_keepAlive = false;
        answerRequest();
    } else {
        lost();
    }
}

void RuntimeConnection::onHead()
{
    m_step = Step::Body;
    m_keepAlive = m_request->get().keep_alive();
    m_route = routeOf(stdView(m_request->get().target()));
    if (m_route.isOfRestore() && m_server->phase() == RuntimeApi::Phase::Ordinary)
        m_route = {};
    m_request->eager(true);
    chooseLimit();
    continueOnExpectation();
}

void RuntimeConnection::read()
{
    if (m_reading)
        return;
    const std::size_t size = beast::read_size(m_buffer, kLargeBuffer);
    if (size == 0) {
        refuse(http::error::header_limit);
        return;
    }
    m_reading = true;
    m_socket.async_read_some(
        m_buffer.prepare(size),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t count) {
            self->m_reading = false;
            self->m_buffer.commit(count);
            if (self->m_step == Step::Closed)
                return;
            if (error)
                self->lost();
            else
                self->proceed();
        });
}

bool RuntimeConnection::methodFits() const
{
    return m_request->get().method() == (m_route.isPut()    ? http::verb::put
                                         : m_route.isPost() ? http::verb::post
                                                            : http::verb::get);
}

// Only a request that may end the invocation (or the init) may have its body kept.
void RuntimeConnection::chooseLimit()
{
    using State = RuntimeServer::State;
    if (!methodFits())
        return;
    if (m_route.isOfExtension())
        m_request->get().body().limit = kMaxExtensionBody;
    else if (m_route.isInitError())
        m_claimed = claim(State::InitError);
    else if (m_route.endpoint == Endpoint::Response)
        m_claimed = claim(State::InvocationResponse);
    else if (m_route.endpoint == Endpoint::Error)
        m_claimed = claim(State::InvocationErrorResponse);
    if (m_claimed)
        m_request->get().body().limit = kMaxResponse;
    if (m_claimed && m_route.endpoint == Endpoint::Response)
        chooseSink();
    if (m_claimed && m_request->content_length().value_or(kLargeBuffer) >= kLargeBuffer)
        m_buffer.reserve(kLargeBuffer);
}

void RuntimeConnection::chooseSink()
{
    const Invocation& invocation = m_server->current();
    if (!invocation.sink || header(kResponseModeHeader) != "streaming")
        return;
    m_sink = invocation.sink;
    m_request->get().body().limit = static_cast<std::uint64_t>(invocation.maxStreamBytes);
    std::string type = header("Content-Type");
    m_sink->begin(type.empty() ? "application/octet-stream" : std::move(type));
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
    if (!m_out.empty())
        return; // it goes on without, after a moment
    // 25 bytes into an empty send buffer; a client that does not read them loses nothing but time.
    [[maybe_unused]] const ssize_t sent = ::send(m_socket.native_handle(), kContinue.data(),
                                                 kContinue.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void RuntimeConnection::answerRequest()
{
    if (m_buffer.capacity() > kLargeBuffer / 2) {
        m_buffer.shrink_to_fit();
        m_buffer.reserve(kSmallBuffer);
    }
    if (m_claimed) {
        m_claimed = false;
        if (m_route.isInitError())
            takeInitError();
        else
            takeAnswer();
    } else if (m_route.endpoint == Endpoint::Unknown) {
        sayError(404, "NotFound",
                 absl::StrCat("No such path here: ", std::string(m_request->get().target())));
    } else if (!methodFits()) {
        sayError(405, "MethodNotAllowed", "The path does not support this method");
    } else if (m_route.isOfExtension()) {
        askForExtension();
        return;
    } else if (m_route.endpoint == Endpoint::RestoreNext &&
               m_server->phase() == RuntimeApi::Phase::Snapshot) {
        m_step = Step::Parked; // for good: what is restored asks again, where it is restored
        m_server->awaitsRestore();
        return;
    } else if (m_route.endpoint == Endpoint::RestoreNext) {
        say(200, "");
    } else if (m_route.endpoint == Endpoint::Ping) {
        say(200, "pong", "text/plain");
    } else if (m_route.endpoint == Endpoint::Next && m_server->mayPark()) {
        m_step = Step::Parked;
        m_server->park(shared_from_this());
        return;
    } else if (m_route.endpoint == Endpoint::Next) {
        sayError(403, "InvalidStateTransition", m_server->refusal("Ready"));
    } else if (m_refusal == "InvalidRequestID") {
        sayError(400, "InvalidRequestID", "Invalid request ID");
    } else {
        sayError(403, "InvalidStateTransition", m_refusal);
    }
    answerGiven();
}

// The answer may come at once or with the next event: the connection is parked until then.
void RuntimeConnection::askForExtension()
{
    ExtensionRequest request;
    request.kind = extensionKind(m_route.endpoint);
    request.name = header("Lambda-Extension-Name");
    request.identifier = header("Lambda-Extension-Identifier");
    request.errorType = header("Lambda-Extension-Function-Error-Type");
    request.acceptsAccountId =
        header("Lambda-Extension-Accept-Feature").find("accountId") != std::string::npos;
    request.body = std::move(m_request->get().body().data);
    m_step = Step::Parked;
    m_server->extensionAsks(std::move(request),
                            [weak = weak_from_this()](const ExtensionReply& reply) {
                                if (const auto self = weak.lock())
                                    self->respondToExtension(reply);
                            });
}

void RuntimeConnection::respondToExtension(const ExtensionReply& reply)
{
    if (m_step != Step::Parked)
        return;
    std::string headers;
    for (const auto& [name, value] : reply.headers)
        appendHeader(headers, name, value);
    say(reply.status, reply.body, "application/json", headers);
    answerGiven();
    proceed();
}

void RuntimeConnection::takeInitError()
{
    std::string document;
    if (!m_request->get().body().tooLarge())
        document = std::move(m_request->get().body().data);
    std::string type = header(kErrorTypeHeader);
    say(202, kAccepted);
    m_server->initFailed(std::move(document), std::move(type));
}

void RuntimeConnection::takeAnswer()
{
    BoundedBody::value_type& body = m_request->get().body();
    const std::string mode = header(kResponseModeHeader);
    RuntimeApi::Answer answer;
    answer.failed = m_route.endpoint == Endpoint::Error;
    answer.contentType = header("Content-Type");
    answer.errorType = header(kErrorTypeHeader);
    answer.tooLarge = body.tooLarge();
    answer.limit = body.limit;
    answer.invalidMode = !answer.failed && !mode.empty() && mode != "streaming";
    if (answer.tooLarge) {
        sayError(
            413, "RequestEntityTooLarge",
            absl::StrCat("Exceeded maximum allowed payload size (", body.limit, " bytes)."));
    } else if (answer.invalidMode) {
        sayError(400, "InvalidResponseModeHeader",
                 absl::StrCat("Invalid response mode: ", mode.substr(0, 100)));
    } else {
        if (answer.failed || !takeTrailers(answer))
            answer.body = std::move(body.data);
        say(202, kAccepted);
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

// Sent when there is nothing left to parse, or with the event.
void RuntimeConnection::say(int status, std::string_view body, std::string_view type,
                            std::string_view headers)
{
    absl::StrAppend(&m_out, "HTTP/1.1 ", gantry::view(statusText(status)),
                    "\r\nContent-Type: ", gantry::view(type), "\r\n", gantry::view(headers),
                    m_keepAlive ? "" : "Connection: close\r\n",
                    "Content-Length: ", body.size(), "\r\n\r\n", gantry::view(body));
}

void RuntimeConnection::sayError(int status, std::string_view type, std::string_view message)
{
    say(status, makeErrorDocument(type, message));
}

void RuntimeConnection::answerGiven()
{
    if (m_step == Step::Closed)
        return;
    m_ending = !m_keepAlive;
    nextRequest();
    if (m_ending || m_out.size() >= kLargeBuffer)
        write();
}

void RuntimeConnection::sendEvent(std::string_view head, std::shared_ptr<const std::string> event)
{
    m_out += head;
    m_event = std::move(event);
    m_ending = !m_keepAlive;
    nextRequest();
    write();
}

void RuntimeConnection::write()
{
    m_writing = true;
    boost::system::error_code error;
    const std::size_t sent = m_socket.write_some(unsent(0), error);
    if (error == asio::error::would_block)
        error = {};
    const auto rest = unsent(sent);
    if (error || asio::buffer_size(rest) == 0) {
        onWritten(error);
        return;
    }
    asio::async_write(m_socket, rest,
                      [self = shared_from_this()](const boost::system::error_code& failed,
                                                  std::size_t) {
                          if (self->m_step != Step::Closed)
                              self->onWritten(failed);
                      });
}

std::array<asio::const_buffer, 2> RuntimeConnection::unsent(std::size_t sent) const
{
    const std::size_t ofEvent = sent - std::min(sent, m_out.size());
    return {asio::buffer(m_out) + sent,
            m_event ? asio::buffer(*m_event) + ofEvent : asio::const_buffer()};
}

void RuntimeConnection::onWritten(const boost::system::error_code& error)
{
    m_writing = false;
    m_event.reset();
    m_out.clear();
    if (error || m_ending)
        lost();
    else
        proceed();
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
    const bool insideInitError = insideAnswer && m_route.isInitError();
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
    if (m_step == Step::Closed)
        return;
    if (!m_writing && !m_out.empty()) {
        [[maybe_unused]] const ssize_t sent = ::send(m_socket.native_handle(), m_out.data(),
                                                     m_out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    m_step = Step::Closed;
    boost::system::error_code ignored;
    m_socket.close(ignored);
}

} // namespace gantry::runtime
