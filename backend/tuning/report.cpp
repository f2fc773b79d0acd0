#include "backend/tuning/report.h"

#include <algorithm>
#include <cmath>

namespace gantry::tuning {
namespace {

constexpr int kBalances = 20; // weights 0, 1/20, ... 1

void put(const Interval& interval, v1::TuningInterval& message, double factor = 1)
{
    message.set_mean(interval.mean * factor);
    message.set_low(interval.low * factor);
    message.set_high(interval.high * factor);
}

v1::TuningEstimate::State stateOf(Estimate::State state)
{
    switch (state) {
    case Estimate::State::Estimated:
        return v1::TuningEstimate::ESTIMATED;
    case Estimate::State::OutOfMemory:
        return v1::TuningEstimate::OUT_OF_MEMORY;
    case Estimate::State::TimedOut:
        return v1::TuningEstimate::TIMED_OUT;
    case Estimate::State::Unknown:
        break;
    }
    return v1::TuningEstimate::UNKNOWN;
}

void put(const Estimate& estimate, v1::TuningEstimate& message)
{
    message.set_memory_mb(estimate.candidate.memoryMb);
    message.set_architecture(std::string(architectureName(estimate.candidate.architecture)));
    message.set_state(stateOf(estimate.state));
    put(estimate.durationMs, *message.mutable_duration_ms());
    put(estimate.costUsd, *message.mutable_cost_usd());
    message.set_p95_ms(estimate.p95Ms);
    message.set_init_ms(estimate.initMs);
    message.set_cold_duration_ms(estimate.coldDurationMs);
    message.set_cold_cost_usd(estimate.coldCostUsd);
    message.set_calls(estimate.calls);
    message.set_measured_mean_ms(estimate.measuredMeanMs);
    message.set_measured_p95_ms(estimate.measuredP95Ms);
    message.set_memory_used_mb(estimate.memoryUsedMb);
}

void put(const Choice& choice, v1::TuningPick& message)
{
    message.set_index(choice.any ? static_cast<int>(choice.index) : -1);
    message.set_sure(choice.sure);
    message.set_regret_at_most(choice.regretAtMost);
}

// The same durations at the other architecture's price: an estimate, never a measurement.
void addModelled(const Prices& prices, v1::TuningRun& run)
{
    const int measured = run.estimates_size();
    for (int i = 0; i < measured; ++i) {
        v1::TuningEstimate& other = *run.add_estimates();
        other = run.estimates(i);
        const Architecture from = architectureOf(other.architecture());
        const Architecture to = from == Architecture::Arm ? Architecture::X86 : Architecture::Arm;
        const double ratio = prices.perGbSecond(to) / prices.perGbSecond(from);
        const auto reprice = [&](double usd) {
            return usd > 0 ? prices.perRequest + (usd - prices.perRequest) * ratio : 0;
        };
        v1::TuningInterval& cost = *other.mutable_cost_usd();
        cost.set_mean(reprice(cost.mean()));
        cost.set_low(reprice(cost.low()));
        cost.set_high(reprice(cost.high()));
        other.set_cold_cost_usd(reprice(other.cold_cost_usd()));
        other.set_architecture(std::string(architectureName(to)));
        other.set_modelled(true);
        other.set_pareto(false);
        other.set_calls(0);
        other.clear_measured_mean_ms();
        other.clear_measured_p95_ms();
        other.clear_memory_used_mb();
    }
}

void addSaving(const std::vector<Figures>& figures, const Landscape& known, const Traffic& traffic,
               v1::TuningRun& run)
{
    v1::TuningSaving& saving = *run.mutable_saving();
    saving.set_invocations_per_month(traffic.perMonth);
    saving.set_from_days(traffic.days);
    run.set_restore_ms(traffic.restoreMs);
    run.set_restores(traffic.restores);
    const auto& estimates = known.estimates();
    const auto own = std::find_if(estimates.begin(), estimates.end(), [&](const Estimate& one) {
        return one.candidate.memoryMb == run.start_memory_mb() &&
               one.state == Estimate::State::Estimated;
    });
    if (run.pick().index() < 0 || own == estimates.end())
        return;
    const auto from = static_cast<std::size_t>(own - estimates.begin());
    const auto to = static_cast<std::size_t>(run.pick().index());
    const double usd = figures[from].costUsd - figures[to].costUsd;
    // Half the width of the intervals, as if the two were known independently: rather too wide.
    const auto half = [&](std::size_t i) {
        return (estimates[i].costUsd.high - estimates[i].costUsd.low) / 2;
    };
    const double off = from == to ? 0 : std::hypot(half(from), half(to));
    saving.set_usd_per_month(usd * traffic.perMonth);
    saving.set_usd_low((usd - off) * traffic.perMonth);
    saving.set_usd_high((usd + off) * traffic.perMonth);
    saving.set_ms_per_call(figures[from].durationMs - figures[to].durationMs);
}

void putPicks(const Landscape& known, const Plan& plan, v1::TuningRun& run)
{
    Objective objective = plan.objective;
    put(known.choose(objective, plan.epsilon), *run.mutable_pick());
    objective.strategy = Strategy::Cost;
    put(known.choose(objective, plan.epsilon), *run.mutable_cheapest());
    objective.strategy = Strategy::Speed;
    put(known.choose(objective, plan.epsilon), *run.mutable_fastest());
    run.clear_balanced();
    for (int i = 0; i <= kBalances; ++i) {
        // The ends are the pure strategies, with their ways to decide between equals.
        objective.strategy = i == 0           ? Strategy::Speed
                             : i == kBalances ? Strategy::Cost
                                              : Strategy::Balanced;
        objective.balancedWeight = static_cast<double>(i) / kBalances;
        put(known.choose(objective, plan.epsilon), *run.add_balanced());
    }
}

} // namespace

v1::TuningProbe toMessage(const Probe& probe)
{
    v1::TuningProbe message;
    message.set_memory_mb(probe.candidate.memoryMb);
    message.set_architecture(std::string(architectureName(probe.candidate.architecture)));
    for (const Call& call : probe.calls) {
        v1::TuningCall& one = *message.add_calls();
        one.set_duration_ms(call.durationMs);
        one.set_billed_ms(call.billedMs);
        one.set_init_ms(call.initMs);
        one.set_cold(call.cold);
        one.set_error_type(call.errorType);
        one.set_memory_used_mb(call.memoryUsedMb);
    }
    return message;
}

void describe(Search& search, const Prices& prices, const Traffic& traffic, v1::TuningRun& run)
{
    run.clear_estimates();
    run.clear_probes();
    run.set_calls(search.calls());
    run.set_environments(static_cast<int>(search.probes().size()));
    run.set_spent_usd(search.spentUsd());
    run.set_gb_seconds(search.gbSeconds());
    for (const Probe& probe : search.probes())
        *run.add_probes() = toMessage(probe);
    if (search.probes().empty())
        return;
    const Landscape& known = search.landscape();
    for (const Estimate& estimate : known.estimates())
        put(estimate, *run.add_estimates());
    for (const std::size_t index : known.pareto(search.plan().objective))
        run.mutable_estimates(static_cast<int>(index))->set_pareto(true);
    putPicks(known, search.plan(), run);
    addSaving(known.figures(search.plan().objective), known, traffic, run);
    for (const Architecture architecture : search.plan().architectures)
        if (const Demand* demand = known.demand(architecture)) {
            run.set_cpu_ms(demand->cpuMs);
            run.set_wait_ms(demand->waitMs);
            run.set_threads(demand->threads);
        }
    if (run.options().both_architectures())
        addModelled(prices, run);
}

} // namespace gantry::tuning
