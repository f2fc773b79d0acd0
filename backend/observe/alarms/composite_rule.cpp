#include "backend/observe/alarms/composite_rule.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

namespace gantry::observe::alarms {

class RuleParser final {
public:
    using Node = CompositeRule::Node;
    using NodePtr = std::unique_ptr<Node>;
    using Kind = CompositeRule::Kind;
    using Parsed = absl::StatusOr<NodePtr>;

    explicit RuleParser(std::string_view text) : m_text(text) {}

    absl::StatusOr<CompositeRule> parse()
    {
        auto root = either();
        if (!root.ok())
            return root.status();
        if (!atEnd())
            return wrong("AND or OR is expected");
        CompositeRule rule;
        rule.m_root = *std::move(root);
        rule.m_children = std::move(m_children);
        if (rule.m_children.size() > CompositeRule::kMostChildren)
            return wrong("a rule may name 100 alarms at most");
        return rule;
    }

private:
    absl::Status wrong(std::string_view what) const
    {
        return validationError(
            absl::StrCat("AlarmRule: ", view(what), " at character ", m_at + 1, "."));
    }

    bool atEnd()
    {
        while (m_at < m_text.size() && absl::ascii_isspace(static_cast<unsigned char>(m_text[m_at])))
            ++m_at;
        return m_at == m_text.size();
    }
    bool accept(char symbol)
    {
        if (atEnd() || m_text[m_at] != symbol)
            return false;
        ++m_at;
        return true;
    }
    // A word in any case, as CloudWatch takes it.
    bool acceptWord(std::string_view word)
    {
        if (atEnd() || !absl::StartsWithIgnoreCase(view(m_text.substr(m_at)), view(word)))
            return false;
        const std::size_t end = m_at + word.size();
        if (end < m_text.size() && (absl::ascii_isalnum(static_cast<unsigned char>(m_text[end])) ||
                                    m_text[end] == '_'))
            return false;
        m_at = end;
        return true;
    }

    Parsed chain(std::string_view word, Kind kind, Parsed (RuleParser::*operand)())
    {
        auto first = (this->*operand)();
        if (!first.ok() || !acceptWord(word))
            return first;
        auto node = std::make_unique<Node>();
        node->kind = kind;
        node->inner.push_back(*std::move(first));
        do {
            auto next = (this->*operand)();
            if (!next.ok())
                return next;
            node->inner.push_back(*std::move(next));
        } while (acceptWord(word));
        return node;
    }

    Parsed either() { return chain("OR", Kind::Or, &RuleParser::both); }
    Parsed both() { return chain("AND", Kind::And, &RuleParser::one); }

    Parsed one()
    {
        if (m_level == CompositeRule::kMostLevels)
            return wrong("the rule has too many levels");
        ++m_level;
        auto node = oneInside();
        --m_level;
        return node;
    }

    Parsed oneInside()
    {
        if (acceptWord("NOT")) {
            auto inner = one();
            if (!inner.ok())
                return inner;
            auto node = std::make_unique<Node>();
            node->kind = Kind::Not;
            node->inner.push_back(*std::move(inner));
            return node;
        }
        if (accept('(')) {
            auto inner = either();
            if (inner.ok() && !accept(')'))
                return wrong(") is expected");
            return inner;
        }
        for (const bool value : {true, false}) {
            if (!acceptWord(value ? "TRUE" : "FALSE"))
                continue;
            auto node = std::make_unique<Node>();
            node->value = value;
            return node;
        }
        for (const State state : {State::Alarm, State::Ok, State::InsufficientData}) {
            if (acceptWord(nameOf(state)))
                return inState(state);
        }
        return wrong("ALARM, OK, INSUFFICIENT_DATA, NOT, TRUE, FALSE or ( is expected");
    }

    Parsed inState(State state)
    {
        if (!accept('('))
            return wrong("( is expected");
        auto name = nameInside();
        if (!name.ok())
            return name.status();
        auto node = std::make_unique<Node>();
        node->kind = Kind::InState;
        node->state = state;
        node->name = alarmNameOf(*name);
        m_children.insert(node->name);
        if (!accept(')'))
            return wrong(") is expected");
        return node;
    }

    absl::StatusOr<std::string> nameInside()
    {
        if (atEnd())
            return wrong("the name of an alarm is expected");
        const char quote = m_text[m_at] == '"' || m_text[m_at] == '\'' ? m_text[m_at++] : '\0';
        std::string name;
        while (m_at < m_text.size()) {
            const char c = m_text[m_at];
            if (quote ? c == quote
                      : c == ')' || c == '(' || absl::ascii_isspace(static_cast<unsigned char>(c)))
                break;
            if (quote && c == '\\' && m_at + 1 < m_text.size())
                ++m_at;
            name += m_text[m_at++];
        }
        if (quote && m_at++ >= m_text.size())
            return wrong("a quote is not closed");
        if (name.empty())
            return wrong("the name of an alarm is expected");
        return name;
    }

    const std::string_view m_text;
    std::size_t m_at = 0;
    int m_level = 0;
    std::set<std::string> m_children;
};

absl::StatusOr<CompositeRule> CompositeRule::parse(std::string_view text)
{
    return RuleParser(text).parse();
}

bool CompositeRule::holds(const StateOf& stateOf) const
{
    return holds(*m_root, stateOf);
}

bool CompositeRule::holds(const Node& node, const StateOf& stateOf)
{
    const auto inner = [&](const auto& each) { return holds(*each, stateOf); };
    switch (node.kind) {
    case Kind::Constant:
        return node.value;
    case Kind::InState:
        return stateOf(node.name) == node.state;
    case Kind::Not:
        return !inner(node.inner.front());
    case Kind::And:
        return std::all_of(node.inner.begin(), node.inner.end(), inner);
    case Kind::Or:
        break;
    }
    return std::any_of(node.inner.begin(), node.inner.end(), inner);
}

std::string alarmNameOf(std::string_view nameOrArn)
{
    constexpr std::string_view kAlarm = ":alarm:";
    const std::size_t at = nameOrArn.find(kAlarm);
    if (!nameOrArn.starts_with("arn:") || at == std::string_view::npos)
        return std::string(nameOrArn);
    return std::string(nameOrArn.substr(at + kAlarm.size()));
}

} // namespace gantry::observe::alarms
