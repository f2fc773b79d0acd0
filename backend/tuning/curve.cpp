#include "backend/tuning/curve.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace gantry::tuning {
namespace {

// What the models leave over, as a relative deviation: a slow part (caches, memory bandwidth,
// threads) and a quick one (the edges of the steps), with their lengths on the scale of
// log(memory).
struct Kernel {
    double slow, quick;
};
constexpr std::array<Kernel, 6> kKernels = {
    {{0.03, 0.01}, {0.03, 0.03}, {0.1, 0.02}, {0.1, 0.06}, {0.3, 0.03}, {0.3, 0.15}}};
constexpr double kSlowLength = 0.7;
constexpr double kQuickLength = 0.06;

constexpr double kPriorSpread = 0.08; // of calls, before there are any; worth so many calls:
constexpr double kPriorCalls = 4;
constexpr double kLocalCalls = 4;            // what the other sizes are worth at one size
constexpr double kEnvironmentSpread = 0.025; // between environments, before there are several; worth
constexpr double kEnvironmentDegrees = 4;    // so many more of them
constexpr double kSmoothShare = 4;           // no edge: the models say no more than that many times it
constexpr double kEdgeShare = 0.5;           // of a model's variance lies between environments
constexpr double kEdgeWeight = 0.8;          // of the models is looked at for it
constexpr double kModelError = 0.02;         // of the models themselves, whatever was measured
constexpr double kNugget = 1e-8;

constexpr double kNegligible = 1e-4; // weight of a part, against the heaviest
constexpr std::size_t kMostParts = 300;

double covariance(const Kernel& kernel, double from, double to)
{
    const double distance = std::abs(from - to);
    const double slow = distance / kSlowLength;
    return kernel.slow * kernel.slow * std::exp(-slow * slow / 2) +
           kernel.quick * kernel.quick * std::exp(-distance / kQuickLength);
}

double dot(std::span<const double> a, std::span<const double> b)
{
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

} // namespace

// What one kernel makes of the observations, whatever the model.
struct Conditioned {
    Cholesky observed;
    std::vector<std::vector<double>> gains; // L⁻¹ k(size, observations), by size
    double logDeterminant = 0;
};

Curve::Curve(const std::vector<int>& sizesMb, std::span<const Probe> probes,
             std::shared_ptr<const ModelBank>& bank, std::span<const double> familyPrior)
    : m_sizes(sizesMb), m_environmentSpread(sizesMb.size(), kEnvironmentSpread),
      m_familyPrior(familyPrior.begin(), familyPrior.end())
{
    estimateSpread(probes);
    std::vector<Observation> observations = observe(probes);
    if (observations.empty())
        throw std::invalid_argument("a curve needs a measurement");
    std::size_t largest = 0;
    for (const Observation& observation : observations)
        largest = std::max(largest, observation.size);
    double weight = 0, sum = 0;
    for (const Observation& observation : observations) {
        if (observation.size != largest)
            continue;
        weight += 1 / observation.noise;
        sum += observation.logMs / observation.noise;
    }
    const double anchor = std::exp(sum / weight);
    if (!bank || bank->sizesMb() != m_sizes || !bank->covers(m_sizes[largest], anchor))
        bank = std::make_shared<const ModelBank>(m_sizes, m_sizes[largest], anchor);
    weigh(observations, *bank);
    // Now that the steps are roughly known, measurements at their edges count for less.
    spreadAtEdges(*bank, probes);
    observations = observe(probes);
    weigh(observations, *bank);
    summarise();
}

std::size_t Curve::indexOf(int memoryMb) const
{
    const auto found = std::lower_bound(m_sizes.begin(), m_sizes.end(), memoryMb);
    if (found == m_sizes.end() || *found != memoryMb)
        throw std::invalid_argument("a probe of a size that is not asked for");
    return static_cast<std::size_t>(found - m_sizes.begin());
}

void Curve::estimateSpread(std::span<const Probe> probes)
{
    std::vector<double> squares(m_sizes.size()), degrees(m_sizes.size());
    double allSquares = kPriorCalls * kPriorSpread * kPriorSpread, allDegrees = kPriorCalls;
    for (const Probe& probe : probes) {
        const std::vector<double> durations = warmDurations(probe);
        if (durations.size() < 2)
            continue;
        const double mean = winsorizedMean(durations);
        const std::size_t index = indexOf(probe.candidate.memoryMb);
        for (const double duration : durations) {
            const double deviation = std::min(std::abs(duration / mean - 1), 1.0);
            squares[index] += deviation * deviation;
        }
        degrees[index] += static_cast<double>(durations.size() - 1);
    }
    for (std::size_t i = 0; i < m_sizes.size(); ++i) {
        allSquares += squares[i];
        allDegrees += degrees[i];
    }
    const double pooled = allSquares / allDegrees;
    for (std::size_t i = 0; i < m_sizes.size(); ++i)
        m_spread.push_back(
            std::sqrt((kLocalCalls * pooled + squares[i]) / (kLocalCalls + degrees[i])));
}

std::vector<Curve::Observation> Curve::observe(std::span<const Probe> probes) const
{
    std::vector<Observation> observations;
    for (const Probe& probe : probes) {
        const std::vector<double> durations = warmDurations(probe);
        if (durations.empty())
            continue;
        const std::size_t index = indexOf(probe.candidate.memoryMb);
        const double noise =
            m_spread[index] * m_spread[index] / static_cast<double>(durations.size());
        // The logarithm of a noisy mean is too low by half its variance.
        observations.push_back({index,
                                std::log(std::max(winsorizedMean(durations), 1e-3)) + noise / 2,
                                m_environmentSpread[index] * m_environmentSpread[index] + noise});
    }
    return observations;
}

// At the edge of a step a slightly slower CPU means one period more: environments differ there by
// what the model says of its jitter, however alike the few measured ones were.
void Curve::spreadAtEdges(const ModelBank& bank, std::span<const Probe> probes)
{
    std::vector<double> variance(m_sizes.size());
    double weight = 0;
    for (const Part& part : m_parts) {
        if (weight > kEdgeWeight)
            break;
        weight += part.weight;
        for (std::size_t i = 0; i < m_sizes.size(); ++i) {
            const Moments moments = durationMs(bank.models()[part.model].demand, m_sizes[i]);
            const double relative = moments.deviation / moments.mean;
            variance[i] += part.weight * relative * relative;
        }
    }
    for (double& one : variance)
        one *= kEdgeShare / weight;
    const double usual = environmentVariance(probes, variance);
    for (std::size_t i = 0; i < m_sizes.size(); ++i)
        m_environmentSpread[i] = std::sqrt(std::max(usual, variance[i]));
}

// Between environments of one size, away from edges, as the sizes tell that were measured in several:
// a host on which other work comes and goes differs more from minute to minute than AWS does.
double Curve::environmentVariance(std::span<const Probe> probes,
                                  const std::vector<double>& atEdges) const
{
    std::vector<std::vector<double>> logs(m_sizes.size());
    std::vector<double> noise(m_sizes.size());
    for (const Observation& observation : observe(probes)) {
        const double environment = m_environmentSpread[observation.size];
        logs[observation.size].push_back(observation.logMs);
        noise[observation.size] += observation.noise - environment * environment;
    }
    double squares = kEnvironmentDegrees * kEnvironmentSpread * kEnvironmentSpread;
    double degrees = kEnvironmentDegrees;
    for (std::size_t i = 0; i < m_sizes.size(); ++i) {
        const auto count = static_cast<double>(logs[i].size());
        if (count < 2 || atEdges[i] > kSmoothShare * kEnvironmentSpread * kEnvironmentSpread)
            continue;
        const double middle = std::accumulate(logs[i].begin(), logs[i].end(), 0.0) / count;
        for (const double log : logs[i])
            squares += (log - middle) * (log - middle);
        squares -= (count - 1) * noise[i] / count;
        degrees += count - 1;
    }
    return std::max(squares, 0.0) / degrees;
}

void Curve::weigh(const std::vector<Observation>& observations, const ModelBank& bank)
{
    m_roots.clear();
    m_variances.clear();
    m_parts.clear();
    const std::size_t count = observations.size();
    std::vector<double> x;
    for (const int size : m_sizes)
        x.push_back(std::log(size));

    struct Scored {
        double logWeight;
        std::size_t kernel, model;
    };
    std::vector<Scored> scored;
    std::vector<Conditioned> conditioned;
    for (std::size_t k = 0; k < kKernels.size(); ++k) {
        Matrix seen(count);
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t j = 0; j <= i; ++j)
                seen(i, j) = seen(j, i) =
                    covariance(kKernels[k], x[observations[i].size], x[observations[j].size]);
            seen(i, i) += observations[i].noise;
        }
        auto root = Cholesky::of(std::move(seen));
        if (!root)
            throw std::logic_error("a covariance that is not positive definite");
        Conditioned known{*std::move(root), {}, 0};
        known.logDeterminant = known.observed.logDeterminant();
        std::vector<double> towards(count);
        for (const double at : x) {
            for (std::size_t i = 0; i < count; ++i)
                towards[i] = covariance(kKernels[k], at, x[observations[i].size]);
            known.gains.push_back(known.observed.solveLower(towards));
        }
        Matrix left(m_sizes.size());
        std::vector<double> variance;
        for (std::size_t i = 0; i < m_sizes.size(); ++i) {
            for (std::size_t j = 0; j <= i; ++j)
                left(i, j) = left(j, i) =
                    covariance(kKernels[k], x[i], x[j]) - dot(known.gains[i], known.gains[j]);
            variance.push_back(std::max(left(i, i), 0.0));
            left(i, i) += kNugget + 1e-6 * kKernels[k].slow * kKernels[k].slow;
        }
        auto posterior = Cholesky::of(std::move(left));
        if (!posterior)
            throw std::logic_error("a posterior that is not positive definite");
        m_roots.push_back(*std::move(posterior));
        m_variances.push_back(std::move(variance));

        std::vector<double> rest(count);
        for (std::size_t m = 0; m < bank.models().size(); ++m) {
            const ModelBank::Model& model = bank.models()[m];
            for (std::size_t i = 0; i < count; ++i)
                rest[i] = observations[i].logMs - model.logMs[observations[i].size];
            known.observed.solveLowerInPlace(rest);
            const double told = m_familyPrior.empty() ? 0 : std::log(m_familyPrior[model.family]);
            scored.push_back(
                {model.logPrior + told - (dot(rest, rest) + known.logDeterminant) / 2, k, m});
        }
        conditioned.push_back(std::move(known));
    }

    const auto heavier = [](const Scored& a, const Scored& b) { return a.logWeight > b.logWeight; };
    const double heaviest = std::min_element(scored.begin(), scored.end(), heavier)->logWeight;
    double total = 0, allWeight = 0;
    m_familyWeights.assign(ModelBank::kFamilies, 0);
    for (const Scored& score : scored) {
        const double weight = std::exp(score.logWeight - heaviest);
        m_familyWeights[bank.models()[score.model].family] += weight;
        allWeight += weight;
    }
    std::erase_if(scored, [heaviest](const Scored& score) {
        return score.logWeight - heaviest < std::log(kNegligible);
    });
    std::sort(scored.begin(), scored.end(), heavier);
    scored.resize(std::min(scored.size(), kMostParts));
    for (const Scored& score : scored) {
        const double weight = std::exp(score.logWeight - heaviest);
        const ModelBank::Model& model = bank.models()[score.model];
        std::vector<double> rest(count);
        for (std::size_t i = 0; i < count; ++i)
            rest[i] = observations[i].logMs - model.logMs[observations[i].size];
        const Conditioned& known = conditioned[score.kernel];
        const std::vector<double> white = known.observed.solveLower(rest);
        Part part{weight, score.kernel, score.model, model.logMs};
        for (std::size_t i = 0; i < m_sizes.size(); ++i)
            part.mean[i] += dot(known.gains[i], white);
        m_parts.push_back(std::move(part));
        total += weight;
    }
    for (Part& part : m_parts)
        part.weight /= total;
    for (double& weight : m_familyWeights)
        weight /= allWeight;
    m_demand = bank.models()[m_parts.front().model].demand;
}

void Curve::summarise()
{
    for (std::size_t i = 0; i < m_sizes.size(); ++i) {
        double mean = 0, square = 0;
        for (const Part& part : m_parts) {
            mean += part.weight * part.mean[i];
            square += part.weight * (part.mean[i] * part.mean[i] + m_variances[part.kernel][i]);
        }
        m_mean.push_back(mean);
        m_deviation.push_back(
            std::sqrt(std::max(square - mean * mean, 0.0) + kModelError * kModelError));
    }
}

std::vector<double> Curve::draw(std::mt19937_64& random) const
{
    double at = std::uniform_real_distribution<double>(0, 1)(random);
    std::size_t chosen = 0;
    while (chosen + 1 < m_parts.size() && at >= m_parts[chosen].weight)
        at -= m_parts[chosen++].weight;
    std::normal_distribution<double> normal;
    std::vector<double> white(m_sizes.size());
    std::generate(white.begin(), white.end(), [&] { return normal(random); });
    std::vector<double> drawn = m_roots[m_parts[chosen].kernel].multiplyLower(white);
    for (std::size_t i = 0; i < drawn.size(); ++i)
        drawn[i] += m_parts[chosen].mean[i];
    return drawn;
}

} // namespace gantry::tuning
