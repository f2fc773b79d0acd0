#include "backend/observe/insights/aggregate.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace gantry::observe::insights {
namespace {

class Count final : public Accumulator {
public:
    explicit Count(const Expression* argument) : m_argument(argument) {}
    void add(const Row& row) override
    {
        if (!m_argument || !isNull(m_argument->value(row)))
            ++m_count;
    }
    Value value() const override { return static_cast<double>(m_count); }

private:
    const Expression* m_argument;
    std::int64_t m_count = 0;
};

class CountDistinct final : public Accumulator {
public:
    explicit CountDistinct(const Expression* argument) : m_argument(argument) {}
    void add(const Row& row) override
    {
        if (const Value value = m_argument->value(row); !isNull(value))
            m_seen.insert(textOf(value));
    }
    Value value() const override { return static_cast<double>(m_seen.size()); }

private:
    const Expression* m_argument;
    absl::flat_hash_set<std::string> m_seen;
};

// sum, avg, stddev
class Moments final : public Accumulator {
public:
    enum class What { Sum, Average, Deviation };
    Moments(const Expression* argument, What what) : m_argument(argument), m_what(what) {}
    void add(const Row& row) override
    {
        const auto number = numberOf(m_argument->value(row));
        if (!number)
            return;
        ++m_count;
        m_sum += *number;
        const double before = *number - m_mean; // Welford
        m_mean += before / static_cast<double>(m_count);
        m_squares += before * (*number - m_mean);
    }
    Value value() const override
    {
        if (m_what == What::Sum)
            return m_sum;
        if (m_count == 0)
            return {};
        return m_what == What::Average ? Value(m_sum / static_cast<double>(m_count))
                                       : Value(std::sqrt(m_squares / static_cast<double>(m_count)));
    }

private:
    const Expression* m_argument;
    What m_what;
    std::int64_t m_count = 0;
    double m_sum = 0, m_mean = 0, m_squares = 0;
};

// min, max, earliest, latest
class Extreme final : public Accumulator {
public:
    Extreme(const Expression* argument, bool greatest, bool byTime)
        : m_argument(argument), m_greatest(greatest), m_byTime(byTime)
    {
    }
    void add(const Row& row) override
    {
        Value value = m_argument->value(row);
        if (isNull(value))
            return;
        Value key = m_byTime ? row.field("@timestamp") : value;
        const auto order = compare(key, m_key);
        if (isNull(m_key) || (m_greatest ? order > 0 : order < 0)) {
            m_key = std::move(key);
            m_value = std::move(value);
        }
    }
    Value value() const override { return m_value; }

private:
    const Expression* m_argument;
    bool m_greatest;
    bool m_byTime;
    Value m_key;
    Value m_value;
};

class Percentile final : public Accumulator {
public:
    Percentile(const Expression* argument, double percentile)
        : m_argument(argument), m_percentile(percentile)
    {
    }
    void add(const Row& row) override
    {
        if (const auto number = numberOf(m_argument->value(row)))
            m_values.push_back(*number);
    }
    Value value() const override
    {
        if (m_values.empty())
            return {};
        std::vector<double> values = m_values;
        const double rank = std::ceil(m_percentile / 100 * static_cast<double>(values.size()));
        const auto index = static_cast<std::ptrdiff_t>(
            std::clamp(rank - 1, 0.0, static_cast<double>(values.size() - 1)));
        std::nth_element(values.begin(), values.begin() + index, values.end());
        return values[static_cast<std::size_t>(index)];
    }

private:
    const Expression* m_argument;
    double m_percentile;
    std::vector<double> m_values;
};

enum class Kind { Count, Distinct, Sum, Average, Deviation, Least, Greatest, First, Last, Percent };

std::optional<Kind> kindOf(const std::string& name)
{
    constexpr std::pair<std::string_view, Kind> kKinds[] = {
        {"count", Kind::Count},           {"count_distinct", Kind::Distinct},
        {"sum", Kind::Sum},               {"avg", Kind::Average},
        {"stddev", Kind::Deviation},      {"min", Kind::Least},
        {"max", Kind::Greatest},          {"earliest", Kind::First},
        {"latest", Kind::Last},           {"sortsfirst", Kind::Least},
        {"sortslast", Kind::Greatest},    {"pct", Kind::Percent},
        {"percentile", Kind::Percent},    {"median", Kind::Percent}};
    for (const auto& [known, kind] : kKinds) {
        if (known == name)
            return kind;
    }
    return std::nullopt;
}

} // namespace

bool Aggregate::isFunction(const std::string& name)
{
    return kindOf(name).has_value();
}

std::unique_ptr<Accumulator> Aggregate::make() const
{
    const Expression* a = argument.get();
    using What = Moments::What;
    switch (*kindOf(function)) {
    case Kind::Count: return std::make_unique<Count>(a);
    case Kind::Distinct: return std::make_unique<CountDistinct>(a);
    case Kind::Sum: return std::make_unique<Moments>(a, What::Sum);
    case Kind::Average: return std::make_unique<Moments>(a, What::Average);
    case Kind::Deviation: return std::make_unique<Moments>(a, What::Deviation);
    case Kind::Least: return std::make_unique<Extreme>(a, false, false);
    case Kind::Greatest: return std::make_unique<Extreme>(a, true, false);
    case Kind::First: return std::make_unique<Extreme>(a, false, true);
    case Kind::Last: return std::make_unique<Extreme>(a, true, true);
    case Kind::Percent: return std::make_unique<Percentile>(a, percentile);
    }
    return nullptr;
}

} // namespace gantry::observe::insights
