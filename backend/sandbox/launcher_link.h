#pragma once

#include "backend/base/unique_fd.h"
#include "backend/sandbox/engine.h"
#include "backend/sandbox/launcher/protocol.h"

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gantry::sandbox {

// What a started sandbox is made of, as the launcher hands it over.
struct LaunchedParts {
    std::uint64_t id = 0;
    std::string slot;
    std::uint16_t port = 0;
    pid_t pid = 0;
    UniqueFd pidfd, listener, output, errors;
    std::vector<UniqueFd> services; // listeners, in the order of the start message
    UniqueFd extensionOutput; // invalid without extensions
};

// The daemon's end of the launcher: starts the program, sends it requests, matches its answers.
// When the launcher dies, every sandbox dies with it: their ends and the failed starts are
// reported, and a new launcher takes over. I/O thread only.
class LauncherLink final : public std::enable_shared_from_this<LauncherLink> {
public:
    using Launched = std::function<void(absl::StatusOr<LaunchedParts>)>;
    using Ended = std::function<void(int waitStatus)>;
    using ExtensionEnded = std::function<void(std::size_t index, int waitStatus)>;
    using Opened = std::function<void(UniqueFd)>;

    LauncherLink(boost::asio::io_context& io, std::string program, protocol::Hello hello);
    ~LauncherLink(); // the launcher ends and takes everything with it; waited for

    // Starts the launcher and waits (some milliseconds) until it is ready.
    absl::Status open();

    void start(protocol::Start start, Launched launched, Ended ended,
               ExtensionEnded extensionEnded = nullptr);
    // Lets the program start that waited for its extensions.
    void go(std::uint64_t id);
    // A TCP socket in the sandbox's network; invalid when there is none to be had.
    void openSocket(std::uint64_t id, Opened opened);
    // Kills what is in a sandbox and removes it; its Ended is not called any more.
    void release(std::uint64_t id);

    pid_t pid() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

// "could not X: reason" as an AWS service error, for the caller and the log.
absl::Status stepError(const protocol::Failed& failed);

} // namespace gantry::sandbox
