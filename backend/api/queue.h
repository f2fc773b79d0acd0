#pragma once

#include "backend/api/operation_table.h"

namespace boost::asio {
class io_context;
}
namespace gantry::invoke {
class AsyncQueue;
}

namespace gantry::api {

// The console's view of the queue of asynchronous events. The queue must outlive the table.
void registerQueue(OperationTable& table, boost::asio::io_context& io, invoke::AsyncQueue& queue);

} // namespace gantry::api
