// Private to ui/rpc.
#pragma once

#include "gantry/v1/prices.pb.h"
#include "ui/rpc/platform_types.h"

namespace gantry::rpc {

PriceTable toPrices(const v1::PriceTable& from);

} // namespace gantry::rpc
