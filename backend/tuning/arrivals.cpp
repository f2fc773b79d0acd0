#include "backend/tuning/arrivals.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace gantry::tuning {

double warmProbability(double idleSeconds)
{
    constexpr std::array<std::pair<double, double>, 8> kKnots = {
        {{0, 1}, {270, 0.97}, {300, 0.92}, {315, 0.57}, {330, 0.32}, {345, 0.06}, {360, 0}, {1e9, 0}}};
    for (std::size_t i = 1; i < kKnots.size(); ++i) {
        const auto [from, before] = kKnots[i - 1];
        const auto [to, after] = kKnots[i];
        if (idleSeconds <= to)
            return before + (after - before) * std::max(idleSeconds - from, 0.0) / (to - from);
    }
    return 0;
}

double coldShare(std::span<const Arrival> arrivals)
{
    struct Environment {
        double freeAtMs;
    };
    std::vector<Environment> environments;
    double cold = 0;
    for (const Arrival& arrival : arrivals) {
        const auto now = static_cast<double>(arrival.atMs);
        Environment* latest = nullptr;
        for (Environment& one : environments)
            if (one.freeAtMs <= now && (!latest || one.freeAtMs > latest->freeAtMs))
                latest = &one;
        const double warm = latest ? warmProbability((now - latest->freeAtMs) / 1000) : 0;
        cold += 1 - warm;
        if (!latest) {
            environments.push_back({});
            latest = &environments.back();
        }
        latest->freeAtMs = now + arrival.durationMs;
        std::erase_if(environments, [now](const Environment& one) {
            return now - one.freeAtMs > 360'000;
        });
    }
    return arrivals.empty() ? 1 : cold / static_cast<double>(arrivals.size());
}

} // namespace gantry::tuning
