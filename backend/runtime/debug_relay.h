#pragma once

#include "backend/base/unique_fd.h"

#include <absl/status/statusor.h>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace gantry::runtime {

// A port on the host's loopback that leads to one inside an environment's network. Debuggers'
// protocols ask for no password, so connections are taken only from processes of the daemon's own
// user and of root.
class DebugRelay final : public std::enable_shared_from_this<DebugRelay> {
public:
    // Makes a socket inside the environment, see sandbox::Sandbox::openSocket().
    using OpenSocket = std::function<void(std::function<void(UniqueFd)>)>;

    // The host's port is the same as the one inside where that is free, so that a debugger's saved
    // settings stay valid.
    static absl::StatusOr<std::shared_ptr<DebugRelay>>
    open(boost::asio::io_context& io, std::uint16_t insidePort, OpenSocket openSocket);

    DebugRelay(boost::asio::io_context& io, std::uint16_t insidePort, OpenSocket openSocket);

    std::uint16_t port() const;
    void close(); // cuts all connections; no call of OpenSocket comes any more

private:
    class Connection;

    absl::Status listen();
    void accept();
    void relay(boost::asio::ip::tcp::socket outside);

    boost::asio::io_context& m_io;
    const std::uint16_t m_insidePort;
    OpenSocket m_openSocket;
    boost::asio::ip::tcp::acceptor m_acceptor;
    std::vector<std::weak_ptr<Connection>> m_connections;
};

} // namespace gantry::runtime
