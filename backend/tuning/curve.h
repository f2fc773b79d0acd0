#pragma once

#include "backend/tuning/cholesky.h"
#include "backend/tuning/measurement.h"
#include "backend/tuning/model_bank.h"

#include <memory>
#include <random>
#include <span>
#include <vector>

namespace gantry::tuning {

// What is known of one architecture's warm mean duration over memory after some probes: a mixture
// of throttling models, each with a Gaussian process on the logarithm of what it leaves over,
// weighted by how well they explain the measurements.
class Curve final {
public:
    // Sizes in MB, ascending; the probes are of these sizes, of one architecture, and at least one
    // has a warm duration. The bank is kept for the next curve. The prior, when there is one, is
    // what another architecture says of the families of models: the same code runs there.
    Curve(const std::vector<int>& sizesMb, std::span<const Probe> probes,
          std::shared_ptr<const ModelBank>& bank, std::span<const double> familyPrior = {});

    // Of the logarithm of the mean duration, by size.
    const std::vector<double>& logMean() const { return m_mean; }
    const std::vector<double>& logDeviation() const { return m_deviation; }
    // Relative deviation of single calls from their environment's mean, and of environments from
    // their size's mean, by size.
    const std::vector<double>& spread() const { return m_spread; }
    const std::vector<double>& environmentSpread() const { return m_environmentSpread; }
    // The most likely model.
    const Demand& demand() const { return m_demand; }

    // How likely each family of models is; sums to 1.
    const std::vector<double>& familyWeights() const { return m_familyWeights; }

    // One joint draw of the curve (log durations by size) from what is known.
    std::vector<double> draw(std::mt19937_64& random) const;

private:
    struct Observation { // one probe's mean
        std::size_t size = 0; // index
        double logMs = 0;
        double noise = 0; // variance
    };
    struct Part { // a model with a kernel
        double weight = 0;
        std::size_t kernel = 0;
        std::size_t model = 0;
        std::vector<double> mean;
    };

    void estimateSpread(std::span<const Probe> probes);
    void spreadAtEdges(const ModelBank& bank, std::span<const Probe> probes);
    double environmentVariance(std::span<const Probe> probes,
                               const std::vector<double>& atEdges) const;
    std::vector<Observation> observe(std::span<const Probe> probes) const;
    void weigh(const std::vector<Observation>& observations, const ModelBank& bank);
    void summarise();
    std::size_t indexOf(int memoryMb) const;

    std::vector<int> m_sizes;
    std::vector<double> m_mean, m_deviation, m_spread, m_environmentSpread;
    std::vector<double> m_familyPrior, m_familyWeights;
    Demand m_demand;
    std::vector<Part> m_parts;       // heaviest first; weights sum to 1
    std::vector<Cholesky> m_roots;   // of the posterior covariance, by kernel
    std::vector<std::vector<double>> m_variances; // its diagonal
};

} // namespace gantry::tuning
