#pragma once

#include "ui/rpc/platform_types.h"

#include <QString>

namespace gantry::models {

// US dollars for a million calls of one duration at one memory size: first price tier, requests
// included, nothing free. An estimate of the same table that the platform bills with.
double pricePerMillionCalls(const rpc::PriceTable& prices, const QString& architecture, int memoryMb,
                            double billedMs, int tmpMb = 512);

} // namespace gantry::models
