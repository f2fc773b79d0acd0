#pragma once

#include "ui/models/workload.h"

#include "pricing/crossover.h"

namespace gantry::models {

// A month at a rate of calls, run otherwise than it was recorded. Everything is a model.
struct WhatIf {
    double perSecond = 0;
    int memoryMb = 128;
    bool arm64 = false;
    int batch = 1;             // recorded calls handled by one
    double fixedPercent = 20;  // of a call's time that a batch spends only once
};

struct WhatIfAnswer {
    pricing::Money recorded; // a month as recorded, at this rate
    // With the change: if a call only waits, and if it only computes.
    pricing::Money waits;
    pricing::Money computes;
    pricing::Money snapStart;   // on demand, restored instead of initialised; where that is charged
    pricing::Money provisioned; // all calls on provisioned concurrency
};

WhatIfAnswer answer(const WhatIf& change, const Traffic& traffic, const pricing::Plan& plan,
                    const pricing::PriceTable& table);

} // namespace gantry::models
