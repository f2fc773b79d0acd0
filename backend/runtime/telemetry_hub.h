#pragma once

#include "backend/base/unique_fd.h"
#include "backend/runtime/extension_hub.h"

#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio {
class io_context;
}
namespace gantry {
class Clock;
}

namespace gantry::runtime {

// The Telemetry API (2022-07-01) of one environment, and the older Logs API (2020-08-15), which has
// the same shape: extensions subscribe, and records are delivered to them in batches over the
// environment's own network. What a subscriber does not take in time is dropped, and it is told so
// (platform.logsDropped). I/O thread only.
class TelemetryHub final {
public:
    // Gives a new TCP socket inside the environment; invalid when there is none to be had.
    using OpenSocket = std::function<void(std::function<void(UniqueFd)>)>;

    TelemetryHub(boost::asio::io_context& io, const Clock& clock, OpenSocket openSocket);
    ~TelemetryHub();

    // Errors are those of the API: 400 ValidationError, 403 for the state.
    ExtensionReply subscribe(const std::string& extension, const std::string& body, bool logsApi);
    bool hasSubscribers() const { return !m_subscriptions.empty(); }

    // A record of the platform, e.g. platform.start. Those of the init are kept for subscribers that
    // come during it.
    void platform(std::string_view type, boost::json::value record);
    void endInit() { m_early.clear(), m_init = false; }
    // A line of the function or of an extension.
    void line(bool ofExtension, std::int64_t unixMicros, const std::string& text);
    // Sends what waits, without waiting for the batch to be full.
    void flush();

private:
    class Subscription;
    struct Record {
        std::string type;
        std::string json;
    };

    void deliver(const Record& record);

    boost::asio::io_context& m_io;
    const Clock& m_clock;
    const std::shared_ptr<OpenSocket> m_openSocket;
    bool m_init = true;
    std::vector<Record> m_early;
    std::vector<std::shared_ptr<Subscription>> m_subscriptions;
};

} // namespace gantry::runtime
