#pragma once

#include "backend/api/feed_timer.h"
#include "backend/api/operation_table.h"
#include "gantry/v1/concurrency.pb.h"

#include <memory>
#include <vector>

namespace gantry {
class Clock;
}
namespace gantry::functions {
class Registry;
}
namespace gantry::invoke {
class Fleet;
}

namespace gantry::api {

// How the account's concurrency is shared out and every live environment, for whoever watches. Each
// frame is whole; a reader who is behind gets fewer, never a queue of old ones.
class ConcurrencyFeed final {
public:
    ConcurrencyFeed(boost::asio::io_context& io, const functions::Registry& registry,
                    const invoke::Fleet& fleet, const Clock& clock);

    void watch(CallPtr call, const v1::WatchConcurrencyRequest& request, StreamPtr sink);

private:
    struct Watcher {
        StreamPtr sink;
        int everyBeats = 1;
        int beats = 0;
        bool gone = false;
    };

    bool beat();
    v1::ConcurrencyFrame frame() const;
    void addFunctions(v1::ConcurrencyFrame& frame) const;
    void addEnvironments(v1::ConcurrencyFrame& frame) const;

    const functions::Registry& m_registry;
    const invoke::Fleet& m_fleet;
    const Clock& m_clock;
    std::vector<std::shared_ptr<Watcher>> m_watchers;
    FeedTimer m_timer;
};

} // namespace gantry::api
