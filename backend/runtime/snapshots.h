#pragma once

#include "backend/runtime/sandboxed_environment.h"

#include <map>
#include <utility>
#include <vector>

namespace gantry::runtime {

// The snapshots of all versions: for each an environment that has initialised and waits to be
// copied. They live as long as the daemon; one that is lost is made anew when it is asked for.
// I/O thread only.
class Snapshots final {
public:
    explicit Snapshots(const SandboxedEnvironment::Shared& shared) : m_shared(shared) {}
    ~Snapshots();

    std::string prepare(EnvironmentSpec spec, LogSink log, Environment::Initialised done);
    // What to restore this one from; null when there is nothing.
    std::shared_ptr<SandboxedEnvironment> find(const EnvironmentSpec& spec);
    SnapshotStatus status(const std::string& functionArn, const std::string& version) const;
    void drop(const std::function<bool(const EnvironmentSpec&)>& which);

private:
    using Key = std::pair<std::string, std::string>; // function's ARN, version

    struct Entry {
        EnvironmentSpec identity; // names only: the rest would keep the code on the disk
        SnapshotStatus status;
        std::shared_ptr<SandboxedEnvironment> environment;
        std::vector<Environment::Initialised> waiting;
        std::int64_t usedAtMicros = 0; // monotonic
        int losses = 0;
    };

    std::string gapOf(const EnvironmentSpec& spec) const;
    void taken(const Key& key, InitOutcome outcome);
    void lost(const Key& key);
    void makeRoom();

    const SandboxedEnvironment::Shared& m_shared;
    std::map<Key, Entry> m_entries;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

} // namespace gantry::runtime
