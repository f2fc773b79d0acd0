#include "backend/observe/cloudwatch/anomaly_model.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gantry::observe::cloudwatch {
namespace {

constexpr std::string_view kBand = "ANOMALY_DETECTION_BAND";
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kTrainingMs = 14 * 24 * kHourMs;
constexpr std::int64_t kSecondsKeptMs = 55 * 60'000; // of the hour for which seconds are kept
constexpr std::int64_t kTrainingBins = 5'000;
constexpr double kNormal = 1.4826;
constexpr double kLeastSpread = 0.01; // of the median

double median(std::vector<double>& values)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1)
        return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

std::size_t hourOf(std::int64_t ms)
{
    return static_cast<std::size_t>(((ms / kHourMs) % 24 + 24) % 24);
}

} // namespace

AnomalyModel::Usual AnomalyModel::usualOf(std::vector<double> values, std::size_t enough)
{
    Usual usual;
    if (values.size() < enough)
        return usual;
    usual.known = true;
    usual.median = median(values);
    for (double& value : values)
        value = std::abs(value - usual.median);
    usual.spread = std::max(kNormal * median(values), kLeastSpread * std::abs(usual.median));
    return usual;
}

AnomalyModel::AnomalyModel(const Grid& grid, const Values& values)
{
    std::array<std::vector<double>, 24> hours;
    std::vector<double> all;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::isnan(values[i]))
            continue;
        hours[hourOf(grid.startMs + static_cast<std::int64_t>(i) * grid.periodMs)].push_back(
            values[i]);
        all.push_back(values[i]);
    }
    m_all = usualOf(std::move(all), kEnough);
    for (std::size_t hour = 0; hour < hours.size(); ++hour)
        m_hours[hour] = usualOf(std::move(hours[hour]), kEnoughOfHour);
}

AnomalyModel::Range AnomalyModel::at(std::int64_t ms, double deviations) const
{
    const Usual& usual = m_hours[hourOf(ms)].known ? m_hours[hourOf(ms)] : m_all;
    if (!usual.known || !m_all.known) {
        const double none = std::numeric_limits<double>::quiet_NaN();
        return {none, none};
    }
    const double width = deviations * usual.spread;
    return {usual.median - width, usual.median + width};
}

std::vector<std::string> AnomalyModel::idsIn(std::string_view expression)
{
    std::vector<std::string> ids;
    for (std::size_t at = 0; (at = expression.find(kBand, at)) != std::string_view::npos;) {
        at += kBand.size();
        const auto skip = [&](auto test) {
            const std::size_t start = at;
            while (at < expression.size() && test(static_cast<unsigned char>(expression[at])))
                ++at;
            return expression.substr(start, at - start);
        };
        skip([](unsigned char c) { return absl::ascii_isspace(c) || c == '('; });
        const std::string_view id =
            skip([](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
        if (!id.empty())
            ids.emplace_back(id);
    }
    return ids;
}

Grid AnomalyModel::trainingGrid(const Grid& before)
{
    const std::int64_t longest = before.periodMs < 60'000 ? kSecondsKeptMs : kTrainingMs;
    Grid grid = before;
    grid.bins = static_cast<std::size_t>(std::min(longest / before.periodMs, kTrainingBins));
    grid.startMs = before.startMs - static_cast<std::int64_t>(grid.bins) * before.periodMs;
    return grid;
}

} // namespace gantry::observe::cloudwatch
