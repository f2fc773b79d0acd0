#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace gantry::observe::insights {

struct Token {
    enum class Kind { End, Name, Text, Number, Duration, Symbol };
    Kind kind = Kind::End;
    std::string text;      // without quotes
    double number = 0;     // of a Number; milliseconds of a Duration
    bool quoted = false;   // a Name in backticks: never a keyword
    std::size_t at = 0;
};

// MalformedQueryException that says what is wrong and where.
absl::Status malformed(std::string_view what, std::size_t at);

// Cuts a query into tokens, one ahead.
class Lexer final {
public:
    explicit Lexer(std::string_view query) : m_query(query) {}

    absl::Status next(); // moves on; token() is then the next one
    const Token& token() const { return m_token; }
    // When a / comes next, after `like` and `parse`: takes /expression/ instead of a token.
    bool regexAhead() const { return m_token.kind == Token::Kind::Symbol && m_token.text == "/"; }
    absl::StatusOr<std::string> takeRegex();

private:
    void skip();
    absl::Status number();
    absl::Status text(char quote);
    void name();

    std::string_view m_query;
    std::size_t m_at = 0;
    Token m_token;
};

} // namespace gantry::observe::insights
