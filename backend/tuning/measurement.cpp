#include "backend/tuning/measurement.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gantry::tuning {

std::vector<double> warmDurations(const Probe& probe)
{
    std::vector<double> durations;
    for (const Call& call : probe.calls)
        if (!call.cold && call.ending == Ending::Answered)
            durations.push_back(call.durationMs);
    return durations;
}

bool failedFor(const Probe& probe, Ending ending)
{
    return std::any_of(probe.calls.begin(), probe.calls.end(),
                       [ending](const Call& call) { return call.ending == ending; });
}

double median(std::vector<double> values)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double winsorizedMean(std::vector<double> values)
{
    if (values.empty())
        return 0;
    const double middle = median(values);
    std::vector<double> distances;
    for (const double value : values)
        distances.push_back(std::abs(value - middle));
    const double limit = middle + std::max(6 * median(distances), middle / 2);
    double sum = 0;
    for (const double value : values)
        sum += std::min(value, limit);
    return sum / static_cast<double>(values.size());
}

double percentile(std::vector<double> values, double share)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    const double rank = std::ceil(share * static_cast<double>(values.size()));
    return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

double trimmedMean(std::vector<double> values, double shareAtEitherEnd)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    const auto count = static_cast<double>(values.size());
    const auto drop = static_cast<std::ptrdiff_t>(count * std::min(shareAtEitherEnd, 0.49));
    const auto first = values.begin() + drop;
    const auto last = values.end() - drop;
    return std::accumulate(first, last, 0.0) / static_cast<double>(last - first);
}

} // namespace gantry::tuning
