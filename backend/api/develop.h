#pragma once

#include "backend/api/operation_table.h"

namespace boost::asio {
class io_context;
}
namespace gantry::functions {
class Registry;
}
namespace gantry::invoke {
class Dispatcher;
}

namespace gantry::api {

class FunctionUrls;

// The console's Develop service: CallFunctionUrl, and all else of it. What is given must outlive the
// table.
void registerUrlCalls(OperationTable& table, functions::Registry& registry, FunctionUrls& urls);
void registerDevelop(OperationTable& table, boost::asio::io_context& io,
                     functions::Registry& registry, invoke::Dispatcher& dispatcher);

} // namespace gantry::api
