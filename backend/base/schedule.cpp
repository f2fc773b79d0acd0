#include "backend/base/schedule.h"

#include "backend/base/text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <string>

namespace gantry {
namespace {

struct Range {
    const char* name;
    int min;
    int max;
};
constexpr std::array<Range, 6> kRanges = {{{"minutes", 0, 59},
                                           {"hours", 0, 23},
                                           {"day of month", 1, 31},
                                           {"month", 1, 12},
                                           {"day of week", 1, 7},
                                           {"year", 1970, 2199}}};
constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kDays = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};
enum { kMinutes, kHours, kDayOfMonth, kMonth, kDayOfWeek, kYear };
constexpr int kSearchDays = 366 * 8; // leap years come every eight years at the least

absl::Status wrong(std::string_view what)
{
    return absl::InvalidArgumentError(absl::StrCat("The schedule expression is not valid: ",
                                                   view(what), "."));
}

std::optional<int> valueOf(absl::string_view text, int index)
{
    int value = 0;
    if (absl::SimpleAtoi(text, &value))
        return value >= kRanges[index].min && value <= kRanges[index].max ? std::optional(value)
                                                                         : std::nullopt;
    const std::string upper = absl::AsciiStrToUpper(text);
    for (std::size_t i = 0; index == kMonth && i < kMonths.size(); ++i) {
        if (kMonths[i] == upper)
            return static_cast<int>(i) + 1;
    }
    for (std::size_t i = 0; index == kDayOfWeek && i < kDays.size(); ++i) {
        if (kDays[i] == upper)
            return static_cast<int>(i) + 1;
    }
    return std::nullopt;
}

// 1 is Sunday.
int weekdayOf(const absl::CivilDay& day)
{
    return (static_cast<int>(absl::GetWeekday(day)) + 1) % 7 + 1;
}

} // namespace

absl::StatusOr<Schedule::Field> Schedule::parseField(std::string_view text, int index)
{
    const Range& range = kRanges[static_cast<std::size_t>(index)];
    const absl::Status bad =
        wrong(absl::StrCat("\"", view(text), "\" cannot be the ", range.name));
    Field field;
    field.allowed.assign(static_cast<std::size_t>(range.max) + 1, false);
    if (text == "?" && index != kDayOfMonth && index != kDayOfWeek)
        return bad;
    if (text == "*" || text == "?") {
        field.any = true;
        return field;
    }
    if (text == "L" && index == kDayOfMonth) {
        field.last = true;
        return field;
    }
    if (text == "L" && index == kDayOfWeek)
        text = "7";
    if (index == kDayOfWeek && text.size() > 1 && text.back() == 'L') {
        const auto day = valueOf(view(text.substr(0, text.size() - 1)), index);
        if (!day)
            return bad;
        field.lastWeekday = true;
        field.nthDay = *day;
        return field;
    }
    if (const std::size_t hash = text.find('#');
        index == kDayOfWeek && hash != std::string_view::npos) {
        const auto day = valueOf(view(text.substr(0, hash)), index);
        if (!day || !absl::SimpleAtoi(view(text.substr(hash + 1)), &field.nth) || field.nth < 1 ||
            field.nth > 5)
            return bad;
        field.nthDay = *day;
        return field;
    }
    for (const absl::string_view part : absl::StrSplit(view(text), ',')) {
        const std::pair<absl::string_view, absl::string_view> step =
            absl::StrSplit(part, absl::MaxSplits('/', 1));
        const bool stepped = absl::StrContains(part, "/");
        int every = 1;
        if (stepped && (!absl::SimpleAtoi(step.second, &every) || every < 1))
            return bad;
        int from = range.min, to = range.max;
        if (step.first != "*" && !(stepped && step.first.empty())) {
            const std::pair<absl::string_view, absl::string_view> ends =
                absl::StrSplit(step.first, absl::MaxSplits('-', 1));
            const auto first = valueOf(ends.first, index);
            const bool ranged = absl::StrContains(step.first, "-");
            const auto last = ranged ? valueOf(ends.second, index) : first;
            if (!first || !last || *last < *first)
                return bad;
            from = *first;
            to = stepped && !ranged ? range.max : *last;
        }
        for (int value = from; value <= to; value += every)
            field.allowed[static_cast<std::size_t>(value)] = true;
    }
    return field;
}

absl::StatusOr<Schedule> Schedule::parse(std::string_view expression)
{
    absl::string_view text = absl::StripAsciiWhitespace(view(expression));
    Schedule schedule;
    if (!absl::EndsWith(text, ")"))
        return wrong("it must be rate(...) or cron(...)");
    if (absl::ConsumePrefix(&text, "rate(")) {
        const std::vector<absl::string_view> parts =
            absl::StrSplit(text.substr(0, text.size() - 1), ' ', absl::SkipEmpty());
        std::int64_t count = 0;
        if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &count) || count < 1 ||
            count > 1'000'000)
            return wrong("a rate is a number and a unit, as in rate(10 days)");
        const absl::string_view unit = absl::StripSuffix(parts[1], "s");
        const std::int64_t seconds = unit == "minute" ? 60
                                     : unit == "hour" ? 3'600
                                     : unit == "day"  ? 86'400
                                                      : 0;
        if (seconds == 0)
            return wrong("the unit of a rate is minutes, hours or days");
        schedule.m_rateSeconds = count * seconds;
        return schedule;
    }
    if (!absl::ConsumePrefix(&text, "cron("))
        return wrong("it must be rate(...) or cron(...)");
    const std::vector<absl::string_view> parts =
        absl::StrSplit(text.substr(0, text.size() - 1), ' ', absl::SkipEmpty());
    if (parts.size() != schedule.m_fields.size())
        return wrong("cron has six fields: minutes, hours, day of month, month, day of week, year");
    for (int i = 0; i < 6; ++i) {
        auto field = parseField(view(parts[static_cast<std::size_t>(i)]), i);
        if (!field.ok())
            return field.status();
        schedule.m_fields[static_cast<std::size_t>(i)] = *std::move(field);
    }
    if (!schedule.m_fields[kDayOfMonth].any && !schedule.m_fields[kDayOfWeek].any)
        return wrong("one of day of month and day of week must be ?");
    return schedule;
}

bool Schedule::dayMatches(std::int64_t days) const
{
    const absl::CivilDay day = absl::CivilDay(1970, 1, 1) + days;
    const absl::CivilDay lastDay =
        absl::CivilDay(absl::CivilMonth(day) + 1) - 1;
    const auto has = [](const Field& field, std::int64_t value) {
        return field.any || (value < static_cast<std::int64_t>(field.allowed.size()) &&
                             field.allowed[static_cast<std::size_t>(value)]);
    };
    if (!has(m_fields[kYear], day.year()) || !has(m_fields[kMonth], day.month()))
        return false;
    const Field& monthDay = m_fields[kDayOfMonth];
    if (monthDay.last ? day != lastDay : !has(monthDay, day.day()))
        return false;
    const Field& weekDay = m_fields[kDayOfWeek];
    if (weekDay.nth > 0)
        return weekdayOf(day) == weekDay.nthDay && (day.day() - 1) / 7 + 1 == weekDay.nth;
    if (weekDay.lastWeekday)
        return weekdayOf(day) == weekDay.nthDay && lastDay - day < 7;
    return has(weekDay, weekdayOf(day));
}

std::optional<std::int64_t> Schedule::next(std::int64_t afterSeconds) const
{
    if (isRate())
        return afterSeconds + m_rateSeconds;
    constexpr std::int64_t kDay = 86'400;
    std::int64_t day = afterSeconds / kDay;
    std::int64_t firstMinute = afterSeconds % kDay / 60 + 1;
    for (int tried = 0; tried < kSearchDays; ++tried, ++day, firstMinute = 0) {
        if (!dayMatches(day))
            continue;
        for (std::int64_t minute = firstMinute; minute < 24 * 60; ++minute) {
            const auto hour = static_cast<std::size_t>(minute / 60);
            const auto within = static_cast<std::size_t>(minute % 60);
            if ((m_fields[kHours].any || m_fields[kHours].allowed[hour]) &&
                (m_fields[kMinutes].any || m_fields[kMinutes].allowed[within]))
                return day * kDay + minute * 60;
        }
    }
    return std::nullopt;
}

} // namespace gantry
