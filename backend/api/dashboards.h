#pragma once

#include "backend/api/operation_table.h"
#include "backend/observe/cloudwatch/dashboards.h"

#include <string>

namespace gantry {
class Clock;
}

namespace gantry::api {

// CloudWatch's dashboards. Dashboards and clock must outlive the table.
void registerDashboards(OperationTable& table, observe::cloudwatch::Dashboards& dashboards,
                        const std::string& accountId, const Clock& clock);

} // namespace gantry::api
