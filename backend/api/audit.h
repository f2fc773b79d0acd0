#pragma once

namespace gantry::iam {
class AuditLog;
}

namespace gantry::api {

class OperationTable;

// The audit log as the console reads, checks and exports it.
void registerAudit(OperationTable& table, iam::AuditLog& log);

} // namespace gantry::api
