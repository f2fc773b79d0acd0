#pragma once

#include "backend/observe/insights/expression.h"
#include "backend/observe/logs/regex.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the expression parser builds its expressions of.
namespace gantry::observe::insights {

// Whether a text stands in a JSON document as it is, and says enough for the index.
inline bool plain(std::string_view text)
{
    return text.size() >= 3 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == ' ' || c == '.' || c == ':';
    });
}

class Constant final : public Expression {
public:
    explicit Constant(Value value) : m_value(std::move(value)) {}
    Value value(const Row&) const override { return m_value; }
    const Value* constant() const override { return &m_value; }

private:
    Value m_value;
};

class FieldReference final : public Expression {
public:
    explicit FieldReference(std::string name) : m_name(std::move(name)) {}
    Value value(const Row& row) const override { return row.field(m_name); }
    const std::string* field() const override { return &m_name; }

private:
    std::string m_name;
};

class Logic final : public Expression {
public:
    Logic(bool both, ExpressionPtr left, ExpressionPtr right)
        : m_both(both), m_left(std::move(left)), m_right(std::move(right))
    {
    }
    Value value(const Row& row) const override
    {
        const bool left = isTrue(m_left->value(row));
        return m_both == left ? isTrue(m_right->value(row)) : left;
    }
    void addTexts(std::vector<std::string>& texts, std::string& requestId) const override
    {
        if (!m_both)
            return;
        m_left->addTexts(texts, requestId);
        m_right->addTexts(texts, requestId);
    }

private:
    bool m_both;
    ExpressionPtr m_left, m_right;
};

class Not final : public Expression {
public:
    explicit Not(ExpressionPtr inner) : m_inner(std::move(inner)) {}
    Value value(const Row& row) const override { return !isTrue(m_inner->value(row)); }

private:
    ExpressionPtr m_inner;
};

class Compare final : public Expression {
public:
    Compare(std::string symbol, ExpressionPtr left, ExpressionPtr right)
        : m_symbol(std::move(symbol)), m_left(std::move(left)), m_right(std::move(right))
    {
    }
    Value value(const Row& row) const override
    {
        const auto order = compare(m_left->value(row), m_right->value(row));
        if (m_symbol == "=" || m_symbol == "==")
            return order == 0;
        if (m_symbol == "!=")
            return order != 0;
        if (m_symbol == "<")
            return order < 0;
        if (m_symbol == "<=")
            return order <= 0;
        return m_symbol == ">" ? order > 0 : order >= 0;
    }
    void addTexts(std::vector<std::string>& texts, std::string& requestId) const override
    {
        const std::string* field = m_left->field();
        const Value* wanted = m_right->constant();
        const auto* text = wanted ? std::get_if<std::string>(wanted) : nullptr;
        if (!field || !text || (m_symbol != "=" && m_symbol != "=="))
            return;
        if (*field == "@requestId")
            requestId = *text;
        else if ((*field == "@message" || !field->starts_with('@')) && plain(*text))
            texts.push_back(*text);
    }

private:
    std::string m_symbol;
    ExpressionPtr m_left, m_right;
};

class Arithmetic final : public Expression {
public:
    Arithmetic(char symbol, ExpressionPtr left, ExpressionPtr right)
        : m_symbol(symbol), m_left(std::move(left)), m_right(std::move(right))
    {
    }
    Value value(const Row& row) const override
    {
        const auto a = numberOf(m_left->value(row));
        const auto b = numberOf(m_right->value(row));
        if (!a || !b || (*b == 0 && (m_symbol == '/' || m_symbol == '%')))
            return {};
        switch (m_symbol) {
        case '+': return *a + *b;
        case '-': return *a - *b;
        case '*': return *a * *b;
        case '/': return *a / *b;
        case '%': return std::fmod(*a, *b);
        default: return std::pow(*a, *b);
        }
    }

private:
    char m_symbol;
    ExpressionPtr m_left, m_right;
};

// field like "text", field like /regex/
class Like final : public Expression {
public:
    Like(ExpressionPtr source, std::string text, std::optional<logs::Regex> regex)
        : m_source(std::move(source)), m_text(std::move(text)), m_regex(std::move(regex))
    {
    }
    Value value(const Row& row) const override
    {
        if (const std::string* field = m_source->field()) {
            if (const auto text = row.text(*field))
                return holds(*text);
        }
        const Value value = m_source->value(row);
        return !isNull(value) && holds(textOf(value));
    }
    void addTexts(std::vector<std::string>& texts, std::string&) const override
    {
        const std::string* field = m_source->field();
        if (!field || m_text.empty())
            return;
        if (*field == "@message" || (!field->starts_with('@') && plain(m_text)))
            texts.push_back(m_text);
    }

private:
    bool holds(std::string_view text) const
    {
        return m_regex ? m_regex->found(text) : text.find(m_text) != std::string_view::npos;
    }

    ExpressionPtr m_source;
    std::string m_text; // also of a regular expression that is nothing but a text
    std::optional<logs::Regex> m_regex;
};

class In final : public Expression {
public:
    In(ExpressionPtr left, std::vector<ExpressionPtr> list)
        : m_left(std::move(left)), m_list(std::move(list))
    {
    }
    Value value(const Row& row) const override
    {
        const Value left = m_left->value(row);
        return std::any_of(m_list.begin(), m_list.end(), [&](const ExpressionPtr& each) {
            return compare(left, each->value(row)) == 0;
        });
    }

private:
    ExpressionPtr m_left;
    std::vector<ExpressionPtr> m_list;
};

class Bin final : public Expression {
public:
    explicit Bin(double ms) : m_ms(ms) {}
    Value value(const Row& row) const override
    {
        const Value time = row.field("@timestamp");
        const auto* at = std::get_if<Time>(&time);
        return at ? Value(floorTo(*at, m_ms)) : Value();
    }

private:
    double m_ms;
};

} // namespace gantry::observe::insights
