#include "backend/base/text.h"
#include "backend/observe/insights/expression.h"
#include "backend/observe/insights/lexer.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

// The functions of expressions: each takes the values of its arguments.
namespace gantry::observe::insights {

Time floorTo(Time time, double intervalMs)
{
    const auto interval = std::max<std::int64_t>(static_cast<std::int64_t>(intervalMs), 1);
    const std::int64_t rest = ((time.ms % interval) + interval) % interval;
    return {time.ms - rest};
}

namespace {

using Arguments = std::vector<Value>;

struct Function {
    std::string_view name;
    std::size_t fewest;
    std::size_t most;
    Value (*call)(const Arguments&);
};
constexpr std::size_t kMany = 100;

template <double (*Of)(double)> Value numeric(const Arguments& a)
{
    const auto number = numberOf(a[0]);
    return number ? Value(Of(*number)) : Value();
}

template <bool Greatest> Value extreme(const Arguments& a)
{
    Value best;
    for (const Value& value : a) {
        const auto order = compare(value, best);
        if (isNull(best) || (Greatest ? order > 0 : order < 0))
            best = value;
    }
    return best;
}

std::string strip(std::string text, bool left, bool right)
{
    if (left)
        absl::StripLeadingAsciiWhitespace(&text);
    if (right)
        absl::StripTrailingAsciiWhitespace(&text);
    return text;
}

Value ifPresent(const Value& value, auto make)
{
    return isNull(value) ? Value() : Value(make(textOf(value)));
}

std::optional<Time> timeOf(const Value& value)
{
    if (const auto* time = std::get_if<Time>(&value))
        return *time;
    const auto number = numberOf(value);
    return number ? std::optional<Time>(Time{static_cast<std::int64_t>(*number)}) : std::nullopt;
}

Value dateFloor(const Arguments& a)
{
    const auto time = timeOf(a[0]);
    const auto interval = numberOf(a[1]);
    return time && interval ? Value(floorTo(*time, *interval)) : Value();
}

Value dateCeil(const Arguments& a)
{
    const auto time = timeOf(a[0]);
    const auto interval = numberOf(a[1]);
    if (!time || !interval)
        return {};
    const Time down = floorTo(*time, *interval);
    return down == *time ? down : Time{down.ms + static_cast<std::int64_t>(*interval)};
}

Value substring(const Arguments& a)
{
    const auto start = numberOf(a[1]);
    const auto length = a.size() > 2 ? numberOf(a[2]) : std::optional<double>(1e9);
    const std::string text = textOf(a[0]);
    if (isNull(a[0]) || !start || !length || *start < 0 || *length < 0)
        return {};
    const auto from = static_cast<std::size_t>(std::min(*start, 1e9));
    return from >= text.size() ? std::string()
                               : text.substr(from, static_cast<std::size_t>(*length));
}

double square(double x) { return std::sqrt(x); }
double magnitude(double x) { return std::abs(x); }
double up(double x) { return std::ceil(x); }
double down(double x) { return std::floor(x); }
double logarithm(double x) { return std::log(x); }

bool blank(const Value& value)
{
    return isNull(value) || strip(textOf(value), true, false).empty();
}

constexpr Function kFunctions[] = {
    {"abs", 1, 1, numeric<magnitude>},
    {"ceil", 1, 1, numeric<up>},
    {"floor", 1, 1, numeric<down>},
    {"sqrt", 1, 1, numeric<square>},
    {"log", 1, 1, numeric<logarithm>},
    {"greatest", 1, kMany, extreme<true>},
    {"least", 1, kMany, extreme<false>},
    {"ispresent", 1, 1, [](const Arguments& a) { return Value(!isNull(a[0])); }},
    {"isempty", 1, 1, [](const Arguments& a) { return Value(textOf(a[0]).empty()); }},
    {"isblank", 1, 1, [](const Arguments& a) { return Value(blank(a[0])); }},
    {"coalesce", 1, kMany,
     [](const Arguments& a) {
         const auto found = std::find_if_not(a.begin(), a.end(), isNull);
         return found == a.end() ? Value() : *found;
     }},
    {"concat", 1, kMany,
     [](const Arguments& a) {
         std::string all;
         for (const Value& value : a)
             all += textOf(value);
         return Value(std::move(all));
     }},
    {"strlen", 1, 1,
     [](const Arguments& a) {
         return ifPresent(a[0], [](const auto& t) { return static_cast<double>(t.size()); });
     }},
    {"toupper", 1, 1,
     [](const Arguments& a) {
         return ifPresent(a[0], [](const auto& t) { return absl::AsciiStrToUpper(t); });
     }},
    {"tolower", 1, 1,
     [](const Arguments& a) {
         return ifPresent(a[0], [](const auto& t) { return absl::AsciiStrToLower(t); });
     }},
    {"trim", 1, 1,
     [](const Arguments& a) {
         return ifPresent(a[0], [](const auto& t) { return strip(t, true, true); });
     }},
    {"ltrim", 1, 1,
     [](const Arguments& a) {
         return ifPresent(a[0], [](const auto& t) { return strip(t, true, false); });
     }},
    {"rtrim", 1, 1,
     [](const Arguments& a) {
         return ifPresent(a[0], [](const auto& t) { return strip(t, false, true); });
     }},
    {"substr", 2, 3, substring},
    {"replace", 3, 3,
     [](const Arguments& a) {
         const std::string what = textOf(a[1]);
         return ifPresent(a[0], [&](const std::string& text) {
             return what.empty() ? text : absl::StrReplaceAll(text, {{what, textOf(a[2])}});
         });
     }},
    {"strcontains", 2, 2,
     [](const Arguments& a) {
         return Value(!isNull(a[0]) && textOf(a[0]).find(textOf(a[1])) != std::string::npos);
     }},
    {"datefloor", 2, 2, dateFloor},
    {"dateceil", 2, 2, dateCeil},
    {"frommillis", 1, 1,
     [](const Arguments& a) {
         const auto time = timeOf(a[0]);
         return time ? Value(*time) : Value();
     }},
    {"tomillis", 1, 1,
     [](const Arguments& a) {
         const auto time = timeOf(a[0]);
         return time ? Value(static_cast<double>(time->ms)) : Value();
     }},
};

class Call final : public Expression {
public:
    Call(const Function& function, std::vector<ExpressionPtr> arguments)
        : m_function(function), m_arguments(std::move(arguments))
    {
    }

    Value value(const Row& row) const override
    {
        Arguments values;
        values.reserve(m_arguments.size());
        for (const ExpressionPtr& argument : m_arguments)
            values.push_back(argument->value(row));
        return m_function.call(values);
    }

private:
    const Function& m_function;
    std::vector<ExpressionPtr> m_arguments;
};

} // namespace

absl::StatusOr<ExpressionPtr> makeCall(const std::string& name,
                                       std::vector<ExpressionPtr> arguments, std::size_t at)
{
    const auto* found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                     [&](const Function& f) { return f.name == name; });
    if (found == std::end(kFunctions))
        return malformed(absl::StrCat("there is no function ", name), at);
    if (arguments.size() < found->fewest || arguments.size() > found->most)
        return malformed(absl::StrCat(name, " takes ", found->fewest,
                                      found->most > found->fewest ? " or more" : "",
                                      " arguments"),
                         at);
    return std::make_unique<Call>(*found, std::move(arguments));
}

} // namespace gantry::observe::insights
