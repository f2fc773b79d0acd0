#pragma once

#include "backend/api/feed_timer.h"
#include "backend/api/operation_table.h"
#include "backend/observe/alarms/alarms.h"
#include "gantry/v1/alarms.pb.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace gantry::api {

// Sends the alarms to whoever watches, whenever one has changed, and desktop notifications as they
// come. I/O thread only.
class AlarmFeed final {
public:
    AlarmFeed(boost::asio::io_context& io, const observe::alarms::Alarms& alarms);

    void watch(const CallPtr& call, StreamPtr sink);
    // False when nobody watches.
    bool notify(const record::StoredAlarm& alarm);

private:
    struct Watcher {
        StreamPtr sink;
        std::int64_t revision = -1;  // that was sent
        std::int64_t notified = 0;   // id of the last notification that was sent
        bool gone = false;
    };

    bool beat();
    void send(Watcher& watcher);

    const observe::alarms::Alarms& m_alarms;
    std::vector<std::shared_ptr<Watcher>> m_watchers;
    std::deque<v1::DesktopNotification> m_notifications;
    std::int64_t m_lastId = 0;
    int m_beats = 0;
    FeedTimer m_timer;
};

} // namespace gantry::api
