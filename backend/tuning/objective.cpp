#include "backend/tuning/objective.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace gantry::tuning {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double score(const Figures& figures, const Objective& objective, double mostCost, double longest)
{
    switch (objective.strategy) {
    case Strategy::Cost:
        return figures.costUsd;
    case Strategy::Speed:
        return figures.durationMs;
    case Strategy::Balanced:
        return objective.balancedWeight * figures.costUsd / mostCost +
               (1 - objective.balancedWeight) * figures.durationMs / longest;
    }
    return kInfinity;
}

} // namespace

std::vector<double> scores(const std::vector<Figures>& figures, const Objective& objective)
{
    double mostCost = 0, longest = 0;
    bool kept = objective.p95LimitMs <= 0;
    for (const Figures& one : figures) {
        if (!one.possible)
            continue;
        mostCost = std::max(mostCost, one.costUsd);
        longest = std::max(longest, one.durationMs);
        kept = kept || one.p95Ms <= objective.p95LimitMs;
    }
    std::vector<double> result;
    for (const Figures& one : figures) {
        if (!one.possible)
            result.push_back(kInfinity);
        else if (!kept)
            result.push_back(one.p95Ms);
        else if (objective.p95LimitMs > 0 && one.p95Ms > objective.p95LimitMs)
            result.push_back(kInfinity);
        else
            result.push_back(score(one, objective, mostCost, longest));
    }
    return result;
}

std::size_t pickOf(const std::vector<Figures>& figures, const std::vector<double>& scores,
                   const Objective& objective)
{
    const auto best = std::min_element(scores.begin(), scores.end());
    auto pick = static_cast<std::size_t>(best - scores.begin());
    if (objective.strategy != Strategy::Speed)
        return pick;
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (scores[i] <= *best * (1 + objective.speedTie) &&
            figures[i].costUsd < figures[pick].costUsd)
            pick = i;
    return pick;
}

std::vector<std::size_t> paretoFront(const std::vector<Figures>& figures)
{
    std::vector<std::size_t> order(figures.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        if (figures[a].durationMs != figures[b].durationMs)
            return figures[a].durationMs < figures[b].durationMs;
        return figures[a].costUsd < figures[b].costUsd;
    });
    std::vector<std::size_t> front;
    double cheapest = kInfinity;
    for (const std::size_t index : order) {
        if (!figures[index].possible || figures[index].costUsd >= cheapest)
            continue;
        cheapest = figures[index].costUsd;
        front.push_back(index);
    }
    return front;
}

} // namespace gantry::tuning
