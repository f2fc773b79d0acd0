#pragma once

#include "backend/invoke/async_rules.h"
#include "backend/invoke/async_store.h"
#include "backend/invoke/dispatcher.h"

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace gantry::functions {
class Registry;
}

namespace gantry::invoke {

struct AsyncOptions {
    std::int64_t firstRetryMicros = 60'000'000; // the second retry waits twice as long
    std::size_t maxPayloadBytes = 1'048'576;
    std::size_t memoryBytes = 64 << 20; // of payloads; what is beyond is read from the disk again
    std::size_t deadKept = 10'000;      // the oldest are forgotten first
};

// What goes on to a target that is not a function.
struct EventMessage {
    std::string arn;                     // of the target
    std::string functionName, qualifier; // whose event it was, and whose role sends it
    std::string traceId;
    PayloadPtr body;
    std::map<std::string, std::string> attributes;
};

// Sends to what is not a function: a queue, a topic, a bus, a bucket. I/O thread only.
class EventTarget {
public:
    virtual ~EventTarget() = default;
    virtual void send(const EventMessage& message, std::function<void(absl::Status)> done) = 0;
};

// What becomes of asynchronous events: the numbers behind Lambda's metrics AsyncEventsReceived,
// AsyncEventAge, AsyncEventsDropped, DeadLetterErrors, DestinationDeliveryFailures and
// RecursiveInvocationsDropped. Called on the I/O thread; must not block.
class AsyncObserver {
public:
    enum class Drop { AgeExceeded, RetriesExhausted, Recursion, Refused, Deleted };
    virtual ~AsyncObserver() = default;
    virtual void asyncReceived(const std::string& /*functionName*/) {}
    virtual void asyncAttempted(const std::string& /*functionName*/, std::int64_t /*ageMicros*/) {}
    virtual void asyncDropped(const std::string& /*functionName*/, Drop /*why*/) {}
    virtual void deadLetterFailed(const std::string& /*functionName*/) {}
    virtual void destinationFailed(const std::string& /*functionName*/) {}
};

// An event to accept: resolved already, so that the caller hears of a function that is not there.
struct AsyncRequest {
    functions::Target target;
    std::string qualifier; // as the caller named it
    std::string requestId; // empty: one is made
    std::string traceId;
    std::string clientContext; // JSON
    std::string tenantId;      // of a function with tenant isolation
    PayloadPtr payload;
};

// The queue of asynchronous events (InvocationType Event): accepted once on the disk, delivered at
// least once, tried again by Lambda's rules (async_rules.h), then sent on to destinations and the
// dead-letter target. What ends as dead is kept for the user to look at and to replay.
//
// Events of one function are delivered in parallel: a few at first, more while the function keeps
// answering, fewer after a throttle, when all of the function's events wait for a while. All state
// lives on the I/O thread; the disk is always ahead of what others see.
class AsyncQueue final {
public:
    enum class State { Waiting, Retrying, Running, Dead };
    using Accepted = std::function<void(absl::StatusOr<std::string>)>; // the request's id
    using Done = std::function<void(absl::Status)>;

    static absl::StatusOr<std::unique_ptr<AsyncQueue>>
    open(boost::asio::io_context& io, const std::filesystem::path& file, const Clock& clock,
         functions::Registry& registry, Dispatcher& dispatcher, AsyncObserver& observer,
         AsyncOptions options);
    ~AsyncQueue();

    void accept(AsyncRequest request, Accepted reply);

    // Where destinations and dead-letter targets of a service (sqs, sns ...) are sent through.
    void setTarget(const std::string& service, EventTarget& target);

    // Starts to deliver what is there; before that nothing is.
    void start();
    // Nothing is delivered or judged any more; what is under way will be delivered again.
    void stop();

    // For whoever shows the queue. The revision changes with every change of it.
    std::int64_t revision() const { return m_revision; }
    std::size_t size() const { return m_events.size(); }
    void forEach(const std::function<void(std::int64_t, State, const EventRecord&)>& see) const;
    void payload(std::int64_t id, AsyncStore::Loaded done) { m_store->loadPayload(id, std::move(done)); }

    // Dead events begin anew, with their age and their attempts from zero; waiting ones are
    // delivered at once. Events that are running are left alone.
    void replay(const std::vector<std::int64_t>& ids, Done done);
    // Forgets events that are not running.
    void purge(const std::vector<std::int64_t>& ids, Done done);

private:
    struct Event {
        EventRecord record;
        PayloadPtr payload; // null: on the disk only
        bool held = false;  // runs, or its next state is on the way to the disk
        bool forgotten = false; // its function was deleted while it ran
    };
    // The events for one function or one other target.
    struct Lane {
        std::set<std::pair<std::int64_t, std::int64_t>> waiting; // when due, id
        int running = 0;
        int window;
        int setbacks = 0;             // in a row
        std::int64_t pausedUntil = 0; // Unix time, microseconds
    };

    AsyncQueue(boost::asio::io_context& io, const Clock& clock, functions::Registry& registry,
               Dispatcher& dispatcher, AsyncObserver& observer, AsyncOptions options);

    // async_queue.cpp: what is there and when it is due.
    void adopt(std::int64_t id, EventRecord record, PayloadPtr payload);
    void enlist(std::int64_t id, const Event& event);
    void forget(std::int64_t id);
    void keepPayload(Event& event, PayloadPtr payload);
    void dropPayload(Event& event);
    Lane& laneOf(const EventRecord& record);
    void pump();
    void pumpLane(Lane& lane, std::int64_t now);
    void wakeAt(std::int64_t due);
    void functionDeleted(const std::string& name);
    void hold(std::int64_t id, Event& event);
    void commitAsked(EventChange change, Done done);
    void release(const EventChange& change);
    void changed() { ++m_revision; }

    // async_delivery.cpp: one attempt and what comes of it.
    void deliver(std::int64_t id, Event& event);
    void deliverPayload(std::int64_t id, Event& event);
    void sendMessage(std::int64_t id, const Event& event);
    void invoke(std::int64_t id, Event& event);
    void finished(std::int64_t id, const std::string& traceId,
                  const absl::StatusOr<Result>& outcome);
    void settle(std::int64_t id, Event& event, const Verdict& verdict, const Result* result,
                const std::string& traceId);
    void addDestinations(const Event& event, const Verdict& verdict, const Result* result,
                         const std::string& traceId, EventChange& change);
    void addMessage(const EventRecord& from, const std::string& arn, std::string body,
                    const std::string& traceId, EventChange& change);
    void adjust(Lane& lane, const Verdict& verdict, bool answered);
    void commit(EventChange change);
    void apply(const EventChange& change);
    void countDrop(const EventRecord& record, std::string_view condition);
    functions::EventPolicy policyOf(const EventRecord& record) const;

    boost::asio::io_context& m_io;
    const Clock& m_clock;
    functions::Registry& m_registry;
    Dispatcher& m_dispatcher;
    AsyncObserver& m_observer;
    const AsyncOptions m_options;
    std::map<std::int64_t, Event> m_events; // in the order of acceptance
    std::set<std::int64_t> m_dead;
    std::map<std::string, Lane> m_lanes;
    std::map<std::string, EventTarget*> m_targets;
    std::vector<EventChange> m_unsaved; // the disk refused them; tried again with the next wake-up
    std::size_t m_payloadBytes = 0;
    std::int64_t m_nextId = 1;
    std::int64_t m_revision = 0;
    bool m_started = false;
    bool m_pumping = false;
    boost::asio::steady_timer m_timer;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    std::unique_ptr<AsyncStore> m_store; // last: its end commits, and nothing is called back after
};

} // namespace gantry::invoke
