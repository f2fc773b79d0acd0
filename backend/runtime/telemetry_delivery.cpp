#include "backend/runtime/telemetry_delivery.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <utility>

namespace gantry::runtime {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kPatience{5};

class Delivery final : public std::enable_shared_from_this<Delivery> {
public:
    Delivery(asio::io_context& io, const TelemetryDelivery::Target& target, std::string batch,
             std::function<void()> done)
        : m_http(target.http), m_port(target.port), m_socket(io), m_timer(io),
          m_bytes(std::move(batch)), m_done(std::move(done))
    {
        if (m_http)
            m_head = absl::StrCat("POST ", target.path,
                                  " HTTP/1.1\r\nHost: sandbox.localdomain:", m_port,
                                  "\r\nContent-Type: application/json\r\nConnection: close\r\n"
                                  "Content-Length: ",
                                  m_bytes.size(), "\r\n\r\n");
    }

    void start(UniqueFd socket)
    {
        boost::system::error_code error;
        m_socket.assign(asio::ip::tcp::v4(), socket.get(), error);
        if (error)
            return finish();
        socket.release();
        m_timer.expires_after(kPatience);
        m_timer.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
            if (!failed)
                self->finish();
        });
        m_socket.async_connect(
            {asio::ip::address_v4::loopback(), m_port},
            [self = shared_from_this()](const boost::system::error_code& failed) {
                failed ? self->finish() : self->write();
            });
    }

private:
    void write()
    {
        const std::array parts = {asio::buffer(m_head), asio::buffer(m_bytes)};
        asio::async_write(
            m_socket, parts,
            [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                if (error || !self->m_http)
                    self->finish();
                else
                    self->awaitAnswer();
            });
    }

    // That the listener answers is its word that it has taken the batch.
    void awaitAnswer()
    {
        m_socket.async_read_some(asio::buffer(m_answer),
                                 [self = shared_from_this()](const boost::system::error_code&,
                                                             std::size_t) { self->finish(); });
    }

    void finish()
    {
        m_timer.cancel();
        boost::system::error_code ignored;
        m_socket.close(ignored);
        if (const auto done = std::exchange(m_done, nullptr))
            done();
    }

    const bool m_http;
    const std::uint16_t m_port;
    asio::ip::tcp::socket m_socket;
    asio::steady_timer m_timer;
    std::string m_head;
    std::string m_bytes;
    std::array<char, 512> m_answer{};
    std::function<void()> m_done;
};

} // namespace

void TelemetryDelivery::send(asio::io_context& io, UniqueFd socket, const Target& target,
                             std::string batch, std::function<void()> done)
{
    if (!socket) {
        asio::post(io, std::move(done));
        return;
    }
    std::make_shared<Delivery>(io, target, std::move(batch), std::move(done))
        ->start(std::move(socket));
}

} // namespace gantry::runtime
