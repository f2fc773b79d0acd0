#include "backend/wire/tls_relay.h"

#include "backend/base/unique_fd.h"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/impl/src.hpp> // once in the program
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <utility>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/socket.h>

namespace gantry::wire {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using std::chrono::seconds;

class TlsServerContext final {
public:
    ssl::context context{ssl::context::tls_server};
};

absl::StatusOr<std::shared_ptr<TlsServerContext>> makeTlsContext(const keys::TlsIdentity& identity)
{
    auto made = std::make_shared<TlsServerContext>();
    SSL_CTX* const context = made->context.native_handle();
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_use_certificate(context, identity.certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context, identity.key.get()) != 1)
        return absl::InternalError("The certificate cannot be used for TLS.");
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    return made;
}

namespace {

constexpr seconds kHandshakeTime{10};
// For a client to take a few kilobytes, or the end.
constexpr seconds kTransferTime{60};
constexpr seconds kGoodbyeTime{5};
constexpr std::size_t kBufferBytes = 16 * 1024;

std::size_t handshakes = 0;

class Relay final : public std::enable_shared_from_this<Relay> {
public:
    Relay(std::shared_ptr<TlsServerContext> context, HttpSession::Socket client,
          TlsRelay::Accepted accepted)
        : m_context(std::move(context)), m_client(std::move(client), m_context->context),
          m_plain(m_client.get_executor()), m_timer(m_client.get_executor()),
          m_accepted(std::move(accepted))
    {
        ++handshakes;
    }
    ~Relay() { endHandshake(); }

    void start()
    {
        error_code ignored;
        m_client.next_layer().set_option(asio::ip::tcp::no_delay(true), ignored);
        allow(kHandshakeTime);
        m_client.async_handshake(ssl::stream_base::server,
                                 [self = shared_from_this()](const error_code& error) {
                                     self->endHandshake();
                                     error ? self->close() : self->open();
                                 });
    }

private:
    using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                             asio::wait_traits<std::chrono::steady_clock>,
                                             asio::io_context::executor_type>;

    void endHandshake()
    {
        if (std::exchange(m_shaking, false))
            --handshakes;
    }

    void open()
    {
        m_timer.cancel();
        error_code error;
        const auto peer = m_client.next_layer().remote_endpoint(error);
        int pair[2] = {-1, -1};
        if (error || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
            return close();
        UniqueFd ours(pair[0]);
        UniqueFd theirs(pair[1]);
        // Asio asks only how to name the ends, which nobody does.
        m_plain.assign(asio::ip::tcp::v4(), ours.release(), error);
        HttpSession::Socket plain(m_client.get_executor());
        if (!error)
            plain.assign(asio::ip::tcp::v4(), theirs.get(), error);
        if (error)
            return close();
        theirs.release();
        std::exchange(m_accepted, nullptr)(std::move(plain), peer.address().to_string());
        readClient();
        readPlain();
    }

    void readClient()
    {
        m_client.async_read_some(
            asio::buffer(m_fromClient),
            [self = shared_from_this()](const error_code& error, std::size_t size) {
                if (error)
                    return self->clientDone();
                asio::async_write(self->m_plain, asio::buffer(self->m_fromClient, size),
                                  [self, size](const error_code& failed, std::size_t) {
                                      OPENSSL_cleanse(self->m_fromClient.data(), size);
                                      if (!failed)
                                          self->readClient();
                                  });
            });
    }

    // It will send nothing more; what it is still owed goes out.
    void clientDone()
    {
        error_code ignored;
        m_plain.shutdown(HttpSession::Socket::shutdown_send, ignored);
    }

    void readPlain()
    {
        m_plain.async_read_some(
            asio::buffer(m_fromPlain),
            [self = shared_from_this()](const error_code& error, std::size_t size) {
                if (error)
                    return self->sayGoodbye();
                self->allow(kTransferTime);
                asio::async_write(self->m_client, asio::buffer(self->m_fromPlain, size),
                                  [self, size](const error_code& failed, std::size_t) {
                                      OPENSSL_cleanse(self->m_fromPlain.data(), size);
                                      self->m_timer.cancel();
                                      failed ? self->close() : self->readPlain();
                                  });
            });
    }

    void sayGoodbye()
    {
        allow(kGoodbyeTime);
        m_client.async_shutdown(
            [self = shared_from_this()](const error_code&) { self->close(); });
    }

    void allow(seconds time)
    {
        m_timer.expires_after(time);
        m_timer.async_wait([weak = weak_from_this()](const error_code& error) {
            if (const auto self = weak.lock(); self && !error)
                self->close();
        });
    }

    void close()
    {
        m_timer.cancel();
        error_code ignored;
        m_client.next_layer().close(ignored);
        m_plain.close(ignored);
    }

    const std::shared_ptr<TlsServerContext> m_context;
    ssl::stream<HttpSession::Socket> m_client;
    HttpSession::Socket m_plain;
    Timer m_timer;
    TlsRelay::Accepted m_accepted;
    bool m_shaking = true;
    std::array<char, kBufferBytes> m_fromClient{};
    std::array<char, kBufferBytes> m_fromPlain{};
};

} // namespace

void TlsRelay::start(std::shared_ptr<TlsServerContext> context, HttpSession::Socket client,
                     Accepted accepted)
{
    std::make_shared<Relay>(std::move(context), std::move(client), std::move(accepted))->start();
}

std::size_t TlsRelay::shakingHands()
{
    return handshakes;
}

} // namespace gantry::wire
