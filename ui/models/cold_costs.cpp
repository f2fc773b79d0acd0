#include "ui/models/cold_costs.h"

#include "pricing/bill.h"
#include "pricing/crossover.h"

#include <algorithm>
#include <cmath>

namespace gantry::models {
namespace {

constexpr double kMillion = 1e6;

double onSnapStart(const rpc::TuningEstimate& estimate, double coldShare,
                   const ColdAssumptions& assumed, const pricing::PriceTable& table)
{
    pricing::Invocation first;
    first.arm64 = estimate.architecture == QLatin1String("arm64");
    first.memoryMb = first.restoredMb = estimate.memoryMb;
    first.billedMs = std::llround(std::ceil(estimate.coldDurationMs));
    pricing::Usage snapshot;
    snapshot.snapshotMbMillis = std::int64_t{estimate.memoryMb} * pricing::kMonthSeconds * 1'000;
    const double kept = pricing::billOf(snapshot, table).listed.toDouble();
    return kMillion * ((1 - coldShare) * estimate.costUsd.mean +
                       coldShare * pricing::listPrice(first, table).toDouble() +
                       kept / assumed.callsPerMonth);
}

double onProvisioned(const rpc::TuningEstimate& estimate, const ColdAssumptions& assumed,
                     const pricing::PriceTable& table)
{
    pricing::Workload workload;
    workload.arm64 = estimate.architecture == QLatin1String("arm64");
    workload.memoryMb = estimate.memoryMb;
    workload.billedMs = std::ceil(estimate.durationMs.mean);
    pricing::Plan plan;
    plan.utilisation = assumed.utilisation;
    plan.freeTier = false;
    const double perSecond = assumed.callsPerMonth / double(pricing::kMonthSeconds);
    return kMillion / assumed.callsPerMonth *
           pricing::monthly(pricing::Way::Provisioned, workload, plan, perSecond, table).toDouble();
}

} // namespace

double firstCallMs(ColdWay way, const rpc::TuningEstimate& estimate, const ColdAssumptions& assumed)
{
    const double before = way == ColdWay::OnDemand    ? estimate.initMs
                          : way == ColdWay::SnapStart ? assumed.restoreMs
                                                      : 0;
    return before + estimate.coldDurationMs;
}

double dollarsPerMillion(ColdWay way, const rpc::TuningEstimate& estimate, double coldShare,
                         const ColdAssumptions& assumed, const pricing::PriceTable& table)
{
    switch (way) {
    case ColdWay::OnDemand:
        return kMillion *
               ((1 - coldShare) * estimate.costUsd.mean + coldShare * estimate.coldCostUsd);
    case ColdWay::SnapStart:
        return onSnapStart(estimate, coldShare, assumed, table);
    case ColdWay::Provisioned:
        return onProvisioned(estimate, assumed, table);
    }
    return 0;
}

} // namespace gantry::models
