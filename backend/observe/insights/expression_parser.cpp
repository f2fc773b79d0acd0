#include "backend/observe/insights/expression_parser.h"

#include "backend/base/text.h"
#include "backend/observe/insights/nodes.h"
#include "backend/observe/logs/regex.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace gantry::observe::insights {
namespace {

constexpr int kMaxDepth = 64;

bool metacharacters(std::string_view text)
{
    return text.find_first_of("\\^$.|?*+()[]{}") != std::string_view::npos;
}

} // namespace

ExpressionPtr fieldExpression(std::string name)
{
    return std::make_unique<FieldReference>(std::move(name));
}

bool ExpressionParser::isSymbol(std::string_view symbol) const
{
    return m_lexer.token().kind == Token::Kind::Symbol && m_lexer.token().text == symbol;
}

bool ExpressionParser::isWord(std::string_view word) const
{
    const Token& token = m_lexer.token();
    return token.kind == Token::Kind::Name && !token.quoted &&
           absl::EqualsIgnoreCase(token.text, view(word));
}

absl::Status ExpressionParser::advance()
{
    if (m_lexerStatus.ok()) // the first error is the one to tell
        m_lexerStatus = m_lexer.next();
    return m_lexerStatus;
}

bool ExpressionParser::acceptSymbol(std::string_view symbol)
{
    if (!isSymbol(symbol))
        return false;
    (void)advance();
    return true;
}

bool ExpressionParser::acceptWord(std::string_view word)
{
    if (!isWord(word))
        return false;
    (void)advance();
    return true;
}

absl::Status ExpressionParser::expectSymbol(std::string_view symbol)
{
    if (acceptSymbol(symbol))
        return m_lexerStatus;
    return malformed(absl::StrCat(view(symbol), " is expected"), m_lexer.token().at);
}

std::string ExpressionParser::textSince(std::size_t at) const
{
    const std::string_view text = m_query.substr(at, m_lexer.token().at - at);
    return std::string(absl::StripAsciiWhitespace(view(text)));
}

absl::StatusOr<ExpressionPtr> ExpressionParser::expression()
{
    if (++m_depth > kMaxDepth)
        return malformed("the expression has too many levels", m_lexer.token().at);
    auto result = orChain();
    --m_depth;
    if (result.ok() && !m_lexerStatus.ok())
        return m_lexerStatus;
    return result;
}

ExpressionParser::ExpressionOr ExpressionParser::orChain()
{
    auto left = andChain();
    while (left.ok() && acceptWord("or")) {
        auto right = andChain();
        if (!right.ok())
            return right;
        left = std::make_unique<Logic>(false, *std::move(left), *std::move(right));
    }
    return left;
}

ExpressionParser::ExpressionOr ExpressionParser::andChain()
{
    auto left = negation();
    while (left.ok() && acceptWord("and")) {
        auto right = negation();
        if (!right.ok())
            return right;
        left = std::make_unique<Logic>(true, *std::move(left), *std::move(right));
    }
    return left;
}

ExpressionParser::ExpressionOr ExpressionParser::negation()
{
    if (!acceptWord("not"))
        return comparison();
    if (++m_depth > kMaxDepth)
        return malformed("the expression has too many levels", m_lexer.token().at);
    auto inner = negation();
    --m_depth;
    if (!inner.ok())
        return inner;
    return std::make_unique<Not>(*std::move(inner));
}

ExpressionParser::ExpressionOr ExpressionParser::comparison()
{
    auto left = sum();
    if (!left.ok())
        return left;
    const bool negated = acceptWord("not");
    if (acceptWord("like") || acceptSymbol("=~"))
        return like(*std::move(left), negated);
    if (acceptWord("in"))
        return in(*std::move(left), negated);
    if (negated)
        return malformed("like or in is expected after not", m_lexer.token().at);
    for (const std::string_view symbol : {"=", "==", "!=", "<", "<=", ">", ">="}) {
        if (!acceptSymbol(symbol))
            continue;
        auto right = sum();
        if (!right.ok())
            return right;
        return std::make_unique<Compare>(std::string(symbol), *std::move(left), *std::move(right));
    }
    return left;
}

ExpressionParser::ExpressionOr ExpressionParser::like(ExpressionPtr left, bool negated)
{
    std::string text;
    std::optional<logs::Regex> regex;
    const Token token = m_lexer.token();
    if (m_lexer.regexAhead()) {
        auto expression = m_lexer.takeRegex();
        if (!expression.ok())
            return expression.status();
        if (!metacharacters(*expression))
            text = *expression;
        auto compiled = logs::Regex::compile(*expression);
        if (!compiled.ok())
            return malformed(view(compiled.status().message()), token.at);
        if (text.empty())
            regex = *std::move(compiled);
    } else if (token.kind == Token::Kind::Text) {
        text = token.text;
        (void)advance();
    } else {
        return malformed("a text or a /regular expression/ is expected after like", token.at);
    }
    ExpressionPtr result =
        std::make_unique<Like>(std::move(left), std::move(text), std::move(regex));
    if (negated)
        result = std::make_unique<Not>(std::move(result));
    return result;
}

ExpressionParser::ExpressionOr ExpressionParser::in(ExpressionPtr left, bool negated)
{
    if (absl::Status status = expectSymbol("["); !status.ok())
        return status;
    std::vector<ExpressionPtr> list;
    do {
        auto each = expression();
        if (!each.ok())
            return each;
        list.push_back(*std::move(each));
    } while (acceptSymbol(","));
    if (absl::Status status = expectSymbol("]"); !status.ok())
        return status;
    ExpressionPtr result = std::make_unique<In>(std::move(left), std::move(list));
    if (negated)
        result = std::make_unique<Not>(std::move(result));
    return result;
}

ExpressionParser::ExpressionOr
ExpressionParser::chain(ExpressionOr (ExpressionParser::*operand)(),
                        std::initializer_list<std::string_view> operators)
{
    auto left = (this->*operand)();
    while (left.ok()) {
        const auto* symbol = std::find_if(operators.begin(), operators.end(),
                                          [this](auto each) { return acceptSymbol(each); });
        if (symbol == operators.end())
            break;
        auto right = (this->*operand)();
        if (!right.ok())
            return right;
        left = std::make_unique<Arithmetic>((*symbol)[0], *std::move(left), *std::move(right));
    }
    return left;
}

ExpressionParser::ExpressionOr ExpressionParser::sum()
{
    return chain(&ExpressionParser::product, {"+", "-"});
}

ExpressionParser::ExpressionOr ExpressionParser::product()
{
    return chain(&ExpressionParser::power, {"*", "/", "%"});
}

ExpressionParser::ExpressionOr ExpressionParser::power()
{
    return chain(&ExpressionParser::sign, {"^"});
}

ExpressionParser::ExpressionOr ExpressionParser::sign()
{
    if (!acceptSymbol("-"))
        return primary();
    auto inner = primary();
    if (!inner.ok())
        return inner;
    return std::make_unique<Arithmetic>('-', std::make_unique<Constant>(0.0), *std::move(inner));
}

ExpressionParser::ExpressionOr ExpressionParser::primary()
{
    const Token token = m_lexer.token();
    if (acceptSymbol("(")) {
        auto inner = expression();
        if (!inner.ok())
            return inner;
        if (absl::Status status = expectSymbol(")"); !status.ok())
            return status;
        return inner;
    }
    switch (token.kind) {
    case Token::Kind::Text:
        (void)advance();
        return std::make_unique<Constant>(token.text);
    case Token::Kind::Number:
    case Token::Kind::Duration:
        (void)advance();
        return std::make_unique<Constant>(token.number);
    case Token::Kind::Name:
        (void)advance();
        if (isSymbol("(") && !token.quoted)
            return call(token);
        return std::make_unique<FieldReference>(token.text);
    default:
        return malformed(token.kind == Token::Kind::End
                             ? std::string("the query ends where a value is expected")
                             : absl::StrCat("a value is expected instead of ", token.text),
                         token.at);
    }
}

absl::StatusOr<std::vector<ExpressionPtr>> ExpressionParser::arguments()
{
    std::vector<ExpressionPtr> list;
    if (acceptSymbol(")"))
        return list;
    do {
        auto each = expression();
        if (!each.ok())
            return each.status();
        list.push_back(*std::move(each));
    } while (acceptSymbol(","));
    if (absl::Status status = expectSymbol(")"); !status.ok())
        return status;
    return list;
}

ExpressionParser::ExpressionOr ExpressionParser::call(const Token& name)
{
    const std::string function = absl::AsciiStrToLower(name.text);
    (void)acceptSymbol("(");
    if (function == "bin")
        return bin();
    if (Aggregate::isFunction(function))
        return aggregate(function, name.at);
    auto list = arguments();
    if (!list.ok())
        return list.status();
    return makeCall(function, *std::move(list), name.at);
}

ExpressionParser::ExpressionOr ExpressionParser::bin()
{
    const Token interval = m_lexer.token();
    if (interval.kind != Token::Kind::Duration)
        return malformed("bin takes a duration such as 5m", interval.at);
    (void)advance();
    if (absl::Status status = expectSymbol(")"); !status.ok())
        return status;
    return std::make_unique<Bin>(interval.number);
}

ExpressionParser::ExpressionOr ExpressionParser::aggregate(const std::string& name, std::size_t at)
{
    if (!m_aggregates)
        return malformed(absl::StrCat(name, " is possible only in stats, and not within another "
                                            "such function"),
                         at);
    Aggregate result;
    result.function = name;
    result.percentile = 50; // of median
    if (name == "count" && (acceptSymbol("*") || isSymbol(")"))) {
        if (absl::Status status = expectSymbol(")"); !status.ok())
            return status;
    } else {
        std::vector<Aggregate>* const outer = std::exchange(m_aggregates, nullptr);
        auto list = arguments();
        m_aggregates = outer;
        if (!list.ok())
            return list.status();
        const bool percent = name == "pct" || name == "percentile";
        if (list->size() != (percent ? 2u : 1u))
            return malformed(absl::StrCat(name, " takes ", percent ? 2 : 1, " arguments"), at);
        if (percent) {
            const Value* wanted = (*list)[1]->constant();
            const auto number = wanted ? numberOf(*wanted) : std::nullopt;
            if (!number || *number < 0 || *number > 100)
                return malformed("a percentile is a number from 0 to 100", at);
            result.percentile = *number;
        }
        result.argument = std::move((*list)[0]);
    }
    m_aggregates->push_back(std::move(result));
    return std::make_unique<FieldReference>(absl::StrCat("#", m_aggregates->size() - 1));
}

} // namespace gantry::observe::insights
