#include "backend/runtime/runtime_server.h"

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/runtime/runtime_connection.h"
#include "backend/runtime/runtime_http.h"

#include <absl/strings/str_cat.h>

#include <array>
#include <utility>

namespace gantry::runtime {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxConnections = 32;
constexpr std::size_t kUsualHead = 640; // of an event

} // namespace

RuntimeServer::RuntimeServer(asio::io_context& io, UniqueFd listener, RuntimeApi::Listener& events,
                             RuntimeApi::Phase phase)
    : m_acceptor(io.get_executor()), m_retry(io), m_events(&events), m_phase(phase)
{
    boost::system::error_code failed;
    m_acceptor.assign(asio::ip::tcp::v4(), listener.get(), failed);
    if (!failed)
        listener.release();
}

void RuntimeServer::accept()
{
    if (!m_acceptor.is_open())
        return;
    m_acceptor.async_accept([self = shared_from_this()](const boost::system::error_code& error,
                                                        RuntimeConnection::Socket socket) {
        if (error == asio::error::operation_aborted || !self->m_events)
            return;
        if (!error && self->m_connections.size() < kMaxConnections) {
            auto connection = std::make_shared<RuntimeConnection>(std::move(socket), self);
            self->m_connections.push_back(connection);
            connection->start();
        }
        if (error == asio::error::no_descriptors)
            self->acceptLater();
        else
            self->accept();
    });
}

void RuntimeServer::acceptLater()
{
    m_retry.expires_after(std::chrono::milliseconds(100));
    m_retry.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error)
            self->accept();
    });
}

void RuntimeServer::close()
{
    m_events = nullptr;
    boost::system::error_code ignored;
    m_acceptor.close(ignored);
    m_retry.cancel();
    m_parked.reset();
    for (const auto& connection : std::exchange(m_connections, {}))
        connection->close();
}

void RuntimeServer::deliver(Invocation invocation, std::int64_t deadlineUnixMillis)
{
    m_waiting = std::move(invocation);
    m_deadlineUnixMillis = deadlineUnixMillis;
    m_deliveredAtMicros = 0;
    if (!parked())
        return;
    const std::shared_ptr<RuntimeConnection> connection = std::exchange(m_parked, nullptr);
    if (connection->peerClosed())
        discard(connection); // the event waits for the runtime to ask again
    else
        send(*connection);
}

void RuntimeServer::discard(const std::shared_ptr<RuntimeConnection>& connection)
{
    connection->close();
    std::erase(m_connections, connection);
}

void RuntimeServer::send(RuntimeConnection& connection)
{
    m_current = std::move(*m_waiting);
    m_waiting.reset();
    m_state = State::Running;
    m_deliveredAtMicros = monotonicMicros();
    const std::string head = nextHead();
    connection.sendEvent(head, std::exchange(m_current.event, nullptr));
}

std::string RuntimeServer::nextHead() const
{
    std::string head = "HTTP/1.1 200 OK\r\n";
    head.reserve(kUsualHead + m_current.clientContext.size());
    appendHeader(head, "Content-Type", m_current.contentType);
    appendHeader(head, "Lambda-Runtime-Aws-Request-Id", m_current.requestId);
    appendHeader(head, "Lambda-Runtime-Deadline-Ms", std::to_string(m_deadlineUnixMillis));
    appendHeader(head, "Lambda-Runtime-Invoked-Function-Arn", m_current.invokedFunctionArn);
    appendHeader(head, "Lambda-Runtime-Trace-Id", m_current.traceId);
    appendHeader(head, "Lambda-Runtime-Client-Context", m_current.clientContext);
    appendHeader(head, "Lambda-Runtime-Aws-Tenant-Id", m_current.tenantId);
    absl::StrAppend(&head, "Content-Length: ", m_current.event ? m_current.event->size() : 0,
                    "\r\n\r\n");
    return head;
}

bool RuntimeServer::mayPark() const
{
    // Asking again while waiting is allowed: the runtime may have given up its first connection.
    return m_state == State::Started || m_state == State::Ready || m_state == State::ResponseSent;
}

void RuntimeServer::park(const std::shared_ptr<RuntimeConnection>& connection)
{
    m_state = State::Ready;
    if (const auto before = std::exchange(m_parked, nullptr); before && before != connection)
        discard(before);
    if (m_waiting) {
        send(*connection);
        return;
    }
    m_parked = connection;
    if (m_events)
        m_events->runtimeParked();
}

bool RuntimeServer::isCurrent(const std::string& requestId) const
{
    return m_state != State::Started && m_state != State::Ready && m_state != State::InitError &&
           requestId == m_current.requestId;
}

bool RuntimeServer::moveTo(State next)
{
    const State from = next == State::InitError ? State::Started : State::Running;
    if (m_state != from)
        return false;
    m_state = next;
    return true;
}

std::string RuntimeServer::refusal(std::string_view next) const
{
    static constexpr std::array kNames = {
        "Started",     "InitError",          "Ready",
        "Running",     "InvocationResponse", "InvocationErrorResponse",
        "ResponseSent"};
    return absl::StrCat("State transition from ", kNames[static_cast<std::size_t>(m_state)], " to ",
                        gantry::view(next),
                        " failed for runtime. Error: State transition is not allowed");
}

void RuntimeServer::initFailed(std::string document, std::string errorType)
{
    if (m_events)
        m_events->initFailed(std::move(document), std::move(errorType));
}

void RuntimeServer::awaitsRestore()
{
    if (m_state == State::Started && m_events)
        m_events->awaitsRestore();
}

void RuntimeServer::answered(RuntimeApi::Answer answer)
{
    m_state = State::ResponseSent;
    m_current.sink.reset();
    if (m_events)
        m_events->answered(std::move(answer));
}

void RuntimeServer::extensionAsks(ExtensionRequest request, ExtensionHub::Respond respond)
{
    if (m_events)
        m_events->extensionAsks(std::move(request), std::move(respond));
}

void RuntimeServer::closed(const std::shared_ptr<RuntimeConnection>& connection)
{
    if (m_parked == connection)
        m_parked.reset();
    std::erase(m_connections, connection);
    if (m_connections.empty() && m_events)
        m_events->connectionsClosed();
}

} // namespace gantry::runtime
