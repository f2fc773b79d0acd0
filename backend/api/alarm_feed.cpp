#include "backend/api/alarm_feed.h"

#include <algorithm>
#include <utility>

namespace gantry::api {
namespace {

constexpr int kBeatsAFrame = 2;          // of FeedTimer: five frames a second
constexpr std::size_t kNotifications = 50; // that a reader who is behind may still get

} // namespace

AlarmFeed::AlarmFeed(boost::asio::io_context& io, const observe::alarms::Alarms& alarms)
    : m_alarms(alarms), m_timer(io, [this] { return beat(); })
{
}

void AlarmFeed::watch(const CallPtr& call, StreamPtr sink)
{
    auto watcher = std::make_shared<Watcher>();
    watcher->sink = std::move(sink);
    watcher->notified = m_lastId;
    call->onCancelled = [weak = std::weak_ptr<Watcher>(watcher)] {
        if (const auto watcher = weak.lock())
            watcher->gone = true;
    };
    send(*watcher);
    m_watchers.push_back(std::move(watcher));
    m_timer.start();
}

bool AlarmFeed::notify(const record::StoredAlarm& alarm)
{
    const auto state = observe::alarms::stateOf(alarm);
    v1::DesktopNotification& notification = m_notifications.emplace_back();
    notification.set_id(++m_lastId);
    notification.set_alarm_name(observe::alarms::nameOf(alarm));
    notification.set_state(state.value);
    notification.set_reason(state.reason);
    notification.set_time_ms(state.timeMs);
    if (m_notifications.size() > kNotifications)
        m_notifications.pop_front();
    return std::any_of(m_watchers.begin(), m_watchers.end(),
                       [](const auto& watcher) { return !watcher->gone; });
}

bool AlarmFeed::beat()
{
    std::erase_if(m_watchers, [](const auto& watcher) { return watcher->gone; });
    if (++m_beats % kBeatsAFrame == 0) {
        for (const auto& watcher : m_watchers)
            send(*watcher);
    }
    return !m_watchers.empty();
}

// A reader that is behind gets the next frame that there is room for.
void AlarmFeed::send(Watcher& watcher)
{
    if (watcher.revision == m_alarms.revision() && watcher.notified == m_lastId)
        return;
    v1::AlarmsFrame frame;
    for (const auto& [name, alarm] : m_alarms.all()) {
        if (alarm->has_metric())
            *frame.add_metric_alarms() = alarm->metric();
        else
            *frame.add_composite_alarms() = alarm->composite();
    }
    for (const v1::DesktopNotification& notification : m_notifications) {
        if (notification.id() > watcher.notified)
            *frame.add_notifications() = notification;
    }
    if (!watcher.sink->write(frame))
        return;
    watcher.revision = m_alarms.revision();
    watcher.notified = m_lastId;
}

} // namespace gantry::api
