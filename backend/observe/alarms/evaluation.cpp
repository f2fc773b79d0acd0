#include "backend/observe/alarms/evaluation.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace gantry::observe::alarms {
namespace {

template <class T, std::size_t N>
std::optional<T> find(const std::pair<std::string_view, T> (&names)[N], std::string_view name)
{
    const auto* found = std::find_if(std::begin(names), std::end(names),
                                     [&](const auto& each) { return each.first == name; });
    return found == std::end(names) ? std::nullopt : std::optional(found->second);
}

State stateOf(std::size_t breaching, const Rule& rule)
{
    return breaching >= rule.toAlarm ? State::Alarm : State::Ok;
}

} // namespace

std::string_view nameOf(State state)
{
    switch (state) {
    case State::Ok:
        return "OK";
    case State::Alarm:
        return "ALARM";
    case State::InsufficientData:
        break;
    }
    return "INSUFFICIENT_DATA";
}

State stateNamed(std::string_view name)
{
    return name == "OK" ? State::Ok : name == "ALARM" ? State::Alarm : State::InsufficientData;
}

std::optional<Comparison> comparisonNamed(std::string_view name)
{
    static constexpr std::pair<std::string_view, Comparison> kNames[] = {
        {"GreaterThanThreshold", Comparison::Greater},
        {"GreaterThanOrEqualToThreshold", Comparison::GreaterOrEqual},
        {"LessThanThreshold", Comparison::Less},
        {"LessThanOrEqualToThreshold", Comparison::LessOrEqual},
        {"LessThanLowerOrGreaterThanUpperThreshold", Comparison::OutsideBand},
        {"LessThanLowerThreshold", Comparison::BelowBand},
        {"GreaterThanUpperThreshold", Comparison::AboveBand}};
    return find(kNames, name);
}

std::optional<Missing> missingNamed(std::string_view name)
{
    static constexpr std::pair<std::string_view, Missing> kNames[] = {
        {"missing", Missing::Missing},
        {"ignore", Missing::Ignore},
        {"breaching", Missing::Breaching},
        {"notBreaching", Missing::NotBreaching}};
    return find(kNames, name);
}

Point judge(double value, Comparison comparison, double lower, double upper)
{
    if (std::isnan(value) || std::isnan(lower) || std::isnan(upper))
        return Point::Missing;
    const auto breaches = [&] {
        switch (comparison) {
        case Comparison::Greater:
            return value > upper;
        case Comparison::GreaterOrEqual:
            return value >= upper;
        case Comparison::Less:
            return value < lower;
        case Comparison::LessOrEqual:
            return value <= lower;
        case Comparison::OutsideBand:
            return value < lower || value > upper;
        case Comparison::BelowBand:
            return value < lower;
        case Comparison::AboveBand:
            break;
        }
        return value > upper;
    };
    return breaches() ? Point::Breaching : Point::Within;
}

std::optional<State> evaluate(const Rule& rule, const std::vector<Point>& range)
{
    std::vector<std::size_t> real; // ages of the points that are there, from 1, the newest first
    std::size_t breaching = 0;     // of the newest as many as are evaluated
    std::size_t within = 0;
    for (std::size_t age = 1; age <= range.size() && real.size() < rule.periods; ++age) {
        const Point point = range[range.size() - age];
        if (point == Point::Missing)
            continue;
        real.push_back(age);
        ++(point == Point::Breaching ? breaching : within);
    }
    if (real.size() >= rule.periods || breaching >= rule.toAlarm)
        return stateOf(breaching, rule);
    const std::size_t filled = rule.periods - real.size();
    switch (rule.missing) {
    case Missing::Breaching:
        return stateOf(breaching + filled, rule);
    case Missing::NotBreaching:
        return State::Ok;
    default:
        break;
    }
    const bool ignore = rule.missing == Missing::Ignore;
    if (real.empty())
        return ignore ? std::nullopt : std::optional(State::InsufficientData);
    if (within > 0)
        return State::Ok;
    if (ignore)
        return std::nullopt;
    // A premature alarm state: nothing has contradicted the breach for as long as the alarm asks.
    return real.back() >= rule.toAlarm ? State::Alarm : State::Ok;
}

} // namespace gantry::observe::alarms
