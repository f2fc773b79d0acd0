#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::observe {

// A DDSketch (Masson, Rim, Lee: VLDB 2019): a histogram whose bins grow by a constant factor, so
// that every quantile is within 1 % of the true value, whatever the distribution. Two sketches
// merge without loss; that is what lets seconds be rolled up to minutes and hours.
class Sketch final {
public:
    static constexpr double kAccuracy = 0.01;

    void add(double value, std::uint32_t times = 1);
    void merge(const Sketch& other);
    void clear();

    std::uint64_t count() const { return m_count; }
    // The value at quantile q in [0, 1]; 0 when empty.
    double quantile(double q) const;
    // How many values are not above that one.
    std::uint64_t countAtMost(double value) const;

    std::string serialise() const;
    static std::optional<Sketch> parse(std::string_view bytes);

private:
    std::uint32_t& bin(int index);

    int m_first = 0; // index of the first bin
    std::vector<std::uint32_t> m_bins;
    std::uint64_t m_count = 0;
};

} // namespace gantry::observe
