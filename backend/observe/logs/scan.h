#pragma once

#include "backend/observe/logs/chunk.h"
#include "backend/store/database.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace gantry::observe::logs {

// Which lines to read. Empty lists and texts do not narrow.
struct Scan {
    std::vector<std::string> groups;
    std::vector<std::string> functions;
    std::vector<std::string> streams;
    std::string streamPrefix;
    std::string requestId;
    std::int64_t fromMicros = 0;
    std::int64_t toMicros = std::numeric_limits<std::int64_t>::max(); // not included
    std::vector<std::string> texts; // each is somewhere in the line
    bool anyCase = false;           // of the texts' ASCII letters
};

enum class Order { OldestFirst, NewestFirst };

struct ScanStatistics {
    std::int64_t linesScanned = 0;
    std::int64_t linesMatched = 0;
    std::int64_t bytesScanned = 0;
    std::int64_t chunksSkipped = 0; // by the index
    std::int64_t chunksRead = 0;
};

// Calls each(line) for the lines of the scan, chunk by chunk; within a chunk they come as they were
// written. `goOn(first, last)` is asked before a chunk of that time and ends the scan when it says
// no: by order, no later chunk has newer (or older) lines than `last` (or `first`).
absl::Status scanLines(store::Database& database, const Scan& scan, Order order,
                       const std::function<bool(std::int64_t first, std::int64_t last)>& goOn,
                       const std::function<void(const LineView&)>& each,
                       ScanStatistics* statistics = nullptr);

// The first lines by time (and id) that satisfy the condition, in that order.
absl::StatusOr<std::vector<LogLine>>
findLines(store::Database& database, const Scan& scan, Order order, std::size_t limit,
          const std::function<bool(const LineView&)>& condition = {},
          ScanStatistics* statistics = nullptr);

} // namespace gantry::observe::logs
