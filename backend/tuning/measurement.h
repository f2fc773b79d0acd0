#pragma once

#include "backend/tuning/candidate.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gantry::tuning {

// How an invocation of an experiment ended.
enum class Ending {
    Answered,
    FunctionError, // raised or exited: not a property of the size
    OutOfMemory,   // this size is too small
    TimedOut,
};

// One invocation: what its InvocationRecord says that matters here.
struct Call {
    double durationMs = 0;
    double billedMs = 0; // includes the init of a cold one
    double initMs = 0;
    bool cold = false;
    Ending ending = Ending::Answered;
    std::string errorType; // empty when answered
    double memoryUsedMb = 0;
};

// What one fresh environment measured: its first call is cold, the rest are warm. Two environments
// of one size may differ more than two calls of one environment: another host, another CPU.
struct Probe {
    Candidate candidate;
    std::vector<Call> calls;
};

// The warm calls of a probe that were answered.
std::vector<double> warmDurations(const Probe& probe);
bool failedFor(const Probe& probe, Ending ending);

// Robust mean: a value far above the others is pulled in (to the median plus six times the median
// distance from it, at least 50 % above the median).
double winsorizedMean(std::vector<double> values);
double median(std::vector<double> values);
// By the nearest rank; share in 0..1.
double percentile(std::vector<double> values, double share);
// As the known tool: a share of the values is left out at either end.
double trimmedMean(std::vector<double> values, double shareAtEitherEnd);

} // namespace gantry::tuning
