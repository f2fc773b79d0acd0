#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::iam {

class PolicyContext;

// Text with wildcards: '*' is any run of characters, '?' is one character. Compiled once; a match
// takes time linear in the text for each run of literals, never exponential.
class Glob final {
public:
    // What a '*' and a '?' become: bytes that no UTF-8 text has.
    static constexpr char kRun = '\xff';
    static constexpr char kOne = '\xfe';

    Glob() = default;
    explicit Glob(std::string compiled);

    bool matches(std::string_view text) const;
    const std::string& compiled() const { return m_pattern; }

private:
    std::string m_pattern;
    bool m_literal = true;
};

// One string of a policy: literals, wildcards where they are allowed, and policy variables such as
// ${aws:username} or ${aws:PrincipalTag/team, 'none'} whose values come from the request. The
// escapes ${*}, ${?} and ${$} stand for the character itself.
class PolicyPattern final {
public:
    struct Options {
        bool wildcards = true;
        bool variables = true; // only policies of version 2012-10-17 have them
        bool ignoreCase = false;
    };

    PolicyPattern(std::string_view source, Options options);

    // False when a variable has no single value and no default: such a text matches nothing.
    bool matches(std::string_view text, const PolicyContext& context) const;
    // The same for a text that is in lower case already, when the pattern ignores case.
    bool matchesLower(std::string_view text, const PolicyContext& context) const;
    // The text with its variables filled in (wildcards as written); nothing when one has no value.
    std::optional<std::string> resolved(const PolicyContext& context) const;

    const std::string& source() const { return m_source; }
    bool hasVariables() const { return m_variables; }
    // The condition keys that its variables name.
    std::vector<std::string> variableNames() const;

private:
    struct Piece {
        std::string text; // compiled literal and wildcards, or the variable's key in lower case
        bool variable = false;
        std::optional<std::string> fallback;
    };

    std::optional<std::string> fill(const PolicyContext& context) const;

    std::string m_source;
    Options m_options;
    std::vector<Piece> m_pieces;
    bool m_variables = false;
    Glob m_glob; // when there are no variables
};

std::string lowerCase(std::string_view text);

} // namespace gantry::iam
