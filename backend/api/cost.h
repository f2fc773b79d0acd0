#pragma once

#include "backend/api/operation_table.h"

namespace boost::asio {
class io_context;
}
namespace gantry::cost {
class Budgets;
class Ledger;
class PriceBook;
} // namespace gantry::cost
namespace gantry::observe {
class Recorder;
}

namespace gantry::api {

// The Cost service. All four must outlive the table.
void registerCost(OperationTable& table, const cost::Ledger& ledger, cost::Budgets& budgets,
                  cost::PriceBook& book, observe::Recorder& recorder);

} // namespace gantry::api
