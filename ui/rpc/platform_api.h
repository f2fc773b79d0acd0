#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/platform_types.h"
#include "ui/rpc/result.h"

#include <functional>

namespace gantry::rpc {

// The platform service as the console sees it: what the daemon is, what the host offers, prices,
// and an orderly stop. Answers come on the GUI thread unless context is gone by then.
class PlatformApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit PlatformApi(Channel& channel) : m_channel(channel) {}

    void getPlatform(QObject* context, Done<PlatformInfo> done);
    void listRuntimes(QObject* context, Done<QList<RuntimeInfo>> done);
    void getPrices(QObject* context, Done<PriceTable> done);
    void shutdown(QObject* context, Done<Nothing> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
