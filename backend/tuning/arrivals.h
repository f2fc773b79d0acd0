#pragma once

#include <cstdint>
#include <span>

namespace gantry::tuning {

// One invocation of a function's real traffic.
struct Arrival {
    std::int64_t atMs = 0; // Unix time
    double durationMs = 0;
};

// The probability that AWS still has an environment that was idle for so long: 92 % after 300 s,
// none after 360 (measured in 2025, "Demystifying Serverless Costs").
double warmProbability(double idleSeconds);

// The expected share of invocations that start cold: the arrivals, by time, are replayed on
// environments of which each takes one invocation at a time, the last used first. 1 without
// arrivals.
double coldShare(std::span<const Arrival> arrivals);

} // namespace gantry::tuning
