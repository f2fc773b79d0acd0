#include "backend/runtime/snapshots.h"

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/runtime/launch_plan.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace gantry::runtime {

namespace {

// Each keeps the memory of an initialised function.
constexpr std::size_t kMostSnapshots = 16;
// One that is lost again and again is not made any more.
constexpr int kMostLosses = 3;

InitOutcome failure(const std::string& reason)
{
    InitOutcome outcome;
    outcome.errorType = kNoSnapshots;
    outcome.errorMessage = reason;
    return outcome;
}

} // namespace

Snapshots::~Snapshots()
{
    for (auto& [key, entry] : m_entries)
        if (entry.environment)
            entry.environment->close();
}

// Why this version cannot have a snapshot here; empty when it can.
std::string Snapshots::gapOf(const EnvironmentSpec& spec) const
{
    const Runtime* runtime = m_shared.catalogue.find(spec.runtime);
    if (!runtime || !runtime->available)
        return absl::StrCat(spec.runtime, " cannot run on this host");
    if (runtime->family != "python" && runtime->family != "ruby")
        return absl::StrCat("only an initialised Python or Ruby process can be copied, not ",
                            spec.runtime);
    if (std::string gap = m_shared.engine.snapshotGap(); !gap.empty())
        return gap;
    if (!extensionPrograms(spec, {}).empty())
        return "its layers bring extensions, which cannot be copied";
    return {};
}

std::string Snapshots::prepare(EnvironmentSpec spec, LogSink log, Environment::Initialised done)
{
    const Key key(spec.functionArn, spec.version);
    Entry& entry = m_entries[key];
    entry.identity.functionName = spec.functionName;
    entry.identity.functionArn = spec.functionArn;
    entry.identity.version = spec.version;
    using State = SnapshotStatus::State;
    if (entry.status.state == State::None) {
        entry.status.reason = gapOf(spec);
        if (!entry.status.reason.empty())
            entry.status.state = State::Unavailable;
    }
    if (entry.status.state == State::Preparing) {
        entry.waiting.push_back(std::move(done));
        return {};
    }
    if (entry.status.state != State::None) {
        InitOutcome outcome = failure(entry.status.reason);
        outcome.ok = entry.status.state == State::Ready;
        boost::asio::post(m_shared.io, [done = std::move(done), outcome] { done(outcome); });
        return {};
    }
    entry.status.state = State::Preparing;
    entry.usedAtMicros = monotonicMicros();
    entry.waiting.push_back(std::move(done));
    makeRoom();
    spec.initializationType = "snap-start";
    const auto environment = std::make_shared<SandboxedEnvironment>(
        m_shared, std::move(spec), std::move(log), SandboxedEnvironment::Role::Snapshot);
    entry.environment = environment;
    // Posted: neither may end the environment from inside its own call.
    const auto later = [this, key, alive = std::weak_ptr(m_alive), raw = environment.get()](auto step) {
        return [this, key, alive, raw, step](auto... outcome) {
            boost::asio::post(m_shared.io, [this, key, alive, raw, step, outcome...] {
                if (alive.expired())
                    return;
                const auto found = m_entries.find(key);
                if (found != m_entries.end() && found->second.environment.get() == raw)
                    (this->*step)(key, outcome...);
            });
        };
    };
    environment->onDeath(later(&Snapshots::lost));
    environment->start(later(&Snapshots::taken));
    return environment->logStream();
}

void Snapshots::taken(const Key& key, InitOutcome outcome)
{
    Entry& entry = m_entries[key];
    entry.status.initMicros = outcome.durationMicros;
    if (outcome.ok) {
        entry.status.state = SnapshotStatus::State::Ready;
        entry.status.memoryBytes = entry.environment->memoryPeak();
    } else {
        // The role may be put right.
        entry.status.state = outcome.refusal.ok() ? SnapshotStatus::State::Unavailable
                                                  : SnapshotStatus::State::None;
        entry.status.reason = absl::StrCat("its init failed when the snapshot was to be taken: ",
                                           outcome.errorType, ": ", outcome.errorMessage);
        entry.environment->close();
        entry.environment.reset();
    }
    for (const auto& done : std::exchange(entry.waiting, {}))
        done(outcome);
}

void Snapshots::lost(const Key& key)
{
    Entry& entry = m_entries[key];
    entry.environment.reset(); // what was restored from it keeps its sandbox
    entry.status.state = SnapshotStatus::State::None;
    log::warning("The snapshot of ", key.first, ":", key.second, " was lost");
    if (++entry.losses < kMostLosses)
        return;
    entry.status.state = SnapshotStatus::State::Unavailable;
    entry.status.reason = "its snapshot was lost several times";
}

std::shared_ptr<SandboxedEnvironment> Snapshots::find(const EnvironmentSpec& spec)
{
    const auto found = m_entries.find({spec.functionArn, spec.version});
    if (found == m_entries.end() || !found->second.environment ||
        !found->second.environment->isReady())
        return nullptr;
    Entry& entry = found->second;
    const std::int64_t end = entry.environment->goodUntilUnixMicros();
    if (end > 0 && m_shared.clock.unixMicros() >= end) { // the next environment has it made anew
        entry.environment.reset();
        entry.status.state = SnapshotStatus::State::None;
        return nullptr;
    }
    entry.usedAtMicros = monotonicMicros();
    return entry.environment;
}

SnapshotStatus Snapshots::status(const std::string& functionArn, const std::string& version) const
{
    const auto found = m_entries.find({functionArn, version});
    if (found == m_entries.end())
        return {};
    SnapshotStatus status = found->second.status;
    if (found->second.environment)
        status.restores = found->second.environment->copies();
    if (found->second.environment)
        status.restoreMicros = found->second.environment->lastRestoreMicros();
    return status;
}

void Snapshots::drop(const std::function<bool(const EnvironmentSpec&)>& which)
{
    std::erase_if(m_entries, [this, &which](const auto& item) {
        const Entry& entry = item.second;
        if (!which(entry.identity))
            return false;
        for (const auto& done : entry.waiting)
            boost::asio::post(m_shared.io, [done] { done(failure("its version was deleted")); });
        return true;
    });
}

// The one that was used longest ago goes.
void Snapshots::makeRoom()
{
    std::size_t ready = 0;
    Entry* oldest = nullptr;
    for (auto& [key, entry] : m_entries) {
        if (entry.status.state != SnapshotStatus::State::Ready)
            continue;
        ++ready;
        if (!oldest || entry.usedAtMicros < oldest->usedAtMicros)
            oldest = &entry;
    }
    if (ready < kMostSnapshots)
        return;
    oldest->environment.reset();
    oldest->status.state = SnapshotStatus::State::None;
}

} // namespace gantry::runtime
