#pragma once

namespace gantry::tuning {

// How Lambda shares CPU out: a function owns memory / 1769 MB of a virtual CPU, given as a quota of
// CPU time in every 20 ms (AWS, "Configure Lambda function memory"). The kernel notices an overrun
// at its 250 Hz tick and lets the next periods pay for it, so the duration of a short function is a
// staircase over memory ("Demystifying Serverless Costs", EuroSys 2026).
constexpr double kMbPerVcpu = 1769;
constexpr double kPeriodMs = 20;
constexpr double kTickMs = 4;

// CPU milliseconds in one period, all virtual CPUs together.
constexpr double quotaMs(double memoryMb)
{
    return kPeriodMs * memoryMb / kMbPerVcpu;
}

// Ways in which a host can meter the quota.
enum class Metering {
    Fluid,   // as if the CPU were slower: right for long functions
    Aligned, // the first period begins with the invocation
    Uniform, // the invocation begins anywhere in a period
};

// A function as the throttling sees it.
struct Demand {
    double cpuMs = 0;  // on one unthrottled CPU, over all threads
    double waitMs = 0; // not on a CPU: network, disk
    double threads = 1; // that can run side by side
    Metering metering = Metering::Fluid;
    double graceMs = 0; // Aligned: CPU time that is not held against the quota
    double jitter = 0.03; // relative spread of the CPU time
};

struct Moments {
    double mean = 0;
    double deviation = 0; // standard
};

// The duration in milliseconds at a memory size. It varies with the CPU time (jitter), most at the
// edge of a step, and with the moment in the period at which an invocation begins.
Moments durationMs(const Demand& demand, double memoryMb);

} // namespace gantry::tuning
