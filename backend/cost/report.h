#pragma once

#include "backend/cost/ledger.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// What a month's rows of the ledger add up to.
namespace gantry::cost {

struct Forecast {
    // Of the whole month: what has been charged and what is likely to come. Estimates.
    pricing::Money expected;
    pricing::Money low;
    pricing::Money high;
    int fullDays = 0; // of history that it rests on; with fewer than three the band is a guess
};

// The month's bill of the account. The listed sum of the lines is worked out with today's table;
// where the table was changed within the month, the rest of the running total is `adjustment`.
struct MonthBill {
    pricing::Bill bill;
    pricing::Money running; // what was charged, without the free tier
    pricing::Money adjustment() const { return running - bill.listed; }
    pricing::Money due() const { return running - bill.free; }
};
MonthBill monthBill(const LedgerRows& rows, const pricing::PriceTable& table);

// A function, version, alias, tag or tenant and its part of the bill.
struct Share {
    std::string name;
    pricing::Usage usage;
    pricing::Money listed;
    pricing::Money free; // its part of the free tier, in proportion to what it used of each line
    pricing::Money perHour; // of the last minute, extrapolated
    Forecast forecast;      // of the listed sum
    pricing::Money due() const { return listed - free; }
};

// Names the group that a subject belongs to.
using GroupOf = std::function<std::string(const Subject&)>;

// When it is, for forecasts: Unix micros.
struct Moment {
    std::int64_t nowMicros = 0;
    int month = 0; // that is reported on
};

// By listed sum, the dearest first. The free parts add up to the bill's to the last digit.
// `recent` are the rows of this month and the last one, which forecasts rest on.
std::vector<Share> sharesOf(const LedgerRows& rows, const LedgerRows& recent, const Ledger& ledger,
                            const GroupOf& groupOf, const Moment& moment);

// From the spend of each day of UTC. Days before the first spend do not count.
Forecast forecastOf(const std::map<int, pricing::Money>& spendByDay, const Moment& moment);

} // namespace gantry::cost
