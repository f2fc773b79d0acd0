#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::observe::logs {

// The filter-pattern language of CloudWatch Logs ("Filter pattern syntax" of its user guide):
//
//     ERROR "not found" -timeout      terms that must be there, or must not
//     ?ERROR ?WARN                    one of them is enough; left out of account beside other terms
//     %4[0-9]{2}%                     a regular expression
//     { $.level = "ERROR" && ($.ms > 100 || $.user NOT EXISTS) }      of messages that are JSON
//     [ip, user, ..., status = 4*, bytes > 1000]                     of fields between spaces
//
// Terms are found anywhere in a message and in their own case. Used by one thread at a time.
class FilterPattern final {
public:
    // InvalidParameterException that says what is wrong and where.
    static absl::StatusOr<FilterPattern> parse(std::string_view pattern);
    FilterPattern(FilterPattern&&) noexcept;
    FilterPattern& operator=(FilterPattern&&) noexcept;
    ~FilterPattern();

    bool matches(std::string_view message) const;
    // What every matching message holds: for the index.
    std::vector<std::string> texts() const;

    class Matcher;

private:
    explicit FilterPattern(std::unique_ptr<Matcher> matcher);
    std::unique_ptr<Matcher> m_matcher; // null: all
};

} // namespace gantry::observe::logs
