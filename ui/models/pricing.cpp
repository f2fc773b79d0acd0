#include "ui/models/pricing.h"

#include "pricing/bill.h"

#include <algorithm>
#include <cmath>

namespace gantry::models {

pricing::Money pricePerMillion(const rpc::PriceTable& prices, const PricedSize& size,
                               double durationMs)
{
    if (prices.isEmpty())
        return {};
    pricing::Invocation invocation;
    invocation.arm64 = size.architecture == QLatin1String("arm64");
    invocation.memoryMb = size.memoryMb;
    invocation.tmpMb = size.tmpMb;
    invocation.billedMs = std::llround(std::ceil(std::max(durationMs, 0.0)));
    return pricing::listPrice(invocation, prices.table) * 1'000'000;
}

} // namespace gantry::models
