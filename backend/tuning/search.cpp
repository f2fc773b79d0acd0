#include "backend/tuning/search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace gantry::tuning {
namespace {

constexpr int kConfirmations = 3; // environments of the pick
constexpr int kLastProbes = 4;    // go to those that look best, not to what may teach more
constexpr int kStrata = 3;        // of the first probes, besides the one with a whole CPU

} // namespace

Search::Search(Plan plan, const Prices& prices)
    : m_plan(std::move(plan)), m_prices(prices), m_random(m_plan.seed)
{
    for (const Architecture architecture : m_plan.architectures)
        for (const int size : m_plan.sizesMb)
            m_candidates.push_back({size, architecture});
    m_first = firstProbes();
}

// One size with a whole CPU, which tells what the function needs, and one out of each third of the
// range (of its logarithm), on every architecture; all in random order.
std::vector<Candidate> Search::firstProbes()
{
    std::vector<Candidate> first;
    const std::vector<int>& sizes = m_plan.sizesMb;
    for (const Architecture architecture : m_plan.architectures) {
        std::vector<int> chosen;
        const auto whole =
            std::find_if(sizes.begin(), sizes.end(), [](int size) { return size >= kMbPerVcpu; });
        chosen.push_back(whole == sizes.end() ? sizes.back() : *whole);
        const double low = std::log(sizes.front());
        const double width = (std::log(sizes.back()) - low) / kStrata;
        for (int stratum = 0; stratum < kStrata; ++stratum) {
            std::vector<int> within;
            for (const int size : sizes) {
                const double at = std::log(size) - low;
                if (at >= width * stratum - 1e-9 && at <= width * (stratum + 1) + 1e-9 &&
                    std::find(chosen.begin(), chosen.end(), size) == chosen.end())
                    within.push_back(size);
            }
            if (!within.empty())
                chosen.push_back(within[m_random() % within.size()]);
        }
        for (const int size : chosen)
            first.push_back({size, architecture});
    }
    std::shuffle(first.begin(), first.end(), m_random);
    return first;
}

bool Search::affordable(int probes) const
{
    return m_calls + m_planned + probes * m_plan.callsPerProbe <= m_plan.maxCalls &&
           (m_plan.maxUsd <= 0 || m_spentUsd < m_plan.maxUsd);
}

std::vector<Candidate> Search::next(int wanted)
{
    std::vector<Candidate> round;
    if (m_stop != Stop::Not)
        return round;
    if (!affordable(1)) {
        m_stop = Stop::Budget;
        return round;
    }
    while (!m_first.empty() && static_cast<int>(round.size()) < wanted && affordable(1)) {
        const Candidate candidate = m_first.back();
        m_first.pop_back();
        if (!m_probes.empty()) {
            const auto at = std::find(m_candidates.begin(), m_candidates.end(), candidate);
            const auto state =
                landscape().estimates()[static_cast<std::size_t>(at - m_candidates.begin())].state;
            if (state == Estimate::State::OutOfMemory || state == Estimate::State::TimedOut)
                continue;
        }
        round.push_back(candidate);
        m_planned += m_plan.callsPerProbe;
    }
    if (!round.empty())
        return round;
    const Choice choice = landscape().choose(m_plan.objective, m_plan.epsilon);
    if (!choice.any) { // all that was tried failed: only a larger size can do
        const auto& estimates = landscape().estimates();
        const auto untried = std::max_element(
            estimates.begin(), estimates.end(), [](const Estimate& a, const Estimate& b) {
                const auto size = [](const Estimate& one) {
                    return one.state == Estimate::State::Unknown ? one.candidate.memoryMb : 0;
                };
                return size(a) < size(b);
            });
        if (untried->state != Estimate::State::Unknown) {
            m_stop = Stop::NothingRuns;
            return round;
        }
        m_planned += m_plan.callsPerProbe;
        return {untried->candidate};
    }
    if (const auto doubtful = halfway(choice.index)) {
        m_planned += m_plan.callsPerProbe;
        return {m_candidates[*doubtful]};
    }
    if (choice.sure >= m_plan.confidence) {
        const auto doubtful = unconfirmed(choice);
        if (!doubtful) {
            m_stop = Stop::Sure;
            return round;
        }
        m_planned += m_plan.callsPerProbe;
        return {m_candidates[*doubtful]};
    }
    std::vector<double> worths = affordable(kLastProbes + 1)
                                     ? landscape().worth(m_plan.objective, m_plan.callsPerProbe - 1)
                                     : doubts(choice.contenders);
    if (environments(choice.index) == 0)
        worths[choice.index] = std::numeric_limits<double>::max();
    while (static_cast<int>(round.size()) < wanted && affordable(1)) {
        const auto best = std::max_element(worths.begin(), worths.end());
        if (*best <= 0)
            break;
        round.push_back(m_candidates[static_cast<std::size_t>(best - worths.begin())]);
        m_planned += m_plan.callsPerProbe;
        *best = 0;
    }
    if (round.empty()) { // nothing tells more: measure the pick itself again
        round.push_back(m_candidates[choice.index]);
        m_planned += m_plan.callsPerProbe;
    }
    std::shuffle(round.begin(), round.end(), m_random);
    return round;
}

int Search::environments(std::size_t candidate) const
{
    return static_cast<int>(
        std::count_if(m_probes.begin(), m_probes.end(), [&](const Probe& probe) {
            return probe.candidate == m_candidates[candidate];
        }));
}

// Before the search ends, the pick has to stand in more than one environment, and its rival must not
// be known from the model alone.
std::optional<std::size_t> Search::unconfirmed(const Choice& choice) const
{
    if (environments(choice.index) < kConfirmations)
        return choice.index;
    if (choice.contenders.size() > 1 && environments(choice.contenders[1]) == 0)
        return choice.contenders[1];
    return std::nullopt;
}

// The last comparison is between the few that look best: the least measured of them first.
std::vector<double> Search::doubts(const std::vector<std::size_t>& contenders) const
{
    std::vector<double> result(m_candidates.size());
    for (const std::size_t contender : contenders)
        result[contender] = 1.0 / (1 + environments(contender));
    return result;
}

// A pick that was never measured, between a size that failed and one that ran, may fail as well,
// and so may every size around it. Halving what lies between finds the border in few failures;
// going up from below would take one for each size.
std::optional<std::size_t> Search::halfway(std::size_t pick)
{
    const auto& estimates = landscape().estimates();
    const auto ours = [&](std::size_t i) {
        return estimates[i].candidate.architecture == estimates[pick].candidate.architecture;
    };
    std::size_t ran = pick;
    while (ran < estimates.size() && ours(ran) && estimates[ran].calls == 0)
        ++ran;
    std::size_t failed = pick;
    while (failed > 0 && ours(failed - 1) && estimates[failed].calls == 0 &&
           estimates[failed].state == Estimate::State::Estimated)
        --failed;
    if (ran == pick || estimates[failed].state == Estimate::State::Estimated)
        return std::nullopt;
    return failed + (ran - failed) / 2;
}

void Search::add(Probe probe)
{
    m_planned = std::max(m_planned - m_plan.callsPerProbe, 0);
    m_calls += static_cast<int>(probe.calls.size());
    for (const Call& call : probe.calls) {
        m_spentUsd += m_prices.of(probe.candidate, call.billedMs);
        m_gbSeconds += probe.candidate.memoryMb / 1024.0 * call.billedMs / 1000.0;
    }
    m_probes.push_back(std::move(probe));
    m_landscape.reset();
}

const Landscape& Search::landscape()
{
    if (!m_landscape)
        m_landscape = std::make_unique<const Landscape>(m_candidates, m_probes, m_prices, m_banks,
                                                        m_plan.seed + m_probes.size());
    return *m_landscape;
}

} // namespace gantry::tuning
