// Exact amounts in tests, and how a failed comparison prints them.
#pragma once

#include "pricing/money.h"

#include <QByteArray>

#include <cstring>

namespace gantry::test {

inline pricing::Money usd(std::string_view decimal)
{
    return pricing::Money::parse(decimal).value();
}

} // namespace gantry::test

namespace gantry::pricing {

inline char* toString(Money money)
{
    return qstrdup(money.toString().c_str());
}

} // namespace gantry::pricing
