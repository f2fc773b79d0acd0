#pragma once

#include "aws/applicationsignals.pb.h"

#include <cstdint>
#include <optional>
#include <vector>

// What becomes of the error budget of a service level objective: pure sums over what was measured. See
// "Service level objectives" in the guide to CloudWatch.
namespace gantry::observe::slo {

// One step of time that something was measured in: requests, or periods, of which one may stand for
// several.
struct Bin {
    std::int64_t startMs = 0;
    double good = 0;
    double bad = 0;
};
struct Tally {
    double good = 0;
    double bad = 0;
    double total() const { return good + bad; }
};
// Of the bins that begin in [fromMs, toMs); bins ascend.
Tally tallyOf(const std::vector<Bin>& bins, std::int64_t fromMs, std::int64_t toMs);

// The interval that an objective is judged in at a time.
struct Interval {
    std::int64_t fromMs = 0;
    std::int64_t toMs = 0;  // now
    std::int64_t endMs = 0; // of the whole of it: later than now within a calendar's
};
Interval intervalAt(const aws::applicationsignals::Goal& goal, std::int64_t nowMs);

enum class Status { Ok, Warning, Breached, InsufficientData };
const char* nameOf(Status status);

// Amounts are requests, or seconds of periods. In a period without a value nobody was failed: it counts as
// good, so that attainment and budget are of the same time.
struct Budget {
    Status status = Status::InsufficientData;
    std::optional<double> attainment; // percent
    double total = 0;                 // that may be bad
    double remaining = 0;             // below 0: overdrawn
    double remainingPercent() const { return total > 0 ? remaining / total * 100 : 0; }
};
// periodMs: of a period-based objective; 0: it is based on requests.
Budget budgetOf(const aws::applicationsignals::Goal& goal, const Tally& tally,
                const Interval& interval, std::int64_t periodMs);

// How fast the budget is used: 1 uses it up exactly within the interval. Nothing when nothing was
// measured in the window.
std::optional<double> burnRate(const aws::applicationsignals::Goal& goal, const Tally& tally,
                               std::int64_t windowMs, std::int64_t periodMs);

} // namespace gantry::observe::slo
