#include "ui/models/price.h"

#include <algorithm>

namespace gantry::models {

double pricePerMillionCalls(const rpc::PriceTable& prices, const QString& architecture, int memoryMb,
                            double billedMs, int tmpMb)
{
    const auto& tiers = architecture == QLatin1String("arm64") ? prices.arm : prices.x86;
    if (tiers.isEmpty())
        return 0;
    const double seconds = billedMs / 1000;
    const double memory = memoryMb / 1024.0 * seconds * tiers.front().perGbSecond;
    const double tmp = std::max(0, tmpMb - 512) / 1024.0 * seconds * prices.tmpPerGbSecond;
    return 1e6 * (memory + tmp + prices.perRequest);
}

} // namespace gantry::models
