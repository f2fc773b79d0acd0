#pragma once

#include "pricing/price_table.h"

#include <array>
#include <cstdint>
#include <vector>

namespace gantry::pricing {

// One invocation as far as its price goes.
struct Invocation {
    bool arm64 = false;
    int memoryMb = 0;
    int tmpMb = 0;
    std::int64_t billedMs = 0; // rounded up to 1 ms
    bool asynchronous = false;
    std::int64_t eventBytes = 0; // counts only when asynchronous
    bool provisioned = false;    // ran on provisioned concurrency
    std::int64_t streamedBytes = 0;
    std::int64_t restoredMb = 0;  // memory brought back from a snapshot; 0 where that is free
    bool newTenant = false;       // its environment was made for it, and for its tenant alone
};

// What was used, counted as AWS bills it: beyond the included sizes, before the free tier. Usages
// add up without loss, whatever their order.
struct Usage {
    struct Architecture {
        std::int64_t mbMillis = 0;                    // of duration, on demand
        std::int64_t provisionedMbMillis = 0;         // of provisioned concurrency configured
        std::int64_t provisionedDurationMbMillis = 0; // of what ran on it
        std::int64_t tenantMb = 0;                    // of environments made for new tenants
        friend auto operator<=>(const Architecture&, const Architecture&) = default;
    };
    std::int64_t invocations = 0;
    std::int64_t requests = 0; // invocations and further units of large asynchronous events
    Architecture x86;
    Architecture arm;
    std::int64_t tmpMbMillis = 0;
    std::int64_t streamedBytes = 0;
    std::int64_t snapshotMbMillis = 0; // of cached snapshots
    std::int64_t restoredMb = 0;
    std::int64_t durableOperations = 0;
    std::int64_t durableBytesWritten = 0;

    Usage& operator+=(const Usage& more);
    friend Usage operator+(Usage a, const Usage& b) { return a += b; }
    friend auto operator<=>(const Usage&, const Usage&) = default;

    std::int64_t gbSecondsMbMillis() const { return x86.mbMillis + arm.mbMillis; }
};

Usage usageOf(const Invocation& invocation, const PriceTable& table);

// A line of a bill. The quantity is in the unit that the price is for, times `perUnit`.
enum class Item {
    Requests,
    DurationX86,
    DurationArm,
    ProvisionedX86,
    ProvisionedArm,
    ProvisionedDurationX86,
    ProvisionedDurationArm,
    TmpStorage,
    StreamedResponse,
    SnapshotCache,
    SnapshotRestore,
    TenantEnvironments,
    DurableOperations,
    DurableWrites,
};
inline constexpr int kItems = 14;
// As messages and files spell it, e.g. duration-x86.
std::string_view nameOf(Item item);

struct Line {
    Item item = Item::Requests;
    std::int64_t quantity = 0; // requests, MB-milliseconds, bytes, MB or operations: see Usage
    std::int64_t freeQuantity = 0;
    Money listed; // without the free tier
    Money free;   // what the free tier takes off
    Money due() const { return listed - free; }
};

// A calendar month's bill of the account.
struct Bill {
    std::vector<Line> lines; // one an item that was used
    Money listed;
    Money free;
    Money due() const { return listed - free; }
};

// The free GB-seconds go to x86_64 first, the dearer of the two, and are of the first tier: AWS says
// only that both architectures share them.
Bill billOf(const Usage& month, const PriceTable& table);

// What `more` adds to the listed price of a month that has used `before` already. The prices of a
// month's invocations, each after those before it, add up to the bill's listed sum to the last digit.
Money listPrice(const Usage& more, const Usage& before, const PriceTable& table);
// In a month that has used nothing yet.
Money listPrice(const Invocation& invocation, const PriceTable& table);

} // namespace gantry::pricing
