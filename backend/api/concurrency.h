#pragma once

namespace boost::asio {
class io_context;
}
namespace gantry {
class Clock;
}
namespace gantry::functions {
class Registry;
}
namespace gantry::invoke {
class Fleet;
class KeepAliveStore;
}

namespace gantry::api {

class OperationTable;

// The console's service Concurrency. All arguments must outlive the table.
void registerConcurrency(OperationTable& table, boost::asio::io_context& io,
                         const functions::Registry& registry, invoke::Fleet& fleet,
                         invoke::KeepAliveStore& keepAlive, const Clock& clock);

} // namespace gantry::api
