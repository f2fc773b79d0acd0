#pragma once

#include "pricing/price_table.h"
#include "ui/rpc/tuning_types.h"

namespace gantry::models {

// What is done about cold starts.
enum class ColdWay { OnDemand, SnapStart, Provisioned };

// What the answer depends on beside the run: all of it is shown where the answer is.
struct ColdAssumptions {
    double callsPerMonth = 1'000'000;
    double restoreMs = 200;
    double utilisation = 0.6; // of provisioned concurrency; the rest is for peaks
};

// How long the first call of an environment keeps its caller waiting: after the init, after a
// restore in its place, or in an environment that stands ready.
double firstCallMs(ColdWay way, const rpc::TuningEstimate& estimate, const ColdAssumptions& assumed);

// Dollars of a million calls of which coldShare are cold, list prices, at an even rate over the
// month. SnapStart as what Python and .NET pay: the memory brought back and the snapshot kept all
// month. Provisioned concurrency pays for its environments whether they are called or not.
double dollarsPerMillion(ColdWay way, const rpc::TuningEstimate& estimate, double coldShare,
                         const ColdAssumptions& assumed, const pricing::PriceTable& table);

} // namespace gantry::models
