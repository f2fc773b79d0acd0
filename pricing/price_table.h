#pragma once

#include "pricing/money.h"

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::v1 {
class PriceTable;
}

namespace gantry::pricing {

// Memory-time as whole MB times milliseconds: 1 GB-second is 1,024,000 of them.
inline constexpr std::int64_t kMbMillisPerGbSecond = 1'024'000;

// The price of a GB-second up to a month's total; 0 in the last tier, which has no end.
struct Tier {
    std::int64_t upToGbSeconds = 0;
    Rate perGbSecond;
};

struct ArchitecturePrices {
    std::vector<Tier> duration;
    Rate provisioned;         // a GB-second, while it is configured
    Rate provisionedDuration; // a GB-second of what runs on it
    Rate tenantEnvironment;   // a GB of an environment made for a new tenant
};

// What AWS gives every account in every calendar month.
struct FreeTier {
    std::int64_t requests = 0;
    std::int64_t gbSeconds = 0; // of both architectures together; not of provisioned concurrency
    std::int64_t streamedBytes = 0;
};

// A machine that functions could run on instead.
struct Instance {
    std::string type;
    int vcpus = 0;
    int memoryMb = 0;
    bool arm64 = false;
    Rate perHour;
};

// What AWS asks for Lambda in one region, in US dollars; proto/gantry/v1/prices.proto says what each
// number is.
struct PriceTable {
    std::string region;
    std::string asOf;
    std::string source;
    std::string file;    // that it was read from
    bool edited = false; // the file is the user's
    ArchitecturePrices x86;
    ArchitecturePrices arm;
    Rate perRequest;
    std::int64_t asyncIncludedBytes = 0;
    std::int64_t asyncStepBytes = 1;
    std::int64_t provisionedStepSeconds = 1;
    int tmpIncludedMb = 0;
    Rate tmpPerGbSecond;
    std::int64_t streamIncludedBytes = 0;
    Rate streamPerGb;
    Rate snapStartCachePerGbSecond;
    std::int64_t snapStartCacheMinimumSeconds = 0;
    Rate snapStartRestorePerGb;
    std::vector<std::string> snapStartFreeFamilies;
    Rate durablePerOperation;
    Rate durablePerGbWritten;
    Rate durablePerGbMonth;
    int managedFeePercent = 0;
    FreeTier freeTier;
    std::vector<Instance> instances; // in the order of their file
    std::string instancesAsOf;

    const ArchitecturePrices& of(std::string_view architecture) const
    {
        return architecture == "arm64" ? arm : x86;
    }
    // Name, date and, when the user's, the fact: what is shown beside a sum made from it.
    std::string label() const;
};

// A table is taken whole or refused with the name of the field that is wrong.
absl::StatusOr<PriceTable> fromMessage(const v1::PriceTable& message);

} // namespace gantry::pricing
