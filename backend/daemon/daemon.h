#pragma once

#include "backend/daemon/options.h"

#include <absl/status/status.h>

#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace gantry {

// The platform, put together: every part with what it needs, in the order of the floors, and taken
// apart the other way round. Lives on the I/O thread.
class Daemon final {
public:
    explicit Daemon(boost::asio::io_context& io, DaemonOptions options);
    ~Daemon();

    // Opens everything and starts to serve. The error says what to do.
    absl::Status start();

    // What a user who started it in a terminal wants to know: addresses and files.
    std::string banner() const;

    // Ends environments in order, then calls done. Nothing is accepted any more.
    void shutdown(std::function<void()> done);

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace gantry
