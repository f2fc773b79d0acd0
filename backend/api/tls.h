#pragma once

#include "backend/api/operation_table.h"

#include <absl/status/statusor.h>

#include <functional>

namespace gantry::v1 {
class TlsStatus;
}

namespace gantry::api {

// HTTPS on or off, and what clients are to trust. The functions are called on the I/O thread.
struct TlsControl {
    std::function<v1::TlsStatus()> status;
    std::function<absl::Status(bool on)> change;
};
void registerTls(OperationTable& table, TlsControl control);

} // namespace gantry::api
