#include "backend/tuning/throttling.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace gantry::tuning {
namespace {

// Beyond this the steps are smaller than the noise of any measurement.
constexpr double kStaircaseEndMs = 200;

// What a CPU may keep of an old period's quota: one slice of the bandwidth controller.
constexpr double kSliceMs = 5;

// Standard normal quantiles at (i + 0.5) / 12.
constexpr std::array<double, 12> kNormal = {-1.732, -1.150, -0.812, -0.549, -0.319, -0.105,
                                            0.105,  0.319,  0.549,  0.812,  1.150,  1.732};

// A thread that runs from the begin of a period: it sleeps through the rest of every period whose
// quota it has used, and ends within the first tick of the last one.
double alignedMs(double cpuMs, double quotaMs, double graceMs)
{
    const double held = cpuMs - graceMs;
    const double periods = held <= 0 ? 0 : std::ceil(held / quotaMs) - 1;
    if (periods <= 0)
        return cpuMs;
    const double rest = cpuMs - kTickMs * std::floor(cpuMs / kTickMs);
    return std::max(kPeriodMs * periods + rest, cpuMs);
}

// A thread that starts phaseMs into a period with that period's quota unused; the ticks come at
// tickMs and every 4 ms after.
double phasedMs(double cpuMs, double quotaMs, double phaseMs, double tickMs)
{
    double now = phaseMs;
    double left = cpuMs;
    double quota = quotaMs;
    for (;;) {
        const double nextPeriod = kPeriodMs * (std::floor(now / kPeriodMs + 1e-9) + 1);
        while (now < nextPeriod - 1e-9) {
            const double tick =
                kTickMs * (std::floor((now - tickMs) / kTickMs + 1e-9) + 1) + tickMs;
            const double run = std::min(tick, nextPeriod) - now;
            if (left <= run)
                return now + left - phaseMs;
            now += run;
            left -= run;
            quota -= run;
            if (quota <= 0 && now >= tick - 1e-9)
                break;
        }
        now = nextPeriod;
        quota = std::min(quota, kSliceMs) + quotaMs;
        if (quota > 0)
            continue;
        const double periods = std::floor(-quota / quotaMs) + 1;
        now += kPeriodMs * periods;
        quota += quotaMs * periods;
    }
}

Moments staircaseMs(const Demand& demand, double cpuMs, double quotaMs)
{
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < kNormal.size(); ++i) {
        const double cpu = cpuMs * (1 + demand.jitter * kNormal[i]);
        // Any orders of phases that are unrelated to each other and to the jitter will do.
        const auto spread = [i](std::size_t step, double width) {
            return width * (static_cast<double>((i * step + 3) % kNormal.size()) + 0.5) /
                   static_cast<double>(kNormal.size());
        };
        const double ms = demand.metering == Metering::Aligned
                              ? alignedMs(cpu, quotaMs, demand.graceMs)
                              : phasedMs(cpu, quotaMs, spread(5, kPeriodMs), spread(7, kTickMs));
        sum += ms;
        squares += ms * ms;
    }
    const double mean = sum / static_cast<double>(kNormal.size());
    const double variance = squares / static_cast<double>(kNormal.size()) - mean * mean;
    return {mean, std::sqrt(std::max(variance, 0.0))};
}

} // namespace

Moments durationMs(const Demand& demand, double memoryMb)
{
    const double vcpus = memoryMb / kMbPerVcpu;
    const double threads = std::max(demand.threads, 1.0);
    const double fluid = demand.cpuMs / std::min(threads, vcpus);
    const double perThread = demand.cpuMs / threads;
    if (demand.metering == Metering::Fluid || vcpus >= threads || perThread > kStaircaseEndMs)
        return {demand.waitMs + fluid, fluid * demand.jitter};
    Moments moments = staircaseMs(demand, perThread, quotaMs(memoryMb) / threads);
    moments.mean += demand.waitMs;
    return moments;
}

} // namespace gantry::tuning
