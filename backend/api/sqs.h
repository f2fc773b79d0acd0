#pragma once

namespace gantry::queues {
class Queues;
}

namespace gantry::api {

class OperationTable;

// Amazon SQS, API version 2012-11-05: standard queues. The queues must outlive the table.
void registerSqs(OperationTable& table, queues::Queues& queues);

} // namespace gantry::api
