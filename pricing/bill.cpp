#include "pricing/bill.h"

#include <algorithm>

namespace gantry::pricing {
namespace {

// The price of a month's memory-time, through the tiers.
Money tiered(const std::vector<Tier>& tiers, std::int64_t mbMillis)
{
    Money sum;
    std::int64_t begin = 0;
    for (const Tier& tier : tiers) {
        std::int64_t end = mbMillis;
        if (tier.upToGbSeconds > 0)
            end = static_cast<std::int64_t>(std::min<__int128>(
                mbMillis, __int128{tier.upToGbSeconds} * kMbMillisPerGbSecond));
        if (end > begin)
            sum += tier.perGbSecond.forMbMillis(end - begin);
        begin = std::max(begin, end);
    }
    return sum;
}

// Everything but on-demand duration has one price for any quantity.
Money flat(const Usage& u, const PriceTable& t)
{
    const auto architecture = [](const Usage::Architecture& used, const ArchitecturePrices& prices) {
        return prices.provisioned.forMbMillis(used.provisionedMbMillis) +
               prices.provisionedDuration.forMbMillis(used.provisionedDurationMbMillis) +
               prices.tenantEnvironment.forMb(used.tenantMb);
    };
    return t.perRequest.forCount(u.requests) + architecture(u.x86, t.x86) +
           architecture(u.arm, t.arm) + t.tmpPerGbSecond.forMbMillis(u.tmpMbMillis) +
           t.streamPerGb.forBytes(u.streamedBytes) +
           t.snapStartCachePerGbSecond.forMbMillis(u.snapshotMbMillis) +
           t.snapStartRestorePerGb.forMb(u.restoredMb) +
           t.durablePerOperation.forCount(u.durableOperations) +
           t.durablePerGbWritten.forBytes(u.durableBytesWritten);
}

void addLine(Bill& bill, const Line& line)
{
    if (line.quantity == 0)
        return;
    bill.lines.push_back(line);
    bill.listed += line.listed;
    bill.free += line.free;
}

// The memory-time of the free tier that one architecture takes, out of what is left of it.
Line durationLine(Item item, std::int64_t mbMillis, const ArchitecturePrices& prices,
                  std::int64_t& freeLeft)
{
    const std::int64_t free = std::min(mbMillis, freeLeft);
    freeLeft -= free;
    return {item, mbMillis, free, tiered(prices.duration, mbMillis), tiered(prices.duration, free)};
}

} // namespace

std::string_view nameOf(Item item)
{
    static constexpr std::array<std::string_view, kItems> kNames{
        "requests",
        "duration-x86",
        "duration-arm",
        "provisioned-x86",
        "provisioned-arm",
        "provisioned-duration-x86",
        "provisioned-duration-arm",
        "tmp-storage",
        "streamed-response",
        "snapshot-cache",
        "snapshot-restore",
        "tenant-environments",
        "durable-operations",
        "durable-writes",
    };
    return kNames.at(static_cast<std::size_t>(item));
}

Usage& Usage::operator+=(const Usage& more)
{
    const auto add = [](Architecture& to, const Architecture& from) {
        to.mbMillis += from.mbMillis;
        to.provisionedMbMillis += from.provisionedMbMillis;
        to.provisionedDurationMbMillis += from.provisionedDurationMbMillis;
        to.tenantMb += from.tenantMb;
    };
    add(x86, more.x86);
    add(arm, more.arm);
    invocations += more.invocations;
    requests += more.requests;
    tmpMbMillis += more.tmpMbMillis;
    streamedBytes += more.streamedBytes;
    snapshotMbMillis += more.snapshotMbMillis;
    restoredMb += more.restoredMb;
    durableOperations += more.durableOperations;
    durableBytesWritten += more.durableBytesWritten;
    return *this;
}

Usage usageOf(const Invocation& invocation, const PriceTable& table)
{
    Usage usage;
    usage.invocations = usage.requests = 1;
    const std::int64_t beyond = invocation.eventBytes - table.asyncIncludedBytes;
    if (invocation.asynchronous && beyond > 0)
        usage.requests += (beyond + table.asyncStepBytes - 1) / table.asyncStepBytes;
    Usage::Architecture& architecture = invocation.arm64 ? usage.arm : usage.x86;
    (invocation.provisioned ? architecture.provisionedDurationMbMillis : architecture.mbMillis) =
        invocation.memoryMb * invocation.billedMs;
    if (invocation.newTenant)
        architecture.tenantMb = invocation.memoryMb;
    usage.tmpMbMillis =
        std::max(invocation.tmpMb - table.tmpIncludedMb, 0) * invocation.billedMs;
    usage.streamedBytes =
        std::max<std::int64_t>(invocation.streamedBytes - table.streamIncludedBytes, 0);
    usage.restoredMb = invocation.restoredMb;
    return usage;
}

Bill billOf(const Usage& u, const PriceTable& t)
{
    Bill bill;
    const std::int64_t freeRequests = std::min(u.requests, t.freeTier.requests);
    addLine(bill, {Item::Requests, u.requests, freeRequests, t.perRequest.forCount(u.requests),
                   t.perRequest.forCount(freeRequests)});
    std::int64_t freeLeft = t.freeTier.gbSeconds * kMbMillisPerGbSecond;
    addLine(bill, durationLine(Item::DurationX86, u.x86.mbMillis, t.x86, freeLeft));
    addLine(bill, durationLine(Item::DurationArm, u.arm.mbMillis, t.arm, freeLeft));

    const auto memoryTime = [&bill](Item item, std::int64_t mbMillis, const Rate& rate) {
        addLine(bill, {item, mbMillis, 0, rate.forMbMillis(mbMillis), Money()});
    };
    memoryTime(Item::ProvisionedX86, u.x86.provisionedMbMillis, t.x86.provisioned);
    memoryTime(Item::ProvisionedArm, u.arm.provisionedMbMillis, t.arm.provisioned);
    memoryTime(Item::ProvisionedDurationX86, u.x86.provisionedDurationMbMillis,
               t.x86.provisionedDuration);
    memoryTime(Item::ProvisionedDurationArm, u.arm.provisionedDurationMbMillis,
               t.arm.provisionedDuration);
    memoryTime(Item::TmpStorage, u.tmpMbMillis, t.tmpPerGbSecond);
    const std::int64_t freeBytes = std::min(u.streamedBytes, t.freeTier.streamedBytes);
    addLine(bill, {Item::StreamedResponse, u.streamedBytes, freeBytes,
                   t.streamPerGb.forBytes(u.streamedBytes), t.streamPerGb.forBytes(freeBytes)});
    memoryTime(Item::SnapshotCache, u.snapshotMbMillis, t.snapStartCachePerGbSecond);
    addLine(bill, {Item::SnapshotRestore, u.restoredMb, 0,
                   t.snapStartRestorePerGb.forMb(u.restoredMb), Money()});
    addLine(bill, {Item::TenantEnvironments, u.x86.tenantMb + u.arm.tenantMb, 0,
                   t.x86.tenantEnvironment.forMb(u.x86.tenantMb) +
                       t.arm.tenantEnvironment.forMb(u.arm.tenantMb),
                   Money()});
    addLine(bill, {Item::DurableOperations, u.durableOperations, 0,
                   t.durablePerOperation.forCount(u.durableOperations), Money()});
    addLine(bill, {Item::DurableWrites, u.durableBytesWritten, 0,
                   t.durablePerGbWritten.forBytes(u.durableBytesWritten), Money()});
    return bill;
}

Money listPrice(const Usage& more, const Usage& before, const PriceTable& table)
{
    const auto added = [](const ArchitecturePrices& prices, std::int64_t so, std::int64_t used) {
        return used == 0 ? Money()
                         : tiered(prices.duration, so + used) - tiered(prices.duration, so);
    };
    return flat(more, table) + added(table.x86, before.x86.mbMillis, more.x86.mbMillis) +
           added(table.arm, before.arm.mbMillis, more.arm.mbMillis);
}

Money listPrice(const Invocation& invocation, const PriceTable& table)
{
    return listPrice(usageOf(invocation, table), Usage(), table);
}

} // namespace gantry::pricing
