#pragma once

#include "backend/api/operation_table.h"

namespace gantry::functions {
class Registry;
}
namespace gantry::invoke {
class Dispatcher;
}

namespace gantry::api {

// Develop.DebugInvocation.
void registerDebugInvocation(OperationTable& table, functions::Registry& registry,
                             invoke::Dispatcher& dispatcher);

} // namespace gantry::api
