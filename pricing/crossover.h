#pragma once

#include "pricing/price_table.h"

#include <array>
#include <optional>
#include <string_view>
#include <vector>

// One function's traffic on the ways in which AWS runs it. Everything here is a model: averages of
// what was recorded, at an even rate over a month of 730 hours.
namespace gantry::pricing {

inline constexpr std::int64_t kMonthSeconds = 730 * 3600;
// Memory with which a function has one processor.
inline constexpr double kMbPerVcpu = 1'769;

struct Workload {
    bool arm64 = false;
    int memoryMb = 128;
    int tmpMb = 512;
    double billedMs = 100;  // of a call that starts warm, mean
    double coldShare = 0;   // of the calls, 0 to 1
    double initMs = 0;      // billed besides when cold
};

// How much of a machine, or of provisioned concurrency, one plans to use; the rest is for peaks.
struct Plan {
    Instance machine;
    int leastMachines = 1;
    double utilisation = 0.6; // above 0, to 1
    bool freeTier = true;     // counts for Lambda
};

enum class Way { OnDemand, Provisioned, ManagedInstances, Ec2 };
inline constexpr std::array kWays{Way::OnDemand, Way::Provisioned, Way::ManagedInstances, Way::Ec2};

// What a month costs at a steady rate of calls a second. Provisioned concurrency carries all calls;
// machines carry the share of a processor that Lambda gives the memory, which is more than a function
// that waits needs. Plain EC2 counts machines only: no balancer, storage, traffic or your time.
Money monthly(Way way, const Workload& workload, const Plan& plan, double perSecond,
              const PriceTable& table);

// How many environments or machines that takes; 0 on demand.
int unitsOf(Way way, const Workload& workload, const Plan& plan, double perSecond);

// The rate from which on, within [from, to] calls a second, `way` is cheaper than on demand;
// nothing when it never is.
std::optional<double> breakEven(Way way, const Workload& workload, const Plan& plan, double from,
                                double to, const PriceTable& table);

} // namespace gantry::pricing
