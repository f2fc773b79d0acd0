#pragma once

#include "backend/api/operation_table.h"

namespace gantry::functions {
class Registry;
}
namespace gantry::invoke {
class AsyncQueue;
class Dispatcher;
}

namespace gantry::api {

// The Lambda API's Invoke, InvokeAsync and InvokeWithResponseStream. All must outlive the table.
void registerLambdaInvoke(OperationTable& table, functions::Registry& registry,
                          invoke::Dispatcher& dispatcher, invoke::AsyncQueue& queue);
void registerLambdaInvokeStream(OperationTable& table, functions::Registry& registry,
                                invoke::Dispatcher& dispatcher);

} // namespace gantry::api
