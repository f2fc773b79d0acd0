#pragma once

#include <chrono>
#include <cstdint>

// The calendar of bills: months and days of UTC, as AWS has them.
namespace gantry::cost {

// Whole days since 1970-01-01.
inline int dayOf(std::int64_t unixMicros)
{
    using namespace std::chrono;
    return floor<days>(sys_time<microseconds>(microseconds(unixMicros))).time_since_epoch().count();
}

// Whole months since 1970-01.
inline int monthOfDay(int day)
{
    using namespace std::chrono;
    const year_month_day date{sys_days(days(day))};
    return (int(date.year()) - 1970) * 12 + int(unsigned(date.month())) - 1;
}

inline int firstDayOf(int month)
{
    using namespace std::chrono;
    const year_month_day date{year(1970 + month / 12) / std::chrono::month(unsigned(month % 12 + 1)) / 1};
    return sys_days(date).time_since_epoch().count();
}

inline int monthOf(std::int64_t unixMicros) { return monthOfDay(dayOf(unixMicros)); }

} // namespace gantry::cost
