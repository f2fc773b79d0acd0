#include "ui/models/workload.h"

#include <algorithm>

namespace gantry::models {

Traffic trafficOf(const rpc::MetricsHistory& history, const rpc::FunctionOverview& function)
{
    Traffic traffic;
    traffic.workload.arm64 = function.architecture == QLatin1String("arm64");
    traffic.workload.memoryMb = std::max(function.memoryMb, 128);
    double initMs = 0;
    qint64 billedMs = 0;
    qint64 first = 0;
    qint64 last = 0;
    for (const rpc::MetricsPoint& point : history.points) {
        if (point.functionName != function.name || point.invocations == 0)
            continue;
        if (traffic.calls == 0)
            first = point.startMs;
        last = point.startMs + point.widthMs;
        traffic.calls += point.invocations;
        traffic.coldStarts += point.coldStarts;
        billedMs += point.billedMs;
        initMs += point.initSumMs;
        traffic.concurrencyPeak = std::max(traffic.concurrencyPeak, point.concurrency);
        traffic.peakPerSecond =
            std::max(traffic.peakPerSecond, double(point.invocations) * 1'000 / point.widthMs);
    }
    if (traffic.calls == 0)
        return traffic;
    traffic.seconds = double(last - first) / 1'000;
    traffic.perSecond = double(traffic.calls) / traffic.seconds;
    traffic.workload.coldShare = double(traffic.coldStarts) / double(traffic.calls);
    traffic.workload.initMs =
        traffic.coldStarts > 0 ? initMs / double(traffic.coldStarts) : 0;
    traffic.workload.billedMs =
        std::max((double(billedMs) - initMs) / double(traffic.calls), 1.0);
    return traffic;
}

DurationRange billedAt(const pricing::Workload& workload, int memoryMb)
{
    const double now = std::min<double>(workload.memoryMb, pricing::kMbPerVcpu);
    const double then = std::min<double>(memoryMb, pricing::kMbPerVcpu);
    return {workload.billedMs, std::max(workload.billedMs * now / then, 1.0)};
}

} // namespace gantry::models
