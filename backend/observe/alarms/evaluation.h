#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gantry::observe::alarms {

enum class State { Ok, Alarm, InsufficientData };
std::string_view nameOf(State state);
State stateNamed(std::string_view name);

// What an alarm's data points are compared by; the last three with a band.
enum class Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    OutsideBand,
    BelowBand,
    AboveBand,
};
std::optional<Comparison> comparisonNamed(std::string_view name);
inline bool usesBand(Comparison comparison) { return comparison >= Comparison::OutsideBand; }

enum class Missing { Missing, Ignore, Breaching, NotBreaching };
std::optional<Missing> missingNamed(std::string_view name);

// One data point as an alarm sees it.
enum class Point : std::uint8_t { Missing, Within, Breaching };

// lower and upper: the threshold twice, or the edges of a band. A point without a value or without a
// band is missing.
Point judge(double value, Comparison comparison, double lower, double upper);

struct Rule {
    std::size_t periods = 1;    // Evaluation Periods, N
    std::size_t toAlarm = 1;    // Datapoints to Alarm, M
    Missing missing = Missing::Missing;
};

// CloudWatch retrieves more points than it evaluates, in case some are missing. How many it does not
// say; the examples of its guide have two more, and so has this.
inline std::size_t evaluationRange(const Rule& rule) { return rule.periods + 2; }

// The state that follows from the points of the evaluation range, the newest last; nothing when the
// state stays as it is. The rules are those of "Configuring how CloudWatch alarms treat missing data"
// in its user guide, premature alarm states included. Where the guide is silent - some points are
// breaching, none is within, too few and too young for ALARM - `missing` comes to OK and `ignore` keeps
// the state.
std::optional<State> evaluate(const Rule& rule, const std::vector<Point>& range);

} // namespace gantry::observe::alarms
