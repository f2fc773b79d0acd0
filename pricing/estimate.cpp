#include "pricing/estimate.h"

#include <cmath>

namespace gantry::pricing {

Money estimated(double dollars)
{
    constexpr double kNano = 1e9;
    constexpr double kMost = 1e9; // dollars
    if (!(std::abs(dollars) < kMost))
        return {};
    return Money::ofUnits(Money::kUnitsPerDollar / 1'000'000'000) * std::llround(dollars * kNano);
}

} // namespace gantry::pricing
