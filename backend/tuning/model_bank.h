#pragma once

#include "backend/tuning/throttling.h"

#include <cstddef>
#include <vector>

namespace gantry::tuning {

// The throttling models that could explain a function whose duration at one large size is roughly
// known: shares of CPU and waiting, threads, ways of metering, in steps of about one percent.
class ModelBank final {
public:
    struct Model {
        Demand demand;
        std::vector<double> logMs; // natural logarithm of the mean duration, by size
        double logPrior = 0;
        std::size_t family = 0; // a way of metering with a share of CPU; below kFamilies
    };
    static const std::size_t kFamilies;

    // Sizes in MB. The anchor is a duration that was measured at one of them.
    ModelBank(std::vector<int> sizesMb, int anchorMb, double anchorMs);

    // Whether the models still surround such a measurement.
    bool covers(int anchorMb, double anchorMs) const;
    const std::vector<Model>& models() const { return m_models; }
    const std::vector<int>& sizesMb() const { return m_sizes; }

private:
    void add(Demand demand, double logPrior, std::size_t family);

    std::vector<int> m_sizes;
    int m_anchorMb;
    double m_anchorMs;
    std::vector<Model> m_models;
};

} // namespace gantry::tuning
