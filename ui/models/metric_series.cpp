#include "ui/models/metric_series.h"

#include <algorithm>

namespace gantry::models {

namespace {

bool startsBefore(const rpc::MetricsPoint& point, qint64 startMs)
{
    return point.startMs < startMs;
}

} // namespace

void MetricsTotals::add(const rpc::MetricsPoint& point)
{
    invocations += point.invocations;
    errors += point.errors;
    throttles += point.throttles;
    coldStarts += point.coldStarts;
    durationSumMs += point.durationSumMs;
    costUsd += point.costUsd;
    concurrencyPeak = std::max(concurrencyPeak, point.concurrency);
    if (point.invocations > 0)
        p99PeakMs = std::max(p99PeakMs, point.durationP99Ms);
}

void MetricSeries::upsert(const rpc::MetricsPoint& point)
{
    const auto place =
        std::lower_bound(m_points.begin(), m_points.end(), point.startMs, startsBefore);
    if (place != m_points.end() && place->startMs == point.startMs)
        *place = point;
    else
        m_points.insert(place, point);
}

void MetricSeries::trim(qint64 nowMs)
{
    while (!m_points.empty() && m_points.front().startMs < nowMs - m_spanMs)
        m_points.pop_front();
}

const rpc::MetricsPoint* MetricSeries::at(qint64 startMs) const
{
    const auto place = std::lower_bound(m_points.begin(), m_points.end(), startMs, startsBefore);
    return place != m_points.end() && place->startMs == startMs ? &*place : nullptr;
}

const rpc::MetricsPoint* MetricSeries::lastWithInvocations() const
{
    const auto found = std::find_if(m_points.rbegin(), m_points.rend(),
                                    [](const auto& point) { return point.invocations > 0; });
    return found != m_points.rend() ? &*found : nullptr;
}

MetricsTotals MetricSeries::totals(qint64 fromMs, qint64 toMs) const
{
    MetricsTotals totals;
    const auto begin = std::lower_bound(m_points.begin(), m_points.end(), fromMs, startsBefore);
    const auto end = std::lower_bound(begin, m_points.end(), toMs, startsBefore);
    std::for_each(begin, end, [&totals](const auto& point) { totals.add(point); });
    return totals;
}

} // namespace gantry::models
