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

// Log lines for whoever follows them: first what was written last, from the database, then what
// comes, from the ring in memory. A reader who is behind the ring is told how many lines it missed.
class LogFeed final {
public:
    LogFeed(boost::asio::io_context& io, observe::Recorder& recorder);

    void watch(CallPtr call, const v1::WatchLogsRequest& request, StreamPtr sink);

private:
    struct Watcher {
        StreamPtr sink;
        std::vector<std::string> functions; // empty: all
        std::int64_t lastId = 0;
        bool ready = false; // the backlog has been sent
        bool gone = false;
    };

    void begin(const std::shared_ptr<Watcher>& watcher, int backlog);
    bool beat();
    void send(Watcher& watcher);

    observe::Recorder& m_recorder;
    std::vector<std::shared_ptr<Watcher>> m_watchers;
    FeedTimer m_timer;
};

} // namespace gantry::api
