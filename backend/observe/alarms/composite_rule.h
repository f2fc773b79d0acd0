#pragma once

#include "backend/observe/alarms/evaluation.h"

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::observe::alarms {

// The rule of a composite alarm: ALARM(name), OK(name) and INSUFFICIENT_DATA(name), TRUE, FALSE, NOT,
// AND, OR and parentheses. A name may be an alarm's ARN, and needs quotes where it holds spaces or
// parentheses. AND binds closer than OR.
class CompositeRule final {
public:
    static constexpr std::size_t kMostChildren = 100;
    static constexpr int kMostLevels = 64;

    // ValidationError says what is wrong, and where.
    static absl::StatusOr<CompositeRule> parse(std::string_view text);

    // The state of an alarm by its name; nothing when there is none of that name.
    using StateOf = std::function<std::optional<State>(const std::string& name)>;
    bool holds(const StateOf& stateOf) const;
    const std::set<std::string>& children() const { return m_children; }

private:
    friend class RuleParser;
    enum class Kind { Constant, InState, Not, And, Or };
    struct Node {
        Kind kind = Kind::Constant;
        bool value = false;
        std::string name;
        State state = State::Ok;
        std::vector<std::unique_ptr<Node>> inner;
    };
    static bool holds(const Node& node, const StateOf& stateOf);

    std::unique_ptr<Node> m_root;
    std::set<std::string> m_children;
};

// The name in an alarm's ARN; any other text as it is.
std::string alarmNameOf(std::string_view nameOrArn);

} // namespace gantry::observe::alarms
