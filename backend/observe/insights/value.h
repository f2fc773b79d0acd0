#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace gantry::observe::insights {

// A point in time, Unix milliseconds; written "2026-11-25 22:33:57.000".
struct Time {
    std::int64_t ms = 0;
    auto operator<=>(const Time&) const = default;
};

// What a field or an expression is worth. std::monostate: there is no such field.
using Value = std::variant<std::monostate, bool, double, std::string, Time>;

inline bool isNull(const Value& value) { return std::holds_alternative<std::monostate>(value); }
std::string textOf(const Value& value);
// Texts that are numbers count as numbers, times as their milliseconds.
std::optional<double> numberOf(const Value& value);
bool isTrue(const Value& value);
// Numbers by their size when both are, texts by their bytes otherwise; unordered when one is null.
std::partial_ordering compare(const Value& a, const Value& b);

} // namespace gantry::observe::insights
