#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/functions/registry.h"
#include "backend/invoke/async_queue.h"
#include "backend/invoke/lineage.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <random>
#include <utility>

// The way of one attempt: deliver → load the payload → invoke (or send) → judge → commit what comes
// of it, together with the messages to destinations → apply. Until the commit the event is on the
// disk as it was before the attempt.
namespace gantry::invoke {
namespace {

constexpr int kMaxWindow = 1000;

double uniform()
{
    static std::mt19937_64 random{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(random);
}

} // namespace

functions::EventPolicy AsyncQueue::policyOf(const EventRecord& record) const
{
    const auto function = m_registry.functions().find(record.function_name());
    if (function == m_registry.functions().end())
        return {};
    return functions::eventPolicy(*function->second, record.qualifier());
}

void AsyncQueue::deliver(std::int64_t id, Event& event)
{
    if (event.payload)
        return deliverPayload(id, event);
    m_store->loadPayload(id, [this, id](absl::StatusOr<PayloadPtr> payload) {
        Event& event = m_events.at(id);
        if (!payload.ok())
            return finished(id, event.record.trace_id(), payload.status());
        // Beyond the limit of what waits: it is bounded by what runs.
        m_payloadBytes += (*payload)->size();
        event.payload = *std::move(payload);
        deliverPayload(id, event);
    });
}

void AsyncQueue::deliverPayload(std::int64_t id, Event& event)
{
    if (!event.record.target_arn().empty())
        return sendMessage(id, event);
    if (!isTooOld(event.record, policyOf(event.record), m_clock.unixMicros()))
        return invoke(id, event);
    --laneOf(event.record).running;
    settle(id, event, {Verdict::Kind::Dead, conditions::kAgeExceeded}, nullptr,
           event.record.trace_id());
}

void AsyncQueue::sendMessage(std::int64_t id, const Event& event)
{
    const std::string& arn = event.record.target_arn();
    const auto target = m_targets.find(functions::serviceOf(arn));
    if (target == m_targets.end())
        return finished(id, event.record.trace_id(),
                        serviceError("This platform has no service that " + arn + " could be in."));
    EventMessage message{arn, event.record.function_name(), event.record.qualifier(),
                         event.record.trace_id(), event.payload, {}};
    message.attributes.insert(event.record.attributes().begin(), event.record.attributes().end());
    target->second->send(
        message, [this, id, alive = std::weak_ptr<int>(m_alive)](const absl::Status& sent) {
            if (alive.expired())
                return;
            const std::string trace = m_events.at(id).record.trace_id();
            sent.ok() ? finished(id, trace, Result()) : finished(id, trace, sent);
        });
}

void AsyncQueue::invoke(std::int64_t id, Event& event)
{
    const EventRecord& record = event.record;
    absl::StatusOr<functions::Target> target =
        m_registry.resolve(record.function_name(), record.qualifier(), uniform());
    if (!target.ok())
        return finished(id, record.trace_id(), target.status());
    absl::StatusOr<std::string> trace = continueTrace(record.trace_id(), m_registry, *target);
    if (!trace.ok())
        return finished(id, record.trace_id(), trace.status());
    Request request;
    request.target = *std::move(target);
    request.requestId = record.request_id();
    request.traceId = *trace;
    request.clientContext = record.client_context();
    request.tenantId = record.tenant_id();
    request.event = event.payload;
    request.asynchronous = true;
    request.attempt = record.attempts() + 1;
    request.queuedAtMicros = record.accepted_us();
    m_observer.asyncAttempted(record.function_name(), m_clock.unixMicros() - record.accepted_us());
    m_dispatcher.invoke(std::move(request), [this, id, trace = *std::move(trace),
                                             alive = std::weak_ptr<int>(m_alive)](
                                                const absl::StatusOr<Result>& outcome) {
        // What follows from it goes on from its own segment.
        const bool ran = outcome.ok() && !outcome->record.traceId.empty();
        if (!alive.expired())
            finished(id, ran ? outcome->record.traceId : trace, outcome);
    });
}

void AsyncQueue::finished(std::int64_t id, const std::string& traceId,
                          const absl::StatusOr<Result>& outcome)
{
    if (!m_started)
        return;
    Event& event = m_events.at(id);
    Lane& lane = laneOf(event.record);
    --lane.running;
    if (event.forgotten) {
        EventChange change;
        change.removed.push_back(id);
        return commit(std::move(change));
    }
    const std::int64_t now = m_clock.unixMicros();
    const Verdict verdict = event.record.target_arn().empty()
                                ? judge(event.record, outcome, policyOf(event.record), now,
                                        m_options.firstRetryMicros)
                                : judgeMessage(event.record, outcome.status(), now);
    const bool answered = outcome.ok() && !outcome->platformFailure;
    adjust(lane, verdict, answered);
    settle(id, event, verdict, answered ? &*outcome : nullptr, traceId);
}

// The number of events that run at a time grows while the function answers and halves at a setback,
// when the others of the lane wait as well.
void AsyncQueue::adjust(Lane& lane, const Verdict& verdict, bool answered)
{
    if (answered) {
        lane.setbacks = 0;
        lane.window = std::min(lane.window + 1, kMaxWindow);
    } else if (verdict.kind == Verdict::Kind::Again && lane.pausedUntil <= m_clock.unixMicros()) {
        lane.window = std::max(lane.window / 2, 1);
        lane.pausedUntil = m_clock.unixMicros() + backOffMicros(++lane.setbacks);
    }
}

void AsyncQueue::settle(std::int64_t id, Event& event, const Verdict& verdict, const Result* result,
                        const std::string& traceId)
{
    EventChange change;
    if (verdict.kind == Verdict::Kind::Dead) {
        event.record.set_condition(verdict.condition);
        event.record.set_died_us(m_clock.unixMicros());
        countDrop(event.record, verdict.condition);
    }
    if (verdict.kind == Verdict::Kind::Succeeded)
        change.removed.push_back(id);
    else
        change.put.push_back({id, event.record, nullptr});
    if (verdict.kind != Verdict::Kind::Again && event.record.target_arn().empty())
        addDestinations(event, verdict, result, traceId, change);
    for (auto oldest = m_dead.begin();
         verdict.kind == Verdict::Kind::Dead && oldest != m_dead.end() &&
         m_dead.size() - change.removed.size() >= m_options.deadKept;
         ++oldest)
        change.removed.push_back(*oldest);
    commit(std::move(change));
}

void AsyncQueue::addDestinations(const Event& event, const Verdict& verdict, const Result* result,
                                 const std::string& traceId, EventChange& change)
{
    const EventRecord& record = event.record;
    const functions::EventPolicy policy = policyOf(record);
    const bool succeeded = verdict.kind == Verdict::Kind::Succeeded;
    const std::string& destination = succeeded ? policy.onSuccess : policy.onFailure;
    const std::string payload = event.payload ? *event.payload : std::string();
    if (!destination.empty()) {
        const std::string arn = functions::functionArn(
            m_registry.place(), record.function_name(),
            record.qualifier().empty() ? functions::kLatest : record.qualifier());
        std::string document = destinationDocument(record, verdict.condition, arn, payload, result,
                                                   m_clock.unixMicros());
        if (document.size() > m_options.maxPayloadBytes)
            m_observer.destinationFailed(record.function_name());
        else
            addMessage(record, destination, std::move(document), traceId, change);
    }
    if (!succeeded && !policy.deadLetter.empty()) {
        addMessage(record, policy.deadLetter, payload, traceId, change);
        for (const auto& [name, value] : deadLetterAttributes(record))
            (*change.put.back().record.mutable_attributes())[name] = value;
    }
}

void AsyncQueue::addMessage(const EventRecord& from, const std::string& arn, std::string body,
                            const std::string& traceId, EventChange& change)
{
    EventChange::Row row;
    row.id = m_nextId++;
    EventRecord& record = row.record;
    record.set_request_id(randomUuid());
    record.set_trace_id(traceId);
    record.set_accepted_us(m_clock.unixMicros());
    record.set_due_us(record.accepted_us());
    record.set_payload_bytes(static_cast<std::int64_t>(body.size()));
    const auto function = functions::serviceOf(arn) == "lambda"
                              ? functions::parseReference(m_registry.place(), arn)
                              : absl::StatusOr<functions::Reference>(absl::NotFoundError(""));
    if (function.ok()) {
        record.set_function_name(function->name);
        record.set_qualifier(function->qualifier);
        m_observer.asyncReceived(function->name);
    } else {
        record.set_function_name(from.function_name());
        record.set_qualifier(from.qualifier());
        record.set_target_arn(arn);
    }
    row.payload = std::make_shared<const std::string>(std::move(body));
    change.put.push_back(std::move(row));
}

void AsyncQueue::countDrop(const EventRecord& record, std::string_view condition)
{
    using Drop = AsyncObserver::Drop;
    if (!record.target_arn().empty()) {
        return record.attributes().empty() ? m_observer.destinationFailed(record.function_name())
                                           : m_observer.deadLetterFailed(record.function_name());
    }
    m_observer.asyncDropped(record.function_name(),
                            condition == conditions::kAgeExceeded        ? Drop::AgeExceeded
                            : condition == conditions::kRetriesExhausted ? Drop::RetriesExhausted
                            : condition == conditions::kRecursion        ? Drop::Recursion
                                                                        : Drop::Refused);
}

void AsyncQueue::commit(EventChange change)
{
    m_store->write(change, [this, change](const absl::Status& status) mutable {
        if (!status.ok()) {
            log::warning("the queue of asynchronous events could not be written, trying again: ",
                         status.message());
            m_unsaved.push_back(std::move(change));
            return wakeAt(m_clock.unixMicros() + 1'000'000);
        }
        apply(change);
    });
}

void AsyncQueue::apply(const EventChange& change)
{
    for (const std::int64_t id : change.removed)
        forget(id);
    for (const EventChange::Row& row : change.put) {
        if (const auto known = m_events.find(row.id); known != m_events.end()) {
            Event& event = known->second;
            if (event.forgotten) {
                EventChange removal;
                removal.removed.push_back(row.id);
                commit(std::move(removal));
                continue;
            }
            laneOf(event.record).waiting.erase({event.record.due_us(), row.id});
            m_dead.erase(row.id);
            event.record = row.record;
            event.held = false;
            if (!row.record.condition().empty() || m_payloadBytes > m_options.memoryBytes)
                dropPayload(event);
            enlist(row.id, event);
            changed();
        } else if (row.payload) {
            adopt(row.id, row.record, row.payload);
        }
    }
    boost::asio::post(m_io, [this, alive = std::weak_ptr<int>(m_alive)] {
        if (!alive.expired())
            pump();
    });
}

} // namespace gantry::invoke
