#pragma once

#include "backend/base/worker_pool.h"
#include "backend/observe/otlp/messages.h"
#include "gantry/v1/telemetry_export.pb.h"

#include <absl/status/status.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace gantry {
class Clock;
}

namespace gantry::api {

struct PostAnswer;
struct PostRequest;

// Whether metrics can be pushed like that: the endpoint is an http or https address, headers are headers.
absl::Status checkExport(const v1::TelemetryExportSettings& settings);

// Pushes metrics, and traces where they are wanted, to an OTLP/HTTP receiver: every interval, and while it
// does not answer, or says that it is busy, after one second, two, four and so on up to two minutes.
// Metrics are cumulative, so that a push that failed is made good by the next one; segments of traces wait
// in memory, bounded. What is encoded and sent is on a thread of its own. I/O thread only.
class OtlpExporter final {
public:
    using Totals = std::function<std::vector<observe::otlp::FunctionTotals>()>;
    static constexpr std::size_t kMostWaiting = 8 << 20; // bytes of segments

    OtlpExporter(boost::asio::io_context& io, const Clock& clock, observe::otlp::Origin origin,
                 Totals totals);
    ~OtlpExporter(); // breaks off what is under way

    void configure(const v1::TelemetryExportSettings& settings);
    const v1::TelemetryExportSettings& settings() const { return m_settings; }
    // Without prometheus_endpoint.
    v1::TelemetryExportStatus status() const;

    bool takesTraces() const { return m_settings.on() && m_settings.traces(); }
    void addSegments(std::vector<std::string> documents);

private:
    enum class Outcome { Taken, Refused, TryAgain };
    struct Answered {
        Outcome outcome = Outcome::Taken;
        std::string problem;
        int retryAfterSeconds = 0;
        int spans = 0;
    };
    static Answered post(const PostRequest& request, const std::atomic<bool>& stop);

    void schedule(std::int64_t ms);
    void begin();
    void sendMetrics();
    void sendTraces();
    // Makes a request's body and sends it, then continues here.
    void send(const char* path, std::function<std::string(int& spans)> encode,
              std::function<void(const Answered&)> then);
    void metricsSent(const Answered& answered);
    void tracesSent(const Answered& answered, std::size_t segments);
    void finish(const Answered& answered);
    std::int64_t backoffMs();

    boost::asio::io_context& m_io;
    const Clock& m_clock;
    const observe::otlp::Origin m_origin;
    const Totals m_totals;
    v1::TelemetryExportSettings m_settings;
    v1::TelemetryExportStatus m_status;
    std::deque<std::string> m_segments;
    std::size_t m_segmentBytes = 0;
    std::size_t m_sending = 0;  // of the oldest segments
    std::int64_t m_generation = 0; // of the settings: what comes for older ones is too late
    bool m_busy = false;
    int m_failures = 0; // in a row
    std::string m_metricsProblem; // of the newest push
    std::mt19937 m_random{std::random_device{}()};
    boost::asio::steady_timer m_timer;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    std::atomic<bool> m_stop = false;
    WorkerPool m_worker{1}; // last: its thread uses the others
};

} // namespace gantry::api
