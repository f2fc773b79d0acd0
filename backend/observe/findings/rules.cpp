#include "backend/observe/findings/rules.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace gantry::observe::findings {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr double kMb = 1024.0 * 1024.0;

// The thresholds; rules() says them in words.
constexpr std::int64_t kMemoryCalls = 20;
constexpr double kNearLimitShare = 0.05; // of calls, that use 90 % of the memory
constexpr std::int64_t kTimeouts = 3;
constexpr double kTimeoutGrowth = 2;
constexpr std::int64_t kColdCalls = 20;
constexpr double kColdShare = 0.2;
constexpr double kLimitShare = 0.8;
constexpr int kRunaway = 10;
constexpr double kRunawayGrowth = 4;
constexpr int kRunawayBefore = 10; // minutes with calls to compare with
constexpr std::int64_t kRetries = 20;
constexpr double kRetryShare = 0.4;
constexpr double kCostGrowth = 3;
constexpr double kCostUsd = 0.001;
constexpr int kCostHours = 3; // with calls, to compare with
constexpr std::int64_t kOversizedCalls = 50;
constexpr double kOversizedShare = 0.4;
constexpr int kSmallestMb = 128;

struct Rule {
    const char* id;
    const char* title;
    const char* threshold;
    Found (*find)(const FunctionFacts&, std::int64_t);
};

constexpr Rule kRules[] = {
    {"near-limit-memory", "Memory near its limit",
     "An invocation of the last 24 hours ran out of memory, or at least 5 % of 20 or more used 90 % of the "
     "function's memory.",
     nearLimitMemory},
    {"growing-timeouts", "Time-outs growing",
     "3 or more time-outs in the last hour, as a share of invocations at least twice that of the 24 hours before.",
     growingTimeouts},
    {"cold-start-share", "Many cold starts",
     "At least 20 % of 20 or more invocations of the last hour began cold.", coldStartShare},
    {"throttle-risk", "Risk of throttling",
     "Invocations were throttled in the last hour, or concurrency reached 80 % of the limit.", throttleRisk},
    {"runaway-concurrency", "Runaway concurrency",
     "In the last 5 minutes 10 or more ran at once, at least 4 times the peak of the rest of the hour.",
     runawayConcurrency},
    {"recursion", "Recursive invocations",
     "An event of the last 24 hours was dropped because it went round in a loop of functions.", recursion},
    {"retry-storm", "Retry storm",
     "In the last hour 20 or more attempts at asynchronous events were retries, at least 40 % of all.", retryStorm},
    {"cost-jump", "Cost jump",
     "The last 60 minutes cost at least $0.001, and 3 times the average of the hours with calls in the day before.",
     costJump},
    {"oversized-memory", "More memory than needed",
     "None of 50 or more invocations of the last 24 hours used more than 40 % of the function's memory, "
     "which is above 128 MB.",
     oversizedMemory},
};

double percent(double part, double whole)
{
    return whole > 0 ? part / whole * 100 : 0;
}

template <class Items, class Member>
auto sumOf(const Items& items, Member member)
{
    using Sum = std::decay_t<decltype(std::invoke(member, *items.begin()))>;
    return std::accumulate(items.begin(), items.end(), Sum(), [member](Sum sum, const auto& item) {
        return static_cast<Sum>(sum + std::invoke(member, item));
    });
}

template <class Items, class Member>
auto highestOf(const Items& items, Member member)
{
    using Value = std::decay_t<decltype(std::invoke(member, *items.begin()))>;
    Value highest = 0;
    for (const auto& item : items)
        highest = std::max(highest, std::invoke(member, item));
    return highest;
}

// Those that begin in [fromMs, toMs).
template <class Item>
std::vector<Item> within(const std::vector<Item>& items, std::int64_t fromMs, std::int64_t toMs)
{
    std::vector<Item> some;
    std::copy_if(items.begin(), items.end(), std::back_inserter(some), [&](const Item& item) {
        return item.startMs >= fromMs && item.startMs < toMs;
    });
    return some;
}

// What rules put together: a finding with its evidence.
class Report {
public:
    Report(const char* rule, const FunctionFacts& facts, std::int64_t fromMs, std::int64_t nowMs)
    {
        m_finding.set_id(absl::StrCat(rule, ":", facts.name));
        m_finding.set_rule(rule);
        m_finding.set_function_name(facts.name);
        for (const Rule& each : kRules) {
            if (std::string_view(each.id) == rule)
                m_finding.set_title(each.title);
        }
        m_finding.mutable_evidence()->set_from_ms(fromMs);
        m_finding.mutable_evidence()->set_to_ms(nowMs);
    }

    Report& says(v1::FindingSeverity severity, std::string text)
    {
        m_finding.set_severity(severity);
        m_finding.set_text(std::move(text));
        return *this;
    }
    Report& number(const char* name, double value, v1::FindingUnit unit = v1::FINDING_UNIT_COUNT)
    {
        v1::FindingNumber& number = *m_finding.mutable_evidence()->add_numbers();
        number.set_name(name);
        number.set_value(value);
        number.set_unit(unit);
        return *this;
    }
    // One value a step of the evidence's time; steps without an item are 0.
    template <class Item, class Value>
    Report& series(const char* name, v1::FindingUnit unit, std::int64_t widthMs,
                   const std::vector<Item>& items, Value value, std::optional<double> threshold = {})
    {
        v1::FindingEvidence& evidence = *m_finding.mutable_evidence();
        v1::FindingSeries& series = *evidence.mutable_series();
        const std::int64_t start = evidence.from_ms() - evidence.from_ms() % widthMs;
        series.set_name(name);
        series.set_unit(unit);
        series.set_start_ms(start);
        series.set_width_ms(widthMs);
        std::vector<double> values(static_cast<std::size_t>((evidence.to_ms() - start) / widthMs + 1));
        for (const Item& item : items) {
            const std::int64_t at = (item.startMs - start) / widthMs;
            if (item.startMs >= start && at < static_cast<std::int64_t>(values.size()))
                values[static_cast<std::size_t>(at)] += static_cast<double>(value(item));
        }
        series.mutable_values()->Assign(values.begin(), values.end());
        if (threshold)
            series.set_threshold(*threshold);
        return *this;
    }
    Report& action(v1::FindingAction action)
    {
        m_finding.add_actions(action);
        return *this;
    }
    v1::HealthFinding take() { return std::move(m_finding); }

private:
    v1::HealthFinding m_finding;
};

} // namespace

Found nearLimitMemory(const FunctionFacts& facts, std::int64_t nowMs)
{
    const auto calls = sumOf(facts.records, &RecordHour::withMemory);
    const auto near = sumOf(facts.records, &RecordHour::nearLimit);
    const auto ended = sumOf(facts.records, &RecordHour::outOfMemory);
    const double share = percent(static_cast<double>(near), static_cast<double>(calls));
    if (ended == 0 && (calls < kMemoryCalls || share < kNearLimitShare * 100))
        return std::nullopt;
    const double limit = facts.memoryMb * kMb;
    const auto highest = static_cast<double>(highestOf(facts.records, &RecordHour::memoryMaxBytes));
    const std::string text =
        ended > 0 ? absl::StrFormat("%d of %d invocations ran out of the function's %d MB and were ended.",
                                    ended, calls, facts.memoryMb)
                  : absl::StrFormat("%.0f %% of %d invocations used 90 %% or more of the function's %d MB.",
                                    share, calls, facts.memoryMb);
    return Report("near-limit-memory", facts, nowMs - kDayMs, nowMs)
        .says(ended > 0 ? v1::FINDING_SEVERITY_HIGH : v1::FINDING_SEVERITY_MEDIUM, text)
        .number("Most memory used", highest, v1::FINDING_UNIT_BYTES)
        .number("Memory of the function", limit, v1::FINDING_UNIT_BYTES)
        .number("Invocations", static_cast<double>(calls))
        .number("Near the limit", static_cast<double>(near))
        .number("Out of memory", static_cast<double>(ended))
        .series("Most memory used", v1::FINDING_UNIT_BYTES, kHourMs, facts.records,
                [](const RecordHour& hour) { return hour.memoryMaxBytes; }, limit)
        .action(v1::FINDING_ACTION_CONFIGURATION)
        .action(v1::FINDING_ACTION_TUNING)
        .take();
}

Found growingTimeouts(const FunctionFacts& facts, std::int64_t nowMs)
{
    // The running hour and the one before: an hour at least, two at most.
    const std::int64_t since = nowMs - nowMs % kHourMs - kHourMs;
    const auto recent = within(facts.records, since, nowMs + 1);
    const auto before = within(facts.records, nowMs - kDayMs - kHourMs, since);
    const auto now = sumOf(recent, &RecordHour::timeouts);
    const auto calls = sumOf(recent, &RecordHour::invocations);
    const double share = percent(static_cast<double>(now), static_cast<double>(calls));
    const double shareBefore = percent(static_cast<double>(sumOf(before, &RecordHour::timeouts)),
                                       static_cast<double>(sumOf(before, &RecordHour::invocations)));
    if (now < kTimeouts || share < kTimeoutGrowth * shareBefore)
        return std::nullopt;
    return Report("growing-timeouts", facts, nowMs - kDayMs, nowMs)
        .says(v1::FINDING_SEVERITY_HIGH,
              absl::StrFormat("%d of the latest %d invocations (%.1f %%) ended at the time-out of %g s; it was "
                              "%.1f %% before.",
                              now, calls, share, facts.timeoutMs / 1'000.0, shareBefore))
        .number("Time-outs lately", static_cast<double>(now))
        .number("Invocations lately", static_cast<double>(calls))
        .number("Share lately", share, v1::FINDING_UNIT_PERCENT)
        .number("Share in the day before", shareBefore, v1::FINDING_UNIT_PERCENT)
        .number("Time-out of the function", facts.timeoutMs, v1::FINDING_UNIT_MILLISECONDS)
        .series("Time-outs an hour", v1::FINDING_UNIT_COUNT, kHourMs, facts.records,
                [](const RecordHour& hour) { return hour.timeouts; })
        .action(v1::FINDING_ACTION_LOGS)
        .action(v1::FINDING_ACTION_CONFIGURATION)
        .action(v1::FINDING_ACTION_TUNING)
        .take();
}

Found coldStartShare(const FunctionFacts& facts, std::int64_t nowMs)
{
    const auto calls = sumOf(facts.minutes, &Slice::invocations);
    const auto cold = sumOf(facts.minutes, &Slice::coldStarts);
    const double share = percent(static_cast<double>(cold), static_cast<double>(calls));
    if (calls < kColdCalls || share < kColdShare * 100)
        return std::nullopt;
    return Report("cold-start-share", facts, nowMs - kHourMs, nowMs)
        .says(v1::FINDING_SEVERITY_LOW,
              absl::StrFormat("%d of %d invocations of the last hour (%.0f %%) waited for an environment to start.",
                              cold, calls, share))
        .number("Cold starts", static_cast<double>(cold))
        .number("Invocations", static_cast<double>(calls))
        .number("Share", share, v1::FINDING_UNIT_PERCENT)
        .series("Cold starts a minute", v1::FINDING_UNIT_COUNT, kMinuteMs, facts.minutes,
                [](const Slice& slice) { return slice.coldStarts; })
        .action(v1::FINDING_ACTION_CONCURRENCY)
        .action(v1::FINDING_ACTION_MONITOR)
        .take();
}

Found throttleRisk(const FunctionFacts& facts, std::int64_t nowMs)
{
    const auto throttles = sumOf(facts.minutes, &Slice::throttles);
    const int peak = highestOf(facts.minutes, &Slice::concurrency);
    const int limit = facts.concurrencyLimit;
    if (limit <= 0 || (throttles == 0 && peak < kLimitShare * limit))
        return std::nullopt;
    const char* whose = facts.isReserved ? "that it has reserved" : "that functions without a reservation share";
    const std::string text =
        throttles > 0
            ? absl::StrFormat("%d invocations of the last hour were throttled. Up to %d ran at once, of the %d %s.",
                              throttles, peak, limit, whose)
            : absl::StrFormat("Up to %d ran at once in the last hour: %.0f %% of the %d %s.", peak,
                              percent(peak, limit), limit, whose);
    return Report("throttle-risk", facts, nowMs - kHourMs, nowMs)
        .says(throttles > 0 ? v1::FINDING_SEVERITY_HIGH : v1::FINDING_SEVERITY_MEDIUM, text)
        .number("Highest concurrency", peak)
        .number("Limit", limit)
        .number("Share of the limit", percent(peak, limit), v1::FINDING_UNIT_PERCENT)
        .number("Throttled", static_cast<double>(throttles))
        .series("Concurrency", v1::FINDING_UNIT_COUNT, kMinuteMs, facts.minutes,
                [](const Slice& slice) { return slice.concurrency; }, limit)
        .action(v1::FINDING_ACTION_CONCURRENCY)
        .action(v1::FINDING_ACTION_MONITOR)
        .take();
}

Found runawayConcurrency(const FunctionFacts& facts, std::int64_t nowMs)
{
    const std::int64_t since = nowMs - 5 * kMinuteMs;
    const auto before = within(facts.minutes, nowMs - kHourMs, since);
    const int peak = highestOf(within(facts.minutes, since, nowMs + 1), &Slice::concurrency);
    const int peakBefore = highestOf(before, &Slice::concurrency);
    const auto busy = std::count_if(before.begin(), before.end(),
                                    [](const Slice& slice) { return slice.invocations > 0; });
    if (peak < kRunaway || busy < kRunawayBefore || peak < kRunawayGrowth * peakBefore)
        return std::nullopt;
    return Report("runaway-concurrency", facts, nowMs - kHourMs, nowMs)
        .says(v1::FINDING_SEVERITY_HIGH,
              absl::StrFormat("%d run at once, %.1f times the most of the hour before (%d).", peak,
                              static_cast<double>(peak) / std::max(1, peakBefore), peakBefore))
        .number("Peak of the last 5 minutes", peak)
        .number("Peak before", peakBefore)
        .number("Growth", static_cast<double>(peak) / std::max(1, peakBefore), v1::FINDING_UNIT_TIMES)
        .series("Concurrency", v1::FINDING_UNIT_COUNT, kMinuteMs, facts.minutes,
                [](const Slice& slice) { return slice.concurrency; })
        .action(v1::FINDING_ACTION_CONCURRENCY)
        .action(v1::FINDING_ACTION_LOGS)
        .take();
}

Found recursion(const FunctionFacts& facts, std::int64_t nowMs)
{
    std::vector<Slice> drops;
    std::int64_t last = 0;
    for (const std::int64_t at : facts.recursionsMs) {
        if (at < nowMs - kDayMs)
            continue;
        drops.emplace_back().startMs = at;
        last = std::max(last, at);
    }
    if (drops.empty())
        return std::nullopt;
    return Report("recursion", facts, nowMs - kDayMs, nowMs)
        .says(v1::FINDING_SEVERITY_HIGH,
              absl::StrFormat("%d of its events went round in a loop of functions and were stopped; they lie in "
                              "the event queue.",
                              drops.size()))
        .number("Events stopped", static_cast<double>(drops.size()))
        .number("Minutes since the last", static_cast<double>((nowMs - last) / kMinuteMs))
        .series("Events stopped an hour", v1::FINDING_UNIT_COUNT, kHourMs, drops,
                [](const Slice&) { return 1; })
        .action(v1::FINDING_ACTION_QUEUE)
        .action(v1::FINDING_ACTION_LOGS)
        .take();
}

Found retryStorm(const FunctionFacts& facts, std::int64_t nowMs)
{
    const auto received = sumOf(facts.minutes, &Slice::asyncReceived);
    const auto attempts = sumOf(facts.minutes, &Slice::asyncAttempts);
    const std::int64_t retries = attempts - received;
    const double share = percent(static_cast<double>(retries), static_cast<double>(attempts));
    if (retries < kRetries || share < kRetryShare * 100)
        return std::nullopt;
    return Report("retry-storm", facts, nowMs - kHourMs, nowMs)
        .says(v1::FINDING_SEVERITY_MEDIUM,
              absl::StrFormat("%d of %d attempts at asynchronous events in the last hour (%.0f %%) were retries; "
                              "%d events wait for another one.",
                              retries, attempts, share, facts.retrying))
        .number("Attempts", static_cast<double>(attempts))
        .number("Events received", static_cast<double>(received))
        .number("Retries", static_cast<double>(retries))
        .number("Share of retries", share, v1::FINDING_UNIT_PERCENT)
        .number("Waiting for a retry", facts.retrying)
        .series("Attempts a minute", v1::FINDING_UNIT_COUNT, kMinuteMs, facts.minutes,
                [](const Slice& slice) { return slice.asyncAttempts; })
        .action(v1::FINDING_ACTION_QUEUE)
        .action(v1::FINDING_ACTION_LOGS)
        .take();
}

Found costJump(const FunctionFacts& facts, std::int64_t nowMs)
{
    const double now = sumOf(facts.minutes, &Slice::costUsd);
    // Hours that lie before the last 60 minutes.
    const auto before = within(facts.hours, nowMs - kDayMs - kHourMs, nowMs - 2 * kHourMs + 1);
    const auto busy = std::count_if(before.begin(), before.end(),
                                    [](const Slice& slice) { return slice.invocations > 0; });
    const double average = busy > 0 ? sumOf(before, &Slice::costUsd) / static_cast<double>(busy) : 0;
    if (busy < kCostHours || now < kCostUsd || now < kCostGrowth * average)
        return std::nullopt;
    return Report("cost-jump", facts, nowMs - kDayMs, nowMs)
        .says(v1::FINDING_SEVERITY_MEDIUM,
              average > 0
                  ? absl::StrFormat("The last 60 minutes cost $%.6g (by the price table), %.1f times the average "
                                    "hour with calls before.",
                                    now, now / average)
                  : absl::StrFormat("The last 60 minutes cost $%.6g (by the price table); hours before cost nothing.",
                                    now))
        .number("Cost of the last 60 minutes", now, v1::FINDING_UNIT_USD)
        .number("Average hour with calls before", average, v1::FINDING_UNIT_USD)
        .number("Hours compared with", static_cast<double>(busy))
        .series("Cost an hour", v1::FINDING_UNIT_USD, kHourMs, facts.hours,
                [](const Slice& slice) { return slice.costUsd; })
        .action(v1::FINDING_ACTION_COST)
        .action(v1::FINDING_ACTION_MONITOR)
        .take();
}

Found oversizedMemory(const FunctionFacts& facts, std::int64_t nowMs)
{
    const auto calls = sumOf(facts.records, &RecordHour::withMemory);
    const auto highest = static_cast<double>(highestOf(facts.records, &RecordHour::memoryMaxBytes));
    const double limit = facts.memoryMb * kMb;
    // Memory that was not measured says nothing.
    if (calls < kOversizedCalls || facts.memoryMb <= kSmallestMb || highest <= 0 ||
        highest > kOversizedShare * limit)
        return std::nullopt;
    return Report("oversized-memory", facts, nowMs - kDayMs, nowMs)
        .says(v1::FINDING_SEVERITY_LOW,
              absl::StrFormat("%d invocations used %.0f MB at most, %.0f %% of the function's %d MB. Less memory "
                              "also means less processor: tuning measures what is best.",
                              calls, highest / kMb, percent(highest, limit), facts.memoryMb))
        .number("Most memory used", highest, v1::FINDING_UNIT_BYTES)
        .number("Memory of the function", limit, v1::FINDING_UNIT_BYTES)
        .number("Used", percent(highest, limit), v1::FINDING_UNIT_PERCENT)
        .number("Invocations", static_cast<double>(calls))
        .series("Most memory used", v1::FINDING_UNIT_BYTES, kHourMs, facts.records,
                [](const RecordHour& hour) { return hour.memoryMaxBytes; }, limit)
        .action(v1::FINDING_ACTION_TUNING)
        .action(v1::FINDING_ACTION_CONFIGURATION)
        .take();
}

std::vector<v1::HealthFinding> evaluate(const FunctionFacts& facts, std::int64_t nowMs)
{
    std::vector<v1::HealthFinding> all;
    for (const Rule& rule : kRules) {
        if (Found found = rule.find(facts, nowMs))
            all.push_back(*std::move(found));
    }
    return all;
}

std::vector<v1::FindingRule> rules()
{
    std::vector<v1::FindingRule> all;
    for (const Rule& rule : kRules) {
        v1::FindingRule& to = all.emplace_back();
        to.set_id(rule.id);
        to.set_title(rule.title);
        to.set_threshold(rule.threshold);
    }
    return all;
}

} // namespace gantry::observe::findings
