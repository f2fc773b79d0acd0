#include "backend/api/queue.h"

#include "backend/api/feed_timer.h"
#include "backend/base/error.h"
#include "backend/invoke/async_queue.h"
#include "gantry/v1/queue.pb.h"

#include <array>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace gantry::api {
namespace {

using invoke::AsyncQueue;
using State = AsyncQueue::State;

constexpr std::size_t kListed = 1000; // of each state
constexpr int kBeatsAFrame = 2;       // of FeedTimer: five frames a second

v1::QueuedEventState stateOf(State state)
{
    switch (state) {
    case State::Waiting:
        return v1::QUEUED_EVENT_WAITING;
    case State::Retrying:
        return v1::QUEUED_EVENT_RETRYING;
    case State::Running:
        return v1::QUEUED_EVENT_RUNNING;
    case State::Dead:
        return v1::QUEUED_EVENT_DEAD;
    }
    return v1::QUEUED_EVENT_STATE_UNSPECIFIED;
}

v1::QueuedEvent eventOf(std::int64_t id, State state, const invoke::EventRecord& record)
{
    v1::QueuedEvent event;
    event.set_id(id);
    event.set_state(stateOf(state));
    event.set_request_id(record.request_id());
    event.set_function_name(record.function_name());
    event.set_qualifier(record.qualifier());
    event.set_target_arn(record.target_arn());
    event.set_accepted_ms(record.accepted_us() / 1000);
    event.set_due_ms(record.due_us() / 1000);
    event.set_died_ms(record.died_us() / 1000);
    event.set_attempts(record.attempts());
    event.set_setbacks(record.setbacks());
    event.set_payload_bytes(record.payload_bytes());
    event.set_error_type(record.error_type());
    event.set_error_message(record.error_message());
    event.set_condition(record.condition());
    return event;
}

v1::QueueFrame frameOf(const AsyncQueue& queue, const std::string& functionName)
{
    v1::QueueFrame frame;
    std::array<std::int64_t, 4> counts = {};
    std::array<std::deque<std::pair<std::int64_t, const invoke::EventRecord*>>, 4> newest;
    queue.forEach([&](std::int64_t id, State state, const invoke::EventRecord& record) {
        if (!functionName.empty() && record.function_name() != functionName)
            return;
        const auto index = static_cast<std::size_t>(state);
        ++counts.at(index);
        if (state != State::Dead && frame.oldest_waiting_ms() == 0)
            frame.set_oldest_waiting_ms(record.accepted_us() / 1000);
        newest.at(index).emplace_back(id, &record);
        if (newest.at(index).size() > kListed)
            newest.at(index).pop_front();
    });
    frame.set_waiting(counts[0]);
    frame.set_retrying(counts[1]);
    frame.set_running(counts[2]);
    frame.set_dead(counts[3]);
    for (std::size_t index = 0; index < newest.size(); ++index) {
        for (const auto& [id, record] : newest.at(index))
            *frame.add_events() = eventOf(id, static_cast<State>(index), *record);
    }
    return frame;
}

// Sends the queue to whoever watches, whenever it has changed.
class QueueFeed final {
public:
    QueueFeed(boost::asio::io_context& io, const AsyncQueue& queue)
        : m_queue(queue), m_timer(io, [this] { return beat(); })
    {
    }

    void watch(const CallPtr& call, const v1::WatchQueueRequest& request, StreamPtr sink)
    {
        auto watcher = std::make_shared<Watcher>(
            Watcher{std::move(sink), request.function_name(), -1, false});
        call->onCancelled = [weak = std::weak_ptr<Watcher>(watcher)] {
            if (const auto watcher = weak.lock())
                watcher->gone = true;
        };
        send(*watcher);
        m_watchers.push_back(std::move(watcher));
        m_timer.start();
    }

private:
    struct Watcher {
        StreamPtr sink;
        std::string functionName;
        std::int64_t revision; // that was sent
        bool gone;
    };

    bool beat()
    {
        std::erase_if(m_watchers, [](const auto& watcher) { return watcher->gone; });
        if (++m_beats % kBeatsAFrame == 0) {
            for (const auto& watcher : m_watchers)
                send(*watcher);
        }
        return !m_watchers.empty();
    }

    // A reader that is behind gets the next frame that there is room for.
    void send(Watcher& watcher)
    {
        if (watcher.revision == m_queue.revision())
            return;
        if (watcher.sink->write(frameOf(m_queue, watcher.functionName)))
            watcher.revision = m_queue.revision();
    }

    const AsyncQueue& m_queue;
    std::vector<std::shared_ptr<Watcher>> m_watchers;
    int m_beats = 0;
    FeedTimer m_timer;
};

void getEvent(AsyncQueue& queue, std::int64_t id, const Reply<v1::QueuedEventDetail>& reply)
{
    v1::QueuedEventDetail detail;
    queue.forEach([&](std::int64_t each, State state, const invoke::EventRecord& record) {
        if (each == id)
            *detail.mutable_event() = eventOf(id, state, record);
    });
    queue.payload(id, [detail, reply](const absl::StatusOr<invoke::PayloadPtr>& payload) mutable {
        if (!payload.ok())
            return reply(payload.status());
        detail.set_payload(**payload);
        reply(std::move(detail));
    });
}

std::vector<std::int64_t> toPurge(const AsyncQueue& queue,
                                  const v1::PurgeQueuedEventsRequest& request)
{
    std::vector<std::int64_t> ids(request.ids().begin(), request.ids().end());
    if (!request.all_dead())
        return ids;
    ids.clear();
    queue.forEach([&](std::int64_t id, State state, const invoke::EventRecord& record) {
        if (state == State::Dead && (request.function_name().empty() ||
                                     record.function_name() == request.function_name()))
            ids.push_back(id);
    });
    return ids;
}

// Answers how many of the events it was done to: those that are there and do not run.
std::int64_t changeable(const AsyncQueue& queue, const std::vector<std::int64_t>& ids)
{
    const std::set<std::int64_t> wanted(ids.begin(), ids.end());
    std::int64_t count = 0;
    queue.forEach([&](std::int64_t id, State state, const invoke::EventRecord&) {
        count += state != State::Running && wanted.contains(id) ? 1 : 0;
    });
    return count;
}

AsyncQueue::Done answer(std::int64_t count, Reply<v1::QueueActionResponse> reply)
{
    return [count, reply = std::move(reply)](const absl::Status& status) {
        v1::QueueActionResponse response;
        response.set_events(count);
        status.ok() ? reply(std::move(response)) : reply(status);
    };
}

} // namespace

void registerQueue(OperationTable& table, boost::asio::io_context& io, AsyncQueue& queue)
{
    auto feed = std::make_shared<QueueFeed>(io, queue);
    table.onStream<v1::WatchQueueRequest>(
        [feed](const CallPtr& call, const auto& request, StreamPtr sink) {
            feed->watch(call, request, std::move(sink));
        });
    table.on<v1::GetQueuedEventRequest, v1::QueuedEventDetail>(
        [&queue](const CallPtr&, const auto& request, const auto& reply) {
            getEvent(queue, request.id(), reply);
        });
    table.on<v1::ReplayQueuedEventsRequest, v1::QueueActionResponse>(
        [&queue](const CallPtr&, const auto& request, const auto& reply) {
            const std::vector<std::int64_t> ids(request.ids().begin(), request.ids().end());
            queue.replay(ids, answer(changeable(queue, ids), reply));
        });
    table.on<v1::PurgeQueuedEventsRequest, v1::QueueActionResponse>(
        [&queue](const CallPtr&, const auto& request, const auto& reply) {
            const std::vector<std::int64_t> ids = toPurge(queue, request);
            queue.purge(ids, answer(changeable(queue, ids), reply));
        });
}

} // namespace gantry::api
