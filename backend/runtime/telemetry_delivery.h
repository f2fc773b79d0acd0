#pragma once

#include "backend/base/unique_fd.h"

#include <cstdint>
#include <functional>
#include <string>

namespace boost::asio {
class io_context;
}

namespace gantry::runtime {

// Hands one batch to a listener inside an environment: as an HTTP POST, or as bytes over TCP. The
// listener is hostile: it has a few seconds, and what it answers is not looked at.
class TelemetryDelivery final {
public:
    struct Target {
        bool http = true;
        std::uint16_t port = 0;
        std::string path; // of HTTP
    };

    // The socket is of the environment's network and not connected; an invalid one delivers nothing.
    // Calls back once, delivered or not.
    static void send(boost::asio::io_context& io, UniqueFd socket, const Target& target,
                     std::string batch, std::function<void()> done);
};

} // namespace gantry::runtime
