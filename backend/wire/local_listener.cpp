#include "backend/wire/local_listener.h"

#include "backend/base/log.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/steady_timer.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace gantry::wire {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// Files made while it lives are for their owner only.
class PrivateUmask final {
public:
    PrivateUmask() : m_old(::umask(0177)) {}
    ~PrivateUmask() { ::umask(m_old); }
    PrivateUmask(const PrivateUmask&) = delete;
    PrivateUmask& operator=(const PrivateUmask&) = delete;

private:
    mode_t m_old;
};

bool isAnswered(asio::io_context& io, const std::string& path)
{
    asio::local::stream_protocol::socket probe(io);
    error_code error;
    probe.connect(path, error);
    return !error;
}

absl::Status makeWay(asio::io_context& io, const std::string& path)
{
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0)
        return absl::OkStatus();
    if (!S_ISSOCK(info.st_mode)) {
        return absl::AlreadyExistsError(
            absl::StrCat(path, " is no socket. Remove it, or choose another path."));
    }
    if (isAnswered(io, path)) {
        return absl::AlreadyExistsError(
            absl::StrCat("Another gantryd listens on ", path, " already. Use it, or stop it."));
    }
    if (::unlink(path.c_str()) != 0)
        return absl::ErrnoToStatus(errno, absl::StrCat("cannot remove the old socket ", path));
    return absl::OkStatus();
}

bool isOwnUser(int socket)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           peer.uid == ::geteuid();
}

} // namespace

LocalListener::LocalListener(asio::io_context& io, Accepted accepted)
    : m_io(io), m_accepted(std::move(accepted)), m_acceptor(io)
{
}

LocalListener::~LocalListener()
{
    close();
}

absl::Status LocalListener::listen(const std::string& path)
{
    if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
        return absl::InvalidArgumentError(
            absl::StrCat("The socket path '", path, "' must have 1 to ",
                         sizeof(sockaddr_un::sun_path) - 1, " characters. Choose a shorter one."));
    }
    if (absl::Status status = makeWay(m_io, path); !status.ok())
        return status;
    error_code error;
    m_acceptor.open(Protocol(), error);
    if (!error) {
        const PrivateUmask guard;
        m_acceptor.bind(path, error);
    }
    if (!error) {
        m_path = path;
        m_acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        close();
        return absl::UnavailableError(
            absl::StrCat("Cannot listen on ", path, ": ", error.message(), "."));
    }
    accept();
    return absl::OkStatus();
}

void LocalListener::accept()
{
    m_acceptor.async_accept([weak = weak_from_this()](error_code error, auto socket) {
        const auto self = weak.lock();
        if (!self || !self->m_acceptor.is_open())
            return;
        if (error) {
            log::warning("A connection from a console failed: ", error.message());
        } else if (!isOwnUser(socket.native_handle())) {
            log::warning("A connection of another user was refused.");
        } else {
            UniqueFd fd(socket.release(error));
            if (!error)
                self->m_accepted(std::move(fd));
        }
        self->accept();
    });
}

void LocalListener::close()
{
    error_code ignored;
    m_acceptor.close(ignored);
    if (!m_path.empty())
        ::unlink(std::exchange(m_path, {}).c_str());
}

} // namespace gantry::wire
