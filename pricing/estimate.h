#pragma once

#include "pricing/money.h"

namespace gantry::pricing {

// An amount that is an estimate anyway (a forecast, a comparison), in whole nano-dollars; what is not
// a number or out of range counts as zero. Never for what was used.
Money estimated(double dollars);

} // namespace gantry::pricing
