#include "backend/cost/report.h"

#include "backend/cost/month.h"
#include "pricing/estimate.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace gantry::cost {
namespace {

using pricing::Item;
using pricing::Line;
using pricing::Money;
using pricing::Usage;

constexpr double kDaySeconds = 86'400;
constexpr int kHistoryDays = 28;

// How much of a line's quantity a usage has.
std::int64_t quantityOf(Item item, const Usage& usage)
{
    switch (item) {
    case Item::Requests:
        return usage.requests;
    case Item::DurationX86:
        return usage.x86.mbMillis;
    case Item::DurationArm:
        return usage.arm.mbMillis;
    case Item::StreamedResponse:
        return usage.streamedBytes;
    default:
        return 0; // has no free tier
    }
}

// Cut so that the parts add up to the whole: each is the difference of two running sums.
void shareFree(const pricing::Bill& bill, std::vector<Share>& shares)
{
    for (const Line& line : bill.lines) {
        if (line.free == Money())
            continue;
        std::int64_t used = 0;
        Money given;
        for (Share& share : shares) {
            used += quantityOf(line.item, share.usage);
            const Money upTo = line.free.share(used, line.quantity);
            share.free += upTo - given;
            given = upTo;
        }
    }
}

struct Moments {
    double mean = 0;
    double deviation = 0;
};

Moments momentsOf(const std::vector<double>& values)
{
    Moments moments;
    for (const double value : values)
        moments.mean += value / static_cast<double>(values.size());
    double squares = 0;
    for (const double value : values)
        squares += (value - moments.mean) * (value - moments.mean);
    if (values.size() > 1)
        moments.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
    return moments;
}

} // namespace

MonthBill monthBill(const LedgerRows& rows, const pricing::PriceTable& table)
{
    Usage usage;
    MonthBill result;
    for (const LedgerRow& row : rows) {
        usage += row.usage;
        result.running += row.cost;
    }
    result.bill = pricing::billOf(usage, table);
    return result;
}

Forecast forecastOf(const std::map<int, Money>& spendByDay, const Moment& moment)
{
    const int today = dayOf(moment.nowMicros);
    const int end = firstDayOf(moment.month + 1);
    Forecast forecast;
    for (const auto& [day, spend] : spendByDay) {
        if (monthOfDay(day) == moment.month)
            forecast.expected += spend;
    }
    forecast.low = forecast.high = forecast.expected;
    const auto first = std::find_if(spendByDay.begin(), spendByDay.end(),
                                    [](const auto& entry) { return entry.second != Money(); });
    if (today >= end || first == spendByDay.end())
        return forecast;

    const int from = std::max(first->first, today - kHistoryDays);
    std::vector<double> days; // that are over; those without a row are zero
    for (int day = from; day < today; ++day) {
        const auto spent = spendByDay.find(day);
        days.push_back(spent == spendByDay.end() ? 0 : spent->second.toDouble());
    }
    forecast.fullDays = static_cast<int>(days.size());
    const double secondsToday =
        static_cast<double>(moment.nowMicros) / 1e6 - static_cast<double>(today) * kDaySeconds;
    const auto spentToday = spendByDay.find(today);
    const double todays = spentToday == spendByDay.end() ? 0 : spentToday->second.toDouble();
    const Moments history = momentsOf(days);
    const double elapsed = static_cast<double>(days.size()) + secondsToday / kDaySeconds;
    const double perDay =
        elapsed > 0 ? (history.mean * static_cast<double>(days.size()) + todays) / elapsed : 0;
    const double daysLeft = static_cast<double>(end - today) - secondsToday / kDaySeconds;
    const double rest = perDay * daysLeft;
    // Days as independent draws; with little history: from nothing more to twice the rate.
    const double spread =
        days.size() >= 3 ? 1.96 * history.deviation * std::sqrt(daysLeft) : rest;
    const Money soFar = forecast.expected;
    forecast.expected = soFar + pricing::estimated(rest);
    forecast.low = soFar + pricing::estimated(std::max(rest - spread, 0.0));
    forecast.high = soFar + pricing::estimated(rest + spread);
    return forecast;
}

std::vector<Share> sharesOf(const LedgerRows& rows, const LedgerRows& recent, const Ledger& ledger,
                            const GroupOf& groupOf, const Moment& moment)
{
    std::map<std::string, Share> groups;
    for (const LedgerRow& row : rows) {
        Share& share = groups[groupOf(row.subject)];
        share.usage += row.usage;
        share.listed += row.cost;
    }
    std::map<std::string, std::map<int, Money>> days;
    for (const LedgerRow& row : recent)
        days[groupOf(row.subject)][row.day] += row.cost;
    for (const auto& [subject, cost] : ledger.lastMinute()) {
        if (const auto group = groups.find(groupOf(subject)); group != groups.end())
            group->second.perHour += cost * 60;
    }
    std::vector<Share> shares;
    for (auto& [name, share] : groups) {
        share.name = name;
        share.forecast = forecastOf(days[name], moment);
        if (share.forecast.expected < share.listed) // a month that is over has no recent rows
            share.forecast = {share.listed, share.listed, share.listed, 0};
        shares.push_back(std::move(share));
    }
    shareFree(monthBill(rows, ledger.prices().table).bill, shares);
    std::stable_sort(shares.begin(), shares.end(),
                     [](const Share& a, const Share& b) { return a.listed > b.listed; });
    return shares;
}

} // namespace gantry::cost
