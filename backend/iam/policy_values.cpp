#include "backend/iam/policy_values.h"

#include "backend/base/text.h"

#include <absl/strings/numbers.h>
#include <absl/time/time.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include <arpa/inet.h>

namespace gantry::iam {
namespace {

constexpr std::size_t kLongestAddress = 45; // INET6_ADDRSTRLEN without its NUL

std::size_t findSeparator(std::string_view text)
{
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == ':')
            return i;
        if (text.substr(i, 2) == "${")
            i = std::min(text.find('}', i), text.size());
    }
    return std::string_view::npos;
}

} // namespace

std::optional<double> parseNumber(std::string_view text)
{
    const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
    });
    double value = 0;
    if (!plain || !absl::SimpleAtod(view(text), &value) || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::optional<double> parseDate(std::string_view text)
{
    // Four digits alone are a year in W3C's profile, but AWS reads them as seconds.
    std::int64_t epoch = 0;
    if (absl::SimpleAtoi(view(text), &epoch))
        return static_cast<double>(epoch);
    for (const char* format : {absl::RFC3339_full, "%Y-%m-%dT%H:%M%Ez", "%Y-%m-%d", "%Y-%m"}) {
        absl::Time time;
        std::string error;
        if (absl::ParseTime(format, view(text), &time, &error))
            return absl::ToDoubleSeconds(time - absl::UnixEpoch());
    }
    return std::nullopt;
}

std::optional<std::string> parseAddress(std::string_view text)
{
    if (text.empty() || text.size() > kLongestAddress)
        return std::nullopt;
    const std::string name(text);
    char bytes[16];
    if (inet_pton(AF_INET, name.c_str(), bytes) == 1)
        return std::string(bytes, 4);
    if (inet_pton(AF_INET6, name.c_str(), bytes) == 1)
        return std::string(bytes, 16);
    return std::nullopt;
}

std::optional<Network> parseNetwork(std::string_view text)
{
    const std::size_t slash = text.find('/');
    std::optional<std::string> address = parseAddress(text.substr(0, slash));
    if (!address)
        return std::nullopt;
    const int most = static_cast<int>(address->size()) * 8;
    Network network{*std::move(address), most};
    if (slash != std::string_view::npos) {
        const std::string_view bits = text.substr(slash + 1);
        const bool digits = !bits.empty() && bits.find_first_not_of("0123456789") == bits.npos;
        if (!digits || !absl::SimpleAtoi(view(bits), &network.prefixBits) ||
            network.prefixBits > most)
            return std::nullopt;
    }
    return network;
}

bool Network::contains(std::string_view address) const
{
    if (address.size() != bytes.size())
        return false;
    const std::size_t whole = static_cast<std::size_t>(prefixBits) / 8;
    if (std::memcmp(address.data(), bytes.data(), whole) != 0)
        return false;
    const int rest = prefixBits % 8;
    return rest == 0 ||
           (static_cast<unsigned char>(address[whole] ^ bytes[whole]) >> (8 - rest)) == 0;
}

std::optional<std::array<std::string_view, 6>> splitArn(std::string_view text)
{
    std::array<std::string_view, 6> parts;
    for (std::size_t i = 0; i < 5; ++i) {
        const std::size_t colon = findSeparator(text);
        if (colon == std::string_view::npos)
            return std::nullopt;
        parts[i] = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    parts[5] = text;
    if (parts[0] != "arn")
        return std::nullopt;
    return parts;
}

} // namespace gantry::iam
