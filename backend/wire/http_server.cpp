#include "backend/wire/http_server.h"

#include "backend/base/text.h"
#include "backend/wire/gateway.h"
#include "backend/wire/http_session.h"
#include "backend/wire/tls_relay.h"

#include <absl/container/flat_hash_map.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <vector>

namespace gantry::wire {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kSweepInterval{500};
constexpr std::chrono::milliseconds kAcceptRetry{100};
constexpr std::size_t kMostHandshakes = 256;

absl::StatusOr<tcp::endpoint> parseEndpoint(const std::string& address)
{
    const std::size_t colon = address.rfind(':');
    int port = -1;
    if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
        port < 0 || port > 65535) {
        return absl::InvalidArgumentError(
            absl::StrCat("'", address, "' is not an address like 127.0.0.1:9000."));
    }
    std::string host = address.substr(0, colon);
    if (host == "localhost")
        host = "127.0.0.1";
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    error_code error;
    const auto ip = asio::ip::make_address(host, error);
    if (error) {
        return absl::InvalidArgumentError(
            absl::StrCat("'", host, "' is not an IP address of this machine."));
    }
    return tcp::endpoint(ip, static_cast<unsigned short>(port));
}

absl::Status cannotListen(const std::string& address, const error_code& error)
{
    if (error == asio::error::address_in_use) {
        return absl::AlreadyExistsError(absl::StrCat(
            "Another program listens on ", address,
            " already. Stop it, or choose another port; port 0 takes any that is free."));
    }
    if (error == asio::error::access_denied) {
        return absl::PermissionDeniedError(absl::StrCat("This user may not listen on ", address,
                                                        ". Choose a port of 1024 or above."));
    }
    return absl::UnavailableError(
        absl::StrCat("Cannot listen on ", address, ": ", error.message(), "."));
}

iam::CredentialLookup credentials(const iam::Account& account, const iam::AccessControl* access)
{
    if (!access)
        return [&account](std::string_view id) { return account.find(id); };
    return [access](std::string_view id) { return access->directory().credential(id); };
}

} // namespace

struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
    using Acceptor = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;
    using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                             asio::wait_traits<std::chrono::steady_clock>,
                                             asio::io_context::executor_type>;

    // One listening socket and what came through it.
    struct Door {
        Door(asio::io_context& io, std::size_t limit, std::string environment = {})
            : acceptor(io), limit(limit), environment(std::move(environment))
        {
        }
        Acceptor acceptor;
        const std::size_t limit;
        const std::string environment;
        std::size_t open = 0;
    };

    struct Entry {
        Entry(std::shared_ptr<HttpSession> session, std::shared_ptr<Door> door)
            : session(std::move(session)), door(std::move(door))
        {
            ++this->door->open;
        }
        Entry(Entry&&) = default;
        ~Entry()
        {
            if (door)
                --door->open;
        }
        std::shared_ptr<HttpSession> session;
        std::shared_ptr<Door> door;
    };

    Impl(asio::io_context& context, const api::OperationTable& table, const iam::Account& account,
         const Clock& clock, HttpOptions settings)
        : io(context), options(std::move(settings)),
          gateway(std::make_shared<Gateway>(
              table, credentials(account, options.access), account.region(), clock, options.hosts,
              options.functionUrls, options.access, options.audit)),
          sweeper(context)
    {
        gateway->serveMetrics(options.metricsText);
        if (options.images)
            gateway->serveImages(*options.images, account.id());
    }

    absl::StatusOr<std::shared_ptr<Door>> open(const std::string& address);

    void accept(const std::shared_ptr<Door>& door)
    {
        door->acceptor.async_accept(
            [weak = weak_from_this(), door](error_code error, HttpSession::Socket socket) {
                const auto self = weak.lock();
                if (!self || error == asio::error::operation_aborted)
                    return;
                if (error) {
                    self->retryAccept(door);
                    return;
                }
                self->take(std::move(socket), door);
                self->accept(door);
            });
    }

    void take(HttpSession::Socket socket, const std::shared_ptr<Door>& door)
    {
        if (door != tlsDoor)
            return add(std::move(socket), door, {});
        if (TlsRelay::shakingHands() >= kMostHandshakes)
            return; // the socket closes
        TlsRelay::start(tls, std::move(socket),
                        [weak = weak_from_this(), door](HttpSession::Socket plain, std::string client) {
                            if (const auto self = weak.lock())
                                self->add(std::move(plain), door, std::move(client));
                        });
    }

    // Out of file descriptors, as a rule: trying again at once would only burn CPU.
    void retryAccept(const std::shared_ptr<Door>& door)
    {
        auto timer = std::make_shared<Timer>(io, kAcceptRetry);
        timer->async_wait([weak = weak_from_this(), door, timer](error_code) {
            if (const auto self = weak.lock(); self && door->acceptor.is_open())
                self->accept(door);
        });
    }

    void add(HttpSession::Socket socket, const std::shared_ptr<Door>& door, std::string tlsClient)
    {
        if (!door->acceptor.is_open())
            return;
        if (door->open >= door->limit)
            dropLongestIdle(door.get());
        if (sessions.size() >= options.maxConnections)
            dropLongestIdle(nullptr);
        if (door->open >= door->limit || sessions.size() >= options.maxConnections)
            return; // all of them are at work; the socket closes
        auto session = std::make_shared<HttpSession>(std::move(socket), *gateway, options,
                                                     HttpSession::Origin{std::move(tlsClient),
                                                                         door->environment});
        sessions.emplace(session.get(), Entry(session, door));
        session->start([weak = weak_from_this()](HttpSession* ended) {
            if (const auto self = weak.lock())
                self->sessions.erase(ended);
        });
    }

    // door: of those only; null: of all.
    void dropLongestIdle(const Door* door)
    {
        std::shared_ptr<HttpSession> longest;
        for (const auto& [key, entry] : sessions) {
            if ((!door || entry.door.get() == door) && entry.session->isIdle() &&
                (!longest || entry.session->deadline() < longest->deadline()))
                longest = entry.session;
        }
        if (longest) {
            sessions.erase(longest.get());
            longest->close();
        }
    }

    void sweep()
    {
        sweeper.expires_after(kSweepInterval);
        sweeper.async_wait([weak = weak_from_this()](error_code error) {
            const auto self = weak.lock();
            if (!self || error)
                return;
            const auto now = std::chrono::steady_clock::now();
            std::vector<std::shared_ptr<HttpSession>> all;
            for (const auto& [key, entry] : self->sessions)
                all.push_back(entry.session);
            for (const auto& session : all)
                session->sweep(now);
            self->sweep();
        });
    }

    void stopTls()
    {
        error_code ignored;
        if (const auto door = std::exchange(tlsDoor, nullptr))
            door->acceptor.close(ignored);
    }

    void close()
    {
        error_code ignored;
        for (const auto& door : doors)
            door->acceptor.close(ignored);
        doors.clear();
        stopTls();
        sweeper.cancel();
        const auto ending = std::exchange(sessions, {});
        for (const auto& [key, entry] : ending)
            entry.session->close();
    }

    void close(const Door& door)
    {
        std::vector<std::shared_ptr<HttpSession>> ending;
        for (const auto& [key, entry] : sessions) {
            if (entry.door.get() == &door)
                ending.push_back(entry.session);
        }
        for (const auto& session : ending) {
            sessions.erase(session.get());
            session->close();
        }
    }

    asio::io_context& io;
    HttpOptions options;
    std::shared_ptr<Gateway> gateway;
    Timer sweeper;
    std::vector<std::shared_ptr<Door>> doors;
    std::shared_ptr<Door> tlsDoor;
    std::shared_ptr<TlsServerContext> tls;
    absl::flat_hash_map<HttpSession*, Entry> sessions;
};

HttpServer::HttpServer(asio::io_context& io, const api::OperationTable& table,
                       const iam::Account& account, const Clock& clock, HttpOptions options)
    : m_impl(std::make_shared<Impl>(io, table, account, clock, std::move(options)))
{
}

HttpServer::~HttpServer()
{
    close();
}

absl::StatusOr<std::shared_ptr<HttpServer::Impl::Door>>
HttpServer::Impl::open(const std::string& address)
{
    const absl::StatusOr<tcp::endpoint> endpoint = parseEndpoint(address);
    if (!endpoint.ok())
        return endpoint.status();
    auto door = std::make_shared<Door>(io, options.maxConnections);
    auto& acceptor = door->acceptor;
    error_code error;
    acceptor.open(endpoint->protocol(), error);
    if (!error)
        acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error)
        acceptor.bind(*endpoint, error);
    if (!error)
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error)
        return cannotListen(address, error);
    return door;
}

absl::StatusOr<int> HttpServer::listen(const std::string& address)
{
    const auto door = m_impl->open(address);
    if (!door.ok())
        return door.status();
    if (m_impl->doors.empty())
        m_impl->sweep();
    m_impl->doors.push_back(*door);
    m_impl->accept(*door);
    return (*door)->acceptor.local_endpoint().port();
}

absl::StatusOr<int> HttpServer::listenTls(const std::string& address,
                                          const keys::TlsIdentity& identity)
{
    auto context = makeTlsContext(identity);
    if (!context.ok())
        return context.status();
    m_impl->stopTls();
    const auto door = m_impl->open(address);
    if (!door.ok())
        return door.status();
    m_impl->tls = *std::move(context);
    m_impl->tlsDoor = *door;
    m_impl->accept(*door);
    return (*door)->acceptor.local_endpoint().port();
}

void HttpServer::stopTls()
{
    m_impl->stopTls();
}

std::shared_ptr<void> HttpServer::serve(UniqueFd listener, std::size_t connections,
                                        std::string environment)
{
    auto door = std::make_shared<Impl::Door>(m_impl->io, connections, std::move(environment));
    error_code error;
    door->acceptor.assign(tcp::v4(), listener.get(), error);
    if (error)
        return nullptr;
    listener.release();
    m_impl->accept(door);
    return {door.get(), [door, weak = std::weak_ptr(m_impl)](void*) {
                error_code ignored;
                door->acceptor.close(ignored);
                if (const auto impl = weak.lock())
                    impl->close(*door);
            }};
}

void HttpServer::close()
{
    m_impl->close();
}

std::size_t HttpServer::connections() const
{
    return m_impl->sessions.size();
}

} // namespace gantry::wire
