#pragma once

#include "backend/tuning/landscape.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace gantry::tuning {

struct Plan {
    std::vector<int> sizesMb; // ascending
    std::vector<Architecture> architectures = {Architecture::X86};
    Objective objective;
    int maxCalls = 60;
    double maxUsd = 0;     // at the price table; 0: no limit
    int callsPerProbe = 3; // the first is cold
    double epsilon = 0.02;
    double confidence = 0.95;
    std::uint64_t seed = 1;
};

enum class Stop {
    Not,
    Sure,        // the pick is within epsilon of the best, with the plan's confidence
    Budget,      // of calls or money (minutes are the caller's)
    NothingRuns, // every size fails
};

// Which sizes to measure next, and when to stop. Pure: the same plan and the same measurements give
// the same answers.
class Search final {
public:
    Search(Plan plan, const Prices& prices);

    // Candidates to probe, each in a fresh environment, in the order to take (a random one); not
    // more than wanted. Empty when stopped.
    std::vector<Candidate> next(int wanted);
    void add(Probe probe);

    Stop stop() const { return m_stop; }
    int calls() const { return m_calls; }
    double spentUsd() const { return m_spentUsd; }
    double gbSeconds() const { return m_gbSeconds; }
    const std::vector<Probe>& probes() const { return m_probes; }
    const std::vector<Candidate>& candidates() const { return m_candidates; }
    const Plan& plan() const { return m_plan; }

    // What is known now; made anew when a probe has come since.
    const Landscape& landscape();

private:
    std::vector<Candidate> firstProbes();
    bool affordable(int probes) const;
    std::optional<std::size_t> halfway(std::size_t pick);
    int environments(std::size_t candidate) const;
    std::optional<std::size_t> unconfirmed(const Choice& choice) const;
    std::vector<double> doubts(const std::vector<std::size_t>& contenders) const;

    Plan m_plan;
    Prices m_prices;
    std::vector<Candidate> m_candidates;
    std::vector<Candidate> m_first; // still to come
    std::vector<Probe> m_probes;
    std::mt19937_64 m_random;
    Landscape::Banks m_banks;
    std::unique_ptr<const Landscape> m_landscape;
    Stop m_stop = Stop::Not;
    int m_planned = 0; // calls handed out and not yet added
    int m_calls = 0;
    double m_spentUsd = 0;
    double m_gbSeconds = 0;
};

} // namespace gantry::tuning
