#pragma once

#include "pricing/money.h"

#include <string>

namespace gantry::rpc {

// Of an amount as messages carry it; an empty one is zero.
inline pricing::Money moneyOf(const std::string& decimal)
{
    return pricing::Money::parse(decimal).value_or(pricing::Money());
}

} // namespace gantry::rpc
