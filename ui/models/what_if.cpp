#include "ui/models/what_if.h"

#include "pricing/bill.h"

#include <algorithm>
#include <cmath>

namespace gantry::models {

namespace {

using pricing::Money;
using pricing::Way;

// Cold starts become restores: the init is not billed again, the memory brought back is, and the
// snapshot is kept all month.
Money onSnapStart(pricing::Workload workload, double perSecond, const pricing::Plan& plan,
                  const pricing::PriceTable& table)
{
    const double restores =
        perSecond * double(pricing::kMonthSeconds) * workload.coldShare;
    workload.coldShare = 0;
    pricing::Usage snapshot;
    snapshot.snapshotMbMillis =
        std::int64_t{workload.memoryMb} * pricing::kMonthSeconds * 1'000;
    snapshot.restoredMb = std::llround(std::min(restores * workload.memoryMb, 9e18));
    return pricing::monthly(Way::OnDemand, workload, plan, perSecond, table) +
           pricing::billOf(snapshot, table).listed;
}

} // namespace

WhatIfAnswer answer(const WhatIf& change, const Traffic& traffic, const pricing::Plan& plan,
                    const pricing::PriceTable& table)
{
    WhatIfAnswer answer;
    answer.recorded =
        pricing::monthly(Way::OnDemand, traffic.workload, plan, change.perSecond, table);

    pricing::Workload other = traffic.workload;
    other.arm64 = change.arm64;
    const DurationRange range = billedAt(traffic.workload, change.memoryMb);
    other.memoryMb = change.memoryMb;
    const int batch = std::max(change.batch, 1);
    const double fixed = std::clamp(change.fixedPercent / 100, 0.0, 1.0);
    const double stretch = fixed + (1 - fixed) * batch;
    const double perSecond = change.perSecond / batch;
    other.billedMs = range.waitsMs * stretch;
    answer.waits = pricing::monthly(Way::OnDemand, other, plan, perSecond, table);
    answer.snapStart = onSnapStart(other, perSecond, plan, table);
    answer.provisioned = pricing::monthly(Way::Provisioned, other, plan, perSecond, table);
    other.billedMs = range.computesMs * stretch;
    answer.computes = pricing::monthly(Way::OnDemand, other, plan, perSecond, table);
    return answer;
}

} // namespace gantry::models
