#pragma once

#include "backend/observe/sketch.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::observe::cloudwatch {

// What is known of the values of one metric in one interval. Percentiles are within 1 %; those of
// values that came as a statistic set are not known.
struct Statistics {
    double count = 0;
    double sum = 0;
    double minimum = std::numeric_limits<double>::infinity();
    double maximum = -std::numeric_limits<double>::infinity();
    Sketch positive;
    Sketch negative; // of the values' magnitudes
    std::int64_t zeros = 0;

    void add(double value, std::int64_t times = 1);
    // A statistic set: what its values were one by one is not told.
    void addSet(double setCount, double setSum, double setMinimum, double setMaximum);
    void merge(const Statistics& other);
    bool empty() const { return count <= 0; }

    std::string serialise() const; // of the sketches
    bool parse(std::string_view bytes);
};

// A statistic by its name: SampleCount, Average, Sum, Minimum, Maximum, a percentile as in p99.9, and of
// the values in a range, as in TC(:500), PR(100:500) or TC(500:), how many and what percentage they are.
class Statistic final {
public:
    static absl::StatusOr<Statistic> parse(std::string_view name);
    // Nothing when the interval has no value, or no values one by one for a percentile.
    std::optional<double> of(const Statistics& statistics) const;

private:
    enum class Kind { SampleCount, Average, Sum, Minimum, Maximum, Percentile, CountWithin, PercentWithin };
    static std::optional<Statistic> parseRange(std::string_view name);

    Kind m_kind = Kind::Average;
    double m_percentile = 0;
    double m_above = 0; // of a range: values above this, not above that
    double m_upTo = 0;
};

} // namespace gantry::observe::cloudwatch
