#pragma once

#include "backend/observe/logs/filter_pattern.h"
#include "backend/observe/logs/regex.h"

#include <optional>

// What the three forms of a filter pattern share; of no interest outside.
namespace gantry::observe::logs {

class FilterPattern::Matcher {
public:
    virtual ~Matcher() = default;
    virtual bool matches(std::string_view message) const = 0;
    virtual void addTexts(std::vector<std::string>& texts) const = 0;
};

namespace filter {

absl::Status wrong(std::string_view what, std::size_t at);

// Reads a pattern from left to right.
class Cursor final {
public:
    explicit Cursor(std::string_view text) : m_text(text) {}

    std::size_t at() const { return m_at; }
    bool done() const { return m_at >= m_text.size(); }
    char peek() const { return done() ? '\0' : m_text[m_at]; }
    char take() { return m_text[m_at++]; }
    void skipSpace();
    bool accept(std::string_view token);     // after spaces
    bool acceptWord(std::string_view word);  // in any case, at its end no letter or digit
    bool acceptPast(char mark, std::string& into); // up to the next mark; \ escapes it
    std::string_view takeUntil(std::string_view stops);

private:
    std::string_view m_text;
    std::size_t m_at = 0;
};

enum class Comparison { Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual };

// "= 4*", "> 1000", "= %regex%": a comparison with a text, a number or a regular expression.
class ValueTest final {
public:
    static absl::StatusOr<ValueTest> parse(Cursor& cursor, std::string_view stops);

    bool text(std::string_view value) const;
    bool number(double value) const;
    // The literal that the value holds when the test passes; empty when there is none.
    std::string literal() const;

private:
    bool order(double value) const;

    Comparison m_comparison = Comparison::Equal;
    std::string m_text;
    bool m_quoted = false;
    std::optional<double> m_number;
    std::optional<Regex> m_regex;
};

// '*' stands for any text.
bool wildcardMatch(std::string_view pattern, std::string_view text);

absl::StatusOr<std::unique_ptr<FilterPattern::Matcher>> parseJson(std::string_view pattern);
absl::StatusOr<std::unique_ptr<FilterPattern::Matcher>> parseFields(std::string_view pattern);

} // namespace filter
} // namespace gantry::observe::logs
