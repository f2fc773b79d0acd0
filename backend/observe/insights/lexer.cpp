#include "backend/observe/insights/lexer.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gantry::observe::insights {
namespace {

bool nameStart(char c)
{
    return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '@';
}

bool nameGoesOn(char c)
{
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '@' || c == '.';
}

bool digit(char c)
{
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
}

// Milliseconds of a unit; 0 when there is no such unit.
double unit(std::string_view name)
{
    constexpr double kSecond = 1'000;
    constexpr double kDay = 86'400 * kSecond;
    constexpr std::pair<std::string_view, double> kUnits[] = {
        {"ms", 1},          {"s", kSecond},      {"m", 60 * kSecond}, {"h", 3'600 * kSecond},
        {"d", kDay},        {"w", 7 * kDay},     {"mo", 30 * kDay},   {"q", 91 * kDay},
        {"y", 365 * kDay},  {"min", 60 * kSecond}};
    for (const auto& [text, ms] : kUnits) {
        if (text == name)
            return ms;
    }
    return 0;
}

} // namespace

absl::Status malformed(std::string_view what, std::size_t at)
{
    return makeError("MalformedQueryException", 400,
                     absl::StrCat(view(what), " (at character ", at + 1, ")"));
}

void Lexer::skip()
{
    while (m_at < m_query.size()) {
        if (m_query[m_at] == '#')
            m_at = std::min(m_query.find('\n', m_at), m_query.size());
        else if (absl::ascii_isspace(static_cast<unsigned char>(m_query[m_at])))
            ++m_at;
        else
            break;
    }
}

absl::Status Lexer::next()
{
    skip();
    m_token = {};
    m_token.at = m_at;
    if (m_at >= m_query.size())
        return absl::OkStatus();
    const char c = m_query[m_at];
    if (digit(c) || (c == '.' && m_at + 1 < m_query.size() && digit(m_query[m_at + 1])))
        return number();
    if (c == '"' || c == '\'' || c == '`')
        return text(c);
    if (nameStart(c)) {
        name();
        return absl::OkStatus();
    }
    constexpr std::array<std::string_view, 5> kPairs{"!=", "<=", ">=", "=~", "=="};
    m_token.kind = Token::Kind::Symbol;
    const std::string_view pair = m_query.substr(m_at, 2);
    const bool two = std::find(kPairs.begin(), kPairs.end(), pair) != kPairs.end();
    m_token.text = std::string(m_query.substr(m_at, two ? 2 : 1));
    m_at += m_token.text.size();
    return absl::OkStatus();
}

absl::Status Lexer::number()
{
    const std::size_t start = m_at;
    while (m_at < m_query.size() && (digit(m_query[m_at]) || m_query[m_at] == '.'))
        ++m_at;
    const std::size_t end = m_at;
    while (m_at < m_query.size() && absl::ascii_isalpha(static_cast<unsigned char>(m_query[m_at])))
        ++m_at;
    m_token.kind = Token::Kind::Number;
    m_token.text = std::string(m_query.substr(start, m_at - start));
    if (!absl::SimpleAtod(view(m_query.substr(start, end - start)), &m_token.number))
        return malformed(absl::StrCat(m_token.text, " is not a number"), start);
    if (m_at == end)
        return absl::OkStatus();
    m_token.kind = Token::Kind::Duration;
    const double ms = unit(m_query.substr(end, m_at - end));
    m_token.number *= ms;
    return ms > 0 ? absl::OkStatus()
                  : malformed(absl::StrCat(m_token.text, " is no duration; the units are ms, s, m, "
                                                         "h, d, w, mo, q and y"),
                              start);
}

absl::Status Lexer::text(char quote)
{
    const std::size_t start = m_at++;
    m_token.kind = quote == '`' ? Token::Kind::Name : Token::Kind::Text;
    m_token.quoted = quote == '`';
    for (; m_at < m_query.size() && m_query[m_at] != quote; ++m_at) {
        const bool escape = m_query[m_at] == '\\' && m_at + 1 < m_query.size() &&
                            (m_query[m_at + 1] == quote || m_query[m_at + 1] == '\\');
        m_token.text += m_query[escape ? ++m_at : m_at];
    }
    if (m_at >= m_query.size())
        return malformed("the quotation mark is not closed", start);
    ++m_at;
    return absl::OkStatus();
}

void Lexer::name()
{
    const std::size_t start = m_at;
    while (m_at < m_query.size() && nameGoesOn(m_query[m_at]))
        ++m_at;
    m_token.kind = Token::Kind::Name;
    m_token.text = std::string(m_query.substr(start, m_at - start));
}

absl::StatusOr<std::string> Lexer::takeRegex()
{
    const std::size_t start = m_token.at;
    std::string expression;
    for (m_at = start + 1; m_at < m_query.size() && m_query[m_at] != '/'; ++m_at) {
        if (m_query[m_at] == '\\' && m_at + 1 < m_query.size()) {
            if (m_query[m_at + 1] != '/')
                expression += '\\';
            ++m_at;
        }
        expression += m_query[m_at];
    }
    if (m_at >= m_query.size())
        return malformed("the regular expression has no / at its end", start);
    ++m_at;
    if (absl::Status status = next(); !status.ok())
        return status;
    return expression;
}

} // namespace gantry::observe::insights
