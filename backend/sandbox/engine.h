#pragma once

#include "backend/base/unique_fd.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace gantry::sandbox {

// What the host offers to isolation, found by probing at start (see probe.h for the console's
// view).
struct Capability {
    enum class State { Available, Degraded, Missing };
    std::string id; // e.g. user-namespaces
    std::string title;
    State state = State::Missing;
    std::string detail; // what was found, in plain words
    std::string remedy; // what the user can do about a gap
};

struct Limits {
    std::int64_t memoryBytes = 128LL << 20;
    std::int64_t tmpBytes =
        512LL << 20;               // of /tmp, which is in memory and counts towards memoryBytes
    double vcpus = 128.0 / 1769.0; // quota over a period of 20 ms, once limitCpu(true) was called
    int processes = 1024;          // processes and threads together
    int openFiles = 1024;
};

// A host directory that the environment sees read-only. What is in it is read by the environment's
// own unprivileged user: files must be readable, and directories searchable, by others.
struct Mount {
    std::string source;
    std::string target; // e.g. /var/task
};

// A program that runs beside the environment's own: an extension.
struct Program {
    std::vector<std::string> argv;
    std::vector<std::string> env; // as Spec::env
};

// Everything needed to start one isolated environment.
struct Spec {
    std::string id;                // unique; [a-z0-9-]
    std::vector<std::string> argv; // argv[0] is an absolute path inside the environment
    // NAME=value; nothing else is inherited. The engine itself adds AWS_LAMBDA_RUNTIME_API, whose
    // value is Sandbox::runtimeApiAddress(): do not set it.
    std::vector<std::string> env;
    std::string workingDirectory = "/var/task";
    std::vector<Mount> mounts;
    // A host directory that is the environment's root file system instead of the host's own programs
    // and libraries: read-only, with /proc, /dev and /tmp as in all environments. It has the places
    // at which those are mounted, and the targets of mounts. Not with the process engine.
    std::string root;
    Limits limits;
    // The daemon's listening socket inside the environment's network namespace, on 127.0.0.1. The
    // process engine, which shares the host's network, takes a free port instead.
    std::uint16_t runtimeApiPort = 9001;
    // Further ports on which the daemon listens there. None with the process engine, whose
    // environments would be in each other's way.
    std::vector<std::uint16_t> servicePorts;
    std::vector<std::uint16_t> datagramPorts; // of UDP, in the same way
    // The environment's program will be copied into other environments (see origin). It is told by
    // GANTRY_SNAPSHOT_SOCKET where it is asked for copies. Not with extensions.
    bool snapshot = false;
    // Of another environment, its Sandbox::snapshotId(): instead of executing argv, a copy of that
    // one's program goes on here, with env and a Runtime API of its own. That one must be thawed.
    std::uint64_t origin = 0;
    // Started first. The environment's program then waits for Sandbox::startProgram().
    std::vector<Program> extensions;
};

struct Exit {
    enum class Kind { Exited, Signalled, OutOfMemory };
    Kind kind = Kind::Exited;
    int value = 0; // exit status or signal number
};

struct Usage {
    std::int64_t memoryBytes = 0;
    std::int64_t memoryPeakBytes = 0; // since the start
    std::int64_t cpuMicros = 0;
};

// One running environment. All calls and callbacks are on the I/O thread. Destroying it kills every
// process inside and removes its cgroups and mounts.
class Sandbox {
public:
    virtual ~Sandbox() = default;

    virtual const std::string& id() const = 0;

    // Where the environment finds the Runtime API, e.g. 127.0.0.1:9001; the first process has it in
    // AWS_LAMBDA_RUNTIME_API.
    virtual const std::string& runtimeApiAddress() const = 0;

    // For Spec::origin. Ending this environment ends those that were restored from it.
    virtual std::uint64_t snapshotId() const { return 0; }

    // Each may be taken once. The listener is a bound, listening TCP socket; outputs are the read
    // ends of the pipes behind standard output and standard error. All non-blocking.
    virtual UniqueFd takeRuntimeApiListener() = 0;
    virtual UniqueFd takeStdout() = 0;
    virtual UniqueFd takeStderr() = 0;

    // Bound sockets, one a port of Spec::servicePorts (those listen), then of datagramPorts; once.
    virtual std::vector<UniqueFd> takeServiceListeners() { return {}; }

    // Where the extensions' outputs, both of them, come together; invalid without extensions.
    virtual UniqueFd takeExtensionOutput() { return UniqueFd(); }

    // Called once when the environment's program has ended, whatever the reason. Its extensions live
    // on until kill() or the sandbox's end.
    virtual void onExit(std::function<void(Exit)> callback) = 0;

    virtual void freeze() = 0;
    virtual void thaw() = 0;
    virtual void limitCpu(bool limited) = 0; // off during init, on from then on
    virtual void terminate() = 0;            // SIGTERM to the program
    virtual void startProgram() {}           // with extensions only; once
    virtual void killProgram() {}            // SIGKILL to the program, not to its extensions
    // Called when an extension's program has ended: its place in Spec::extensions.
    virtual void onExtensionExit(std::function<void(std::size_t, Exit)>) {}
    // A new TCP socket inside the environment's network, for the daemon to connect; invalid when
    // the environment is gone.
    virtual void openSocket(std::function<void(UniqueFd)> opened) { opened(UniqueFd()); }
    virtual void kill() = 0;                 // SIGKILL to all
    virtual Usage usage() const = 0;
    // Only Usage::memoryPeakBytes, at the cost of one system call: asked for at every invocation.
    virtual std::int64_t memoryPeakBytes() const = 0;
};

class Engine {
public:
    using Started = std::function<void(absl::StatusOr<std::unique_ptr<Sandbox>>)>;

    virtual ~Engine() = default;
    virtual std::string_view name() const = 0; // native, process
    virtual std::string reason() const = 0;    // why it was chosen, in a sentence
    virtual std::vector<Capability> capabilities() const = 0;
    // Why Spec::snapshot is not to be had on this host; empty when it is.
    virtual std::string snapshotGap() const { return "this engine has no snapshots"; }
    virtual void start(Spec spec, Started done) = 0;
};

struct EngineOptions {
    std::string stateDirectory; // for root file systems and mount points; private to this daemon
    std::string launcherPath;   // the gantry-launcher program
    std::string instance;       // names the cgroups, so that a later start finds leftovers
    bool allowProcessEngine = false; // the user switched isolation off where the host has none
    int preparedSandboxes = 4;       // empty sandboxes kept ready
};

// Cleans what a killed daemon left (processes, cgroups, mounts), probes the host and starts the
// launcher. Fails when the host offers no isolation and allowProcessEngine is off.
absl::StatusOr<std::unique_ptr<Engine>> makeEngine(boost::asio::io_context& io,
                                                   const EngineOptions& options);

} // namespace gantry::sandbox
