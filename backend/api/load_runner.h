#pragma once

#include "backend/api/operation_table.h"
#include "backend/functions/target.h"
#include "backend/invoke/dispatcher.h"
#include "backend/observe/sketch.h"
#include "gantry/v1/develop.pb.h"

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace gantry::api {

struct LoadPlan {
    std::shared_ptr<const std::string> event;
    int concurrency = 1;
    std::int64_t count = 0;          // 0: no end by count
    std::int64_t durationMicros = 0; // 0: no end by time
    double perSecond = 0;            // 0: as fast as the concurrency allows
};

// Sends a plan's events to a function, never more at once than the plan's concurrency, and tells
// how it goes ten times a second. Closed loop: an event is sent when one was answered (and, with a
// rate, when it is due). Lives as long as something of it is under way; ends early when the caller
// goes.
class LoadRunner final : public std::enable_shared_from_this<LoadRunner> {
public:
    // What the next event goes to: asked for each, so that a new deployment or a moved alias takes
    // effect in the middle of a run.
    using Resolve = std::function<absl::StatusOr<functions::Target>()>;

    LoadRunner(boost::asio::io_context& io, invoke::Dispatcher& dispatcher, Resolve resolve,
               LoadPlan plan, StreamPtr sink);

    void start(const CallPtr& call);

private:
    using Timer = boost::asio::steady_timer;

    void pump();
    bool mayStartMore(std::int64_t now) const;
    std::int64_t dueBy(std::int64_t now) const;
    void waitForDue(std::int64_t now);
    void sendOne();
    void answered(const absl::StatusOr<invoke::Result>& result, std::int64_t sentAt);
    void again();
    void report();
    void scheduleReport();
    void end(absl::Status status);
    void sendLast(absl::Status status);
    v1::LoadProgress progress(std::int64_t now) const;
    bool isOver(std::int64_t now) const;

    boost::asio::io_context& m_io;
    invoke::Dispatcher& m_dispatcher;
    Resolve m_resolve;
    const LoadPlan m_plan;
    StreamPtr m_sink;
    Timer m_reportTimer;
    Timer m_dueTimer;
    std::int64_t m_begin = 0; // monotonic
    bool m_cancelled = false;
    bool m_ended = false;
    bool m_waiting = false; // for m_dueTimer
    bool m_pumpPosted = false;
    v1::LoadProgress m_totals;
    observe::Sketch m_latency;
    double m_maxMs = 0;
    pricing::Money m_cost;
    std::array<std::int64_t, 10> m_completions{}; // in the last ten tenths of a second
    std::size_t m_tenth = 0;
};

} // namespace gantry::api
