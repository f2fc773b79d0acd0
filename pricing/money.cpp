#include "pricing/money.h"

#include <algorithm>
#include <stdexcept>

namespace gantry::pricing {
namespace {

using Units = Money::Units;

[[noreturn]] void overflow()
{
    throw std::overflow_error("an amount of money is out of range");
}

Units multiplied(Units a, Units b)
{
    Units product = 0;
    if (__builtin_mul_overflow(a, b, &product))
        overflow();
    return product;
}

bool allDigits(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Of at most 37 digits.
Units number(std::string_view digits)
{
    Units value = 0;
    for (const char digit : digits)
        value = value * 10 + (digit - '0');
    return value;
}

constexpr std::size_t kDecimalPart = 13; // of the unit, the rest of its decimals are of 2^-30
constexpr std::size_t kMaxDecimals = 43;

// Units of the digits behind the point, where they are a multiple of the unit.
std::optional<Units> unitsOfFraction(std::string_view digits)
{
    std::string high(digits.substr(0, kDecimalPart));
    high.resize(kDecimalPart, '0');
    Units units = number(high) << 30;
    if (digits.size() > kDecimalPart) {
        const std::string_view low = digits.substr(kDecimalPart);
        Units divisor = 1;
        for (std::size_t i = 0; i < low.size(); ++i)
            divisor *= 5;
        const Units scaled = number(low) << (30 - low.size());
        if (scaled % divisor != 0)
            return std::nullopt;
        units += scaled / divisor;
    }
    return units;
}

} // namespace

std::optional<Money> Money::parse(std::string_view text)
{
    const bool negative = text.starts_with('-');
    if (negative)
        text.remove_prefix(1);
    const std::size_t point = text.find('.');
    std::string_view whole = text.substr(0, point);
    std::string_view fraction = point == text.npos ? "" : text.substr(point + 1);
    if (!allDigits(whole) || !allDigits(fraction) || whole.empty() ||
        (point != text.npos && fraction.empty()))
        return std::nullopt;
    while (fraction.ends_with('0'))
        fraction.remove_suffix(1);
    while (whole.size() > 1 && whole.starts_with('0'))
        whole.remove_prefix(1);
    if (whole.size() > 15 || fraction.size() > kMaxDecimals)
        return std::nullopt;
    const auto part = unitsOfFraction(fraction);
    if (!part)
        return std::nullopt;
    const Units units = number(whole) * kUnitsPerDollar + *part;
    return ofUnits(negative ? -units : units);
}

std::string Money::toString() const
{
    Units whole = m_units / kUnitsPerDollar;
    Units rest = m_units % kUnitsPerDollar;
    std::string text = m_units < 0 ? "-" : "";
    if (m_units < 0) {
        whole = -whole;
        rest = -rest;
    }
    text += std::to_string(static_cast<std::int64_t>(whole));
    if (rest != 0)
        text += '.';
    while (rest != 0) {
        rest *= 10;
        text += static_cast<char>('0' + static_cast<int>(rest / kUnitsPerDollar));
        rest %= kUnitsPerDollar;
    }
    return text;
}

double Money::toDouble() const
{
    return static_cast<double>(m_units) / static_cast<double>(kUnitsPerDollar);
}

Money& Money::operator+=(Money other)
{
    if (__builtin_add_overflow(m_units, other.m_units, &m_units))
        overflow();
    return *this;
}

Money& Money::operator-=(Money other)
{
    if (__builtin_sub_overflow(m_units, other.m_units, &m_units))
        overflow();
    return *this;
}

Money& Money::operator*=(std::int64_t count)
{
    m_units = multiplied(m_units, count);
    return *this;
}

// In two steps, so that the product of a large amount and a large part does not overflow early.
Money Money::share(std::int64_t part, std::int64_t whole) const
{
    if (whole <= 0)
        throw std::invalid_argument("a share of nothing");
    const Units each = m_units / whole;
    const Units rest = m_units % whole;
    return ofUnits(multiplied(each, part)) + ofUnits(multiplied(rest, part) / whole);
}

std::optional<Rate> Rate::parse(std::string_view decimal)
{
    const auto amount = Money::parse(decimal);
    constexpr Units kStep = Money::kUnitsPerDollar / 10'000'000'000;
    if (!amount || *amount < Money() || amount->units() % kStep != 0 ||
        amount->units() / kStep > INT64_MAX)
        return std::nullopt;
    Rate rate;
    rate.m_price = static_cast<std::int64_t>(amount->units() / kStep);
    return rate;
}

// Price x count in steps of so many units each.
Money Rate::times(__int128 count, __int128 unitsPerStep) const
{
    return Money::ofUnits(multiplied(multiplied(m_price, count), unitsPerStep));
}

Money Rate::forCount(std::int64_t count) const
{
    return times(count, Units{1000} << 30);
}

Money Rate::forMbMillis(__int128 mbMillis) const
{
    return times(mbMillis, Units{1} << 20);
}

Money Rate::forBytes(std::int64_t bytes) const
{
    return times(bytes, 1000);
}

Money Rate::forMb(std::int64_t mb) const
{
    return times(mb, Units{1000} << 20);
}

Money Rate::forSecondsOfHour(std::int64_t seconds) const
{
    return perUnit().share(seconds, 3600);
}

} // namespace gantry::pricing
