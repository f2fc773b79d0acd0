#pragma once

#include "backend/api/operation_table.h"

namespace boost::asio {
class io_context;
}
namespace gantry::functions {
class Registry;
}
namespace gantry::observe {
class Recorder;
}

namespace gantry::api {

// The console's Monitor service. Recorder and registry must outlive the table.
void registerMonitor(OperationTable& table, boost::asio::io_context& io,
                     observe::Recorder& recorder, functions::Registry& registry);

} // namespace gantry::api
