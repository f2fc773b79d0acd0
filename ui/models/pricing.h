#pragma once

#include "ui/rpc/platform_types.h"

#include <QString>

namespace gantry::models {

// What decides the price of an invocation, beside the time it takes.
struct PricedSize {
    QString architecture; // x86_64 or arm64
    int memoryMb = 128;
    int tmpMb = 512; // the first 512 MB of /tmp are free
};

// Of a million invocations, in the first tier of the price table; a started millisecond
// counts whole. The platform meters by the same rules: this is for what has not run yet.
pricing::Money pricePerMillion(const rpc::PriceTable& prices, const PricedSize& size,
                               double durationMs);

} // namespace gantry::models
