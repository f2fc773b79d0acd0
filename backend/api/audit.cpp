#include "backend/api/audit.h"

#include "backend/api/operation_table.h"
#include "backend/iam/audit_log.h"

namespace gantry::api {

void registerAudit(OperationTable& table, iam::AuditLog& log)
{
    table.on<v1::ListAuditEntriesRequest, v1::ListAuditEntriesResponse>(
        [&log](const CallPtr&, const auto& request, const auto& reply) { log.list(request, reply); });
    table.on<v1::VerifyAuditLogRequest, v1::VerifyAuditLogResponse>(
        [&log](const CallPtr&, const auto&, const auto& reply) { log.verify(reply); });
    table.on<v1::ExportAuditLogRequest, v1::ExportAuditLogResponse>(
        [&log](const CallPtr&, const auto& request, const auto& reply) {
            log.exportLines(request, reply);
        });
}

} // namespace gantry::api
