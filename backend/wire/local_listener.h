#pragma once

#include "backend/base/unique_fd.h"

#include <absl/status/status.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <functional>
#include <memory>
#include <string>

namespace gantry::wire {

// A Unix socket in the file system that only processes of the daemon's own user may connect to:
// by its mode, and by the user id that the kernel reports for each peer (a mode alone would let
// root's other containers and inherited descriptors in). I/O thread only.
class LocalListener final : public std::enable_shared_from_this<LocalListener> {
public:
    using Accepted = std::function<void(UniqueFd)>;

    LocalListener(boost::asio::io_context& io, Accepted accepted);
    ~LocalListener();

    absl::Status listen(const std::string& path);
    void close();

private:
    using Protocol = boost::asio::local::stream_protocol;
    using Executor = boost::asio::io_context::executor_type;

    void accept();

    boost::asio::io_context& m_io;
    Accepted m_accepted;
    boost::asio::basic_socket_acceptor<Protocol, Executor> m_acceptor;
    std::string m_path; // empty: nothing to remove
};

} // namespace gantry::wire
