#include "backend/observe/cloudwatch/metric_math.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/observe/cloudwatch/anomaly_model.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

namespace gantry::observe::cloudwatch {
namespace {

const double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr int kMaxDepth = 64;

// A number, or series: one, or the list that METRICS() makes.
struct Value {
    std::optional<double> scalar;
    std::vector<Values> series;
    std::string word; // REPEAT, LINEAR: arguments that are names
};
using ValueOr = absl::StatusOr<Value>;

absl::Status wrong(std::string_view what)
{
    return makeError("ValidationError", 400, absl::StrCat("Error in expression: ", view(what)));
}

double at(const Value& value, std::size_t series, std::size_t bin)
{
    if (value.scalar)
        return *value.scalar;
    return value.series[value.series.size() == 1 ? 0 : series][bin];
}

// A number or at least one series, not a word or an empty list.
bool usable(const Value& value)
{
    return value.scalar || !value.series.empty();
}

ValueOr combine(const Value& a, const Value& b, double (*of)(double, double))
{
    if (!usable(a) || !usable(b))
        return wrong("an operand has no value");
    if (a.scalar && b.scalar)
        return Value{of(*a.scalar, *b.scalar), {}, {}};
    const std::size_t count = std::max(a.series.size(), b.series.size());
    if (a.series.size() > 1 && b.series.size() > 1 && a.series.size() != b.series.size())
        return wrong("two lists of metrics have different lengths");
    const std::size_t bins = (a.scalar ? b : a).series.front().size();
    Value result;
    for (std::size_t s = 0; s < count; ++s) {
        Values& values = result.series.emplace_back(bins, kNone);
        for (std::size_t i = 0; i < bins; ++i) {
            const double x = at(a, s, i);
            const double y = at(b, s, i);
            if (!std::isnan(x) && !std::isnan(y))
                values[i] = of(x, y);
        }
    }
    return result;
}

Value each(const Value& value, const std::function<double(double)>& of)
{
    Value result;
    if (value.scalar)
        result.scalar = of(*value.scalar);
    for (const Values& values : value.series) {
        Values& out = result.series.emplace_back(values);
        for (double& x : out) {
            if (!std::isnan(x))
                x = of(x);
        }
    }
    return result;
}

// The values that are there.
Values present(const Values& values)
{
    Values there;
    std::copy_if(values.begin(), values.end(), std::back_inserter(there),
                 [](double x) { return !std::isnan(x); });
    return there;
}

double mean(const Values& v)
{
    double sum = 0;
    for (const double x : v)
        sum += x;
    return sum / static_cast<double>(v.size());
}

double total(const Values& v)
{
    return mean(v) * static_cast<double>(v.size());
}

double deviation(const Values& v)
{
    const double average = mean(v);
    double squares = 0;
    for (const double x : v)
        squares += (x - average) * (x - average);
    return std::sqrt(squares / static_cast<double>(v.size()));
}

double smallest(const Values& v) { return *std::min_element(v.begin(), v.end()); }
double largest(const Values& v) { return *std::max_element(v.begin(), v.end()); }
double first(const Values& v) { return v.front(); }
double last(const Values& v) { return v.back(); }
double number(const Values& v) { return static_cast<double>(v.size()); }

// Of one series over its time, a number; of a list, bin by bin, a series.
Value reduce(const Value& value, double (*of)(const Values&))
{
    if (value.scalar)
        return value;
    Value result;
    if (value.series.size() == 1) {
        const Values there = present(value.series.front());
        result.scalar = there.empty() ? kNone : of(there);
        return result;
    }
    Values& out = result.series.emplace_back(value.series.front().size(), kNone);
    for (std::size_t i = 0; i < out.size(); ++i) {
        Values there;
        for (const Values& values : value.series) {
            if (!std::isnan(values[i]))
                there.push_back(values[i]);
        }
        if (!there.empty())
            out[i] = of(there);
    }
    return result;
}

// Differences to the value before; per second when asked for.
Value differences(const Value& value, const Grid& grid, bool rate)
{
    Value result;
    for (const Values& values : value.series) {
        Values& out = result.series.emplace_back(values.size(), kNone);
        std::optional<std::size_t> before;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (std::isnan(values[i]))
                continue;
            if (before) {
                const double seconds =
                    static_cast<double>(i - *before) * static_cast<double>(grid.periodMs) / 1e3;
                out[i] = (values[i] - values[*before]) / (rate ? seconds : 1);
            }
            before = i;
        }
    }
    return result;
}

Value runningSum(const Value& value)
{
    Value result = value;
    for (Values& values : result.series) {
        double sum = 0;
        for (double& x : values) {
            if (!std::isnan(x))
                x = sum += x;
        }
    }
    return result;
}

Value fill(const Value& value, const Value& with)
{
    Value result = value;
    for (Values& values : result.series) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!std::isnan(values[i]))
                continue;
            if (with.word == "REPEAT") {
                if (i > 0)
                    values[i] = values[i - 1];
            } else if (with.word == "LINEAR") {
                const auto next = std::find_if(values.begin() + static_cast<std::ptrdiff_t>(i),
                                               values.end(), [](double x) { return !std::isnan(x); });
                if (i > 0 && next != values.end()) {
                    const auto steps = static_cast<double>(next - values.begin()) -
                                       static_cast<double>(i) + 1;
                    values[i] = values[i - 1] + (*next - values[i - 1]) / steps;
                }
            } else {
                values[i] = with.scalar.value_or(kNone);
            }
        }
    }
    return result;
}

class Parser final {
public:
    Parser(std::string_view text, const MathInput& input) : m_text(text), m_input(input) {}

    ValueOr parse()
    {
        auto value = either();
        skip();
        if (value.ok() && m_at < m_text.size())
            return wrong(absl::StrCat("unexpected ", view(m_text.substr(m_at))));
        return value;
    }

private:
    void skip()
    {
        while (m_at < m_text.size() && absl::ascii_isspace(static_cast<unsigned char>(m_text[m_at])))
            ++m_at;
    }
    bool accept(std::string_view symbol)
    {
        skip();
        if (!m_text.substr(m_at).starts_with(symbol))
            return false;
        m_at += symbol.size();
        return true;
    }

    using Level = ValueOr (Parser::*)();
    struct Operator {
        std::string_view symbol;
        double (*of)(double, double);
    };

    template <std::size_t N> ValueOr chain(Level operand, const Operator (&operators)[N])
    {
        if (++m_depth > kMaxDepth)
            return wrong("too many levels");
        auto left = (this->*operand)();
        while (left.ok()) {
            const auto* found =
                std::find_if(std::begin(operators), std::end(operators),
                             [this](const Operator& each) { return accept(each.symbol); });
            if (found == std::end(operators))
                break;
            const auto right = (this->*operand)();
            if (!right.ok())
                return right;
            left = combine(*left, *right, found->of);
        }
        --m_depth;
        return left;
    }

    ValueOr either()
    {
        static constexpr Operator kOperators[] = {
            {"||", [](double a, double b) { return a != 0 || b != 0 ? 1.0 : 0.0; }},
            {"&&", [](double a, double b) { return a != 0 && b != 0 ? 1.0 : 0.0; }}};
        return chain(&Parser::comparison, kOperators);
    }
    ValueOr comparison()
    {
        static constexpr Operator kOperators[] = {
            {"==", [](double a, double b) { return a == b ? 1.0 : 0.0; }},
            {"!=", [](double a, double b) { return a != b ? 1.0 : 0.0; }},
            {"<=", [](double a, double b) { return a <= b ? 1.0 : 0.0; }},
            {">=", [](double a, double b) { return a >= b ? 1.0 : 0.0; }},
            {"<", [](double a, double b) { return a < b ? 1.0 : 0.0; }},
            {">", [](double a, double b) { return a > b ? 1.0 : 0.0; }}};
        return chain(&Parser::sum, kOperators);
    }
    ValueOr sum()
    {
        static constexpr Operator kOperators[] = {{"+", [](double a, double b) { return a + b; }},
                                                  {"-", [](double a, double b) { return a - b; }}};
        return chain(&Parser::product, kOperators);
    }
    ValueOr product()
    {
        static constexpr Operator kOperators[] = {
            {"*", [](double a, double b) { return a * b; }},
            {"/", [](double a, double b) { return b == 0 ? kNone : a / b; }}};
        return chain(&Parser::power, kOperators);
    }
    ValueOr power()
    {
        static constexpr Operator kOperators[] = {
            {"^", [](double a, double b) { return std::pow(a, b); }}};
        return chain(&Parser::primary, kOperators);
    }

    ValueOr primary()
    {
        if (accept("-")) {
            auto value = primary();
            if (!value.ok())
                return value;
            return each(*value, [](double x) { return -x; });
        }
        if (accept("(")) {
            auto value = either();
            if (value.ok() && !accept(")"))
                return wrong(") is expected");
            return value;
        }
        skip();
        const std::size_t start = m_at;
        const auto goesOn = [this](auto test) {
            while (m_at < m_text.size() && test(static_cast<unsigned char>(m_text[m_at])))
                ++m_at;
        };
        if (m_at < m_text.size() && (absl::ascii_isdigit(static_cast<unsigned char>(m_text[m_at])) ||
                                     m_text[m_at] == '.')) {
            goesOn([](unsigned char c) { return absl::ascii_isdigit(c) || c == '.'; });
            double number = 0;
            if (!absl::SimpleAtod(view(m_text.substr(start, m_at - start)), &number))
                return wrong("a number is malformed");
            return Value{number, {}, {}};
        }
        goesOn([](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
        const std::string name(m_text.substr(start, m_at - start));
        if (name.empty())
            return wrong("a value is expected");
        return accept("(") ? call(name) : named(name);
    }

    ValueOr named(const std::string& name)
    {
        if (const auto found = m_input.values.find(name); found != m_input.values.end())
            return Value{std::nullopt, {found->second}, {}};
        if (name == "REPEAT" || name == "LINEAR")
            return Value{std::nullopt, {}, name};
        return wrong(absl::StrCat("there is no metric with the id ", name));
    }

    ValueOr call(const std::string& name)
    {
        std::vector<Value> arguments;
        if (name == "ANOMALY_DETECTION_BAND")
            return band();
        if (!accept(")")) {
            do {
                auto value = either();
                if (!value.ok())
                    return value;
                arguments.push_back(*std::move(value));
            } while (accept(","));
            if (!accept(")"))
                return wrong(") is expected");
        }
        return apply(name, arguments);
    }

    // Its first argument is the metric itself, not what its values are at the time.
    ValueOr band()
    {
        skip();
        const std::size_t start = m_at;
        while (m_at < m_text.size() &&
               (absl::ascii_isalnum(static_cast<unsigned char>(m_text[m_at])) ||
                m_text[m_at] == '_'))
            ++m_at;
        const auto found = m_input.models.find(std::string(m_text.substr(start, m_at - start)));
        if (found == m_input.models.end())
            return wrong("ANOMALY_DETECTION_BAND needs the id of a metric");
        double deviations = 2;
        if (accept(",")) {
            const auto value = either();
            if (!value.ok())
                return value;
            if (!value->scalar || !(*value->scalar > 0) || *value->scalar > 1'000)
                return wrong("the width of ANOMALY_DETECTION_BAND is a number above 0");
            deviations = *value->scalar;
        }
        if (!accept(")"))
            return wrong(") is expected");
        Value result;
        result.series.assign(2, Values(m_input.grid.bins, kNone));
        for (std::size_t i = 0; i < m_input.grid.bins; ++i) {
            const auto range = found->second->at(
                m_input.grid.startMs + static_cast<std::int64_t>(i) * m_input.grid.periodMs,
                deviations);
            result.series[0][i] = range.lower;
            result.series[1][i] = range.upper;
        }
        return result;
    }

    ValueOr apply(const std::string& name, const std::vector<Value>& a)
    {
        if (name == "METRICS" && a.empty())
            return metrics();
        if (a.empty() || !usable(a[0]))
            return wrong(absl::StrCat(name, " needs a metric"));
        static const std::pair<std::string_view, double (*)(const Values&)> kReductions[] = {
            {"AVG", mean},     {"SUM", total},   {"MIN", smallest},
            {"MAX", largest},  {"FIRST", first}, {"LAST", last},
            {"STDDEV", deviation}, {"DATAPOINT_COUNT", number}};
        static const std::pair<std::string_view, double (*)(double)> kEach[] = {
            {"ABS", [](double x) { return std::abs(x); }},
            {"CEIL", [](double x) { return std::ceil(x); }},
            {"FLOOR", [](double x) { return std::floor(x); }},
            {"LOG", [](double x) { return x > 0 ? std::log(x) : kNone; }},
            {"LOG10", [](double x) { return x > 0 ? std::log10(x) : kNone; }},
            {"SQRT", [](double x) { return x >= 0 ? std::sqrt(x) : kNone; }}};
        if (a.size() == 1) {
            for (const auto& [known, of] : kReductions) {
                if (known == name)
                    return reduce(a[0], of);
            }
            for (const auto& [known, of] : kEach) {
                if (known == name)
                    return each(a[0], of);
            }
            if (name == "METRIC_COUNT")
                return Value{static_cast<double>(a[0].series.size()), {}, {}};
            if (name == "PERIOD")
                return Value{static_cast<double>(m_input.grid.periodMs) / 1e3, {}, {}};
            if (name == "RATE" || name == "DIFF")
                return differences(a[0], m_input.grid, name == "RATE");
            if (name == "RUNNING_SUM")
                return runningSum(a[0]);
        }
        if (name == "FILL" && a.size() == 2 && (a[1].scalar || !a[1].word.empty()))
            return fill(a[0], a[1]);
        if (name == "IF" && (a.size() == 2 || a.size() == 3))
            return choose(a[0], a[1], a.size() == 3 ? a[2] : Value{kNone, {}, {}});
        return wrong(absl::StrCat("there is no function ", name, " with ", a.size(), " arguments"));
    }

    ValueOr choose(const Value& condition, const Value& yes, const Value& no)
    {
        if (!usable(yes) || !usable(no))
            return wrong("IF needs values");
        Value result;
        Values& out = result.series.emplace_back(m_input.grid.bins, kNone);
        for (std::size_t i = 0; i < out.size(); ++i) {
            const double c = at(condition, 0, i);
            if (!std::isnan(c))
                out[i] = at(c != 0 ? yes : no, 0, i);
        }
        return result;
    }

    Value metrics() const
    {
        Value all;
        for (const std::string& id : m_input.order) {
            if (const auto found = m_input.values.find(id); found != m_input.values.end())
                all.series.push_back(found->second);
        }
        return all;
    }

    const std::string_view m_text;
    const MathInput& m_input;
    std::size_t m_at = 0;
    int m_depth = 0;
};

} // namespace

absl::StatusOr<std::vector<Values>> evaluate(std::string_view expression, const MathInput& input)
{
    auto value = Parser(expression, input).parse();
    if (!value.ok())
        return value.status();
    if (value->scalar)
        return std::vector<Values>{Values(input.grid.bins, *value->scalar)};
    if (!value->word.empty() || value->series.empty())
        return wrong("the expression has no value");
    return std::move(value->series);
}

} // namespace gantry::observe::cloudwatch
