#pragma once

#include "backend/cost/price_files.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace gantry::cost {

// Which prices counted when: usage is priced with the table that was in use when it began. Cheap to
// copy; never empty.
class PriceTimes final {
public:
    PriceTimes(Prices always) { add(0, std::move(always)); }

    // From so many Unix micros on. Later than what was added before, or it takes its place.
    void add(std::int64_t sinceMicros, Prices prices)
    {
        while (!m_times.empty() && m_times.back().since >= sinceMicros)
            m_times.pop_back();
        m_times.push_back({sinceMicros, std::make_shared<const Prices>(std::move(prices))});
    }
    const Prices& at(std::int64_t micros) const
    {
        const auto after = std::upper_bound(
            m_times.begin() + 1, m_times.end(), micros,
            [](std::int64_t wanted, const Time& time) { return wanted < time.since; });
        return *std::prev(after)->prices;
    }
    const Prices& current() const { return *m_times.back().prices; }
    std::int64_t currentSince() const { return m_times.back().since; }

private:
    struct Time {
        std::int64_t since;
        std::shared_ptr<const Prices> prices;
    };
    std::vector<Time> m_times; // by time
};

} // namespace gantry::cost
