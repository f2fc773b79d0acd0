#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::iam {

// Reading the typed values that conditions compare. Each gives nothing for a text of another kind.

// A decimal number, the whole text.
std::optional<double> parseNumber(std::string_view text);

// Seconds since 1970: an epoch number, or a date of W3C's profile of ISO 8601 (2025, 2025-01-31,
// 2025-01-31T23:59Z, with seconds, fractions and offsets).
std::optional<double> parseDate(std::string_view text);

// 4 or 16 bytes of an address.
std::optional<std::string> parseAddress(std::string_view text);

struct Network {
    std::string bytes;
    int prefixBits = 0;

    bool contains(std::string_view address) const;
};
// An address, or address/bits.
std::optional<Network> parseNetwork(std::string_view text);

// The six segments of an ARN, "arn" first; the last may hold colons. Colons inside of a policy
// variable, ${aws:username}, separate nothing.
std::optional<std::array<std::string_view, 6>> splitArn(std::string_view text);

} // namespace gantry::iam
