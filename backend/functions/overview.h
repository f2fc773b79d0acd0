#pragma once

#include "backend/functions/model.h"
#include "gantry/v1/monitor.pb.h"

namespace gantry::functions {

// What the console lists of a function: its $LATEST.
v1::FunctionOverview overviewOf(const Function& function);

} // namespace gantry::functions
