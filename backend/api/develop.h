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

// The console's Develop service. Registry and dispatcher must outlive the table.
void registerDevelop(OperationTable& table, boost::asio::io_context& io,
                     functions::Registry& registry, invoke::Dispatcher& dispatcher);

} // namespace gantry::api
