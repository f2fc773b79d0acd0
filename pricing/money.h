#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gantry::pricing {

// An exact amount of US dollars. A price of AWS has at most 10 decimals; what it is multiplied with
// is whole milliseconds times MB (1/1,024 GB) or bytes (1/2^30 GB). So every amount is a whole
// multiple of 10^-13 * 2^-30 dollars, the unit here: nothing is ever rounded, sums do not depend on
// their order, and 128 bits reach beyond 10^16 dollars. Arithmetic that would leave the range throws
// std::overflow_error.
class Money final {
public:
    using Units = __int128;
    static constexpr Units kUnitsPerDollar = Units{10'000'000'000'000} << 30;

    constexpr Money() = default;
    static constexpr Money ofUnits(Units units)
    {
        Money money;
        money.m_units = units;
        return money;
    }
    // Of a decimal number such as "-12.50"; nothing when it is none or no multiple of the unit.
    static std::optional<Money> parse(std::string_view decimal);

    constexpr Units units() const { return m_units; }
    std::string toString() const; // all digits, none too many: 0, 0.00000040833375
    double toDouble() const;      // for axes and sorting, never for sums

    Money& operator+=(Money other);
    Money& operator-=(Money other);
    Money& operator*=(std::int64_t count);
    friend Money operator+(Money a, Money b) { return a += b; }
    friend Money operator-(Money a, Money b) { return a -= b; }
    friend Money operator*(Money a, std::int64_t count) { return a *= count; }
    friend constexpr bool operator==(Money a, Money b) = default;
    friend constexpr auto operator<=>(Money a, Money b) = default;

    // This amount times part / whole, rounded down to the unit: a share of a bill or of an hour.
    // The product must fit: amounts up to 10^7 dollars with parts up to 10^9.
    Money share(std::int64_t part, std::int64_t whole) const;

private:
    Units m_units = 0;
};

// The price of one of something, in whole 10^-10 dollars as AWS lists it.
class Rate final {
public:
    static constexpr int kDecimals = 10;

    constexpr Rate() = default;
    // Nothing when it is no number, below zero or has more decimals than a price of AWS.
    static std::optional<Rate> parse(std::string_view decimal);

    std::string toString() const { return perUnit().toString(); }
    bool isZero() const { return m_price == 0; }
    friend constexpr auto operator<=>(Rate a, Rate b) = default;

    Money perUnit() const { return forCount(1); }
    Money forCount(std::int64_t count) const;     // price of one request, operation
    Money forMbMillis(__int128 mbMillis) const;   // price of a GB-second, GB of 1,024 MB
    Money forBytes(std::int64_t bytes) const;     // price of a GB of 2^30 bytes
    Money forMb(std::int64_t mb) const;           // price of a GB of 1,024 MB
    // Price of an hour; the second's is rounded down to the unit, 10^-22 dollars.
    Money forSecondsOfHour(std::int64_t seconds) const;

private:
    Money times(__int128 count, __int128 unitsPerStep) const;

    std::int64_t m_price = 0;
};

} // namespace gantry::pricing
