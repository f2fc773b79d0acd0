// Debugged invocations, as Qt values.
#pragma once

#include "ui/rpc/functions_types.h"

#include <optional>

namespace gantry::rpc {

struct DebuggerAddress {
    QString protocol; // inspector, debugpy or jdwp
    int port = 0;     // on 127.0.0.1
};

// One of the two.
struct DebugEvent {
    std::optional<DebuggerAddress> awaited;
    std::optional<InvokeReply> reply;
};

} // namespace gantry::rpc
