#pragma once

#include "backend/iam/policy_context.h"
#include "backend/iam/policy_pattern.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::iam {

// What a value of the request is compared with, by the kind of the operator. Rules: "IAM JSON
// policy elements: Condition operators" in the IAM user guide.
enum class Comparison {
    String,
    StringIgnoreCase,
    StringLike,
    Numeric,
    Date,
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
};
enum class Relation { Equal, Less, LessOrEqual, Greater, GreaterOrEqual };
enum class Quantifier { One, ForAllValues, ForAnyValue };

struct ConditionOperator {
    Comparison comparison = Comparison::String;
    Relation relation = Relation::Equal;
    bool negative = false;
    bool ifExists = false;
    Quantifier quantifier = Quantifier::One;

    // Any case, as AWS accepts it: "ForAnyValue:stringLikeIfExists". Nothing for what is none.
    static std::optional<ConditionOperator> parse(std::string_view name);
};

// One line of a Condition element: an operator, a key, and the values of which one must (or, for a
// negative operator, none may) match.
class Condition final {
public:
    Condition(std::string name, ConditionOperator op, std::string key,
              std::vector<std::string> values, bool variables);

    bool holds(const PolicyContext& context) const;

    const std::string& name() const { return m_name; } // the operator as written
    const ConditionOperator& op() const { return m_operator; }
    const std::string& key() const { return m_key; }
    const std::string& lowerKey() const { return m_lowerKey; }
    const std::vector<std::string>& values() const { return m_values; }
    // Keys that variables in the values name, in lower case.
    std::vector<std::string> variableNames() const;
    // A value that the operator can never compare (no number, no date ...); empty when all can be.
    std::string unusableValue() const;

private:
    struct Operand {
        std::vector<PolicyPattern> patterns; // one; six for an ARN, by segment
        std::optional<double> number;        // of a Numeric or Date
        std::string bytes;                   // of a Binary, or network of an Ip
        int prefixBits = -1;                 // of an Ip; -1: not usable
    };

    Operand compile(const std::string& value, bool variables) const;
    bool matchesAny(const std::string& value, const PolicyContext& context) const;
    // Nothing when the two cannot be compared.
    std::optional<bool> compare(const Operand& operand, const std::string& value,
                                const PolicyContext& context) const;

    std::string m_name;
    ConditionOperator m_operator;
    std::string m_key;
    std::string m_lowerKey;
    std::vector<std::string> m_values;
    std::vector<Operand> m_operands;
};

} // namespace gantry::iam
