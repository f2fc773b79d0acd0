#include "backend/base/text.h"
#include "backend/observe/traces/filter_nodes.h"

#include <absl/status/status.h>
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace gantry::observe::traces {
namespace {

using Node = std::unique_ptr<FilterNode>;
using Kind = FilterNode::Kind;
using Operator = FilterNode::Operator;

constexpr std::size_t kMaxText = 2'000;
constexpr int kMaxDepth = 32;

constexpr std::array<std::string_view, 9> kKeywords = {
    "ok", "error", "fault", "throttle", "partial", "inferred", "root", "first", "last"};
constexpr std::array<std::string_view, 3> kNumbers = {"responsetime", "duration", "http.status"};
constexpr std::array<std::string_view, 9> kTexts = {
    "http.url", "http.method", "http.useragent", "http.clientip", "user",
    "name",     "type",        "message",        "resource.arn"};

template <class List> bool has(const List& list, std::string_view name)
{
    return std::find(list.begin(), list.end(), name) != list.end();
}

struct Token {
    enum class Kind { End, Word, Text, Number, Sign };
    Kind kind = Kind::End;
    std::string text; // a sign as it stands, a text without its quotes
    double number = 0;
    std::size_t at = 0;
};

class Parser final {
public:
    explicit Parser(std::string_view text) : m_text(text) { next(); }

    absl::StatusOr<Node> parse()
    {
        Node node = disjunction(0);
        if (m_error.ok() && m_token.kind != Token::Kind::End)
            fail("AND, OR or the end");
        if (!m_error.ok())
            return m_error;
        return node;
    }

private:
    static bool isWord(char c)
    {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
    }

    void next()
    {
        while (m_at < m_text.size() && absl::ascii_isspace(static_cast<unsigned char>(m_text[m_at])))
            ++m_at;
        m_token = Token{};
        m_token.at = m_at;
        if (m_at == m_text.size())
            return;
        const char c = m_text[m_at];
        if (c == '"' || c == '\'')
            return readText(c);
        if (isWord(c) || c == '-')
            return readWord();
        m_token.kind = Token::Kind::Sign;
        const std::string_view two = m_text.substr(m_at, 2);
        m_token.text = two == "!=" || two == "<=" || two == ">=" ? std::string(two)
                                                                   : std::string(1, c);
        m_at += m_token.text.size();
    }

    void readText(char quote)
    {
        m_token.kind = Token::Kind::Text;
        for (++m_at; m_at < m_text.size(); ++m_at) {
            if (m_text[m_at] == quote) {
                ++m_at;
                return;
            }
            if (m_text[m_at] == '\\' && m_at + 1 < m_text.size())
                ++m_at;
            m_token.text += m_text[m_at];
        }
        fail("the quote that ends the text");
    }

    void readWord()
    {
        const std::size_t from = m_at++;
        while (m_at < m_text.size() && isWord(m_text[m_at]))
            ++m_at;
        m_token.text = std::string(m_text.substr(from, m_at - from));
        m_token.kind = absl::SimpleAtod(m_token.text, &m_token.number) &&
                               !absl::ascii_isalpha(static_cast<unsigned char>(m_token.text[0]))
                           ? Token::Kind::Number
                           : Token::Kind::Word;
    }

    // Says once what was expected instead.
    void fail(std::string_view expected)
    {
        if (!m_error.ok())
            return;
        const std::string found =
            m_token.kind == Token::Kind::End
                ? "its end"
                : absl::StrCat("\"", view(m_text.substr(m_token.at, 24)), "\"");
        m_error = absl::InvalidArgumentError(
            absl::StrCat("The filter expression is not understood at character ", m_token.at + 1,
                         ": expected ", view(expected), ", found ", found, "."));
        m_at = m_text.size();
        m_token = Token{};
    }

    bool isSign(std::string_view sign) const
    {
        return m_token.kind == Token::Kind::Sign && m_token.text == sign;
    }
    bool takeSign(std::string_view sign)
    {
        const bool there = isSign(sign);
        if (there)
            next();
        return there;
    }
    void expectSign(std::string_view sign)
    {
        if (!takeSign(sign))
            fail(absl::StrCat("\"", view(sign), "\""));
    }
    bool takeWord(std::string_view word)
    {
        const bool there = m_token.kind == Token::Kind::Word &&
                           absl::EqualsIgnoreCase(m_token.text, view(word));
        if (there)
            next();
        return there;
    }

    static Node make(Kind kind)
    {
        auto node = std::make_unique<FilterNode>();
        node->kind = kind;
        return node;
    }

    Node list(Kind kind, std::string_view word, int depth, Node (Parser::*operand)(int))
    {
        Node first = (this->*operand)(depth);
        if (!takeWord(word))
            return first;
        Node whole = make(kind);
        whole->parts.push_back(std::move(first));
        do
            whole->parts.push_back((this->*operand)(depth));
        while (m_error.ok() && takeWord(word));
        return whole;
    }
    Node disjunction(int depth) { return list(Kind::Or, "OR", depth, &Parser::conjunction); }
    Node conjunction(int depth) { return list(Kind::And, "AND", depth, &Parser::term); }

    Node term(int depth)
    {
        if (depth == kMaxDepth) {
            fail("fewer levels");
            return make(Kind::And);
        }
        if (takeSign("!") || takeWord("NOT")) {
            Node node = make(Kind::Not);
            node->parts.push_back(term(depth + 1));
            return node;
        }
        if (takeSign("(")) {
            Node node = disjunction(depth + 1);
            expectSign(")");
            return node;
        }
        return subject(depth);
    }

    Node subject(int depth)
    {
        if (m_token.kind != Token::Kind::Word) {
            fail("a keyword such as fault, service, annotation or responsetime");
            return make(Kind::And);
        }
        const std::string word = absl::AsciiStrToLower(m_token.text);
        if (word == "service" || word == "edge")
            return serviceOrEdge(word == "edge" ? Kind::Edge : Kind::Service, depth);
        if (word == "annotation" || word.starts_with("annotation."))
            return annotation();
        if (isFilterKeyword(word))
            return keyword(word);
        if (isFilterNumber(word) || isFilterText(word))
            return comparison(word);
        fail("a keyword that Gantry has (see its documentation; ok, error, fault, throttle, partial, "
             "inferred, root, first, last, responsetime, duration, http.*, user, name, type, "
             "message, resource.arn, annotation, service, edge)");
        return make(Kind::And);
    }

    Node keyword(const std::string& word)
    {
        Node node = make(Kind::Keyword);
        node->name = word;
        next();
        bool negated = isSign("!=");
        if (!takeSign("=") && !takeSign("!="))
            return node;
        if (takeWord("false"))
            negated = !negated;
        else if (!takeWord("true"))
            fail("true or false");
        if (!negated)
            return node;
        Node opposite = make(Kind::Not);
        opposite->parts.push_back(std::move(node));
        return opposite;
    }

    Operator readOperator()
    {
        static const std::array<std::pair<std::string_view, Operator>, 6> kSigns = {
            {{"=", Operator::Equal}, {"!=", Operator::NotEqual}, {"<=", Operator::LessEqual},
             {">=", Operator::GreaterEqual}, {"<", Operator::Less}, {">", Operator::Greater}}};
        static const std::array<std::pair<std::string_view, Operator>, 3> kWords = {
            {{"CONTAINS", Operator::Contains}, {"BEGINSWITH", Operator::BeginsWith},
             {"ENDSWITH", Operator::EndsWith}}};
        for (const auto& [sign, op] : kSigns) {
            if (takeSign(sign))
                return op;
        }
        for (const auto& [word, op] : kWords) {
            if (takeWord(word))
                return op;
        }
        return Operator::Present;
    }

    Node comparison(const std::string& word)
    {
        Node node = make(Kind::Compare);
        node->name = word;
        next();
        node->compare = readOperator();
        if (node->compare == Operator::Present) {
            if (isFilterNumber(word))
                fail("a comparison such as > 1");
            return node;
        }
        const bool ofTexts = node->compare >= Operator::Contains;
        const bool ofNumbers =
            node->compare >= Operator::Less && node->compare <= Operator::GreaterEqual;
        if (isFilterNumber(word) ? ofTexts : ofNumbers)
            fail(absl::StrCat("an operator that ", word, " has"));
        if (isFilterNumber(word) && m_token.kind != Token::Kind::Number)
            fail("a number");
        else if (isFilterText(word) && m_token.kind != Token::Kind::Text)
            fail("a text in quotes");
        readValue(*node);
        return node;
    }

    void readValue(FilterNode& node)
    {
        if (m_token.kind == Token::Kind::Number)
            node.value = m_token.number;
        else if (m_token.kind == Token::Kind::Text)
            node.value = m_token.text;
        else if (m_token.kind == Token::Kind::Word && absl::EqualsIgnoreCase(m_token.text, "true"))
            node.value = true;
        else if (m_token.kind == Token::Kind::Word && absl::EqualsIgnoreCase(m_token.text, "false"))
            node.value = false;
        else
            return fail("a value: a text in quotes, a number, true or false");
        next();
    }

    Node annotation()
    {
        Node node = make(Kind::Annotation);
        const std::size_t dot = m_token.text.find('.');
        const bool dotted = dot != std::string::npos;
        if (dotted)
            node->name = m_token.text.substr(dot + 1);
        next();
        if (!dotted) {
            expectSign("[");
            if (m_token.kind == Token::Kind::Word || m_token.kind == Token::Kind::Text)
                node->name = m_token.text;
            else
                fail("the annotation's key");
            next();
            expectSign("]");
        }
        node->compare = readOperator();
        if (node->compare != Operator::Present)
            readValue(*node);
        return node;
    }

    FilterNode::ServiceId readId()
    {
        FilterNode::ServiceId id;
        if (m_token.kind == Token::Kind::Text) {
            id.name = m_token.text;
            next();
            return id;
        }
        if (!takeWord("id"))
            return id;
        expectSign("(");
        do {
            const bool name = m_token.kind == Token::Kind::Word && m_token.text == "name";
            const bool type = m_token.kind == Token::Kind::Word && m_token.text == "type";
            if (!name && !type) {
                fail("name: or type:");
                return id;
            }
            next();
            expectSign(":");
            if (m_token.kind != Token::Kind::Text)
                fail("a text in quotes");
            (name ? id.name : id.type) = m_token.text;
            next();
        } while (m_error.ok() && takeSign(","));
        expectSign(")");
        return id;
    }

    Node serviceOrEdge(Kind kind, int depth)
    {
        Node node = make(kind);
        next();
        expectSign("(");
        node->service = readId();
        if (kind == Kind::Edge) {
            expectSign(",");
            node->to = readId();
        }
        expectSign(")");
        if (takeSign("{")) {
            if (!isSign("}"))
                node->parts.push_back(disjunction(depth + 1));
            expectSign("}");
        }
        return node;
    }

    const std::string_view m_text;
    std::size_t m_at = 0;
    Token m_token;
    absl::Status m_error;
};

} // namespace

bool isFilterKeyword(std::string_view name)
{
    return has(kKeywords, name);
}

bool isFilterNumber(std::string_view name)
{
    return has(kNumbers, name);
}

bool isFilterText(std::string_view name)
{
    return has(kTexts, name);
}

absl::StatusOr<Node> parseFilter(std::string_view text)
{
    if (text.size() > kMaxText)
        return absl::InvalidArgumentError("A filter expression may have 2,000 characters at most.");
    return Parser(text).parse();
}

} // namespace gantry::observe::traces
