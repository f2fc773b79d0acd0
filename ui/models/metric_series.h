#pragma once

#include "ui/rpc/monitor_types.h"

#include <deque>
#include <optional>

namespace gantry::models {

// What a stretch of points adds up to. The error rate is a share of the completed invocations.
struct MetricsTotals {
    qint64 invocations = 0;
    qint64 errors = 0;
    qint64 throttles = 0;
    qint64 coldStarts = 0;
    double durationSumMs = 0;
    pricing::Money costUsd;
    double p99PeakMs = 0; // the highest p99 of any interval: percentiles of intervals do not add
    int concurrencyPeak = 0;

    void add(const rpc::MetricsPoint& point);
    double errorRate() const { return invocations > 0 ? double(errors) / double(invocations) : 0; }
    double durationMeanMs() const
    {
        return invocations > 0 ? durationSumMs / double(invocations) : 0;
    }
};

// The points of one function (or the account) ordered by time, one an interval, none older than a
// span behind the newest. Intervals without events have no point: a reader counts zero there.
class MetricSeries final {
public:
    explicit MetricSeries(qint64 spanMs) : m_spanMs(spanMs) {}

    // A point of an interval that is there already replaces it: the running second is told often.
    void upsert(const rpc::MetricsPoint& point);
    void trim(qint64 nowMs);
    void clear() { m_points.clear(); }

    const std::deque<rpc::MetricsPoint>& points() const { return m_points; }
    bool empty() const { return m_points.empty(); }
    // The point of the interval that starts at startMs.
    const rpc::MetricsPoint* at(qint64 startMs) const;
    // The newest point in which at least one invocation completed.
    const rpc::MetricsPoint* lastWithInvocations() const;
    // Of the points that start in [fromMs, toMs).
    MetricsTotals totals(qint64 fromMs, qint64 toMs) const;

private:
    qint64 m_spanMs;
    std::deque<rpc::MetricsPoint> m_points;
};

} // namespace gantry::models
