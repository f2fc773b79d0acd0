// Frames as the platform would send them, made by a rule, for tests of what the console shows.
#pragma once

#include "tests/support/money.h"
#include "ui/models/live_metrics.h"

#include <cmath>

namespace gantry::test {

// A noon on which nothing depends on the host's clock.
inline constexpr qint64 kNoonMs = 1'777'896'000'000;

inline rpc::MetricsPoint point(const QString& function, qint64 startMs, qint64 invocations,
                               double p50Ms)
{
    rpc::MetricsPoint point;
    point.functionName = function;
    point.startMs = startMs;
    point.invocations = invocations;
    point.concurrency = int((invocations + 9) / 10);
    point.environments = 4;
    if (invocations > 0) {
        point.durationSumMs = p50Ms * double(invocations);
        point.durationP50Ms = p50Ms;
        point.durationP90Ms = p50Ms * 2;
        point.durationP99Ms = p50Ms * 3;
        point.durationMaxMs = p50Ms * 4;
    }
    point.costUsd = usd("0.00000025") * invocations;
    return point;
}

inline void addTo(rpc::MetricsPoint& sum, const rpc::MetricsPoint& one)
{
    sum.invocations += one.invocations;
    sum.errors += one.errors;
    sum.throttles += one.throttles;
    sum.coldStarts += one.coldStarts;
    sum.concurrency += one.concurrency;
    sum.environments += one.environments;
    sum.durationSumMs += one.durationSumMs;
    sum.durationP50Ms = std::max(sum.durationP50Ms, one.durationP50Ms);
    sum.durationP90Ms = std::max(sum.durationP90Ms, one.durationP90Ms);
    sum.durationP99Ms = std::max(sum.durationP99Ms, one.durationP99Ms);
    sum.costUsd += one.costUsd;
}

// A frame cut at the end of the second that starts at startMs; the account is the functions' sum.
inline rpc::MetricsFrame frame(qint64 startMs, const QList<rpc::MetricsPoint>& functions)
{
    rpc::MetricsFrame frame;
    frame.timeMs = startMs + 999;
    frame.account.startMs = startMs;
    for (const rpc::MetricsPoint& one : functions)
        addTo(frame.account, one);
    frame.functions = functions;
    frame.costPerHourUsd = frame.account.costUsd * 3600;
    return frame;
}

// Six functions with waves, bursts, some errors and a pause: what a busy account looks like.
inline void feedBusyAccount(models::LiveMetrics& metrics, int seconds)
{
    const QStringList names{QStringLiteral("checkout"),      QStringLiteral("image-resize"),
                            QStringLiteral("search-index"),  QStringLiteral("notify-user"),
                            QStringLiteral("price-service"), QStringLiteral("nightly-report")};
    for (int second = 0; second < seconds; ++second) {
        const qint64 start = kNoonMs + second * 1000;
        QList<rpc::MetricsPoint> points;
        for (int i = 0; i < names.size(); ++i) {
            const double wave = 0.5 + 0.5 * std::sin(second / (17.0 + 9 * i) + i);
            const unsigned noise = (unsigned(second * 31 + i * 977) * 2654435761U) >> 24;
            const bool quiet = i == 5 && second % 90 > 12;
            const auto count = quiet ? 0 : qint64(wave * (60 - 9 * i) + noise % 7);
            rpc::MetricsPoint one = point(names[i], start, count, 4.0 + 6 * i + noise % 9);
            one.errors = count > 0 && noise % 23 == 0 ? 1 + noise % 3 : 0;
            one.throttles = i == 1 && second % 120 > 108 ? 2 + noise % 4 : 0;
            one.coldStarts = second % (25 + 7 * i) == 0 ? 1 + i % 2 : 0;
            points.append(one);
        }
        metrics.ingest(frame(start, points));
    }
}

} // namespace gantry::test
