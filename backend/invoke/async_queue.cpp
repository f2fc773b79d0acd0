#include "backend/invoke/async_queue.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/functions/registry.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace gantry::invoke {
namespace {

constexpr int kFirstWindow = 10;
// Also bounds how late a jump of the wall clock is noticed.
constexpr std::int64_t kLongestSleepMicros = 1'000'000;

} // namespace

absl::StatusOr<std::unique_ptr<AsyncQueue>>
AsyncQueue::open(boost::asio::io_context& io, const std::filesystem::path& file, const Clock& clock,
                 functions::Registry& registry, Dispatcher& dispatcher, AsyncObserver& observer,
                 AsyncOptions options)
{
    std::unique_ptr<AsyncQueue> queue(
        new AsyncQueue(io, clock, registry, dispatcher, observer, options));
    auto opened =
        AsyncStore::open(io, file, [&queue](std::int64_t id, record::EventRecord record) {
            queue->adopt(id, std::move(record), nullptr);
        });
    if (!opened.ok())
        return opened.status();
    queue->m_store = *std::move(opened);
    registry.onChange([queue = queue.get(), alive = std::weak_ptr<int>(queue->m_alive)](
                          const functions::Change& change) {
        if (!alive.expired() && change.kind == functions::Change::Kind::Deleted)
            queue->functionDeleted(change.functionName);
    });
    return queue;
}

AsyncQueue::AsyncQueue(boost::asio::io_context& io, const Clock& clock,
                       functions::Registry& registry, Dispatcher& dispatcher, AsyncObserver& observer,
                       AsyncOptions options)
    : m_io(io), m_clock(clock), m_registry(registry), m_dispatcher(dispatcher),
      m_observer(observer), m_options(options), m_timer(io)
{
}

AsyncQueue::~AsyncQueue()
{
    m_alive.reset();
}

void AsyncQueue::accept(AsyncRequest request, Accepted reply)
{
    if (request.payload->size() > m_options.maxPayloadBytes) {
        return reply(makeError("RequestTooLargeException", 413,
                               absl::StrCat("Request must be smaller than ",
                                            m_options.maxPayloadBytes,
                                            " bytes for the InvokeFunction operation")));
    }
    EventChange::Row row;
    row.id = m_nextId++;
    row.record.set_request_id(request.requestId.empty() ? randomUuid()
                                                        : std::move(request.requestId));
    row.record.set_function_name(request.target.spec->functionName);
    row.record.set_qualifier(std::move(request.qualifier));
    row.record.set_trace_id(m_dispatcher.decideTrace(
        request.traceId.empty() ? newTraceId() : std::move(request.traceId), request.target));
    row.record.set_client_context(std::move(request.clientContext));
    row.record.set_tenant_id(std::move(request.tenantId));
    row.record.set_payload_bytes(static_cast<std::int64_t>(request.payload->size()));
    row.record.set_accepted_us(m_clock.unixMicros());
    row.record.set_due_us(row.record.accepted_us());
    row.payload = std::move(request.payload);
    EventChange change;
    change.put.push_back(row);
    m_store->write(std::move(change),
                   [this, row = std::move(row), reply = std::move(reply)](absl::Status status) {
                       if (!status.ok())
                           return reply(status);
                       m_observer.asyncReceived(row.record.function_name());
                       reply(row.record.request_id());
                       adopt(row.id, row.record, row.payload);
                       pump();
                   });
}

void AsyncQueue::setTarget(const std::string& service, EventTarget& target)
{
    m_targets[service] = &target;
}

void AsyncQueue::start()
{
    m_started = true;
    pump();
}

void AsyncQueue::stop()
{
    m_started = false;
    m_timer.cancel();
}

void AsyncQueue::forEach(
    const std::function<void(std::int64_t, State, const EventRecord&)>& see) const
{
    for (const auto& [id, event] : m_events) {
        const EventRecord& record = event.record;
        // Dead once that is on the disk: until then neither replay nor purge would touch it.
        const State state = m_dead.contains(id)                              ? State::Dead
                            : event.held                                     ? State::Running
                            : record.attempts() > 0 || record.setbacks() > 0 ? State::Retrying
                                                                             : State::Waiting;
        see(id, state, record);
    }
}

void AsyncQueue::replay(const std::vector<std::int64_t>& ids, Done done)
{
    EventChange change;
    const std::int64_t now = m_clock.unixMicros();
    for (const std::int64_t id : ids) {
        const auto found = m_events.find(id);
        if (found == m_events.end() || found->second.held)
            continue;
        EventChange::Row row{id, found->second.record, nullptr};
        if (!row.record.condition().empty()) {
            row.record.clear_condition();
            row.record.clear_died_us();
            row.record.set_attempts(0);
            row.record.set_setbacks(0);
            row.record.set_accepted_us(now);
        }
        row.record.set_due_us(now);
        hold(id, found->second);
        change.put.push_back(std::move(row));
    }
    commitAsked(std::move(change), std::move(done));
}

void AsyncQueue::purge(const std::vector<std::int64_t>& ids, Done done)
{
    EventChange change;
    for (const std::int64_t id : ids) {
        const auto found = m_events.find(id);
        if (found == m_events.end() || found->second.held)
            continue;
        hold(id, found->second);
        change.removed.push_back(id);
    }
    commitAsked(std::move(change), std::move(done));
}

// Nothing else touches the event until its change is on the disk.
void AsyncQueue::hold(std::int64_t id, Event& event)
{
    laneOf(event.record).waiting.erase({event.record.due_us(), id});
    event.held = true;
}

// A change that someone asked for: when the disk refuses it, everything stays as it was.
void AsyncQueue::commitAsked(EventChange change, Done done)
{
    m_store->write(change, [this, change, done = std::move(done)](absl::Status status) {
        if (status.ok())
            apply(change);
        else
            release(change);
        done(std::move(status));
    });
}

void AsyncQueue::release(const EventChange& change)
{
    std::vector<std::int64_t> ids = change.removed;
    for (const EventChange::Row& row : change.put)
        ids.push_back(row.id);
    for (const std::int64_t id : ids) {
        if (const auto found = m_events.find(id); found != m_events.end()) {
            found->second.held = false;
            enlist(id, found->second);
        }
    }
}

void AsyncQueue::adopt(std::int64_t id, EventRecord record, PayloadPtr payload)
{
    m_nextId = std::max(m_nextId, id + 1);
    Event& event = m_events[id];
    event.record = std::move(record);
    if (payload)
        keepPayload(event, std::move(payload));
    enlist(id, event);
    changed();
}

void AsyncQueue::enlist(std::int64_t id, const Event& event)
{
    if (event.record.condition().empty())
        laneOf(event.record).waiting.emplace(event.record.due_us(), id);
    else
        m_dead.insert(id);
}

void AsyncQueue::forget(std::int64_t id)
{
    const auto found = m_events.find(id);
    if (found == m_events.end())
        return;
    Event& event = found->second;
    laneOf(event.record).waiting.erase({event.record.due_us(), id});
    m_dead.erase(id);
    dropPayload(event);
    m_events.erase(found);
    changed();
}

void AsyncQueue::keepPayload(Event& event, PayloadPtr payload)
{
    if (m_payloadBytes + payload->size() > m_options.memoryBytes)
        return;
    m_payloadBytes += payload->size();
    event.payload = std::move(payload);
}

void AsyncQueue::dropPayload(Event& event)
{
    if (event.payload)
        m_payloadBytes -= event.payload->size();
    event.payload.reset();
}

AsyncQueue::Lane& AsyncQueue::laneOf(const EventRecord& record)
{
    const std::string& key =
        record.target_arn().empty() ? record.function_name() : record.target_arn();
    return m_lanes.try_emplace(key, Lane{{}, 0, kFirstWindow}).first->second;
}

// Delivers all that is due and sees to it that the next is, too.
void AsyncQueue::pump()
{
    if (!m_started || std::exchange(m_pumping, true))
        return;
    for (EventChange& change : std::exchange(m_unsaved, {}))
        commit(std::move(change));
    const std::int64_t now = m_clock.unixMicros();
    for (auto& [key, lane] : m_lanes)
        pumpLane(lane, now);
    std::erase_if(m_lanes, [now](const auto& entry) {
        const Lane& lane = entry.second;
        return lane.waiting.empty() && lane.running == 0 && lane.pausedUntil <= now;
    });
    std::int64_t next = m_unsaved.empty() ? 0 : now + kLongestSleepMicros;
    for (const auto& [key, lane] : m_lanes) {
        if (lane.waiting.empty() || lane.running >= lane.window)
            continue;
        const std::int64_t due = std::max(lane.waiting.begin()->first, lane.pausedUntil);
        next = next == 0 ? due : std::min(next, due);
    }
    m_pumping = false;
    if (next > 0)
        wakeAt(next);
}

void AsyncQueue::pumpLane(Lane& lane, std::int64_t now)
{
    while (!lane.waiting.empty() && lane.waiting.begin()->first <= now &&
           lane.running < lane.window && lane.pausedUntil <= now) {
        const std::int64_t id = lane.waiting.begin()->second;
        lane.waiting.erase(lane.waiting.begin());
        Event& event = m_events.at(id);
        event.held = true;
        ++lane.running;
        changed();
        deliver(id, event);
    }
}

void AsyncQueue::wakeAt(std::int64_t due)
{
    const std::int64_t wait =
        std::clamp<std::int64_t>(due - m_clock.unixMicros(), 0, kLongestSleepMicros);
    m_timer.expires_after(std::chrono::microseconds(wait));
    m_timer.async_wait([this](const boost::system::error_code& error) {
        if (!error)
            pump();
    });
}

// As on AWS, the events of a function go with it.
void AsyncQueue::functionDeleted(const std::string& name)
{
    EventChange change;
    for (auto& [id, event] : m_events) {
        if (event.record.function_name() != name || !event.record.target_arn().empty())
            continue;
        if (event.record.condition().empty())
            m_observer.asyncDropped(name, AsyncObserver::Drop::Deleted);
        if (event.held)
            event.forgotten = true;
        else
            change.removed.push_back(id);
    }
    for (const std::int64_t id : change.removed)
        forget(id);
    if (!change.removed.empty())
        commit(std::move(change));
}

} // namespace gantry::invoke
