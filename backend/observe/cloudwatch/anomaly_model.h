#pragma once

#include "backend/observe/cloudwatch/metric_math.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::observe::cloudwatch {

// What a metric is usually like: for each hour of the day (UTC) the median of its values and their
// spread, 1.4826 times the median absolute deviation, which is the standard deviation where values are
// normal and is not moved by the anomalies themselves. An hour with fewer than kEnoughOfHour values
// counts as all hours together, the spread is at least 1 % of the median, and with fewer than kEnough
// values in all there is no band. CloudWatch's own model is not published; this one is plain and stated.
class AnomalyModel final {
public:
    static constexpr std::size_t kEnough = 15;
    static constexpr std::size_t kEnoughOfHour = 10;

    AnomalyModel() = default;
    AnomalyModel(const Grid& grid, const Values& values);

    struct Range {
        double lower;
        double upper;
    };
    // What is usual at a time, deviations wide to both sides; NaN when too little is known.
    Range at(std::int64_t ms, double deviations) const;

    // The ids that an expression asks bands for.
    static std::vector<std::string> idsIn(std::string_view expression);
    // The grid of the values to learn from before a time: two weeks, 5,000 periods at most, and as far
    // back as seconds are kept where the period is below a minute.
    static Grid trainingGrid(const Grid& before);

private:
    struct Usual {
        double median = 0;
        double spread = 0;
        bool known = false;
    };
    static Usual usualOf(std::vector<double> values, std::size_t enough);

    std::array<Usual, 24> m_hours;
    Usual m_all;
};

} // namespace gantry::observe::cloudwatch
