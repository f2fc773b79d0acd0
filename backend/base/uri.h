#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry {

// Percent-encodes everything but RFC 3986's unreserved characters (and '/', when told).
std::string percentEncode(std::string_view text, bool keepSlash = false);

// Nothing when an escape is cut short, is not hexadecimal, or stands for NUL.
std::optional<std::string> percentDecode(std::string_view text);

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// The decoded parameters of a query string, in its order. '+' stays a plus, as AWS signs it.
std::optional<QueryParameters> parseQuery(std::string_view query);

} // namespace gantry
