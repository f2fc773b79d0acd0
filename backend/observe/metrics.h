#pragma once

#include "backend/invoke/invocation_record.h"
#include "backend/observe/sketch.h"

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::observe {

// The widths at which metrics are kept, in milliseconds, and for how long.
struct Width {
    int ms;
    std::int64_t keptMs;
};
inline constexpr std::int64_t kDayMs = 86'400'000;
inline constexpr std::array<Width, 3> kWidths{
    {{1'000, 3'600'000}, {60'000, 15 * kDayMs}, {3'600'000, 455 * kDayMs}}};

// What happened in one interval.
struct Bucket {
    std::int64_t invocations = 0;
    std::int64_t errors = 0;
    std::int64_t throttles = 0;
    std::int64_t coldStarts = 0;
    int concurrency = 0;  // highest in the interval
    int environments = 0; // at its end
    double durationSumMs = 0;
    double durationMaxMs = 0;
    double initSumMs = 0;
    double initMaxMs = 0;
    Sketch inits;
    double restoreSumMs = 0; // of environments that came from a snapshot
    double restoreMaxMs = 0;
    Sketch restores;
    std::int64_t billedMs = 0;
    std::int64_t billedMaxMs = 0;
    pricing::Money costUsd;
    std::int64_t memoryMaxBytes = 0;
    Sketch durations;
    // Of asynchronous events.
    std::int64_t asyncReceived = 0;
    std::int64_t asyncDropped = 0;
    std::int64_t deadLetterErrors = 0;
    std::int64_t destinationFailures = 0;
    double asyncAgeSumMs = 0; // of events whose processing was attempted
    double asyncAgeMaxMs = 0;
    Sketch asyncAges;
    // Of provisioned concurrency; the last three are highest values.
    std::int64_t provisionedInvocations = 0;
    std::int64_t spillovers = 0;
    int provisionedRunning = 0;
    int provisionedAllocated = 0;
    double provisionedUtilization = 0; // 0 to 1
    // Of the account; highest values.
    int unreservedConcurrency = 0;
    int claimedConcurrency = 0;
    std::int64_t recursionsDropped = 0;
    std::int64_t signatureErrors = 0; // packages deployed although they are not signed as wanted

    void add(const invoke::InvocationRecord& record);
    void addAsyncAge(double ms);
    void noteProvisioned(int running, int allocated);
    void merge(const Bucket& later);
};

// The names under which calls are kept beside their function's: "function:qualifier" of an alias or a
// version that was asked for, "function:alias,version" of what the alias chose.
std::vector<std::string> resourcesOf(const std::string& function, const std::string& alias,
                                     const std::string& version);

// A bucket and what it is about: a function, one of its resources, or with no name the account.
struct MetricsRow {
    std::string function;
    std::int64_t startMs = 0;
    int widthMs = 1'000;
    Bucket bucket;
};

// A frame of live metrics: the account, and the functions that changed.
struct MetricsFrame {
    std::int64_t timeMs = 0;
    MetricsRow account;
    std::vector<MetricsRow> functions;
    pricing::Money costPerHourUsd; // of the last minute, extrapolated
};

// The account's concurrency at one moment: what runs of functions that reserve nothing, and that together
// with all that is reserved or provisioned.
struct AccountConcurrency {
    int unreserved = 0;
    int claimed = 0;
};

// The metrics of now: the running second of the account and of every function that was seen in the
// last hour, with the minute and the hour that it belongs to. A second that ends becomes rows for
// the database. I/O thread only.
class LiveMetrics final {
public:
    explicit LiveMetrics(std::int64_t nowMs);

    // Asked for at every change of concurrency; none: it stays 0.
    void askAccount(std::function<AccountConcurrency()> ask) { m_askAccount = std::move(ask); }
    void concurrencyChanged(std::int64_t nowMs, const std::string& function, int running);
    void environmentsChanged(std::int64_t nowMs, const std::string& function, int live);
    // By so many.
    void provisionedChanged(std::int64_t nowMs, const std::string& function,
                            const std::string& qualifier, int running, int allocated);
    void throttled(std::int64_t nowMs, const std::string& function,
                   const std::vector<std::string>& resources);
    void finished(std::int64_t nowMs, const invoke::InvocationRecord& record);

    // Any other count of a function.
    void count(std::int64_t nowMs, const std::string& function,
               const std::function<void(Bucket&)>& change);

    // Ends the running second when its time is over.
    void advance(std::int64_t nowMs);
    // The rows of ended seconds and of all that has not been given out before, once.
    std::vector<MetricsRow> takeRows();
    // A minute or an hour that an earlier daemon began and this one goes on with.
    void resume(MetricsRow row);

    // The running second, with the functions that changed after `since`; and the last word on the
    // second before it. A frame's reader passes on what sequence() was at the frame before.
    MetricsFrame frame(std::uint64_t since, std::string_view onlyFunction) const;
    MetricsFrame previousFrame(std::uint64_t since, std::string_view onlyFunction) const;
    // What each function did since it was first seen by this daemon, or again after an hour unseen.
    struct Totals {
        const std::string& function;
        std::int64_t sinceMs; // when it was first seen
        Bucket bucket; // concurrency and environments: of now
    };
    void forEachTotal(const std::function<void(const Totals&)>& each) const;
    std::uint64_t sequence() const { return m_sequence; }
    std::uint64_t previousSequence() const { return m_previousSequence; }  // when that second ended
    std::int64_t secondMs() const { return m_secondMs; }
    std::size_t functions() const { return m_functions.size(); }

private:
    struct Wide {
        std::int64_t startMs = 0;
        Bucket bucket;
    };
    struct Series {
        std::string function;
        int running = 0;
        int environments = 0;
        int provisionedRunning = 0;
        int provisionedAllocated = 0;
        std::uint64_t changed = 0;         // sequence of the last change
        std::uint64_t previousChanged = 0; // the same within the second before
        std::uint64_t taken = 0;           // what takeRows has seen of it
        std::int64_t firstSeenMs = 0;
        std::int64_t lastSeenMs = 0;
        Bucket second;
        Bucket previous;
        Bucket total; // of ended seconds
        std::array<Wide, kWidths.size()> wide; // [0] is not used
    };

    using SeriesMap = absl::flat_hash_map<std::string, Series>;

    Series& touch(std::int64_t nowMs, const std::string& function);
    Series& touchResource(std::int64_t nowMs, const std::string& resource);
    Series& touchIn(SeriesMap& map, std::int64_t nowMs, const std::string& name);
    void noteAccount();
    void endSecond(Series& series);
    void forgetUnseen(std::int64_t nowMs);
    void appendRows(Series& series, std::vector<MetricsRow>& rows);
    pricing::Money costPerHour() const;

    SeriesMap m_functions;
    SeriesMap m_resources; // no part of frames
    Series m_account;
    std::function<AccountConcurrency()> m_askAccount;
    std::vector<MetricsRow> m_rows; // of ended seconds
    std::int64_t m_secondMs;
    std::int64_t m_previousSecondMs;
    std::uint64_t m_sequence = 1;
    std::uint64_t m_previousSequence = 1;
    std::array<pricing::Money, 60> m_cost{}; // of the last minute's seconds
};

} // namespace gantry::observe
