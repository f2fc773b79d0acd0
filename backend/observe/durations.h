#pragma once

#include "backend/store/database.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <string>

// How durations spread over time, from the sketches that the metrics keep: what a heat map shows.
namespace gantry::observe {

struct DurationsQuery {
    std::string function; // or a resource of one; empty: the account
    std::int64_t fromMs = 0;
    std::int64_t toMs = 0;
    int maxColumns = 60;
};

struct DurationsAnswer {
    int rollUpMs = 0;          // what is kept of that time
    std::int64_t columnMs = 0; // a multiple of it
    double growth = 0;         // of a row's upper end to its lower one
    // By the start of the column, then by row: row r counts those above growth^r ms, up to and with
    // growth^(r+1) ms.
    std::map<std::int64_t, std::map<int, std::int64_t>> columns;
};

namespace queries {

// On a worker's connection. The finest columns of which there are no more than wanted; coarser ones
// where nothing finer is kept of the time.
absl::StatusOr<DurationsAnswer> durations(store::Database& database, const DurationsQuery& query,
                                          std::int64_t nowMs);

} // namespace queries
} // namespace gantry::observe
