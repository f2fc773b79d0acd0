#pragma once

namespace gantry::functions {
class Registry;
}
namespace gantry::queues {
class Queues;
}

namespace gantry::api {

class OperationTable;

// What the console shows of message queues. Everything must outlive the table.
void registerMessageQueues(OperationTable& table, queues::Queues& queues,
                           const functions::Registry& registry);

} // namespace gantry::api
