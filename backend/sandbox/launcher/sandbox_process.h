#pragma once

#include "backend/base/unique_fd.h"
#include "backend/sandbox/launcher/protocol.h"
#include "backend/sandbox/launcher/seccomp_filter.h"
#include "backend/sandbox/launcher/skeleton.h"
#include "backend/sandbox/launcher/slot_cgroups.h"

#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

namespace gantry::sandbox {

// What all sandboxes are made from. Without a skeleton there is no isolation: the process engine.
struct Mould {
    protocol::Hello hello;
    std::optional<Skeleton> skeleton;
    std::optional<SeccompFilter> filter;
};

// The life of a sandbox's first process, a copy of the launcher (pid 1 of a new pid namespace):
// makes the namespaces and mounts, says Prepared, waits for its Start, shuts itself in, starts the
// program and stays as init until that ends. Each sandbox has a user id of its own where the host
// allows it.
class SandboxProcess final {
public:
    SandboxProcess(const Mould& mould, std::string slot, unsigned uid, UniqueFd control);

    [[noreturn]] void run();

    // Instead of run(): the program is a copy of a running one (sandbox_process_restore.cpp).
    struct Origin {
        UniqueFd channel; // to that program
        unsigned uid = 0; // that it runs as
    };
    [[noreturn]] void runRestored(Origin origin);

private:
    void prepare();
    void isolate();
    void raiseLoopback() const;
    void dropBoundingSet() const;
    void mountShared(const std::string& root) const;
    void mountProc(const std::string& root) const;
    protocol::Start awaitStart();
    void launch(protocol::Start start);
    void applySettings(const protocol::Start& start);
    void mountPrivate(const protocol::Start& start);
    void enterRoot(const protocol::Start& start);
    static void changeRoot(); // to the working directory
    static void keepOnly(std::initializer_list<UniqueFd*> kept);
    static std::array<UniqueFd, 2> pipePair(); // the end to read, non-blocking, and that to write
    static std::uint16_t bindTo(std::uint16_t port, int type, UniqueFd& socket);
    static std::uint16_t listen(std::uint16_t port, UniqueFd& listener);
    static std::vector<UniqueFd> openServices(const protocol::Start& start);
    void dropPrivileges(const protocol::Start& start);
    pid_t startProgram(const protocol::Start& start, UniqueFd& output, UniqueFd& errors,
                       std::string& failure);
    UniqueFd startExtensions(const protocol::Start& start);
    UniqueFd openChannel(protocol::Start& start);
    [[noreturn]] void guard(const protocol::Start& start, const Origin& origin);
    [[noreturn]] void becomeInit(const protocol::Start& start, const Origin& origin,
                                 const UniqueFd& guard);
    void enterOwnTree();
    pid_t awaitCopy(const UniqueFd& arrival, const UniqueFd& guard) const;
    void awaitGo();
    void childEnded(pid_t pid, int status);
    void spawnProgram(const std::vector<std::string>& argv, const std::vector<std::string>& env,
                      const std::string& workingDirectory, const UniqueFd& output,
                      const UniqueFd& errors);
    void report(const std::string& packet, std::span<const int> fds = {}) const;

    bool isolated() const { return m_mould.skeleton.has_value(); }

    const Mould& m_mould;
    std::string m_slot;
    SlotCgroups m_cgroups;
    unsigned m_uid;
    unsigned m_gid;
    UniqueFd m_control;
    UniqueFd m_listener;
    UniqueFd m_programChannel; // the program's end, when it is to be a snapshot
    std::uint64_t m_startId = 0;
    std::vector<pid_t> m_extensions; // in the order of the start message; 0 once ended
};

// As this process sees the process behind it; 0 when it has ended.
pid_t pidOf(const UniqueFd& pidfd);

} // namespace gantry::sandbox
