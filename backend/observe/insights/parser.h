#pragma once

#include "backend/observe/insights/aggregate.h"
#include "backend/observe/insights/expression.h"
#include "backend/observe/logs/regex.h"

#include <absl/status/statusor.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gantry::observe::insights {

// "expression as name"; the name is the expression's text when none is given.
struct Named {
    ExpressionPtr expression;
    std::string name;
};

struct Filter {
    ExpressionPtr condition;
};
struct Fields {
    std::vector<Named> fields;
    bool display = false; // `display`: only these are shown
};
struct Parse {
    ExpressionPtr source;
    std::optional<logs::Regex> regex; // its groups, by name or in the order of the names
    std::vector<std::string> names;
};
struct Stats {
    std::vector<Aggregate> aggregates; // whose values the row of a group has as #0, #1 ...
    std::vector<Named> results;
    std::vector<Named> by;
};
struct Sort {
    struct Key {
        ExpressionPtr expression;
        bool descending = true;
    };
    std::vector<Key> keys;
};
struct Limit {
    std::size_t rows = 0;
};
struct Dedup {
    std::vector<Named> by;
};
using Command = std::variant<Filter, Fields, Parse, Stats, Sort, Limit, Dedup>;

// "fields @timestamp, @message | filter @message like /ERROR/ | stats count(*) by bin(5m)": the
// query language of CloudWatch Logs Insights. MalformedQueryException otherwise.
absl::StatusOr<std::vector<Command>> parseQuery(std::string_view query);

} // namespace gantry::observe::insights
