#pragma once

#include "backend/api/operation_table.h"

#include <functional>
#include <string>

namespace gantry::functions {
class Registry;
}
namespace gantry::invoke {
class AsyncQueue;
class Dispatcher;
}

namespace gantry::api {

// Told of a function that was not called because it is in a loop.
using LoopStopped = std::function<void(const std::string& functionName)>;

// The Lambda API's Invoke, InvokeAsync and InvokeWithResponseStream. All must outlive the table.
void registerLambdaInvoke(OperationTable& table, functions::Registry& registry,
                          invoke::Dispatcher& dispatcher, invoke::AsyncQueue& queue,
                          LoopStopped loopStopped = {});
void registerLambdaInvokeStream(OperationTable& table, functions::Registry& registry,
                                invoke::Dispatcher& dispatcher, LoopStopped loopStopped);

} // namespace gantry::api
