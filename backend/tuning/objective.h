#pragma once

#include "backend/tuning/candidate.h"

#include <cstddef>
#include <vector>

namespace gantry::tuning {

enum class Strategy { Cost, Speed, Balanced };

// What "best" means.
struct Objective {
    Strategy strategy = Strategy::Cost;
    // Balanced: 0 is speed alone, 1 cost alone (the known tool's balancedWeight).
    double balancedWeight = 0.5;
    // Only sizes whose 95th percentile of the warm duration stays below; 0: no limit.
    double p95LimitMs = 0;
    // Share of invocations that wait for a cold start, 0..1, counted in cost and duration.
    double coldShare = 0;
    // Speed: of sizes whose duration is this close to the shortest, the cheapest is taken.
    double speedTie = 0.005;
};

// What the choice is made from, for one candidate.
struct Figures {
    double costUsd = 0; // of one invocation
    double durationMs = 0;
    double p95Ms = 0;
    bool possible = true; // ran within its memory and time
};

// By candidate, lower is better; infinite for what is not possible or too slow. When a limit leaves
// nothing, the fastest win: the caller sees from the figures that the limit is not kept.
std::vector<double> scores(const std::vector<Figures>& figures, const Objective& objective);

// The candidate with the lowest score, for Speed the cheapest within the tie.
std::size_t pickOf(const std::vector<Figures>& figures, const std::vector<double>& scores,
                   const Objective& objective);

// Candidates that no other one beats in cost and duration both, by rising duration.
std::vector<std::size_t> paretoFront(const std::vector<Figures>& figures);

} // namespace gantry::tuning
