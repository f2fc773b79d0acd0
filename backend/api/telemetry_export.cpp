#include "backend/api/telemetry_export.h"

#include "gantry/v1/telemetry_export.pb.h"

#include <utility>

namespace gantry::api {

void registerTelemetryExport(OperationTable& table, TelemetryExportControl control)
{
    using Status = v1::TelemetryExportStatus;
    table.on<v1::GetTelemetryExportRequest, Status>(
        [status = control.status](CallPtr, const v1::GetTelemetryExportRequest&,
                                  Reply<Status> reply) { reply(status()); });
    table.on<v1::SetTelemetryExportRequest, Status>(
        [control = std::move(control)](CallPtr, const v1::SetTelemetryExportRequest& request,
                                       Reply<Status> reply) {
            if (const absl::Status changed = control.change(request.settings()); !changed.ok())
                return reply(changed);
            reply(control.status());
        });
}

} // namespace gantry::api
