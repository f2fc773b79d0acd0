#pragma once

#include "backend/api/operation_table.h"

#include <absl/status/status.h>

#include <functional>

namespace gantry::v1 {
class TelemetryExportSettings;
class TelemetryExportStatus;
} // namespace gantry::v1

namespace gantry::api {

// What goes to other monitoring. The functions are called on the I/O thread.
struct TelemetryExportControl {
    std::function<v1::TelemetryExportStatus()> status;
    std::function<absl::Status(const v1::TelemetryExportSettings& settings)> change;
};
void registerTelemetryExport(OperationTable& table, TelemetryExportControl control);

} // namespace gantry::api
