#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace gantry::wire {

// A regular expression of the API model, compiled once. The whole text must match. Matching is
// bounded: a text that makes the expression backtrack without end does not match, so that no
// caller can hang the daemon.
class Pattern final {
public:
    // Throws std::invalid_argument: the expressions come from proto/, not from callers.
    explicit Pattern(std::string expression);
    ~Pattern();
    Pattern(const Pattern&) = delete;
    Pattern& operator=(const Pattern&) = delete;

    bool matches(std::string_view text) const;
    const std::string& expression() const { return m_expression; }

private:
    struct Compiled;
    std::string m_expression;
    std::unique_ptr<Compiled> m_compiled;
};

} // namespace gantry::wire
