#include "backend/iam/policy_condition.h"

#include "backend/base/text.h"
#include "backend/iam/policy_values.h"

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>

#include <algorithm>

namespace gantry::iam {
namespace {

struct NamedOperator {
    std::string_view name; // in lower case
    Comparison comparison;
    Relation relation = Relation::Equal;
    bool negative = false;
};

constexpr NamedOperator kOperators[] = {
    {"stringequals", Comparison::String},
    {"stringnotequals", Comparison::String, Relation::Equal, true},
    {"stringequalsignorecase", Comparison::StringIgnoreCase},
    {"stringnotequalsignorecase", Comparison::StringIgnoreCase, Relation::Equal, true},
    {"stringlike", Comparison::StringLike},
    {"stringnotlike", Comparison::StringLike, Relation::Equal, true},
    {"numericequals", Comparison::Numeric},
    {"numericnotequals", Comparison::Numeric, Relation::Equal, true},
    {"numericlessthan", Comparison::Numeric, Relation::Less},
    {"numericlessthanequals", Comparison::Numeric, Relation::LessOrEqual},
    {"numericgreaterthan", Comparison::Numeric, Relation::Greater},
    {"numericgreaterthanequals", Comparison::Numeric, Relation::GreaterOrEqual},
    {"dateequals", Comparison::Date},
    {"datenotequals", Comparison::Date, Relation::Equal, true},
    {"datelessthan", Comparison::Date, Relation::Less},
    {"datelessthanequals", Comparison::Date, Relation::LessOrEqual},
    {"dategreaterthan", Comparison::Date, Relation::Greater},
    {"dategreaterthanequals", Comparison::Date, Relation::GreaterOrEqual},
    {"bool", Comparison::Bool},
    {"binaryequals", Comparison::Binary},
    {"ipaddress", Comparison::Ip},
    {"notipaddress", Comparison::Ip, Relation::Equal, true},
    {"arnequals", Comparison::Arn},
    {"arnlike", Comparison::Arn},
    {"arnnotequals", Comparison::Arn, Relation::Equal, true},
    {"arnnotlike", Comparison::Arn, Relation::Equal, true},
    {"null", Comparison::Null},
};

bool relates(Relation relation, double value, double operand)
{
    switch (relation) {
    case Relation::Less:
        return value < operand;
    case Relation::LessOrEqual:
        return value <= operand;
    case Relation::Greater:
        return value > operand;
    case Relation::GreaterOrEqual:
        return value >= operand;
    default:
        return value == operand;
    }
}

bool isBoolean(std::string_view lower)
{
    return lower == "true" || lower == "false";
}

} // namespace

std::optional<ConditionOperator> ConditionOperator::parse(std::string_view name)
{
    std::string lower = lowerCase(name);
    std::string_view rest = lower;
    ConditionOperator result;
    for (const auto& [prefix, quantifier] :
         {std::pair<std::string_view, Quantifier>{"forallvalues:", Quantifier::ForAllValues},
          {"foranyvalue:", Quantifier::ForAnyValue}}) {
        if (rest.starts_with(prefix)) {
            result.quantifier = quantifier;
            rest.remove_prefix(prefix.size());
            break;
        }
    }
    constexpr std::string_view kIfExists = "ifexists";
    if (rest.ends_with(kIfExists)) {
        result.ifExists = true;
        rest.remove_suffix(kIfExists.size());
    }
    const auto* found =
        std::find_if(std::begin(kOperators), std::end(kOperators),
                     [&](const NamedOperator& known) { return known.name == rest; });
    if (found == std::end(kOperators))
        return std::nullopt;
    result.comparison = found->comparison;
    result.relation = found->relation;
    result.negative = found->negative;
    const bool plain = !result.ifExists && result.quantifier == Quantifier::One;
    if (result.comparison == Comparison::Null && !plain)
        return std::nullopt;
    return result;
}

Condition::Condition(std::string name, ConditionOperator op, std::string key,
                     std::vector<std::string> values, bool variables)
    : m_name(std::move(name)), m_operator(op), m_key(std::move(key)), m_lowerKey(lowerCase(m_key)),
      m_values(std::move(values))
{
    for (const std::string& value : m_values)
        m_operands.push_back(compile(value, variables));
}

Condition::Operand Condition::compile(const std::string& value, bool variables) const
{
    Operand operand;
    switch (m_operator.comparison) {
    case Comparison::Numeric:
        operand.number = parseNumber(value);
        break;
    case Comparison::Date:
        operand.number = parseDate(value);
        break;
    case Comparison::Ip:
        if (auto network = parseNetwork(value)) {
            operand.bytes = std::move(network->bytes);
            operand.prefixBits = network->prefixBits;
        }
        break;
    case Comparison::Binary:
        if (!absl::Base64Unescape(value, &operand.bytes))
            operand.bytes = value;
        break;
    case Comparison::Null:
        operand.bytes = lowerCase(value);
        break;
    case Comparison::Arn:
        if (const auto parts = splitArn(value)) {
            for (std::size_t i = 1; i < parts->size(); ++i)
                operand.patterns.emplace_back((*parts)[i],
                                              PolicyPattern::Options{true, variables, false});
        }
        break;
    default:
        operand.patterns.emplace_back(
            value,
            PolicyPattern::Options{m_operator.comparison == Comparison::StringLike, variables,
                                   m_operator.comparison == Comparison::StringIgnoreCase ||
                                       m_operator.comparison == Comparison::Bool});
    }
    return operand;
}

std::optional<bool> Condition::compare(const Operand& operand, const std::string& value,
                                       const PolicyContext& context) const
{
    switch (m_operator.comparison) {
    case Comparison::Numeric:
    case Comparison::Date: {
        const auto number =
            m_operator.comparison == Comparison::Date ? parseDate(value) : parseNumber(value);
        if (!number || !operand.number)
            return std::nullopt;
        return relates(m_operator.relation, *number, *operand.number);
    }
    case Comparison::Ip: {
        const auto address = parseAddress(value);
        if (!address || operand.prefixBits < 0)
            return std::nullopt;
        return Network{operand.bytes, operand.prefixBits}.contains(*address);
    }
    case Comparison::Binary: {
        std::string bytes;
        if (!absl::Base64Unescape(value, &bytes))
            bytes = value;
        return bytes == operand.bytes;
    }
    case Comparison::Arn: {
        const auto parts = splitArn(value);
        if (!parts || operand.patterns.empty())
            return std::nullopt;
        for (std::size_t i = 0; i < operand.patterns.size(); ++i) {
            const PolicyPattern& pattern = operand.patterns[i];
            if (pattern.matches((*parts)[i + 1], context))
                continue;
            // A variable without a value could be anything.
            if (pattern.hasVariables() && !pattern.resolved(context))
                return std::nullopt;
            return false;
        }
        return true;
    }
    case Comparison::Bool:
        if (!isBoolean(lowerCase(value)))
            return std::nullopt;
        return operand.patterns.front().matches(value, context);
    default:
        if (operand.patterns.front().hasVariables() && !operand.patterns.front().resolved(context))
            return std::nullopt;
        return operand.patterns.front().matches(value, context);
    }
}

bool Condition::matchesAny(const std::string& value, const PolicyContext& context) const
{
    if (!m_operator.negative) {
        return std::any_of(m_operands.begin(), m_operands.end(), [&](const Operand& operand) {
            return compare(operand, value, context).value_or(false);
        });
    }
    // "Not" holds when it is known of every value; what cannot be compared is not known.
    return std::all_of(m_operands.begin(), m_operands.end(), [&](const Operand& operand) {
        return !compare(operand, value, context).value_or(true);
    });
}

bool Condition::holds(const PolicyContext& context) const
{
    const PolicyContext::Value* value = context.find(m_lowerKey);
    if (m_operator.comparison == Comparison::Null) {
        const bool present = value && !value->values.empty();
        return std::any_of(m_operands.begin(), m_operands.end(), [&](const Operand& operand) {
            return operand.bytes == (present ? "false" : "true");
        });
    }
    const auto matches = [&](const std::string& each) { return matchesAny(each, context); };
    switch (m_operator.quantifier) {
    case Quantifier::ForAllValues:
        return !value || std::all_of(value->values.begin(), value->values.end(), matches);
    case Quantifier::ForAnyValue:
        return value && std::any_of(value->values.begin(), value->values.end(), matches);
    default:
        if (!value)
            return m_operator.ifExists || m_operator.negative;
        // A key of many values needs a quantifier.
        return !value->many && value->values.size() == 1 && matches(value->values.front());
    }
}

std::vector<std::string> Condition::variableNames() const
{
    std::vector<std::string> names;
    for (const Operand& operand : m_operands) {
        for (const PolicyPattern& pattern : operand.patterns) {
            for (std::string& name : pattern.variableNames())
                names.push_back(std::move(name));
        }
    }
    return names;
}

std::string Condition::unusableValue() const
{
    for (std::size_t i = 0; i < m_operands.size(); ++i) {
        const Operand& operand = m_operands[i];
        bool usable = true;
        std::string ignored;
        switch (m_operator.comparison) {
        case Comparison::Numeric:
        case Comparison::Date:
            usable = operand.number.has_value();
            break;
        case Comparison::Ip:
            usable = operand.prefixBits >= 0;
            break;
        case Comparison::Arn:
            usable = !operand.patterns.empty();
            break;
        case Comparison::Binary:
            usable = absl::Base64Unescape(m_values[i], &ignored);
            break;
        case Comparison::Null:
            usable = isBoolean(operand.bytes);
            break;
        case Comparison::Bool:
            usable = operand.patterns.front().hasVariables() || isBoolean(lowerCase(m_values[i]));
            break;
        default:
            break;
        }
        if (!usable)
            return m_values[i];
    }
    return {};
}

} // namespace gantry::iam
