#include "backend/observe/logs/filter_pattern.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/observe/logs/filter_matcher.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

namespace gantry::observe::logs {
namespace filter {

absl::Status wrong(std::string_view what, std::size_t at)
{
    return makeError("InvalidParameterException", 400,
                     absl::StrCat("Invalid filter pattern: ", view(what), " at character ", at + 1,
                                  "."));
}

void Cursor::skipSpace()
{
    while (!done() && absl::ascii_isspace(static_cast<unsigned char>(peek())))
        ++m_at;
}

bool Cursor::accept(std::string_view token)
{
    skipSpace();
    if (!m_text.substr(m_at).starts_with(token))
        return false;
    m_at += token.size();
    return true;
}

bool Cursor::acceptWord(std::string_view word)
{
    skipSpace();
    const std::string_view rest = m_text.substr(m_at);
    if (!absl::StartsWithIgnoreCase(view(rest), view(word)))
        return false;
    if (rest.size() > word.size() &&
        absl::ascii_isalnum(static_cast<unsigned char>(rest[word.size()])))
        return false;
    m_at += word.size();
    return true;
}

bool Cursor::acceptPast(char mark, std::string& into)
{
    for (std::size_t i = m_at; i < m_text.size(); ++i) {
        if (m_text[i] == mark) {
            m_at = i + 1;
            return true;
        }
        const bool escape = m_text[i] == '\\' && i + 1 < m_text.size() &&
                            (m_text[i + 1] == mark || (mark == '"' && m_text[i + 1] == '\\'));
        into += m_text[escape ? ++i : i];
    }
    return false;
}

std::string_view Cursor::takeUntil(std::string_view stops)
{
    const std::size_t end = std::min(m_text.find_first_of(stops, m_at), m_text.size());
    return m_text.substr(std::exchange(m_at, end), end - m_at);
}

bool wildcardMatch(std::string_view pattern, std::string_view text)
{
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t retry = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            retry = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++retry;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

absl::StatusOr<ValueTest> ValueTest::parse(Cursor& cursor, std::string_view stops)
{
    ValueTest test;
    using enum Comparison;
    constexpr std::pair<std::string_view, Comparison> kOperators[] = {
        {"!=", NotEqual}, {"<=", LessOrEqual}, {">=", GreaterOrEqual},
        {"=", Equal},     {"<", Less},         {">", Greater}};
    const auto* found = std::find_if(std::begin(kOperators), std::end(kOperators),
                                     [&](const auto& each) { return cursor.accept(each.first); });
    if (found == std::end(kOperators))
        return wrong("a comparison (=, !=, <, <=, > or >=) is expected", cursor.at());
    test.m_comparison = found->second;
    const std::size_t start = cursor.at();
    if (cursor.accept("\"")) {
        test.m_quoted = true;
        if (!cursor.acceptPast('"', test.m_text))
            return wrong("the quotation mark is not closed", start);
    } else if (cursor.accept("%")) {
        std::string expression;
        if (!cursor.acceptPast('%', expression))
            return wrong("the regular expression has no % at its end", start);
        auto regex = Regex::compile(expression);
        if (!regex.ok())
            return wrong(view(regex.status().message()), start);
        test.m_regex = *std::move(regex);
    } else {
        cursor.skipSpace();
        test.m_text = std::string(cursor.takeUntil(stops));
        if (test.m_text.empty())
            return wrong("a value is expected", cursor.at());
    }
    if (double number = 0; !test.m_quoted && absl::SimpleAtod(test.m_text, &number))
        test.m_number = number;
    const bool ordered = test.m_comparison != Equal && test.m_comparison != NotEqual;
    if (ordered && !test.m_number)
        return wrong("a number is expected after <, <=, > and >=", start);
    return test;
}

bool ValueTest::order(double value) const
{
    switch (m_comparison) {
    case Comparison::Equal: return value == *m_number;
    case Comparison::NotEqual: return value != *m_number;
    case Comparison::Less: return value < *m_number;
    case Comparison::LessOrEqual: return value <= *m_number;
    case Comparison::Greater: return value > *m_number;
    case Comparison::GreaterOrEqual: return value >= *m_number;
    }
    return false;
}

bool ValueTest::text(std::string_view value) const
{
    if (double number = 0; m_number && absl::SimpleAtod(view(value), &number))
        return order(number);
    const bool equal = m_regex ? m_regex->found(value) : wildcardMatch(m_text, value);
    if (m_comparison == Comparison::Equal)
        return equal;
    return m_comparison == Comparison::NotEqual && !equal;
}

bool ValueTest::number(double value) const
{
    return m_number ? order(value) : text(absl::StrCat(value));
}

std::string ValueTest::literal() const
{
    const bool plain = std::all_of(m_text.begin(), m_text.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == ' ' || c == '.' || c == ':';
    });
    const bool usable = m_comparison == Comparison::Equal && !m_number && !m_regex && plain;
    return usable ? m_text : std::string();
}

namespace {

// ERROR -"not found" %regex%
class Terms final : public FilterPattern::Matcher {
public:
    static absl::StatusOr<std::unique_ptr<FilterPattern::Matcher>> parse(std::string_view pattern)
    {
        auto terms = std::make_unique<Terms>();
        Cursor cursor(pattern);
        for (cursor.skipSpace(); !cursor.done(); cursor.skipSpace()) {
            if (absl::Status status = terms->parseOne(cursor); !status.ok())
                return status;
        }
        return terms;
    }

    bool matches(std::string_view message) const override
    {
        const auto in = [message](const Term& term) {
            return term.regex ? term.regex->found(message)
                              : message.find(term.text) != std::string_view::npos;
        };
        if (!std::all_of(m_all.begin(), m_all.end(), in) ||
            std::any_of(m_none.begin(), m_none.end(), in))
            return false;
        const bool onlyAny = m_all.empty() && m_none.empty() && !m_any.empty();
        return !onlyAny || std::any_of(m_any.begin(), m_any.end(), in);
    }

    void addTexts(std::vector<std::string>& texts) const override
    {
        for (const Term& term : m_all) {
            if (!term.regex)
                texts.push_back(term.text);
        }
    }

private:
    struct Term {
        std::string text;
        std::optional<Regex> regex;
    };

    absl::Status parseOne(Cursor& cursor)
    {
        const std::size_t start = cursor.at();
        auto* list = &m_all;
        if (cursor.accept("-"))
            list = &m_none;
        else if (cursor.accept("?"))
            list = &m_any;
        Term term;
        if (absl::ascii_isspace(static_cast<unsigned char>(cursor.peek())))
            return wrong("a term is expected", cursor.at());
        if (cursor.accept("\"")) {
            if (!cursor.acceptPast('"', term.text))
                return wrong("the quotation mark is not closed", start);
        } else if (cursor.accept("%")) {
            if (!cursor.acceptPast('%', term.text))
                return wrong("the regular expression has no % at its end", start);
            auto regex = Regex::compile(term.text);
            if (!regex.ok())
                return wrong(view(regex.status().message()), start);
            term.regex = *std::move(regex);
        } else {
            term.text = std::string(cursor.takeUntil(" \t\r\n"));
        }
        if (term.text.empty())
            return wrong("a term is expected", cursor.at());
        list->push_back(std::move(term));
        return absl::OkStatus();
    }

    std::vector<Term> m_all;
    std::vector<Term> m_none;
    std::vector<Term> m_any;
};

absl::StatusOr<std::unique_ptr<FilterPattern::Matcher>> parseAny(std::string_view pattern)
{
    if (pattern.starts_with('{'))
        return parseJson(pattern);
    if (pattern.starts_with('['))
        return parseFields(pattern);
    return Terms::parse(pattern);
}

} // namespace
} // namespace filter

absl::StatusOr<FilterPattern> FilterPattern::parse(std::string_view pattern)
{
    pattern = view(absl::StripAsciiWhitespace(view(pattern)));
    if (pattern.empty() || pattern == "\"\"")
        return FilterPattern(nullptr);
    auto matcher = filter::parseAny(pattern);
    if (!matcher.ok())
        return matcher.status();
    return FilterPattern(*std::move(matcher));
}

FilterPattern::FilterPattern(std::unique_ptr<Matcher> matcher) : m_matcher(std::move(matcher)) {}
FilterPattern::FilterPattern(FilterPattern&&) noexcept = default;
FilterPattern& FilterPattern::operator=(FilterPattern&&) noexcept = default;
FilterPattern::~FilterPattern() = default;

bool FilterPattern::matches(std::string_view message) const
{
    return !m_matcher || m_matcher->matches(message);
}

std::vector<std::string> FilterPattern::texts() const
{
    std::vector<std::string> texts;
    if (m_matcher)
        m_matcher->addTexts(texts);
    return texts;
}

} // namespace gantry::observe::logs
