#pragma once

#include "backend/observe/insights/aggregate.h"
#include "backend/observe/insights/lexer.h"

#include <initializer_list>

namespace gantry::observe::insights {

// Parses expressions, from the loosest binding to the tightest: or, and, not, comparisons (= != <
// like in ...), + -, * / %, ^, signs.
class ExpressionParser {
public:
    explicit ExpressionParser(std::string_view query) : m_query(query), m_lexer(query) {}

    // Within stats: where aggregates go that an expression uses. Null: none may be used.
    void collectAggregates(std::vector<Aggregate>* aggregates) { m_aggregates = aggregates; }
    absl::StatusOr<ExpressionPtr> expression();

protected:
    using ExpressionOr = absl::StatusOr<ExpressionPtr>;

    bool isSymbol(std::string_view symbol) const;
    bool isWord(std::string_view word) const; // in any case
    // Moves on when it is there; an error of the lexer shows itself with the next token.
    bool acceptSymbol(std::string_view symbol);
    bool acceptWord(std::string_view word);
    absl::Status expectSymbol(std::string_view symbol);
    absl::Status advance();
    // The query's text from a token's start to where the current one begins.
    std::string textSince(std::size_t at) const;

    const std::string_view m_query;
    Lexer m_lexer;
    absl::Status m_lexerStatus;

private:
    ExpressionOr chain(ExpressionOr (ExpressionParser::*operand)(),
                       std::initializer_list<std::string_view> operators);
    ExpressionOr orChain();
    ExpressionOr andChain();
    ExpressionOr negation();
    ExpressionOr comparison();
    ExpressionOr like(ExpressionPtr left, bool negated);
    ExpressionOr in(ExpressionPtr left, bool negated);
    ExpressionOr sum();
    ExpressionOr product();
    ExpressionOr power();
    ExpressionOr sign();
    ExpressionOr primary();
    ExpressionOr call(const Token& name);
    ExpressionOr bin();
    ExpressionOr aggregate(const std::string& name, std::size_t at);
    absl::StatusOr<std::vector<ExpressionPtr>> arguments();

    std::vector<Aggregate>* m_aggregates = nullptr;
    int m_depth = 0;
};

} // namespace gantry::observe::insights
