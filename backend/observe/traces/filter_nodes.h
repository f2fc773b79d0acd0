#pragma once

#include "backend/observe/traces/segment.h"

#include <absl/status/statusor.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gantry::observe::traces {

// What a filter expression is parsed into; see filter_expression.h.
struct FilterNode {
    enum class Kind { And, Or, Not, Keyword, Compare, Annotation, Service, Edge };
    enum class Operator { Present, Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, Contains,
                          BeginsWith, EndsWith };
    struct ServiceId {
        std::optional<std::string> name, type; // what is left out may be anything
    };

    Kind kind = Kind::Keyword;
    std::string name; // of the keyword, the field or the annotation; lower case but for the last
    Operator compare = Operator::Present;
    std::variant<std::string, double, bool> value;
    ServiceId service, to; // of an edge, from and to
    std::vector<std::unique_ptr<FilterNode>> parts; // operands, or the expression in braces
};

// Names of fields by what they hold.
bool isFilterKeyword(std::string_view name);
bool isFilterNumber(std::string_view name);
bool isFilterText(std::string_view name);

absl::StatusOr<std::unique_ptr<FilterNode>> parseFilter(std::string_view text);

} // namespace gantry::observe::traces
