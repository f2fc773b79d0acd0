#include "backend/observe/traces/segment_receiver.h"

#include "backend/base/clock.h"
#include "backend/observe/traces/segment.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <chrono>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace gantry::observe::traces {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;

constexpr int kAtATime = 16;
constexpr std::int64_t kBytesPerSecond = 2 << 20;
constexpr std::size_t kMaxHeader = 256;
constexpr std::size_t kMaxDatagram = kMaxDocument + kMaxHeader;

class Receiver final : public std::enable_shared_from_this<Receiver> {
public:
    Receiver(asio::io_context& io, std::function<void(std::string)> receive)
        : m_socket(io), m_rest(io), m_receive(std::move(receive))
    {
    }

    bool open(UniqueFd socket)
    {
        error_code error;
        m_socket.assign(asio::ip::udp::v4(), socket.get(), error);
        if (error)
            return false;
        socket.release();
        m_socket.non_blocking(true, error);
        return !error;
    }

    void wait()
    {
        m_socket.async_wait(asio::socket_base::wait_read,
                            [weak = weak_from_this()](const error_code& error) {
                                if (const auto self = weak.lock(); self && !error)
                                    self->read();
                            });
    }

private:
    void read()
    {
        std::string buffer(kMaxDatagram, '\0');
        for (int i = 0; i < kAtATime; ++i) {
            if (!hasAllowance())
                return rest();
            error_code error;
            asio::ip::udp::endpoint from;
            const std::size_t size =
                m_socket.receive_from(asio::buffer(buffer), from, 0, error);
            if (error)
                break; // nothing more, or a message of ICMP
            m_taken += static_cast<std::int64_t>(size);
            const std::string_view document = documentOf({buffer.data(), size});
            if (!document.empty())
                m_receive(std::string(document));
        }
        wait();
    }

    bool hasAllowance()
    {
        const std::int64_t second = monotonicMicros() / 1'000'000;
        if (std::exchange(m_second, second) != second)
            m_taken = 0;
        return m_taken < kBytesPerSecond;
    }

    void rest()
    {
        m_rest.expires_after(std::chrono::milliseconds(100));
        m_rest.async_wait([weak = weak_from_this()](const error_code& error) {
            if (const auto self = weak.lock(); self && !error)
                self->wait();
        });
    }

    asio::ip::udp::socket m_socket;
    asio::steady_timer m_rest;
    const std::function<void(std::string)> m_receive;
    std::int64_t m_second = 0;
    std::int64_t m_taken = 0; // bytes, in that second
};

} // namespace

std::string_view documentOf(std::string_view datagram)
{
    const std::size_t end = datagram.find('\n');
    if (end == std::string_view::npos || end > kMaxHeader)
        return {};
    error_code error;
    const json::value header = json::parse({datagram.data(), end}, error);
    const json::object* object = error ? nullptr : header.if_object();
    const json::value* format = object ? object->if_contains("format") : nullptr;
    const json::value* version = object ? object->if_contains("version") : nullptr;
    const bool known = format && format->is_string() && format->get_string() == "json" &&
                       version && version->is_int64() && version->get_int64() == 1;
    return known ? datagram.substr(end + 1) : std::string_view();
}

std::shared_ptr<void> receiveSegments(asio::io_context& io, UniqueFd socket,
                                      std::function<void(std::string)> receive)
{
    auto receiver = std::make_shared<Receiver>(io, std::move(receive));
    if (!receiver->open(std::move(socket)))
        return nullptr;
    receiver->wait();
    return receiver;
}

std::pair<UniqueFd, std::uint16_t> openDatagramSocket()
{
    UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (!socket || ::bind(socket.get(), generic, size) != 0 ||
        ::getsockname(socket.get(), generic, &size) != 0)
        return {};
    return {std::move(socket), ntohs(address.sin_port)};
}

} // namespace gantry::observe::traces
