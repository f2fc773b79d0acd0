#include "pricing/price_table.h"

#include "gantry/v1/prices.pb.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace gantry::pricing {
namespace {

// Bounds of what can be believed, so that no sum of a month leaves its range.
constexpr std::int64_t kDearest = 1'000'000; // dollars for one of anything
constexpr std::int64_t kMost = 1'000'000'000'000;
constexpr std::int64_t kMostSeconds = 31 * 86'400;
constexpr std::size_t kMostText = 500;
constexpr std::size_t kMostInstances = 2'000, kMostTiers = 20;

struct Wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

Rate rate(const std::string& decimal, const char* field)
{
    const auto parsed = Rate::parse(decimal);
    if (!parsed || parsed->perUnit() > Money::ofUnits(Money::kUnitsPerDollar * kDearest))
        throw Wrong(absl::StrCat(field,
                                 " must be a decimal number of dollars in quotes with at "
                                 "most 10 decimals, at most ",
                                 kDearest, ", as in \"0.0000166667\"; it is \"", decimal, "\""));
    return *parsed;
}

std::int64_t atLeast(std::int64_t least, std::int64_t value, const char* field,
                     std::int64_t most = kMost)
{
    if (value < least)
        throw Wrong(absl::StrCat(field, " must be at least ", least));
    if (value > most)
        throw Wrong(absl::StrCat(field, " must be at most ", most));
    return value;
}

void check(bool ok, const char* what)
{
    if (!ok)
        throw Wrong(what);
}

bool isDate(std::string_view text)
{
    constexpr std::string_view kShape = "dddd-dd-dd";
    return std::equal(
        text.begin(), text.end(), kShape.begin(), kShape.end(),
        [](char c, char shape) { return shape == 'd' ? c >= '0' && c <= '9' : c == shape; });
}

std::vector<Tier> tiers(const v1::PriceTable::Architecture& message)
{
    std::vector<Tier> tiers;
    check(static_cast<std::size_t>(message.duration_size()) <= kMostTiers, "too many tiers");
    for (const auto& tier : message.duration()) {
        const bool rises = tiers.empty() || tier.up_to_gb_seconds() == 0 ||
                           tier.up_to_gb_seconds() > tiers.back().upToGbSeconds;
        check(rises && (tiers.empty() || tiers.back().upToGbSeconds != 0),
              "up_to_gb_seconds must rise from tier to tier and be 0 only in the last");
        tiers.push_back({atLeast(0, tier.up_to_gb_seconds(), "up_to_gb_seconds"),
                         rate(tier.usd_per_gb_second(), "usd_per_gb_second")});
    }
    check(!tiers.empty() && tiers.back().upToGbSeconds == 0,
          "duration needs tiers, the last of them without an end (up_to_gb_seconds 0)");
    return tiers;
}

ArchitecturePrices architecture(const v1::PriceTable::Architecture& message)
{
    return {tiers(message),
            rate(message.provisioned_usd_per_gb_second(), "provisioned_usd_per_gb_second"),
            rate(message.provisioned_duration_usd_per_gb_second(),
                 "provisioned_duration_usd_per_gb_second"),
            rate(message.tenant_environment_usd_per_gb(), "tenant_environment_usd_per_gb")};
}

FreeTier freeTier(const v1::PriceTable::FreeTier& message)
{
    return {atLeast(0, message.requests(), "free_tier.requests"),
            atLeast(0, message.gb_seconds(), "free_tier.gb_seconds"),
            atLeast(0, message.streamed_bytes(), "free_tier.streamed_bytes")};
}

std::vector<Instance> instances(const v1::InstanceTable& message)
{
    std::vector<Instance> list;
    check(static_cast<std::size_t>(message.instances_size()) <= kMostInstances,
          "too many instances");
    for (const auto& one : message.instances()) {
        check(!one.type().empty() && one.vcpus() > 0 && one.memory_mb() > 0,
              "an instance needs type, vcpus and memory_mb");
        check(one.architecture() == "x86_64" || one.architecture() == "arm64",
              "an instance's architecture is x86_64 or arm64");
        list.push_back({one.type(), one.vcpus(), one.memory_mb(), one.architecture() == "arm64",
                        rate(one.usd_per_hour(), "usd_per_hour")});
    }
    return list;
}

void readExtras(const v1::PriceTable& m, PriceTable& table)
{
    table.tmpIncludedMb = static_cast<int>(atLeast(0, m.tmp_included_mb(), "tmp_included_mb"));
    table.tmpPerGbSecond = rate(m.tmp_usd_per_gb_second(), "tmp_usd_per_gb_second");
    table.streamIncludedBytes = atLeast(0, m.stream_included_bytes(), "stream_included_bytes");
    table.streamPerGb = rate(m.stream_usd_per_gb(), "stream_usd_per_gb");
    table.snapStartCachePerGbSecond =
        rate(m.snapstart_cache_usd_per_gb_second(), "snapstart_cache_usd_per_gb_second");
    table.snapStartCacheMinimumSeconds = atLeast(0, m.snapstart_cache_minimum_seconds(),
                                                 "snapstart_cache_minimum_seconds", kMostSeconds);
    table.snapStartRestorePerGb =
        rate(m.snapstart_restore_usd_per_gb(), "snapstart_restore_usd_per_gb");
    table.snapStartFreeFamilies.assign(m.snapstart_free_families().begin(),
                                       m.snapstart_free_families().end());
    table.durablePerOperation = rate(m.durable_usd_per_operation(), "durable_usd_per_operation");
    table.durablePerGbWritten = rate(m.durable_usd_per_gb_written(), "durable_usd_per_gb_written");
    table.durablePerGbMonth = rate(m.durable_usd_per_gb_month(), "durable_usd_per_gb_month");
    table.managedFeePercent = static_cast<int>(
        atLeast(0, m.managed_instances_fee_percent(), "managed_instances_fee_percent"));
}

} // namespace

std::string PriceTable::label() const
{
    return absl::StrCat(region, ", ", asOf, edited ? ", edited" : "");
}

absl::StatusOr<PriceTable> fromMessage(const v1::PriceTable& m)
{
    try {
        check(!m.region().empty() && !m.as_of().empty(), "region and as_of must be said");
        check(isDate(m.as_of()), "as_of must be a date as in 2026-09-19");
        check(m.source().size() <= kMostText && m.region().size() <= kMostText,
              "a text is too long");
        check(m.currency() == "USD", "currency must be USD");
        PriceTable table;
        table.region = m.region();
        table.asOf = m.as_of();
        table.source = m.source();
        table.file = m.file();
        table.edited = m.edited();
        table.x86 = architecture(m.x86_64());
        table.arm = architecture(m.arm64());
        table.perRequest = rate(m.usd_per_request(), "usd_per_request");
        table.asyncIncludedBytes = atLeast(0, m.async_included_bytes(), "async_included_bytes");
        table.asyncStepBytes = atLeast(1, m.async_step_bytes(), "async_step_bytes");
        table.provisionedStepSeconds = atLeast(1, m.provisioned_round_up_seconds(),
                                               "provisioned_round_up_seconds", kMostSeconds);
        readExtras(m, table);
        table.freeTier = freeTier(m.free_tier());
        table.instances = instances(m.instances());
        table.instancesAsOf = m.instances().as_of();
        return table;
    } catch (const Wrong& wrong) {
        return absl::InvalidArgumentError(wrong.what());
    }
}

} // namespace gantry::pricing
