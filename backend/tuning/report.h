#pragma once

#include "backend/tuning/search.h"
#include "gantry/v1/tuning.pb.h"

namespace gantry::tuning {

// A function's real traffic, its tuning not counted.
struct Traffic {
    double perMonth = 0; // invocations in 30 days
    double days = 0;     // that were seen; 0: no traffic
    double coldShare = 0;
    double restoreMs = 0; // mean of its restores from snapshots
    int restores = 0;     // that were seen
};

// Writes what the search knows into the run: estimates, picks under every objective, what was spent
// and what would be saved. Estimates of the other architecture follow those that were measured.
void describe(Search& search, const Prices& prices, const Traffic& traffic, v1::TuningRun& run);

v1::TuningProbe toMessage(const Probe& probe);

} // namespace gantry::tuning
