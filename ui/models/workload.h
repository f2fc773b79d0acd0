#pragma once

#include "pricing/crossover.h"
#include "ui/rpc/monitor_types.h"

#include <QString>

namespace gantry::models {

// What was recorded of one function's traffic, for asking what it would cost elsewhere.
struct Traffic {
    pricing::Workload workload;
    qint64 calls = 0;
    qint64 coldStarts = 0;
    double seconds = 0;   // from the first to the last interval with a call
    double perSecond = 0; // mean over them
    double peakPerSecond = 0; // highest interval
    int concurrencyPeak = 0;
};

// Of the points of one function, with the configuration that it has now.
Traffic trafficOf(const rpc::MetricsHistory& history, const rpc::FunctionOverview& function);

// The mean billed time of a call with another memory. A call that computes takes longer with less
// processor, one that waits does not: the two ends of what it may be. Above one processor a single
// thread gains nothing more.
struct DurationRange {
    double waitsMs = 0;
    double computesMs = 0;
};
DurationRange billedAt(const pricing::Workload& workload, int memoryMb);

} // namespace gantry::models
