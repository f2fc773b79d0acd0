#include "backend/observe/slo/budget.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <algorithm>

namespace gantry::observe::slo {
namespace {

namespace pb = aws::applicationsignals;

constexpr double kNothing = 1e-9; // sums of fractions are not exact

absl::Time timeOf(std::int64_t ms)
{
    return absl::FromUnixMillis(ms);
}

// So many units later, or earlier; months are the calendar's, of UTC.
std::int64_t moved(std::int64_t ms, const std::string& unit, std::int64_t by)
{
    if (unit == "MINUTE")
        return ms + by * 60'000;
    if (unit == "HOUR")
        return ms + by * 3'600'000;
    if (unit == "DAY")
        return ms + by * 86'400'000;
    const absl::TimeZone utc = absl::UTCTimeZone();
    const absl::CivilSecond civil = absl::ToCivilSecond(timeOf(ms), utc);
    const absl::CivilMonth month = absl::CivilMonth(civil) + by;
    // The 31st of a shorter month is its last day.
    const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
    const int day = std::min(civil.day(), last.day());
    const absl::CivilSecond then(month.year(), month.month(), day, civil.hour(), civil.minute(),
                                 civil.second());
    return absl::ToUnixMillis(absl::FromCivil(then, utc)) + ms % 1'000;
}

// The one of the calendar's intervals that holds the time; before the first one that is the first.
Interval calendarAt(const pb::CalendarInterval& calendar, std::int64_t nowMs)
{
    const std::int64_t start = calendar.start_time().seconds() * 1'000;
    const std::string& unit = calendar.duration_unit();
    const std::int64_t step = std::max(1, calendar.duration());
    const std::int64_t longest = unit == "MONTH" ? step * 31 * 86'400'000LL
                                                 : moved(0, unit, step);
    std::int64_t index = std::max<std::int64_t>(0, (nowMs - start) / longest);
    while (moved(start, unit, (index + 1) * step) <= nowMs)
        ++index;
    const std::int64_t from = moved(start, unit, index * step);
    return {from, std::max(from, nowMs), moved(start, unit, (index + 1) * step)};
}

double allowedShare(const pb::Goal& goal)
{
    return std::max(0.0, 100 - goal.attainment_goal()) / 100;
}

Status statusOf(const pb::Goal& goal, const Budget& budget)
{
    if (budget.remaining < -kNothing)
        return Status::Breached;
    const bool low = budget.remaining < budget.total &&
                     budget.remainingPercent() < goal.warning_threshold() - kNothing;
    return low ? Status::Warning : Status::Ok;
}

} // namespace

Tally tallyOf(const std::vector<Bin>& bins, std::int64_t fromMs, std::int64_t toMs)
{
    Tally tally;
    const auto before = [](const Bin& bin, std::int64_t ms) { return bin.startMs < ms; };
    auto bin = std::lower_bound(bins.begin(), bins.end(), fromMs, before);
    for (; bin != bins.end() && bin->startMs < toMs; ++bin) {
        tally.good += bin->good;
        tally.bad += bin->bad;
    }
    return tally;
}

Interval intervalAt(const pb::Goal& goal, std::int64_t nowMs)
{
    if (goal.interval().has_calendar_interval())
        return calendarAt(goal.interval().calendar_interval(), nowMs);
    const pb::RollingInterval& rolling = goal.interval().rolling_interval();
    return {moved(nowMs, rolling.duration_unit(), -rolling.duration()), nowMs, nowMs};
}

const char* nameOf(Status status)
{
    switch (status) {
    case Status::Ok: return "OK";
    case Status::Warning: return "WARNING";
    case Status::Breached: return "BREACHED";
    case Status::InsufficientData: break;
    }
    return "INSUFFICIENT_DATA";
}

Budget budgetOf(const pb::Goal& goal, const Tally& tally, const Interval& interval,
                std::int64_t periodMs)
{
    Budget budget;
    const double seconds = static_cast<double>(periodMs) / 1'000;
    const double all = periodMs > 0 ? static_cast<double>(interval.endMs - interval.fromMs) / 1'000
                                    : tally.total();
    const double bad = periodMs > 0 ? tally.bad * seconds : tally.bad;
    const double judged = periodMs > 0
                              ? std::max(static_cast<double>(interval.toMs - interval.fromMs) / 1'000,
                                         tally.total() * seconds)
                              : all;
    budget.total = allowedShare(goal) * all;
    budget.remaining = budget.total - bad;
    if (tally.total() <= 0)
        return budget;
    budget.attainment = std::max(0.0, 1 - bad / judged) * 100;
    budget.status = statusOf(goal, budget);
    return budget;
}

std::optional<double> burnRate(const pb::Goal& goal, const Tally& tally, std::int64_t windowMs,
                               std::int64_t periodMs)
{
    if (tally.total() <= 0 || allowedShare(goal) <= 0)
        return std::nullopt;
    const double periods =
        periodMs > 0 ? std::max(1.0, static_cast<double>(windowMs) / static_cast<double>(periodMs)) : 0;
    const double all = std::max(periods, tally.total());
    return tally.bad / all / allowedShare(goal);
}

} // namespace gantry::observe::slo
