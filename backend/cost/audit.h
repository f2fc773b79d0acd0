#pragma once

#include "backend/cost/ledger.h"

#include <absl/status/statusor.h>

#include <cstdint>

namespace gantry::cost {

// A month's bill worked out again from the records of its invocations, beside the running total.
struct Audit {
    std::int64_t records = 0;     // that are kept
    std::int64_t invocations = 0; // that the running total counts
    pricing::Money recomputed;    // each record priced anew with the table of its time
    pricing::Money recorded;      // what the records say they cost
    pricing::Money running;       // the running total, without what is used between invocations

    // Records are kept within limits; of a month with more there is nothing to compare.
    bool complete() const { return records == invocations; }
    bool agrees() const { return complete() && recomputed == running && recorded == running; }
};

// Reads all of the month's records; on a worker's connection.
absl::StatusOr<Audit> audit(store::Database& database, int month, const PriceTimes& prices);

} // namespace gantry::cost
