#pragma once

#include "backend/base/unique_fd.h"
#include "backend/runtime/environment.h"
#include "backend/runtime/extension_hub.h"

#include <cstdint>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace gantry::runtime {

class RuntimeServer;

// The Runtime API (2018-06-01) of one environment, and the door to its Extensions API: an HTTP/1.1 server on the listening socket
// inside its network namespace. It keeps the protocol's state machine and nothing else; time,
// processes and the meaning of an answer are the environment's. The client is hostile: header, body
// and connection counts are bounded, and only the one connection that may answer can make it hold a
// body.
class RuntimeApi final {
public:
    // What the runtime sent for the current invocation.
    struct Answer {
        bool failed = false; // sent to /error, or a stream that broke off with an error
        bool tooLarge = false;
        bool truncated = false;   // the connection ended inside the body
        bool invalidMode = false; // an unknown response mode
        std::uint64_t limit = 0;  // bytes that the body may have
        std::string body;
        std::string contentType;
        std::string errorType; // as a header or trailer named it
    };

    // With SnapStart the runtime initialises in one environment and is restored in others. In those
    // two, and only there, it asks for /restore/next between its init and its first event.
    enum class Phase { Ordinary, Snapshot, Restore };

    // Calls may destroy the RuntimeApi: each is the last thing done before returning.
    class Listener {
    public:
        virtual ~Listener() = default;
        virtual void runtimeParked() = 0; // waits on /next; nothing was delivered yet
        virtual void initFailed(std::string document, std::string errorType) = 0;
        virtual void awaitsRestore() = 0; // of a snapshot: it is initialised
        virtual void answered(Answer answer) = 0;
        virtual void connectionsClosed() = 0; // the last open one has gone
        // The Extensions API, which is served at the same address. May be answered much later.
        virtual void extensionAsks(ExtensionRequest request, ExtensionHub::Respond respond) = 0;
    };

    RuntimeApi(boost::asio::io_context& io, UniqueFd listener, Listener& events,
               Phase phase = Phase::Ordinary);
    ~RuntimeApi();
    RuntimeApi(const RuntimeApi&) = delete;
    RuntimeApi& operator=(const RuntimeApi&) = delete;

    bool parked() const;
    bool hasConnections() const;

    // Hands the event to the parked runtime, or to the next /next. One at a time.
    void deliver(Invocation invocation, std::int64_t deadlineUnixMillis);

    // When the current invocation left on /next (monotonic); 0 while it waits.
    std::int64_t deliveredAtMicros() const;

private:
    std::shared_ptr<RuntimeServer> m_server;
};

} // namespace gantry::runtime
