#include "backend/api/metrics_feed.h"

#include "backend/api/monitor_messages.h"
#include "backend/base/clock.h"
#include "backend/observe/recorder.h"

#include <algorithm>
#include <utility>

namespace gantry::api {

MetricsFeed::MetricsFeed(boost::asio::io_context& io, observe::Recorder& recorder)
    : m_recorder(recorder), m_timer(io, [this] { return beat(); })
{
}

void MetricsFeed::watch(CallPtr call, const v1::WatchMetricsRequest& request, StreamPtr sink)
{
    auto watcher = std::make_shared<Watcher>();
    watcher->sink = std::move(sink);
    watcher->function = request.function_name();
    const int hertz = request.max_rate_hz() > 0 ? std::min(request.max_rate_hz(), 10) : 10;
    watcher->everyBeats = std::max(1000 / FeedTimer::kPeriodMs / hertz, 1);
    call->onCancelled = [weak = std::weak_ptr<Watcher>(watcher)] {
        if (const auto watcher = weak.lock())
            watcher->gone = true;
    };
    if (m_watchers.empty())
        m_secondMs = m_recorder.metrics().secondMs();
    m_watchers.push_back(watcher);
    send(*watcher);
    m_timer.start();
}

bool MetricsFeed::beat()
{
    std::erase_if(m_watchers, [](const auto& watcher) { return watcher->gone; });
    const bool secondEnded = m_recorder.metrics().secondMs() != m_secondMs;
    m_secondMs = m_recorder.metrics().secondMs();
    for (const auto& watcher : m_watchers) {
        watcher->owed |= secondEnded;
        if (watcher->owed || ++watcher->beats >= watcher->everyBeats)
            send(*watcher);
    }
    return !m_watchers.empty();
}

void MetricsFeed::send(Watcher& watcher)
{
    const observe::LiveMetrics& metrics = m_recorder.metrics();
    const std::int64_t now = m_recorder.clock().unixMillis();
    if (watcher.owed) {
        if (!watcher.sink->write(
                frameOf(metrics.previousFrame(watcher.seen, watcher.function), now)))
            return;
        watcher.owed = false;
        watcher.seen = std::max(watcher.seen, metrics.previousSequence());
        if (watcher.everyBeats >= 1000 / FeedTimer::kPeriodMs) {
            watcher.beats = 0;
            return; // at 1 Hz the seconds that have ended are all there is to send
        }
    }
    if (watcher.sink->write(frameOf(metrics.frame(watcher.seen, watcher.function), now))) {
        watcher.seen = metrics.sequence();
        watcher.beats = 0;
    }
}

} // namespace gantry::api
