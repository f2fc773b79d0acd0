#pragma once

#include "backend/api/feed_timer.h"
#include "backend/api/operation_table.h"
#include "gantry/v1/monitor.pb.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gantry::observe {
class Recorder;
}

namespace gantry::api {

// Live metrics for whoever watches. A frame holds the running second; when that second is over its
// last word is sent before the next one begins, so that a reader who keeps the last point of every
// second has the true numbers. A reader who is behind gets fewer frames, never a queue of old ones.
class MetricsFeed final {
public:
    MetricsFeed(boost::asio::io_context& io, observe::Recorder& recorder);

    void watch(CallPtr call, const v1::WatchMetricsRequest& request, StreamPtr sink);

private:
    struct Watcher {
        StreamPtr sink;
        std::string function;
        int everyBeats = 1;
        int beats = 0;
        std::uint64_t seen = 0; // sequence of what it knows
        bool owed = false;      // the last word on the second before this one
        bool gone = false;
    };

    bool beat();
    void send(Watcher& watcher);

    observe::Recorder& m_recorder;
    std::vector<std::shared_ptr<Watcher>> m_watchers;
    std::int64_t m_secondMs = 0;
    FeedTimer m_timer;
};

} // namespace gantry::api
