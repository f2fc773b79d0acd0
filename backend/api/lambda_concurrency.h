#pragma once

namespace gantry::functions {
class Registry;
}
namespace gantry::invoke {
class Fleet;
}

namespace gantry::api {

class OperationTable;

// Reserved and provisioned concurrency. Registry and fleet must outlive the table.
void registerLambdaConcurrency(OperationTable& table, functions::Registry& registry,
                               const invoke::Fleet& fleet);

} // namespace gantry::api
