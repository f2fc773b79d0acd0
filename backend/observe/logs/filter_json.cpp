#include "backend/base/text.h"
#include "backend/observe/logs/filter_matcher.h"

#include <absl/strings/numbers.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <span>
#include <utility>
#include <variant>

// { $.level = "ERROR" && ($.ms > 100 || $.user NOT EXISTS) }
namespace gantry::observe::logs::filter {
namespace {

namespace json = boost::json;

constexpr int kMaxDepth = 32;

// $.a.b[0].c; -1 stands for [*], any element.
using Step = std::variant<std::string, int>;

struct Node {
    enum class Kind { And, Or, Compare, IsTrue, IsFalse, IsNull, Exists, NotExists };
    Kind kind = Kind::Compare;
    std::unique_ptr<Node> left;
    std::unique_ptr<Node> right;
    std::vector<Step> path;
    std::optional<ValueTest> test;
};

using NodeOr = absl::StatusOr<std::unique_ptr<Node>>;

class Parser final {
public:
    explicit Parser(std::string_view pattern) : m_cursor(pattern) {}

    NodeOr parse()
    {
        (void)m_cursor.accept("{");
        auto node = parseOr(0);
        if (!node.ok())
            return node;
        if (!m_cursor.accept("}"))
            return wrong("&&, || or } is expected", m_cursor.at());
        m_cursor.skipSpace();
        if (!m_cursor.done())
            return wrong("nothing may follow }", m_cursor.at());
        return node;
    }

private:
    NodeOr parseOr(int depth) { return parseChain(depth, "||", Node::Kind::Or); }
    NodeOr parseAnd(int depth) { return parseChain(depth, "&&", Node::Kind::And); }

    NodeOr parseChain(int depth, std::string_view joint, Node::Kind kind)
    {
        const auto operand = [&] {
            return kind == Node::Kind::Or ? parseAnd(depth) : parseOne(depth);
        };
        auto left = operand();
        while (left.ok() && m_cursor.accept(joint)) {
            auto right = operand();
            if (!right.ok())
                return right;
            auto both = std::make_unique<Node>();
            both->kind = kind;
            both->left = *std::move(left);
            both->right = *std::move(right);
            left = std::move(both);
        }
        return left;
    }

    NodeOr parseOne(int depth)
    {
        if (depth > kMaxDepth)
            return wrong("too many parentheses", m_cursor.at());
        if (!m_cursor.accept("("))
            return parseCondition();
        auto inner = parseOr(depth + 1);
        if (inner.ok() && !m_cursor.accept(")"))
            return wrong(") is expected", m_cursor.at());
        return inner;
    }

    NodeOr parseCondition()
    {
        auto node = std::make_unique<Node>();
        if (absl::Status status = parsePath(node->path); !status.ok())
            return status;
        if (m_cursor.acceptWord("IS")) {
            if (m_cursor.acceptWord("TRUE"))
                node->kind = Node::Kind::IsTrue;
            else if (m_cursor.acceptWord("FALSE"))
                node->kind = Node::Kind::IsFalse;
            else if (m_cursor.acceptWord("NULL"))
                node->kind = Node::Kind::IsNull;
            else
                return wrong("TRUE, FALSE or NULL is expected after IS", m_cursor.at());
            return node;
        }
        if (m_cursor.acceptWord("NOT")) {
            if (!m_cursor.acceptWord("EXISTS"))
                return wrong("EXISTS is expected after NOT", m_cursor.at());
            node->kind = Node::Kind::NotExists;
            return node;
        }
        if (m_cursor.acceptWord("EXISTS")) {
            node->kind = Node::Kind::Exists;
            return node;
        }
        auto test = ValueTest::parse(m_cursor, " \t\r\n)}&|");
        if (!test.ok())
            return test.status();
        node->test = *std::move(test);
        return node;
    }

    absl::Status parsePath(std::vector<Step>& path)
    {
        if (!m_cursor.accept("$"))
            return wrong("a selector that begins with $ is expected", m_cursor.at());
        while (m_cursor.peek() == '.' || m_cursor.peek() == '[') {
            const bool bracket = m_cursor.take() == '[';
            if (absl::Status status = bracket ? parseBracket(path) : parseName(path); !status.ok())
                return status;
        }
        return path.empty() ? wrong("a name is expected after $", m_cursor.at()) : absl::OkStatus();
    }

    absl::Status parseName(std::vector<Step>& path)
    {
        const std::string_view name = m_cursor.takeUntil(".[ \t\r\n=!<>)}&|");
        if (name.empty())
            return wrong("a name is expected", m_cursor.at());
        path.emplace_back(std::string(name));
        return absl::OkStatus();
    }

    absl::Status parseBracket(std::vector<Step>& path)
    {
        const std::size_t start = m_cursor.at();
        std::string name;
        if (m_cursor.accept("\"")) {
            if (!m_cursor.acceptPast('"', name))
                return wrong("the quotation mark is not closed", start);
            path.emplace_back(std::move(name));
        } else {
            const std::string_view index = m_cursor.takeUntil("]");
            int number = -1;
            if (index != "*" && (!absl::SimpleAtoi(view(index), &number) || number < 0))
                return wrong("a number or * is expected between [ and ]", start);
            path.emplace_back(number);
        }
        return m_cursor.accept("]") ? absl::OkStatus() : wrong("] is expected", m_cursor.at());
    }

    Cursor m_cursor;
};

// Whether the test holds for a value at the path; each element counts where it says [*].
template <class Test> bool at(const json::value& value, std::span<const Step> path, Test test)
{
    if (path.empty())
        return test(value);
    if (const auto* name = std::get_if<std::string>(&path[0])) {
        const json::object* object = value.if_object();
        const json::value* inner = object ? object->if_contains(*name) : nullptr;
        return inner && at(*inner, path.subspan(1), test);
    }
    const json::array* array = value.if_array();
    if (!array)
        return false;
    const int index = std::get<int>(path[0]);
    for (std::size_t i = 0; i < array->size(); ++i) {
        if ((index < 0 || i == static_cast<std::size_t>(index)) &&
            at((*array)[i], path.subspan(1), test))
            return true;
    }
    return false;
}

bool compare(const json::value& value, const ValueTest& test)
{
    if (value.is_string())
        return test.text(std::string_view(value.get_string().data(), value.get_string().size()));
    if (value.is_number())
        return test.number(value.to_number<double>());
    if (value.is_bool())
        return test.text(value.get_bool() ? "true" : "false");
    return value.is_null() && test.text("null");
}

bool holds(const Node& node, const json::value& message)
{
    const auto is = [&](auto test) { return at(message, node.path, test); };
    switch (node.kind) {
    case Node::Kind::And: return holds(*node.left, message) && holds(*node.right, message);
    case Node::Kind::Or: return holds(*node.left, message) || holds(*node.right, message);
    case Node::Kind::Compare:
        return is([&](const json::value& v) { return compare(v, *node.test); });
    case Node::Kind::IsTrue:
        return is([](const json::value& v) { return v.is_bool() && v.get_bool(); });
    case Node::Kind::IsFalse:
        return is([](const json::value& v) { return v.is_bool() && !v.get_bool(); });
    case Node::Kind::IsNull: return is([](const json::value& v) { return v.is_null(); });
    case Node::Kind::Exists: return is([](const json::value&) { return true; });
    case Node::Kind::NotExists: return !is([](const json::value&) { return true; });
    }
    return false;
}

void addTextsOf(const Node& node, std::vector<std::string>& texts)
{
    if (node.kind == Node::Kind::And) {
        addTextsOf(*node.left, texts);
        addTextsOf(*node.right, texts);
    } else if (node.kind == Node::Kind::Compare) {
        if (std::string literal = node.test->literal(); !literal.empty())
            texts.push_back(std::move(literal));
    }
}

class JsonMatcher final : public FilterPattern::Matcher {
public:
    explicit JsonMatcher(std::unique_ptr<Node> root) : m_root(std::move(root)) {}

    bool matches(std::string_view message) const override
    {
        const std::size_t start = message.find_first_not_of(" \t\r\n");
        if (start == std::string_view::npos || message[start] != '{')
            return false;
        boost::system::error_code error;
        const json::value value = json::parse({message.data(), message.size()}, error);
        return !error && holds(*m_root, value);
    }
    void addTexts(std::vector<std::string>& texts) const override { addTextsOf(*m_root, texts); }

private:
    std::unique_ptr<Node> m_root;
};

} // namespace

absl::StatusOr<std::unique_ptr<FilterPattern::Matcher>> parseJson(std::string_view pattern)
{
    auto root = Parser(pattern).parse();
    if (!root.ok())
        return root.status();
    return std::make_unique<JsonMatcher>(*std::move(root));
}

} // namespace gantry::observe::logs::filter
