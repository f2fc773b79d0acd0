#include "ui/models/pricing.h"

#include <algorithm>
#include <cmath>

namespace gantry::models {

double pricePerInvocation(const rpc::PriceTable& prices, const PricedSize& size, double durationMs)
{
    constexpr int kFreeTmpMb = 512;
    const auto& tiers = size.architecture == QLatin1String("arm64") ? prices.arm : prices.x86;
    const double seconds = std::ceil(std::max(durationMs, 0.0)) / 1000;
    double price = prices.perRequest;
    if (!tiers.isEmpty())
        price += size.memoryMb / 1024.0 * seconds * tiers.first().perGbSecond;
    price += std::max(0, size.tmpMb - kFreeTmpMb) / 1024.0 * seconds * prices.tmpPerGbSecond;
    return price;
}

} // namespace gantry::models
