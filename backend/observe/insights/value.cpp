#include "backend/observe/insights/value.h"

#include "backend/base/text.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>

#include <cmath>

namespace gantry::observe::insights {

std::string textOf(const Value& value)
{
    if (const auto* text = std::get_if<std::string>(&value))
        return *text;
    if (const auto* number = std::get_if<double>(&value)) {
        const bool whole = std::abs(*number) < 1e15 && *number == std::trunc(*number);
        return whole ? absl::StrFormat("%d", static_cast<std::int64_t>(*number))
                     : absl::StrFormat("%.12g", *number);
    }
    if (const auto* yes = std::get_if<bool>(&value))
        return *yes ? "1" : "0";
    if (const auto* time = std::get_if<Time>(&value))
        return absl::FormatTime("%Y-%m-%d %H:%M:%E3S", absl::FromUnixMillis(time->ms),
                                absl::UTCTimeZone());
    return {};
}

std::optional<double> numberOf(const Value& value)
{
    if (const auto* number = std::get_if<double>(&value))
        return *number;
    if (const auto* yes = std::get_if<bool>(&value))
        return *yes ? 1.0 : 0.0;
    if (const auto* time = std::get_if<Time>(&value))
        return static_cast<double>(time->ms);
    const auto* text = std::get_if<std::string>(&value);
    if (double number = 0; text && absl::SimpleAtod(*text, &number))
        return number;
    return std::nullopt;
}

bool isTrue(const Value& value)
{
    if (const auto* yes = std::get_if<bool>(&value))
        return *yes;
    if (const auto* text = std::get_if<std::string>(&value))
        return *text == "true" || *text == "1";
    const auto number = numberOf(value);
    return number && *number != 0;
}

std::partial_ordering compare(const Value& a, const Value& b)
{
    if (isNull(a) || isNull(b))
        return std::partial_ordering::unordered;
    const auto left = numberOf(a);
    const auto right = left ? numberOf(b) : std::nullopt;
    if (left && right)
        return *left <=> *right;
    return textOf(a) <=> textOf(b);
}

} // namespace gantry::observe::insights
