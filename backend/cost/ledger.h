#pragma once

#include "backend/cost/meter.h"
#include "backend/store/database.h"

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gantry {
class Clock;
}

namespace gantry::cost {

// What a stretch of usage is put down to.
struct Subject {
    std::string function;
    std::string version;
    std::string alias;  // empty: called without one
    std::string tenant; // empty: none
    std::string tags;   // that the function carried then, as tagText() writes them
    int memoryMb = 0;

    template <class H> friend H AbslHashValue(H h, const Subject& s)
    {
        return H::combine(std::move(h), s.function, s.version, s.alias, s.tenant, s.tags,
                          s.memoryMb);
    }
    friend bool operator==(const Subject&, const Subject&) = default;
};

using Tags = std::map<std::string, std::string>;
std::string tagText(const Tags& tags);
Tags tagsOf(const std::string& text);

// The usage of one subject on one day of UTC. `cost` is the sum of what its invocations were
// charged: list prices, without the free tier.
struct LedgerRow {
    int day = 0;
    Subject subject;
    pricing::Usage usage;
    pricing::Money cost;
};
using LedgerRows = std::vector<LedgerRow>;

// The running totals that bills are made of: prices every invocation as it ends and adds it to its
// row. Rows are committed in the transaction that keeps the invocation's record, so that whatever
// kills the daemon, both are there or neither. I/O thread only.
class Ledger final {
public:
    // Goes on with the rows of this month and the last one in observe.db, whose recorder must have
    // been opened before.
    static absl::StatusOr<std::unique_ptr<Ledger>> open(const std::filesystem::path& file,
                                                        const Clock& clock, PriceTimes prices);

    pricing::Money charge(const invoke::InvocationRecord& record);
    // What is used without an invocation, such as provisioned concurrency while it is configured.
    void add(std::int64_t atMicros, Subject subject, const pricing::Usage& usage);
    // From now on the usage of a function carries these tags.
    void setTags(const std::string& function, const Tags& tags);

    // The work that writes the rows which changed since the last call; null when none did.
    std::function<absl::Status(store::Database&)> takeWork();

    // Of the current or the last month; older ones are read from the file.
    LedgerRows month(int month) const;
    static absl::StatusOr<LedgerRows> readMonth(store::Database& database, int month);

    const Prices& prices() const { return times().current(); } // in use now
    const PriceTimes& times() const { return m_meter.prices(); }
    void setPrices(PriceTimes prices);
    const Clock& clock() const { return m_clock; }
    // What was charged within the last minute, by subject.
    std::vector<std::pair<Subject, pricing::Money>> lastMinute() const;
    std::uint64_t changes() const { return m_changes; } // grows with every charge

private:
    struct Entry {
        pricing::Usage usage;
        pricing::Money cost;
        bool dirty = false; // in m_dirty
    };
    struct Second {
        std::int64_t second = 0;
        absl::flat_hash_map<Subject, pricing::Money> costs;
    };
    using Day = absl::flat_hash_map<Subject, Entry>;

    Ledger(const Clock& clock, PriceTimes prices) : m_clock(clock), m_meter(std::move(prices)) {}
    void put(std::int64_t atMicros, Subject subject, const pricing::Usage& usage,
             pricing::Money cost);

    const Clock& m_clock;
    Meter m_meter;
    std::map<int, Day> m_days;
    std::vector<std::pair<int, Subject>> m_dirty;
    std::map<std::string, std::string> m_tags; // by function
    std::deque<Second> m_seconds;
    std::uint64_t m_changes = 0;
};

} // namespace gantry::cost
