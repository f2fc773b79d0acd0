#pragma once

#include "backend/invoke/invocation_record.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::cost {

// The price of a GB-second up to a month's total; 0 in the last tier, which has no end.
struct Tier {
    double upToGbSeconds = 0;
    double perGbSecond = 0;
};

// What AWS asks for Lambda in one region, in US dollars, from a dated file in resources/prices.
// Sums made from it are what AWS would bill for the same work without its free tier.
class PriceTable final {
public:
    static absl::StatusOr<PriceTable> load(const std::filesystem::path& file);

    // Memory-time as AWS bills it: memory in GB (of 1,024 MB) times billed duration.
    static double gbSeconds(const invoke::InvocationRecord& record);
    // Memory-time, request and /tmp beyond the included size. The month's GB-seconds of the same
    // architecture so far choose the tier.
    double priceOf(const invoke::InvocationRecord& record, double gbSecondsThisMonth = 0) const;

    const std::vector<Tier>& tiers(std::string_view architecture) const
    {
        return architecture == "arm64" ? m_arm64 : m_x86;
    }
    const std::string& region() const { return m_region; }
    const std::string& asOf() const { return m_asOf; }
    double perRequest() const { return m_perRequest; }
    double tmpPerGbSecond() const { return m_tmpPerGbSecond; }

private:
    std::string m_region, m_asOf;
    std::vector<Tier> m_x86, m_arm64;
    double m_perRequest = 0;
    double m_tmpIncludedMb = 512;
    double m_tmpPerGbSecond = 0;
};

// Prices the invocations of this daemon one after the other and counts the calendar month's
// GB-seconds on the way, for the tiers. The count starts with the daemon: no single host reaches
// the second tier (6 billion GB-seconds) in a month.
class Meter final {
public:
    explicit Meter(PriceTable table) : m_table(std::move(table)) {}

    double charge(const invoke::InvocationRecord& record);
    const PriceTable& table() const { return m_table; }

private:
    PriceTable m_table;
    double m_x86GbSeconds = 0;
    double m_arm64GbSeconds = 0;
    std::int64_t m_monthEndMicros = 0;
};

} // namespace gantry::cost
