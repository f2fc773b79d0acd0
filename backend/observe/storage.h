#pragma once

#include "backend/observe/metrics.h"
#include "backend/store/database.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What observe keeps in its database file: metrics and invocations. Functions on a connection;
// whichever thread owns that calls them.
namespace gantry::observe::storage {

std::span<const std::string_view> migrations();

// How much is kept. The sums of bytes count everything ever kept, so they err towards less.
struct Limits {
    std::int64_t invocations = 100'000;
    std::int64_t invocationsPerFunction = 10'000;
    std::int64_t payloadBytes = 256LL << 20;
};

struct StoredInvocation {
    std::int64_t id = 0;
    std::int64_t finishedMs = 0; // when the metrics counted it
    invoke::InvocationRecord record;
};

// All that was observed since the last batch. Totals are running sums over the file's whole life.
struct Batch {
    std::vector<MetricsRow> metrics;
    std::vector<StoredInvocation> invocations;
    std::int64_t payloadBytesTotal = 0;
};

// Where the numbering goes on after a restart.
struct Counters {
    std::int64_t lastInvocationId = 0;
    std::int64_t payloadBytesTotal = 0;
};

absl::Status write(store::Database& database, const Batch& batch);
absl::StatusOr<Counters> counters(store::Database& database);
// The rows of a series in [fromMs, toMs) that are not packed, after those that `rows` has.
absl::Status readRows(store::Database& database, const std::string& function, int widthMs,
                      std::int64_t fromMs, std::int64_t toMs, std::vector<MetricsRow>& rows);
// The rows of the minute and the hour that now is in.
absl::StatusOr<std::vector<MetricsRow>> openRows(store::Database& database, std::int64_t nowMs);

// Packs what is over and deletes what is beyond the limits. `functions` are those with new invocations since the last
// time.
absl::Status prune(store::Database& database, const Limits& limits, const Counters& now,
                   std::int64_t nowMs, const std::vector<std::string>& functions);

} // namespace gantry::observe::storage
