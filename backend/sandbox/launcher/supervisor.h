#pragma once

#include "backend/base/unique_fd.h"
#include "backend/sandbox/launcher/protocol.h"
#include "backend/sandbox/launcher/sandbox_process.h"

#include <chrono>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gantry::sandbox {

// The launcher's loop: one thread, one epoll. Keeps prepared sandboxes, hands each start to one of
// them, passes on what they say, buries the dead. All that takes time is done by the sandboxes'
// own processes, so a start never waits behind another's set-up.
class Supervisor final {
public:
    explicit Supervisor(UniqueFd daemon);

    // Until the daemon goes away; then everything that was started is killed and removed.
    int run();

private:
    struct Slot {
        enum class State { Preparing, Prepared, Starting, Running, Ended };
        std::string name;
        State state = State::Preparing;
        std::uint64_t startId = 0;
        pid_t pid = 0;
        UniqueFd pidfd;
        UniqueFd control;
        bool released = false;
        unsigned uid = 0;     // of the code in it
        UniqueFd channel;     // to the program of a snapshot
        bool snapshot = false; // copies of its program can be asked for
        bool restored = false; // its program is such a copy
    };
    using Slots = std::list<Slot>;

    bool greet();
    bool serveDaemon(); // false at the end of the connection
    void start(std::string_view packet);
    void release(std::uint64_t id);
    void go(std::uint64_t id, std::string_view packet);
    void connect(const protocol::Connect& request);
    Slot* find(std::uint64_t id); // null when it is not there any more
    Slot* spawn(const Slot* origin = nullptr); // null when the kernel refuses
    pid_t clone(const Slot* origin, int* pidfd) const;
    Slot* takeForStart();
    bool serveSlot(Slot& slot); // false when there was nothing to read
    void hangUp(Slot& slot);
    void onStarted(Slot& slot, std::string_view packet, std::vector<UniqueFd>& fds);
    void onFailed(Slot& slot, std::string_view packet);
    void reap();
    void onExited(Slot& slot, int status);
    void onEnd(Slot& slot);
    void killSlot(Slot& slot);
    void bury(); // removes what has ended and is no longer asked about
    void refill();
    int nextTimeout() const;
    void shutDown();
    void toDaemon(const std::string& packet, std::span<const int> fds = {});
    void watch(int fd, void* tag);

    UniqueFd m_daemon;
    UniqueFd m_epoll;
    UniqueFd m_signals;
    UniqueFd m_pidNamespace; // our own
    Mould m_mould;
    Slots m_slots;
    std::vector<std::string> m_graves; // names of cgroups that could not be removed yet
    std::vector<char> m_buffer;
    std::string m_prefix;
    unsigned m_count = 0;
    bool m_refilling = true; // off after a preparation failed, on with the next start
    std::chrono::steady_clock::time_point m_lastStart;
};

} // namespace gantry::sandbox
