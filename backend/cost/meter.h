#pragma once

#include "backend/cost/price_times.h"
#include "backend/invoke/invocation_record.h"
#include "pricing/bill.h"

#include <cstdint>
#include <map>
#include <utility>

namespace gantry::cost {

// What of a record its price depends on.
pricing::Invocation invocationOf(const invoke::InvocationRecord& record);

// When a record is billed: the time at which it began to run, Unix micros.
std::int64_t billedAt(const invoke::InvocationRecord& record);

// Prices usage, one after the other, without the free tier and with the table of its time, and
// counts the calendar month's usage on the way, for the tiers.
class Meter final {
public:
    struct Charge {
        pricing::Usage usage;
        pricing::Money price;
    };

    explicit Meter(PriceTimes prices) : m_prices(std::move(prices)) {}

    Charge charge(const invoke::InvocationRecord& record);
    pricing::Money charge(std::int64_t atMicros, const pricing::Usage& usage);
    // What had been used in a month before.
    void resume(int month, const pricing::Usage& usage) { m_months[month] += usage; }
    const PriceTimes& prices() const { return m_prices; }
    void setPrices(PriceTimes prices) { m_prices = std::move(prices); }

private:
    PriceTimes m_prices;
    std::map<int, pricing::Usage> m_months; // by months since 1970; the last two
};

} // namespace gantry::cost
