#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/debug_types.h"
#include "ui/rpc/result.h"

#include <functional>
#include <memory>

namespace gantry::rpc {

// Invocations under a debugger. Every call comes back on the GUI thread.
class DebugApi final {
public:
    explicit DebugApi(Channel& channel) : m_channel(channel) {}

    // Destroying the stream ends the invocation.
    std::unique_ptr<Stream> invoke(const InvokeRequest& request,
                                   std::function<void(DebugEvent)> onEvent,
                                   std::function<void(Error)> onEnd);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
