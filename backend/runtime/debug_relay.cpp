#include "backend/runtime/debug_relay.h"

#include "backend/base/log.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include <arpa/inet.h>
#include <unistd.h>

namespace gantry::runtime {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// Until the program inside listens: an interpreter and its debugger take seconds on a busy machine.
constexpr int kConnectTries = 600;
constexpr std::chrono::milliseconds kConnectPause{100};

tcp::endpoint loopback(std::uint16_t port)
{
    return {asio::ip::address_v4::loopback(), port};
}

// As /proc/net/tcp writes it: the address in the host's byte order.
std::string tableEntry(const tcp::endpoint& endpoint)
{
    return absl::StrFormat("%08X:%04X", htonl(endpoint.address().to_v4().to_uint()),
                           endpoint.port());
}

// See proc(5), /proc/net/tcp.
std::optional<uid_t> ownerIn(const char* file, const std::string& local, const std::string& remote)
{
    std::ifstream table(file);
    std::string line;
    std::getline(table, line);
    while (std::getline(table, line)) {
        std::istringstream fields(line);
        std::string slot, from, to, state, queues, timer, retransmits;
        uid_t owner = 0;
        if (fields >> slot >> from >> to >> state >> queues >> timer >> retransmits >> owner &&
            from == local && to == remote)
            return owner;
    }
    return std::nullopt;
}

// Whose process is at the other end of a connection on the loopback. Java makes IPv6 sockets for
// IPv4 addresses.
std::optional<uid_t> ownerOf(const tcp::socket& socket)
{
    constexpr const char* kMapped = "0000000000000000FFFF0000";
    error_code error;
    const auto peer = socket.remote_endpoint(error);
    if (error)
        return std::nullopt;
    const std::string theirs = tableEntry(peer), ours = tableEntry(socket.local_endpoint(error));
    const auto owner = ownerIn("/proc/self/net/tcp", theirs, ours);
    return owner ? owner : ownerIn("/proc/self/net/tcp6", kMapped + theirs, kMapped + ours);
}

bool isTrusted(const tcp::socket& socket)
{
    const std::optional<uid_t> owner = ownerOf(socket);
    return owner && (*owner == ::geteuid() || *owner == 0);
}

} // namespace

// One debugger's connection: bytes go both ways until either side ends it.
class DebugRelay::Connection final : public std::enable_shared_from_this<Connection> {
public:
    Connection(asio::io_context& io, tcp::socket outside, std::uint16_t port, OpenSocket openSocket)
        : m_outside(std::move(outside)), m_inside(io), m_pause(io), m_port(port),
          m_openSocket(std::move(openSocket))
    {
    }

    // Each try has a socket of its own: what becomes of one that was refused is not specified.
    void connect()
    {
        m_openSocket([self = shared_from_this()](UniqueFd socket) {
            error_code error;
            if (socket && self->m_outside.is_open())
                self->m_inside.assign(tcp::v4(), socket.release(), error);
            if (error || !self->m_inside.is_open())
                return self->close();
            self->m_inside.async_connect(loopback(self->m_port), [self](const error_code& refused) {
                self->onConnected(refused);
            });
        });
    }

    void close()
    {
        error_code ignored;
        m_pause.cancel();
        m_outside.close(ignored);
        m_inside.close(ignored);
    }

private:
    using Buffer = std::array<char, 16 * 1024>;

    void onConnected(const error_code& error)
    {
        if (!error) {
            pump(m_outside, m_inside, m_toInside);
            pump(m_inside, m_outside, m_toOutside);
            return;
        }
        if (!m_outside.is_open() || --m_triesLeft == 0)
            return close();
        error_code ignored;
        m_inside.close(ignored);
        m_pause.expires_after(kConnectPause);
        m_pause.async_wait([self = shared_from_this()](const error_code& cancelled) {
            if (!cancelled)
                self->connect();
        });
    }

    void pump(tcp::socket& from, tcp::socket& to, Buffer& buffer)
    {
        from.async_read_some(
            asio::buffer(buffer), [self = shared_from_this(), &from, &to,
                                   &buffer](const error_code& error, std::size_t size) {
                if (error)
                    return self->close();
                asio::async_write(to, asio::buffer(buffer, size),
                                  [self, &from, &to, &buffer](const error_code& failed, std::size_t) {
                                      if (failed)
                                          self->close();
                                      else
                                          self->pump(from, to, buffer);
                                  });
            });
    }

    tcp::socket m_outside, m_inside;
    asio::steady_timer m_pause;
    const std::uint16_t m_port;
    const OpenSocket m_openSocket;
    int m_triesLeft = kConnectTries;
    Buffer m_toInside, m_toOutside;
};

DebugRelay::DebugRelay(asio::io_context& io, std::uint16_t insidePort, OpenSocket openSocket)
    : m_io(io), m_insidePort(insidePort), m_openSocket(std::move(openSocket)), m_acceptor(io)
{
}

absl::StatusOr<std::shared_ptr<DebugRelay>>
DebugRelay::open(asio::io_context& io, std::uint16_t insidePort, OpenSocket openSocket)
{
    auto relay = std::make_shared<DebugRelay>(io, insidePort, std::move(openSocket));
    if (absl::Status status = relay->listen(); !status.ok())
        return status;
    relay->accept();
    return relay;
}

absl::Status DebugRelay::listen()
{
    error_code error;
    m_acceptor.open(tcp::v4(), error);
    m_acceptor.set_option(asio::socket_base::reuse_address(true), error);
    m_acceptor.bind(loopback(m_insidePort), error);
    if (error)
        m_acceptor.bind(loopback(0), error);
    if (!error)
        m_acceptor.listen(asio::socket_base::max_listen_connections, error);
    return error ? absl::UnavailableError(
                       absl::StrCat("no port for a debugger: ", error.message()))
                 : absl::OkStatus();
}

std::uint16_t DebugRelay::port() const
{
    error_code ignored;
    return m_acceptor.local_endpoint(ignored).port();
}

void DebugRelay::accept()
{
    m_acceptor.async_accept([weak = weak_from_this()](const error_code& error, tcp::socket socket) {
        const auto self = weak.lock();
        if (!self || error == asio::error::operation_aborted)
            return;
        if (!error && isTrusted(socket))
            self->relay(std::move(socket));
        else if (!error)
            log::warning("A debugger's connection was refused: it comes from another user");
        self->accept();
    });
}

void DebugRelay::relay(tcp::socket outside)
{
    auto connection =
        std::make_shared<Connection>(m_io, std::move(outside), m_insidePort, m_openSocket);
    std::erase_if(m_connections, [](const auto& known) { return known.expired(); });
    m_connections.push_back(connection);
    connection->connect();
}

void DebugRelay::close()
{
    error_code ignored;
    m_acceptor.close(ignored);
    for (const auto& known : m_connections) {
        if (const auto connection = known.lock())
            connection->close();
    }
    m_connections.clear();
}

} // namespace gantry::runtime
