#pragma once

#include "backend/observe/insights/parser.h"
#include "backend/observe/logs/scan.h"

#include <absl/status/statusor.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gantry::observe::insights {

struct Query {
    std::vector<std::string> groups;
    std::int64_t fromMs = 0;
    std::int64_t toMs = 0; // included, as in StartQuery
    std::string text;
    std::size_t limit = 10'000; // unless the query itself has one
};

struct Result {
    std::vector<std::string> fields; // in the order in which they are shown
    std::vector<std::vector<std::pair<std::string, std::string>>> rows;
    logs::ScanStatistics statistics;
    std::int64_t recordsMatched = 0; // that passed the filters before the first stats
};

// Runs a query over the log database. Ends early, with CancelledError, when `cancelled` becomes
// true. Rows are newest first unless the query sorts or counts.
absl::StatusOr<Result> run(store::Database& database, const Query& query,
                           const std::atomic<bool>& cancelled);

} // namespace gantry::observe::insights
