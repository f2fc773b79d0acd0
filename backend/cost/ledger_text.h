#pragma once

#include "pricing/bill.h"

#include <string>
#include <string_view>

namespace gantry::cost {

// A usage as a JSON object of whole numbers; what is zero is left out, so that dimensions can be
// added without touching what is stored.
std::string textOf(const pricing::Usage& usage);
pricing::Usage usageOfText(std::string_view text);

} // namespace gantry::cost
