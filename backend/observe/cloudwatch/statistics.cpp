#include "backend/observe/cloudwatch/statistics.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace gantry::observe::cloudwatch {
namespace {

std::optional<double> percentile(const Statistics& s, double quantile)
{
    const double known = static_cast<double>(s.negative.count()) + static_cast<double>(s.zeros) +
                         static_cast<double>(s.positive.count());
    if (known <= 0)
        return std::nullopt;
    double rank = std::max(std::ceil(quantile * known), 1.0); // of the value, from 1
    const auto negative = static_cast<double>(s.negative.count());
    const auto positive = static_cast<double>(s.positive.count());
    if (rank <= negative) // the largest magnitude is the smallest value
        return std::clamp(-s.negative.quantile(1 - (rank - 1) / std::max(negative - 1, 1.0)),
                          s.minimum, s.maximum);
    rank -= negative;
    if (rank <= static_cast<double>(s.zeros))
        return 0.0;
    rank -= static_cast<double>(s.zeros);
    return std::clamp(s.positive.quantile((rank - 1) / std::max(positive - 1, 1.0)), s.minimum,
                      s.maximum);
}

// How many of the values that are known one by one are not above that one.
double countAtMost(const Statistics& s, double value)
{
    const auto negative = static_cast<double>(s.negative.count());
    if (value < 0) // larger magnitudes are smaller values
        return negative - static_cast<double>(
                              s.negative.countAtMost(-value * (1 - 2 * Sketch::kAccuracy)));
    return negative + static_cast<double>(s.zeros) + static_cast<double>(s.positive.countAtMost(value));
}

std::optional<double> countWithin(const Statistics& s, double above, double upTo)
{
    const double known = static_cast<double>(s.negative.count()) + static_cast<double>(s.zeros) +
                         static_cast<double>(s.positive.count());
    if (known < s.count)
        return std::nullopt;
    const double high = std::isinf(upTo) ? known : countAtMost(s, upTo);
    return std::max(0.0, high - (std::isinf(above) ? 0 : countAtMost(s, above)));
}

} // namespace

void Statistics::add(double value, std::int64_t times)
{
    if (times <= 0)
        return;
    count += static_cast<double>(times);
    sum += value * static_cast<double>(times);
    minimum = std::min(minimum, value);
    maximum = std::max(maximum, value);
    if (value == 0)
        zeros += times;
    else
        (value > 0 ? positive : negative).add(std::abs(value), static_cast<std::uint32_t>(times));
}

void Statistics::addSet(double setCount, double setSum, double setMinimum, double setMaximum)
{
    // One value many times over is the only set whose values are known.
    if (setMinimum == setMaximum && setCount == std::floor(setCount))
        return add(setMinimum, static_cast<std::int64_t>(setCount));
    count += setCount;
    sum += setSum;
    minimum = std::min(minimum, setMinimum);
    maximum = std::max(maximum, setMaximum);
}

void Statistics::merge(const Statistics& other)
{
    count += other.count;
    sum += other.sum;
    minimum = std::min(minimum, other.minimum);
    maximum = std::max(maximum, other.maximum);
    positive.merge(other.positive);
    negative.merge(other.negative);
    zeros += other.zeros;
}

std::string Statistics::serialise() const
{
    const std::string first = positive.serialise();
    return absl::StrCat(zeros, ";", first.size(), ";", first, negative.serialise());
}

bool Statistics::parse(std::string_view bytes)
{
    const auto number = [&bytes]() -> std::optional<std::int64_t> {
        const std::size_t end = bytes.find(';');
        std::int64_t value = 0;
        if (end == std::string_view::npos || !absl::SimpleAtoi(view(bytes.substr(0, end)), &value))
            return std::nullopt;
        bytes.remove_prefix(end + 1);
        return value;
    };
    const auto zero = number();
    const auto size = zero ? number() : std::nullopt;
    if (!size || *size < 0 || static_cast<std::size_t>(*size) > bytes.size())
        return false;
    auto first = Sketch::parse(bytes.substr(0, static_cast<std::size_t>(*size)));
    auto second = Sketch::parse(bytes.substr(static_cast<std::size_t>(*size)));
    if (!first || !second)
        return false;
    zeros = *zero;
    positive = *std::move(first);
    negative = *std::move(second);
    return true;
}

// TC(a:b) and PR(a:b), of which one end may be left out.
std::optional<Statistic> Statistic::parseRange(std::string_view name)
{
    const std::size_t colon = name.find(':');
    if ((!name.starts_with("TC(") && !name.starts_with("PR(")) || !name.ends_with(')') ||
        colon == std::string_view::npos)
        return std::nullopt;
    constexpr double kEnd = std::numeric_limits<double>::infinity();
    const std::string_view low = name.substr(3, colon - 3);
    const std::string_view high = name.substr(colon + 1, name.size() - colon - 2);
    Statistic statistic;
    statistic.m_kind = name.starts_with("TC(") ? Kind::CountWithin : Kind::PercentWithin;
    statistic.m_above = -kEnd;
    statistic.m_upTo = kEnd;
    if ((low.empty() && high.empty()) ||
        (!low.empty() && !absl::SimpleAtod(view(low), &statistic.m_above)) ||
        (!high.empty() && !absl::SimpleAtod(view(high), &statistic.m_upTo)) ||
        !(statistic.m_above < statistic.m_upTo))
        return std::nullopt;
    return statistic;
}

absl::StatusOr<Statistic> Statistic::parse(std::string_view name)
{
    constexpr std::pair<std::string_view, Kind> kNames[] = {{"SampleCount", Kind::SampleCount},
                                                            {"Average", Kind::Average},
                                                            {"Sum", Kind::Sum},
                                                            {"Minimum", Kind::Minimum},
                                                            {"Maximum", Kind::Maximum}};
    Statistic statistic;
    for (const auto& [known, kind] : kNames) {
        if (known == name) {
            statistic.m_kind = kind;
            return statistic;
        }
    }
    double percent = 0;
    if (name.starts_with('p') && absl::SimpleAtod(view(name.substr(1)), &percent) && percent >= 0 &&
        percent <= 100) {
        statistic.m_kind = Kind::Percentile;
        statistic.m_percentile = percent / 100;
        return statistic;
    }
    if (const auto range = parseRange(name))
        return *range;
    return makeError("InvalidParameterValueException", 400,
                     absl::StrCat("The statistic ", view(name),
                                  " is not known here: SampleCount, Average, Sum, Minimum, Maximum, "
                                  "percentiles such as p99.9 and ranges such as TC(:500) and "
                                  "PR(100:500) are."));
}

std::optional<double> Statistic::of(const Statistics& s) const
{
    if (s.empty())
        return std::nullopt;
    switch (m_kind) {
    case Kind::SampleCount: return s.count;
    case Kind::Average: return s.sum / s.count;
    case Kind::Sum: return s.sum;
    case Kind::Minimum: return s.minimum;
    case Kind::Maximum: return s.maximum;
    case Kind::Percentile: return percentile(s, m_percentile);
    case Kind::CountWithin: return countWithin(s, m_above, m_upTo);
    case Kind::PercentWithin: {
        const auto within = countWithin(s, m_above, m_upTo);
        return within ? std::optional(*within / s.count * 100) : std::nullopt;
    }
    }
    return std::nullopt;
}

} // namespace gantry::observe::cloudwatch
