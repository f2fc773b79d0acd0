#pragma once

#include "backend/functions/target.h"

namespace gantry::functions {
class Registry;
}

namespace gantry::api {

class OperationTable;

// How fast streamed responses of a function go out. usual: the platform's own pace.
void registerStreamPace(OperationTable& table, functions::Registry& registry,
                        functions::StreamPace usual);

} // namespace gantry::api
