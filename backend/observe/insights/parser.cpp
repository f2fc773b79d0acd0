#include "backend/observe/insights/parser.h"

#include "backend/base/text.h"
#include "backend/observe/insights/expression_parser.h"

#include <absl/strings/str_cat.h>

#include <cmath>
#include <utility>

namespace gantry::observe::insights {
namespace {

constexpr std::size_t kMostRows = 10'000;

// "user=*, method:*" -> a regular expression with a group for each asterisk.
std::string globRegex(std::string_view glob)
{
    std::string regex;
    for (const char c : glob) {
        if (c == '*') {
            regex += "(.*?)";
        } else {
            if (std::string_view("\\^$.|?+()[]{}").find(c) != std::string_view::npos)
                regex += '\\';
            regex += c;
        }
    }
    if (glob.ends_with('*'))
        regex += '$';
    return regex;
}

class Parser final : private ExpressionParser {
public:
    explicit Parser(std::string_view query) : ExpressionParser(query) {}

    absl::StatusOr<std::vector<Command>> parse()
    {
        std::vector<Command> commands;
        if (absl::Status status = advance(); !status.ok())
            return status;
        do {
            auto next = command();
            if (!next.ok())
                return next.status();
            commands.push_back(*std::move(next));
        } while (acceptSymbol("|"));
        if (!m_lexerStatus.ok())
            return m_lexerStatus;
        if (m_lexer.token().kind != Token::Kind::End)
            return malformed(absl::StrCat("a | is expected before ", m_lexer.token().text),
                             m_lexer.token().at);
        return commands;
    }

private:
    absl::StatusOr<Command> command()
    {
        if (acceptWord("fields"))
            return fields(false);
        if (acceptWord("display"))
            return fields(true);
        if (acceptWord("filter"))
            return filter();
        if (acceptWord("stats"))
            return stats();
        if (acceptWord("sort"))
            return sort();
        if (acceptWord("limit") || acceptWord("head"))
            return limit();
        if (acceptWord("parse"))
            return parseCommand();
        if (acceptWord("dedup"))
            return dedup();
        if (!m_lexerStatus.ok())
            return m_lexerStatus;
        return malformed("one of fields, display, filter, stats, sort, limit, parse and dedup is "
                         "expected",
                         m_lexer.token().at);
    }

    absl::StatusOr<Named> named()
    {
        const std::size_t start = m_lexer.token().at;
        auto parsed = expression();
        if (!parsed.ok())
            return parsed.status();
        Named result{*std::move(parsed), textSince(start)};
        if (const std::string* field = result.expression->field(); field && field->front() != '#')
            result.name = *field;
        if (acceptWord("as")) {
            auto alias = name();
            if (!alias.ok())
                return alias.status();
            result.name = *std::move(alias);
        }
        return result;
    }

    absl::StatusOr<std::string> name()
    {
        const Token token = m_lexer.token();
        if (token.kind != Token::Kind::Name)
            return malformed("a name is expected", token.at);
        (void)advance();
        return token.text;
    }

    absl::StatusOr<std::vector<Named>> list()
    {
        std::vector<Named> result;
        do {
            auto each = named();
            if (!each.ok())
                return each.status();
            result.push_back(*std::move(each));
        } while (acceptSymbol(","));
        return result;
    }

    absl::StatusOr<Command> fields(bool display)
    {
        auto parsed = list();
        if (!parsed.ok())
            return parsed.status();
        return Fields{*std::move(parsed), display};
    }

    absl::StatusOr<Command> filter()
    {
        auto condition = expression();
        if (!condition.ok())
            return condition.status();
        return Filter{*std::move(condition)};
    }

    absl::StatusOr<Command> stats()
    {
        Stats result;
        collectAggregates(&result.aggregates);
        auto results = list();
        collectAggregates(nullptr);
        if (!results.ok())
            return results.status();
        result.results = *std::move(results);
        if (acceptWord("by")) {
            auto by = list();
            if (!by.ok())
                return by.status();
            result.by = *std::move(by);
        }
        return result;
    }

    absl::StatusOr<Command> sort()
    {
        Sort result;
        (void)acceptWord("by");
        do {
            auto key = expression();
            if (!key.ok())
                return key.status();
            bool descending = true; // as CloudWatch does without a word
            if (acceptWord("asc"))
                descending = false;
            else
                (void)acceptWord("desc");
            result.keys.push_back({*std::move(key), descending});
        } while (acceptSymbol(","));
        return result;
    }

    absl::StatusOr<Command> limit()
    {
        const Token token = m_lexer.token();
        if (token.kind != Token::Kind::Number || token.number < 1 || token.number > kMostRows ||
            token.number != std::floor(token.number))
            return malformed(absl::StrCat("limit takes a number from 1 to ", kMostRows), token.at);
        (void)advance();
        return Limit{static_cast<std::size_t>(token.number)};
    }

    absl::StatusOr<Command> dedup()
    {
        auto by = list();
        if (!by.ok())
            return by.status();
        return Dedup{*std::move(by)};
    }

    // parse @message "user=*" as user; parse @message /user=(?<user>\S+)/
    absl::StatusOr<Command> parseCommand()
    {
        Parse result;
        if (m_lexer.token().kind != Token::Kind::Text && !m_lexer.regexAhead()) {
            auto source = operand();
            if (!source.ok())
                return source.status();
            result.source = *std::move(source);
        }
        const Token token = m_lexer.token();
        absl::StatusOr<std::string> pattern;
        if (m_lexer.regexAhead()) {
            pattern = m_lexer.takeRegex();
        } else if (token.kind == Token::Kind::Text) {
            pattern = globRegex(token.text);
            (void)advance();
        } else {
            return malformed("parse takes a \"text with *\" or a /regular expression/", token.at);
        }
        if (!pattern.ok())
            return pattern.status();
        auto regex = logs::Regex::compile(*pattern);
        if (!regex.ok())
            return malformed(view(regex.status().message()), token.at);
        result.regex = *std::move(regex);
        if (acceptWord("as")) {
            do {
                auto each = name();
                if (!each.ok())
                    return each.status();
                result.names.push_back(*std::move(each));
            } while (acceptSymbol(","));
        }
        if (result.names.empty() && result.regex->names().empty())
            return malformed("parse names what it finds: ... as name, or (?<name>...)", token.at);
        return result;
    }

    // The field before parse's pattern; a / after it begins a regular expression.
    absl::StatusOr<ExpressionPtr> operand()
    {
        const Token token = m_lexer.token();
        if (token.kind != Token::Kind::Name)
            return malformed("a field is expected after parse", token.at);
        (void)advance();
        return fieldExpression(token.text);
    }
};

} // namespace

absl::StatusOr<std::vector<Command>> parseQuery(std::string_view query)
{
    return Parser(query).parse();
}

} // namespace gantry::observe::insights
