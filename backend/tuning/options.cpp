#include "backend/tuning/options.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <set>
#include <utility>

namespace gantry::tuning {
namespace {

constexpr int kLeastMb = 128, kMostMb = 10'240;   // AWS's limits of MemorySize
constexpr int kAllUpToMb = 3008, kAllStepMb = 64; // ALL
constexpr int kMostCalls = 10'000, kMostNum = 1'000;
constexpr int kMostSizes = 256, kMostPayloads = 100;
constexpr int kMostSleepMs = 60'000;

absl::Status outOfRange(std::string_view what, double low, double high)
{
    return validationError(absl::StrCat(view(what), " must be between ", low, " and ", high, "."));
}

absl::Status checkSizes(const v1::TuningOptions& options)
{
    for (const int size : options.power_values())
        if (size < kLeastMb || size > kMostMb)
            return outOfRange("A memory size (MB)", kLeastMb, kMostMb);
    if (options.power_values_size() > kMostSizes)
        return validationError(absl::StrCat("At most ", kMostSizes, " memory sizes."));
    return absl::OkStatus();
}

absl::Status checkPayloads(const v1::TuningOptions& options)
{
    if (options.payloads_size() > kMostPayloads)
        return validationError(absl::StrCat("At most ", kMostPayloads, " payloads."));
    for (const v1::WeightedPayload& payload : options.payloads())
        if (payload.weight() < 1)
            return validationError("The weight of a payload must be at least 1.");
    return absl::OkStatus();
}

absl::Status checkNumbers(const v1::TuningOptions& options)
{
    struct Range {
        std::string_view what;
        double value, low, high;
    };
    const Range ranges[] = {
        {"The balance", options.balanced_weight(), 0, 1},
        {"discardTopBottom", options.discard_top_bottom(), 0, 0.4},
        {"The pause between calls (ms)", double(options.sleep_between_runs_ms()), 0, kMostSleepMs},
        {"The number of calls", double(options.max_calls()), 1, kMostCalls},
        {"The calls in one environment", double(options.num()), 1, kMostNum},
        {"The money limit", options.max_usd(), 0, 1e6},
        {"The time limit (minutes)", options.max_minutes(), 0, 24 * 60},
        {"The latency limit (ms)", options.p95_limit_ms(), 0, 900'000},
        {"The share of cold starts", options.cold_share(), -1, 1},
        {"Epsilon", options.epsilon(), 0.001, 0.5},
        {"The confidence", options.confidence(), 0.5, 0.999},
    };
    for (const Range& range : ranges)
        if (!(range.value >= range.low && range.value <= range.high))
            return outOfRange(range.what, range.low, range.high);
    return absl::OkStatus();
}

} // namespace

absl::StatusOr<v1::TuningOptions> checked(v1::TuningOptions options)
{
    if (options.max_calls() == 0)
        options.set_max_calls(60);
    if (options.only_cold_starts())
        options.set_num(1);
    else if (options.num() == 0)
        options.set_num(Plan().callsPerProbe);
    else if (options.num() == 1)
        return validationError("One call in an environment is its cold one: ask for at least 2, "
                               "or for cold starts only.");
    if (options.epsilon() == 0)
        options.set_epsilon(0.02);
    if (options.confidence() == 0)
        options.set_confidence(0.95);
    while (options.seed() == 0)
        options.set_seed(std::stoull(randomHex(6), nullptr, 16));
    if (options.power_values().empty())
        for (int size = kLeastMb; size <= kAllUpToMb; size += kAllStepMb)
            options.add_power_values(size);
    if (options.payloads().empty()) {
        options.add_payloads()->set_payload("{}");
        options.mutable_payloads(0)->set_weight(1);
    }
    for (const absl::Status& status :
         {checkSizes(options), checkPayloads(options), checkNumbers(options)})
        if (!status.ok())
            return status;
    if (options.max_calls() < options.num())
        return validationError("The budget is smaller than the calls of one environment.");
    return options;
}

Plan planOf(const v1::TuningOptions& options, Architecture architecture, int ownMemoryMb)
{
    std::set<int> sizes(options.power_values().begin(), options.power_values().end());
    sizes.insert(ownMemoryMb);
    Plan plan;
    plan.sizesMb.assign(sizes.begin(), sizes.end());
    plan.architectures = {architecture};
    plan.objective.strategy = options.strategy() == v1::TUNING_SPEED      ? Strategy::Speed
                              : options.strategy() == v1::TUNING_BALANCED ? Strategy::Balanced
                                                                          : Strategy::Cost;
    plan.objective.balancedWeight = options.balanced_weight();
    plan.objective.p95LimitMs = options.p95_limit_ms();
    plan.objective.coldShare = std::max(options.cold_share(), 0.0);
    plan.maxCalls = options.max_calls();
    plan.maxUsd = options.max_usd();
    plan.callsPerProbe = options.num();
    plan.epsilon = options.epsilon();
    plan.confidence = options.confidence();
    plan.seed = options.seed();
    return plan;
}

} // namespace gantry::tuning
