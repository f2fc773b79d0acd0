#include "pricing/crossover.h"

#include "pricing/bill.h"

#include <algorithm>
#include <cmath>

namespace gantry::pricing {
namespace {

constexpr int kStepsPerDecade = 60;
constexpr double kUsableMemory = 0.9; // of a machine; the rest is its system's

double concurrency(const Workload& workload, double perSecond)
{
    return perSecond * (workload.billedMs + workload.coldShare * workload.initMs) / 1'000;
}

int whole(double units, int least)
{
    constexpr double kMost = 1e6;
    return std::max(least, static_cast<int>(std::ceil(std::min(units, kMost) - 1e-9)));
}

// A month of calls. Time is counted in whole MB-milliseconds of the mean.
Usage usageOfMonth(const Workload& workload, double perSecond, bool provisioned)
{
    const double calls = perSecond * static_cast<double>(kMonthSeconds);
    const double cold = provisioned ? 0 : workload.coldShare * workload.initMs;
    const auto mbMillis = [calls](double mb, double ms) {
        return std::llround(std::min(calls * mb * ms, 9e18)); // as far as an integer goes
    };
    Usage usage;
    usage.requests = usage.invocations = std::llround(calls);
    Usage::Architecture& used = workload.arm64 ? usage.arm : usage.x86;
    (provisioned ? used.provisionedDurationMbMillis : used.mbMillis) =
        mbMillis(workload.memoryMb, workload.billedMs + cold);
    return usage;
}

Money bill(const Usage& usage, const Plan& plan, const PriceTable& table)
{
    const Bill bill = billOf(usage, table);
    return plan.freeTier ? bill.due() : bill.listed;
}

Money machines(const Plan& plan, int count)
{
    return plan.machine.perHour.forSecondsOfHour(kMonthSeconds) * count;
}

} // namespace

int unitsOf(Way way, const Workload& workload, const Plan& plan, double perSecond)
{
    const double running = concurrency(workload, perSecond) / plan.utilisation;
    switch (way) {
    case Way::OnDemand:
        return 0;
    case Way::Provisioned:
        return whole(running, 1);
    default:
        break;
    }
    const double processors = running * workload.memoryMb / kMbPerVcpu;
    const double memory = concurrency(workload, perSecond) * workload.memoryMb;
    return whole(std::max(processors / std::max(plan.machine.vcpus, 1),
                          memory / (kUsableMemory * std::max(plan.machine.memoryMb, 1))),
                 std::max(plan.leastMachines, 1));
}

Money monthly(Way way, const Workload& workload, const Plan& plan, double perSecond,
              const PriceTable& table)
{
    const int units = unitsOf(way, workload, plan, perSecond);
    switch (way) {
    case Way::OnDemand: {
        Usage usage = usageOfMonth(workload, perSecond, false);
        usage.tmpMbMillis = std::llround(static_cast<double>(usage.requests) * workload.billedMs) *
                            std::max(workload.tmpMb - table.tmpIncludedMb, 0);
        return bill(usage, plan, table);
    }
    case Way::Provisioned: {
        Usage usage = usageOfMonth(workload, perSecond, true);
        (workload.arm64 ? usage.arm : usage.x86).provisionedMbMillis =
            std::int64_t{units} * workload.memoryMb * kMonthSeconds * 1'000;
        usage.tmpMbMillis = std::llround(static_cast<double>(usage.requests) * workload.billedMs) *
                            std::max(workload.tmpMb - table.tmpIncludedMb, 0);
        return bill(usage, plan, table);
    }
    case Way::ManagedInstances: {
        Usage requests;
        requests.requests = std::llround(perSecond * static_cast<double>(kMonthSeconds));
        return machines(plan, units).share(100 + table.managedFeePercent, 100) +
               bill(requests, plan, table);
    }
    case Way::Ec2:
        break;
    }
    return machines(plan, units);
}

std::optional<double> breakEven(Way way, const Workload& workload, const Plan& plan, double from,
                                double to, const PriceTable& table)
{
    const auto cheaper = [&](double perSecond) {
        return monthly(way, workload, plan, perSecond, table) <
               monthly(Way::OnDemand, workload, plan, perSecond, table);
    };
    // The last rate at which it is not yet cheaper: whole machines make a staircase that may cross
    // several times, and one wants to know from where on it holds.
    const int steps = static_cast<int>(std::ceil(std::log10(to / from) * kStepsPerDecade));
    const double factor = std::pow(to / from, 1.0 / steps);
    if (!cheaper(to))
        return std::nullopt;
    double high = to;
    while (high / factor >= from * (1 - 1e-9) && cheaper(high / factor))
        high /= factor;
    double low = std::max(high / factor, from);
    if (cheaper(low))
        return from;
    for (int i = 0; i < 40; ++i) {
        const double middle = std::sqrt(low * high);
        (cheaper(middle) ? high : low) = middle;
    }
    return high;
}

} // namespace gantry::pricing
