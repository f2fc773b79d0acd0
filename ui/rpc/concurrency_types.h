#pragma once

#include <QDateTime>
#include <QList>
#include <QString>

#include <optional>

namespace gantry::rpc {

struct ProvisionedConcurrency {
    QString qualifier; // version number or alias
    int requested = 0;
    int allocated = 0; // ready, busy ones included
    int inUse = 0;
    QString status; // IN_PROGRESS, READY, FAILED
    QString statusReason;
    qint64 invocations = 0; // since the daemon started
    qint64 spillovers = 0;  // that found all busy and ran on demand
};

struct FunctionConcurrency {
    QString name;
    std::optional<int> reserved;
    int running = 0;
    int environments = 0;
    QList<ProvisionedConcurrency> provisioned;

    int provisionedTotal() const
    {
        int total = 0;
        for (const ProvisionedConcurrency& config : provisioned)
            total += config.requested;
        return total;
    }
    // What it takes out of the pool that the others share.
    int taken() const { return reserved.value_or(provisionedTotal()); }
};

struct LiveEnvironment {
    enum class State { Starting, Idle, Busy };
    QString id;
    QString functionName;
    QString version;
    QString qualifier; // for which it is provisioned; empty: on demand
    State state = State::Starting;
    QDateTime startedAt;
    qint64 idleMs = 0;
    qint64 invocations = 0;
    qint64 memoryPeakBytes = 0; // after its last invocation; 0 before the first
    int memoryMb = 0;           // its limit
    QString tenantId;           // that it serves; of a function with tenant isolation
    QString zone;
};

// How the account's concurrency is shared out, and every live environment, at one moment.
struct ConcurrencyFrame {
    QDateTime time;
    int accountLimit = 0;
    int unreservedLimit = 0;
    int unreservedRunning = 0;
    int leastUnreserved = 0;
    QList<FunctionConcurrency> functions;
    QList<LiveEnvironment> environments; // at most 2,000
    int environmentsTotal = 0;
};

// How fast a streamed response goes out: a burst at full speed, then a steady rate.
struct StreamPace {
    double burstMb = 6;
    double mbPerSecond = 2; // 0: no limit
    bool own = false;       // of the function; otherwise the platform's

    bool operator==(const StreamPace&) const = default;
};

// Token buckets, which are full at first.
struct Scaling {
    int startsPerTenSeconds = 1000; // new environments of one function
    int callsPerEnvironment = 10;   // a second, for each environment that there may be

    bool operator==(const Scaling&) const = default;
};

struct KeepAlive {
    bool learned = false;
    int fixedSeconds = 600;
    int learnedFunctions = 0;
    // What both policies make of the calls that found their function idle, since the daemon started.
    qint64 calls = 0;
    qint64 coldFixed = 0;
    qint64 coldLearned = 0;
    double idleGbSecondsFixed = 0;
    double idleGbSecondsLearned = 0;
};

// What a published version with SnapStart got.
struct Snapshot {
    enum class State { None, Preparing, Ready, Unavailable };
    QString version;
    State state = State::None;
    QString reason;       // why it is initialised normally
    double initMs = 0;    // what a cold start would take; 0: not known
    double restoreMs = 0; // of the latest restore; 0: none yet
    qint64 restores = 0;
    qint64 memoryBytes = 0;
};

} // namespace gantry::rpc
