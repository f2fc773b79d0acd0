#pragma once

#include "backend/tuning/curve.h"
#include "backend/tuning/objective.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace gantry::tuning {

// A 95 % interval around a mean.
struct Interval {
    double mean = 0, low = 0, high = 0;
};

// All that is known of one candidate.
struct Estimate {
    enum class State {
        Estimated,
        OutOfMemory, // it, or a larger size, ran out of memory
        TimedOut,    // it, or a larger size, ran into the function's time-out
        Unknown,     // nothing was measured on its architecture
    };
    Candidate candidate;
    State state = State::Unknown;
    Interval durationMs;       // warm, mean
    double p95Ms = 0;          // of single warm invocations
    Interval costUsd;          // warm, one invocation with its request
    double initMs = 0;         // mean; from this size when measured, else from all sizes
    double coldDurationMs = 0; // the first invocation of an environment, without its init
    double coldCostUsd = 0;    // with the init, which is billed
    // Measured here; the rest of this candidate's figures is the model's.
    int calls = 0;
    double measuredMeanMs = 0, measuredP95Ms = 0;
    double memoryUsedMb = 0; // the most
};

// The choice under one objective.
struct Choice {
    bool any = false;
    std::size_t index = 0;               // of the candidate
    std::vector<std::size_t> contenders; // the few that look best, the candidate first
    // Of the joint draws from what is known, the share in which no candidate is better by more
    // than epsilon.
    double sure = 0;
    // 95 % of the draws have a regret (relative) of no more.
    double regretAtMost = 0;
};

// What an experiment knows after some probes: every candidate's figures, and joint draws of all of
// them, from which any objective is answered without another call.
class Landscape final {
public:
    struct Banks { // kept between landscapes of one experiment
        std::array<std::shared_ptr<const ModelBank>, 2> of;
    };

    Landscape(std::vector<Candidate> candidates, std::span<const Probe> probes,
              const Prices& prices, Banks& banks, std::uint64_t seed);

    const std::vector<Estimate>& estimates() const { return m_estimates; }
    // As the objective sees them: with the share of cold starts.
    std::vector<Figures> figures(const Objective& objective) const;
    Choice choose(const Objective& objective, double epsilon) const;
    std::vector<std::size_t> pareto(const Objective& objective) const
    {
        return paretoFront(figures(objective));
    }

    // How much a probe of each candidate would tell about the choice: the variance it takes out of
    // the leader's distance to each rival, weighted by how often the draws see that rival ahead.
    // Zero for what cannot run. A probe is one environment with so many warm calls.
    std::vector<double> worth(const Objective& objective, int warmCalls) const;

    // Whether a warm duration is known for the architecture.
    bool knows(Architecture architecture) const;
    const Demand* demand(Architecture architecture) const;

private:
    void bound(std::span<const Probe> probes);
    void estimateWarm(std::span<const Probe> probes, Banks& banks);
    void estimateCold(std::span<const Probe> probes);
    void drawAll(std::uint64_t seed);
    Figures figure(std::size_t index, double warmMs, const Objective& objective) const;
    double billedMs(std::size_t index, double durationMs) const;
    std::vector<double> besideSteps(const std::vector<double>& scores) const;
    std::vector<std::vector<Figures>> drawnFigures(const Objective& objective) const;

    std::vector<Candidate> m_candidates;
    Prices m_prices;
    std::vector<Estimate> m_estimates;
    std::array<std::vector<int>, 2> m_sizes;         // by architecture
    std::array<std::vector<std::size_t>, 2> m_index; // candidate of each size
    std::array<std::unique_ptr<const Curve>, 2> m_curves;
    std::vector<double> m_spread, m_environmentSpread, m_tail; // by candidate; m_tail: p95 to mean
    std::vector<std::vector<double>> m_draws; // log duration, by draw and candidate
};

} // namespace gantry::tuning
