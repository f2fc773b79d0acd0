#include "backend/tuning/landscape.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <utility>

namespace gantry::tuning {
namespace {

constexpr std::size_t kDraws = 256;
constexpr double kTwoSided95 = 1.96;
constexpr double kOneSided95 = 1.645;
// Between two sizes that look alike the better known one is taken: so many deviations count.
constexpr double kCaution = 0.7;
constexpr std::size_t kContenders = 3;
// Some environments get a slower CPU: a size counts in part as what its function would cost with so
// much less of one. Without it the pick is often the very edge of a step of the staircase, where a
// few lucky environments make a size look best that is a fifth dearer on average.
constexpr double kSlowerCpu = 1.05;
constexpr double kSlowerShare = 0.15;

std::size_t side(Architecture architecture)
{
    return architecture == Architecture::Arm ? 1 : 0;
}

// The same code on another CPU is much the same, not quite: nothing is ruled out.
std::vector<double> softened(std::vector<double> weights)
{
    constexpr double kDoubt = 0.3;
    for (double& weight : weights)
        weight = (1 - kDoubt) * weight + kDoubt / static_cast<double>(weights.size());
    return weights;
}

std::vector<std::size_t> contenders(const std::vector<double>& scores, std::size_t pick)
{
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::erase(order, pick);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
    order.insert(order.begin(), pick);
    order.resize(std::min(order.size(), kContenders));
    std::erase_if(order, [&](std::size_t i) { return !std::isfinite(scores[i]); });
    return order;
}

double mean(const std::vector<double>& values)
{
    double sum = 0;
    for (const double value : values)
        sum += value;
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

} // namespace

Landscape::Landscape(std::vector<Candidate> candidates, std::span<const Probe> probes,
                     const Prices& prices, Banks& banks, std::uint64_t seed)
    : m_candidates(std::move(candidates)), m_prices(prices), m_estimates(m_candidates.size()),
      m_spread(m_candidates.size()), m_environmentSpread(m_candidates.size()),
      m_tail(m_candidates.size(), 1)
{
    for (std::size_t i = 0; i < m_candidates.size(); ++i) {
        m_estimates[i].candidate = m_candidates[i];
        m_sizes[side(m_candidates[i].architecture)].push_back(m_candidates[i].memoryMb);
        m_index[side(m_candidates[i].architecture)].push_back(i);
    }
    estimateWarm(probes, banks);
    bound(probes);
    estimateCold(probes);
    drawAll(seed);
}

bool Landscape::knows(Architecture architecture) const
{
    return m_curves[side(architecture)] != nullptr;
}

const Demand* Landscape::demand(Architecture architecture) const
{
    const auto& curve = m_curves[side(architecture)];
    return curve ? &curve->demand() : nullptr;
}

void Landscape::estimateWarm(std::span<const Probe> probes, Banks& banks)
{
    std::array<std::vector<Probe>, 2> own;
    for (const Probe& probe : probes)
        if (!warmDurations(probe).empty())
            own[side(probe.candidate.architecture)].push_back(probe);
    for (std::size_t s = 0; s < 2; ++s)
        if (!own[s].empty())
            m_curves[s] = std::make_unique<const Curve>(m_sizes[s], own[s], banks.of[s]);
    if (m_curves[0] && m_curves[1]) { // each learns from what the other says alone
        const std::array<std::vector<double>, 2> priors = {softened(m_curves[1]->familyWeights()),
                                                           softened(m_curves[0]->familyWeights())};
        for (std::size_t s = 0; s < 2; ++s)
            m_curves[s] = std::make_unique<const Curve>(m_sizes[s], own[s], banks.of[s], priors[s]);
    }
    for (std::size_t s = 0; s < 2; ++s) {
        if (!m_curves[s])
            continue;
        const Curve& curve = *m_curves[s];
        for (std::size_t i = 0; i < m_sizes[s].size(); ++i) {
            const std::size_t at = m_index[s][i];
            Estimate& estimate = m_estimates[at];
            estimate.state = Estimate::State::Estimated;
            m_spread[at] = curve.spread()[i];
            m_environmentSpread[at] = curve.environmentSpread()[i];
            m_tail[at] = 1 + kOneSided95 * std::hypot(m_spread[at], m_environmentSpread[at]);
            const double middle = curve.logMean()[i], deviation = curve.logDeviation()[i];
            estimate.durationMs = {std::exp(middle), std::exp(middle - kTwoSided95 * deviation),
                                   std::exp(middle + kTwoSided95 * deviation)};
            estimate.p95Ms = estimate.durationMs.mean * m_tail[at];
            const auto cost = [&](double ms) {
                return m_prices.of(m_candidates[at], billedMs(at, ms));
            };
            estimate.costUsd = {cost(estimate.durationMs.mean), cost(estimate.durationMs.low),
                                cost(estimate.durationMs.high)};
        }
    }
}

// A size that failed for want of memory or time tells that no smaller one can do.
void Landscape::bound(std::span<const Probe> probes)
{
    std::array<int, 2> tooSlow{};
    int tooSmall = 0;
    for (const Probe& probe : probes) {
        if (failedFor(probe, Ending::OutOfMemory))
            tooSmall = std::max(tooSmall, probe.candidate.memoryMb);
        int& slow = tooSlow[side(probe.candidate.architecture)];
        if (failedFor(probe, Ending::TimedOut))
            slow = std::max(slow, probe.candidate.memoryMb);
    }
    for (Estimate& estimate : m_estimates) {
        if (estimate.candidate.memoryMb <= tooSmall)
            estimate.state = Estimate::State::OutOfMemory;
        else if (estimate.candidate.memoryMb <= tooSlow[side(estimate.candidate.architecture)])
            estimate.state = Estimate::State::TimedOut;
    }
}

void Landscape::estimateCold(std::span<const Probe> probes)
{
    // An init is not throttled, so its length does not depend on the size; what the first
    // invocation adds is CPU work and shrinks like the warm duration.
    std::array<std::vector<double>, 2> inits, firstOverWarm;
    std::map<std::size_t, std::vector<double>> initsAt, warmAt;
    for (const Probe& probe : probes) {
        const std::size_t s = side(probe.candidate.architecture);
        const auto found = std::find(m_candidates.begin(), m_candidates.end(), probe.candidate);
        if (found == m_candidates.end())
            continue;
        const auto at = static_cast<std::size_t>(found - m_candidates.begin());
        const std::vector<double> warm = warmDurations(probe);
        warmAt[at].insert(warmAt[at].end(), warm.begin(), warm.end());
        m_estimates[at].calls += static_cast<int>(probe.calls.size());
        for (const Call& call : probe.calls) {
            m_estimates[at].memoryUsedMb =
                std::max(m_estimates[at].memoryUsedMb, call.memoryUsedMb);
            if (!call.cold || call.ending != Ending::Answered)
                continue;
            inits[s].push_back(call.initMs);
            initsAt[at].push_back(call.initMs);
            if (m_curves[s])
                firstOverWarm[s].push_back(call.durationMs / m_estimates[at].durationMs.mean);
        }
    }
    for (std::size_t i = 0; i < m_estimates.size(); ++i) {
        Estimate& estimate = m_estimates[i];
        const std::size_t s = side(estimate.candidate.architecture);
        estimate.measuredMeanMs = winsorizedMean(warmAt[i]);
        estimate.measuredP95Ms = percentile(warmAt[i], 0.95);
        estimate.initMs = initsAt[i].empty() ? median(inits[s]) : mean(initsAt[i]);
        const double ratio = firstOverWarm[s].empty() ? 1 : median(firstOverWarm[s]);
        estimate.coldDurationMs = estimate.durationMs.mean * ratio;
        estimate.coldCostUsd =
            m_prices.of(estimate.candidate, billedMs(i, estimate.coldDurationMs + estimate.initMs));
    }
}

// AWS rounds every call up to a whole millisecond: half of one is added on average, unless the
// duration varies by less than that.
double Landscape::billedMs(std::size_t index, double durationMs) const
{
    const double deviation = m_spread[index] * durationMs;
    return deviation < 0.15 ? std::ceil(durationMs) : durationMs + 0.5;
}

void Landscape::drawAll(std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    m_draws.assign(kDraws, std::vector<double>(m_candidates.size()));
    for (std::vector<double>& draw : m_draws)
        for (std::size_t s = 0; s < 2; ++s) {
            if (!m_curves[s])
                continue;
            const std::vector<double> logs = m_curves[s]->draw(random);
            for (std::size_t i = 0; i < logs.size(); ++i)
                draw[m_index[s][i]] = logs[i];
        }
}

Figures Landscape::figure(std::size_t index, double warmMs, const Objective& objective) const
{
    const Estimate& estimate = m_estimates[index];
    Figures figures;
    figures.possible = estimate.state == Estimate::State::Estimated;
    if (!figures.possible)
        return figures;
    const double warm = m_prices.of(estimate.candidate, billedMs(index, warmMs));
    const double p = objective.coldShare;
    figures.costUsd = (1 - p) * warm + p * estimate.coldCostUsd;
    figures.durationMs = (1 - p) * warmMs + p * (estimate.initMs + estimate.coldDurationMs);
    figures.p95Ms = warmMs * m_tail[index];
    return figures;
}

std::vector<Figures> Landscape::figures(const Objective& objective) const
{
    std::vector<Figures> result;
    for (std::size_t i = 0; i < m_estimates.size(); ++i)
        result.push_back(figure(i, m_estimates[i].durationMs.mean, objective));
    return result;
}

std::vector<std::vector<Figures>> Landscape::drawnFigures(const Objective& objective) const
{
    std::vector<std::vector<Figures>> result;
    for (const std::vector<double>& draw : m_draws) {
        result.emplace_back();
        for (std::size_t i = 0; i < draw.size(); ++i)
            result.back().push_back(figure(i, std::exp(draw[i]), objective));
    }
    return result;
}

// The scores with a share of what each would be on a slower CPU, as its smaller neighbours tell.
std::vector<double> Landscape::besideSteps(const std::vector<double>& scores) const
{
    std::vector<double> result = scores;
    for (std::size_t s = 0; s < 2; ++s)
        for (std::size_t i = 1; i < m_sizes[s].size(); ++i) {
            const double wanted = m_sizes[s][i] / kSlowerCpu;
            std::size_t below = i - 1;
            while (below > 0 && m_sizes[s][below] > wanted)
                --below;
            const double low = scores[m_index[s][below]], high = scores[m_index[s][below + 1]];
            const double own = scores[m_index[s][i]];
            if (!std::isfinite(low) || !std::isfinite(high) || !std::isfinite(own))
                continue;
            const double along = std::clamp((wanted - m_sizes[s][below]) /
                                                (m_sizes[s][below + 1] - m_sizes[s][below]),
                                            0.0, 1.0);
            const double slower = low + along * (high - low);
            result[m_index[s][i]] += kSlowerShare * std::max(slower - own, 0.0);
        }
    return result;
}

Choice Landscape::choose(const Objective& objective, double epsilon) const
{
    const std::vector<Figures> expected = figures(objective);
    Choice choice;
    choice.any = std::any_of(expected.begin(), expected.end(),
                             [](const Figures& one) { return one.possible; });
    if (!choice.any)
        return choice;
    std::vector<std::vector<double>> drawnAll;
    std::vector<double> careful = scores(expected, objective), squares(careful.size());
    for (const std::vector<Figures>& drawn : drawnFigures(objective)) {
        drawnAll.push_back(scores(drawn, objective));
        for (std::size_t i = 0; i < careful.size(); ++i) {
            const double off = drawnAll.back()[i] - careful[i];
            squares[i] += off * off / kDraws;
        }
    }
    for (std::size_t i = 0; i < careful.size(); ++i)
        if (std::isfinite(careful[i]) && std::isfinite(squares[i]))
            careful[i] += kCaution * std::sqrt(squares[i]);
    careful = besideSteps(careful);
    choice.index = pickOf(expected, careful, objective);
    choice.contenders = contenders(careful, choice.index);
    std::vector<double> regrets;
    for (const std::vector<double>& drawnScores : drawnAll) {
        const double best = *std::min_element(drawnScores.begin(), drawnScores.end());
        regrets.push_back(drawnScores[choice.index] / best - 1);
    }
    const auto close = std::count_if(regrets.begin(), regrets.end(),
                                     [epsilon](double regret) { return regret <= epsilon; });
    choice.sure = static_cast<double>(close) / static_cast<double>(regrets.size());
    choice.regretAtMost = percentile(std::move(regrets), 0.95);
    return choice;
}

std::vector<double> Landscape::worth(const Objective& objective, int warmCalls) const
{
    const std::size_t count = m_candidates.size();
    std::vector<double> worths(count);
    const Choice leader = choose(objective, 0);
    if (!leader.any)
        return worths;
    // Scores as logarithms, so that distances are relative and what is excluded drops out.
    std::vector<std::vector<double>> logs;
    std::vector<double> ahead(count);
    for (const std::vector<Figures>& drawn : drawnFigures(objective)) {
        std::vector<double> drawnScores = scores(drawn, objective);
        const auto best = std::min_element(drawnScores.begin(), drawnScores.end());
        ahead[static_cast<std::size_t>(best - drawnScores.begin())] += 1.0 / kDraws;
        for (double& score : drawnScores)
            score = std::log(std::min(score, std::numeric_limits<double>::max()));
        logs.push_back(std::move(drawnScores));
    }
    ahead[leader.index] = 0;
    std::vector<double> centre(count), variance(count);
    for (const std::vector<double>& draw : m_draws)
        for (std::size_t i = 0; i < count; ++i)
            centre[i] += draw[i] / kDraws;
    for (const std::vector<double>& draw : m_draws)
        for (std::size_t i = 0; i < count; ++i)
            variance[i] += (draw[i] - centre[i]) * (draw[i] - centre[i]) / kDraws;
    for (std::size_t rival = 0; rival < count; ++rival) {
        if (ahead[rival] == 0)
            continue;
        double middle = 0;
        for (const std::vector<double>& one : logs)
            middle += (one[leader.index] - one[rival]) / kDraws;
        std::vector<double> together(count);
        for (std::size_t d = 0; d < logs.size(); ++d) {
            const double gap = logs[d][leader.index] - logs[d][rival] - middle;
            for (std::size_t i = 0; i < count; ++i)
                together[i] += gap * (m_draws[d][i] - centre[i]) / kDraws;
        }
        for (std::size_t i = 0; i < count; ++i) {
            const double noise = m_environmentSpread[i] * m_environmentSpread[i] +
                                 m_spread[i] * m_spread[i] / std::max(warmCalls, 1);
            worths[i] += ahead[rival] * together[i] * together[i] / (variance[i] + noise);
        }
    }
    for (std::size_t i = 0; i < count; ++i)
        if (m_estimates[i].state != Estimate::State::Estimated)
            worths[i] = 0;
    return worths;
}

} // namespace gantry::tuning
