#include "backend/tuning/model_bank.h"

#include <array>
#include <cmath>
#include <utility>

namespace gantry::tuning {
namespace {

struct Kind {
    Metering metering;
    double threads;
    double graceMs;
    double prior;
};

constexpr std::array<Kind, 10> kKinds = {{
    {Metering::Fluid, 1, 0, 3},
    {Metering::Fluid, 1.5, 0, 1},
    {Metering::Fluid, 2, 0, 2},
    {Metering::Fluid, 3, 0, 1},
    {Metering::Fluid, 6, 0, 1},
    {Metering::Aligned, 1, 0.5, 2},
    {Metering::Aligned, 1, 2.5, 1},
    {Metering::Aligned, 2, 0.5, 1},
    {Metering::Uniform, 1, 0, 2},
    {Metering::Uniform, 2, 0, 1},
}};
constexpr std::array<double, 11> kCpuShares = {0,   0.05, 0.12, 0.22, 0.35, 0.5,
                                               0.65, 0.8,  0.9,  0.96, 1};
constexpr double kStep = 0.011; // of the logarithm of the duration
constexpr int kStepsEitherSide = 22;
constexpr double kAnchorDrift = 0.08;
// A function that needs less CPU than this is throttled too seldom to tell a staircase.
constexpr double kLongestStaircaseMs = 200;

double fluidMs(const Kind& kind, double cpuShare, double memoryMb)
{
    return durationMs({cpuShare, 1 - cpuShare, kind.threads}, memoryMb).mean;
}

} // namespace

const std::size_t ModelBank::kFamilies = kKinds.size() * kCpuShares.size();

ModelBank::ModelBank(std::vector<int> sizesMb, int anchorMb, double anchorMs)
    : m_sizes(std::move(sizesMb)), m_anchorMb(anchorMb), m_anchorMs(anchorMs)
{
    for (std::size_t family = 0; family < kFamilies; ++family) {
        const Kind& kind = kKinds[family / kCpuShares.size()];
        const double share = kCpuShares[family % kCpuShares.size()];
        if (share == 0 && (kind.threads > 1 || kind.metering != Metering::Fluid))
            continue;
        const double full = anchorMs / fluidMs(kind, share, anchorMb);
        if (kind.metering != Metering::Fluid && full * share / kind.threads > kLongestStaircaseMs)
            continue;
        for (int step = -kStepsEitherSide; step <= kStepsEitherSide; ++step) {
            const double scale = full * std::exp(kStep * step);
            add({scale * share, scale * (1 - share), kind.threads, kind.metering, kind.graceMs},
                std::log(kind.prior), family);
        }
    }
}

void ModelBank::add(Demand demand, double logPrior, std::size_t family)
{
    Model model{demand, {}, logPrior, family};
    model.logMs.reserve(m_sizes.size());
    for (const int size : m_sizes)
        model.logMs.push_back(std::log(durationMs(demand, size).mean));
    m_models.push_back(std::move(model));
}

bool ModelBank::covers(int anchorMb, double anchorMs) const
{
    return anchorMb == m_anchorMb && std::abs(std::log(anchorMs / m_anchorMs)) < kAnchorDrift;
}

} // namespace gantry::tuning
