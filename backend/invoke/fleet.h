#pragma once

#include "backend/functions/concurrency.h"
#include "backend/invoke/dispatcher.h"
#include "backend/invoke/keep_alive.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace gantry::invoke {

// One live environment as the console shows it.
struct EnvironmentView {
    enum class State { Starting, Idle, Busy };
    std::string id;
    std::string functionName;
    std::string version;
    std::string qualifier; // through which it is provisioned; empty: on demand
    State state = State::Starting;
    std::int64_t startedAtMicros = 0; // Unix time
    std::int64_t idleMicros = 0;      // how long; 0 unless idle
    std::int64_t invocations = 0;     // that it has finished
    std::int64_t memoryPeakBytes = 0; // after its last invocation; 0 before the first
    int memoryMb = 0;
    std::string tenantId; // that it serves; of a function with tenant isolation
};

// What is provisioned for one version or alias. Status as AWS names it.
struct ProvisionedState {
    std::string functionName;
    std::string qualifier;
    int requested = 0;
    int allocated = 0; // ready, busy ones included
    int inUse = 0;
    std::string status; // IN_PROGRESS, READY, FAILED
    std::string statusReason;
    std::int64_t invocations = 0; // that ran in one of them
    std::int64_t spillovers = 0;  // that found all of them busy and ran on demand
};

struct FunctionConcurrency {
    std::string name;
    int running = 0;
    int environments = 0;
};

// The environments there are and the rules for how many: beside dispatching, what an operator sees
// and sets. I/O thread only.
class Fleet {
public:
    virtual ~Fleet() = default;

    // The account's concurrency less what functions reserve or provision.
    virtual void setUnreserved(int concurrency) = 0;
    virtual int unreservedRunning() const = 0;

    virtual const ScalingRates& scaling() const = 0;
    virtual void setScaling(const ScalingRates& rates) = 0;

    // All that is provisioned for a function; what it had beside that ends. Kept at that number:
    // environments that end are made anew.
    virtual void provision(const std::string& functionName,
                           std::vector<functions::ProvisionedTarget> targets) = 0;
    virtual std::vector<ProvisionedState> provisioned() const = 0;

    virtual std::vector<FunctionConcurrency> load() const = 0;
    virtual std::vector<EnvironmentView> environments() const = 0;
    // Ends one; what runs in it fails. False when there is none of that id, or it is starting.
    virtual bool end(const std::string& id) = 0;

    // SnapStart: runs the init of a version once, for all its environments.
    virtual void takeSnapshot(const runtime::EnvironmentSpec& spec,
                              runtime::Environment::Initialised done) = 0;
    virtual runtime::SnapshotStatus snapshotStatus(const std::string& functionArn,
                                                   const std::string& version) const = 0;
    // Published versions that are none of these were deleted: their environments and snapshots end.
    virtual void keepVersions(const std::string& functionName,
                              const std::set<std::string>& versions) = 0;

    virtual const KeepAlive& keepAlive() const = 0;
    virtual KeepAlive& keepAlive() = 0;
    virtual void chooseKeepAlive(KeepAlive::Policy policy, std::int64_t fixedMicros) = 0;
};

class FleetDispatcher : public Dispatcher, public Fleet {};

std::unique_ptr<FleetDispatcher> makeDispatcher(boost::asio::io_context& io, const Clock& clock,
                                                runtime::EnvironmentFactory& environments,
                                                Observer& observer,
                                                Pricer price,
                                                Options options);

} // namespace gantry::invoke
