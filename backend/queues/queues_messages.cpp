#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/queues/queues.h"
#include "backend/queues/sent_message.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <chrono>
#include <utility>

// The way of a message: composed, committed, chosen for a consumer, marked and read in one commit,
// deleted or visible again.
namespace gantry::queues {
namespace {

namespace sqs = aws::sqs;

constexpr std::int64_t kSweepEveryMs = 60'000;
constexpr std::int64_t kLongestSleepMs = 1'000; // bounds how late a jump of the clock is noticed

void addSystemAttributes(const MessageRow& row, const sqs::ReceiveMessageRequest& request,
                         sqs::Message& message)
{
    const std::pair<const char*, std::string> all[] = {
        {"SenderId", row.record.sender_id()},
        {"SentTimestamp", std::to_string(row.record.sent_ms())},
        {"ApproximateReceiveCount", std::to_string(row.state.receives)},
        {"ApproximateFirstReceiveTimestamp", std::to_string(row.state.firstReceivedMs)},
        {"AWSTraceHeader", row.record.trace_header()},
        {"DeadLetterQueueSourceArn", row.record.dead_letter_source()}};
    for (const auto& [name, value] : all) {
        if (!value.empty() && (asksFor(request.attribute_names(), name) ||
                               asksFor(request.message_system_attribute_names(), name)))
            (*message.mutable_attributes())[name] = value;
    }
}

sqs::ReceiveMessageResult resultOf(const std::string& queue, const std::vector<MessageRow>& rows,
                                   const sqs::ReceiveMessageRequest& request)
{
    sqs::ReceiveMessageResult result;
    for (const MessageRow& row : rows) {
        sqs::Message& message = *result.add_messages();
        message.set_message_id(row.record.message_id());
        message.set_receipt_handle(
            makeReceipt(queue, {row.state.id, row.record.message_id()}, row.state.receives));
        message.set_md5_of_body(md5OfText(row.body));
        message.set_body(row.body);
        addSystemAttributes(row, request, message);
        for (const auto& [name, value] : row.record.attributes()) {
            if (asksFor(request.message_attribute_names(), name))
                (*message.mutable_message_attributes())[name] = value;
        }
        if (!message.message_attributes().empty())
            message.set_md5_of_message_attributes(md5OfAttributes(message.message_attributes()));
    }
    return result;
}

absl::Status checkReceive(const sqs::ReceiveMessageRequest& request)
{
    absl::Status valid = checkRange("MaxNumberOfMessages", request.has_max_number_of_messages(),
                                    request.max_number_of_messages(), 1, kMaxBatch);
    valid.Update(checkRange("VisibilityTimeout", request.has_visibility_timeout(),
                            request.visibility_timeout(), 0, 43'200));
    valid.Update(checkRange("WaitTimeSeconds", request.has_wait_time_seconds(),
                            request.wait_time_seconds(), 0, 20));
    return valid;
}

} // namespace

absl::StatusOr<MessageRow> Queues::compose(const Queue& queue,
                                           const sqs::SendMessageRequest& request,
                                           const std::string& sender) const
{
    absl::Status valid =
        checkRange("DelaySeconds", request.has_delay_seconds(), request.delay_seconds(), 0, 900);
    valid.Update(checkMessage(request.message_body(), request.message_attributes(),
                              queue.settings.maxBytes));
    if (valid.ok() && request.has_message_deduplication_id())
        valid = invalidValue("The request include parameter that is not valid for this queue type");
    if (!valid.ok())
        return valid;
    const std::int64_t now = m_clock.unixMillis();
    MessageRow row;
    row.state.visibleMs = now + (request.has_delay_seconds()
                                     ? std::int64_t{1'000} * request.delay_seconds()
                                     : queue.settings.delayMs);
    row.body = request.message_body();
    row.record.set_message_id(randomUuid());
    row.record.set_sender_id(sender);
    row.record.set_sent_ms(now);
    *row.record.mutable_attributes() = request.message_attributes();
    const auto& system = request.message_system_attributes();
    if (const auto trace = system.find("AWSTraceHeader"); trace != system.end())
        row.record.set_trace_header(trace->second.string_value());
    return row;
}

// Accepted once they are on the disk; then whoever waits for messages gets them.
void Queues::add(const std::string& name, std::vector<MessageRow> rows, Done done)
{
    for (MessageRow& row : rows)
        row.state.id = m_nextId++;
    m_store->add(name, rows, [this, name, rows, done = std::move(done)](const absl::Status& status) {
        const auto found = m_queues.find(name);
        if (found == m_queues.end())
            return done(noSuchQueue());
        if (!status.ok())
            return done(status);
        for (const MessageRow& row : rows) {
            found->second.messages[row.state.id] = {row.record.message_id(), row.record.sent_ms(),
                                                    row.state, false};
            found->second.waiting.emplace(row.state.visibleMs, row.state.id);
        }
        done(status);
        serve(name, found->second);
        arm();
    });
}

void Queues::send(const sqs::SendMessageRequest& request, const std::string& sender,
                  Reply<sqs::SendMessageResult> reply)
{
    const auto queue = find(request.queue_url());
    if (!queue.ok())
        return reply(queue.status());
    auto row = compose(**queue, request, sender);
    if (!row.ok())
        return reply(row.status());
    sqs::SendMessageResult result;
    describe(*row, result);
    add(nameFromUrl(request.queue_url()), {*std::move(row)},
        [result = std::move(result), reply = std::move(reply)](const absl::Status& status) {
            status.ok() ? reply(result) : reply(status);
        });
}

void Queues::receive(const sqs::ReceiveMessageRequest& request, std::shared_ptr<const bool> gone,
                     Reply<sqs::ReceiveMessageResult> reply)
{
    const auto queue = find(request.queue_url());
    absl::Status valid = queue.status();
    if (valid.ok())
        valid = checkReceive(request);
    if (!valid.ok())
        return reply(valid);
    const std::string name = nameFromUrl(request.queue_url());
    const std::int64_t wait = request.has_wait_time_seconds()
                                  ? std::int64_t{1'000} * request.wait_time_seconds()
                                  : (*queue)->settings.waitMs;
    Waiter waiter{request, m_clock.unixMillis() + wait, std::move(gone), std::move(reply)};
    auto chosen = choose(name, **queue, request);
    if (chosen.empty() && wait > 0) {
        (*queue)->waiters.push_back(std::move(waiter));
        return arm();
    }
    if (chosen.empty())
        return waiter.reply(sqs::ReceiveMessageResult());
    take(name, std::move(chosen), std::move(waiter));
}

// What is visible, with the state that receiving it brings; held from here on. What was received
// too often goes to the dead-letter queue instead.
std::vector<MessageState> Queues::choose(const std::string& name, Queue& queue,
                                         const sqs::ReceiveMessageRequest& request)
{
    const std::int64_t now = m_clock.unixMillis();
    const std::int64_t visibility = request.has_visibility_timeout()
                                        ? std::int64_t{1'000} * request.visibility_timeout()
                                        : queue.settings.visibilityMs;
    const auto most = static_cast<std::size_t>(
        request.has_max_number_of_messages() ? request.max_number_of_messages() : 1);
    const bool redrives = exists(queue.settings.deadLetterArn);
    std::vector<MessageState> chosen;
    std::vector<std::int64_t> dead;
    while (chosen.size() < most && !queue.waiting.empty() && queue.waiting.begin()->first <= now) {
        Message& message = queue.messages.at(queue.waiting.begin()->second);
        queue.waiting.erase(queue.waiting.begin());
        message.held = true;
        MessageState state = message.state;
        if (redrives && state.receives >= queue.settings.maxReceives) {
            dead.push_back(state.id);
            continue;
        }
        state.visibleMs = now + visibility;
        state.firstReceivedMs = state.firstReceivedMs ? state.firstReceivedMs : now;
        ++state.receives;
        chosen.push_back(state);
    }
    if (!dead.empty())
        giveUp(name, queue, dead);
    return chosen;
}

void Queues::take(const std::string& name, std::vector<MessageState> states, Waiter waiter)
{
    m_store->take(states, [this, name, states, waiter = std::move(waiter)](
                              absl::StatusOr<std::vector<MessageRow>> rows) {
        settle(name, states, rows.ok());
        if (!rows.ok())
            return waiter.reply(rows.status());
        waiter.reply(resultOf(name, *rows, waiter.request));
        arm();
    });
}

// The held messages have the states now, or, when the disk refused them, those of before.
void Queues::settle(const std::string& name, const std::vector<MessageState>& states, bool kept)
{
    const auto found = m_queues.find(name);
    if (found == m_queues.end())
        return;
    for (const MessageState& state : states) {
        const auto message = found->second.messages.find(state.id);
        if (message == found->second.messages.end())
            continue; // deleted meanwhile
        if (kept)
            message->second.state = state;
        message->second.held = false;
        found->second.waiting.emplace(message->second.state.visibleMs, state.id);
    }
}

void Queues::giveUp(const std::string& name, Queue& queue, const std::vector<std::int64_t>& ids)
{
    const std::string target = nameFromArn(queue.settings.deadLetterArn);
    m_store->move(ids, target, arnOf(name), [this, name, target, ids](const absl::Status& status) {
        const auto from = m_queues.find(name);
        const auto to = m_queues.find(target);
        if (from == m_queues.end())
            return;
        std::vector<MessageState> states;
        for (const std::int64_t id : ids) {
            const auto message = from->second.messages.find(id);
            if (message == from->second.messages.end())
                continue;
            states.push_back(message->second.state);
            if (!status.ok() || to == m_queues.end())
                continue;
            Message moved = message->second;
            moved.held = false;
            moved.state.visibleMs = 0;
            to->second.waiting.emplace(0, id);
            to->second.messages[id] = std::move(moved);
        }
        if (!status.ok()) {
            log::warning("messages could not be moved to the queue ", target, ": ",
                         status.message());
            return settle(name, states, true);
        }
        for (const std::int64_t id : ids)
            from->second.messages.erase(id);
        if (to != m_queues.end())
            serve(target, to->second);
    });
}

// Hands what is visible to who has waited for it longest.
void Queues::serve(const std::string& name, Queue& queue)
{
    while (!queue.waiters.empty()) {
        Waiter& first = queue.waiters.front();
        if (!first.gone || !*first.gone) {
            auto chosen = choose(name, queue, first.request);
            if (chosen.empty())
                return;
            Waiter waiter = std::move(first);
            queue.waiters.pop_front();
            take(name, std::move(chosen), std::move(waiter));
            continue;
        }
        queue.waiters.pop_front();
    }
}

void Queues::forget(const std::string& name, const std::vector<std::int64_t>& ids)
{
    const auto found = m_queues.find(name);
    if (found == m_queues.end())
        return;
    for (const std::int64_t id : ids) {
        const auto message = found->second.messages.find(id);
        if (message == found->second.messages.end())
            continue;
        found->second.waiting.erase({message->second.state.visibleMs, id});
        found->second.messages.erase(message);
    }
}

void Queues::deleteMessage(const sqs::DeleteMessageRequest& request, Done done)
{
    const auto queue = find(request.queue_url());
    if (!queue.ok())
        return done(queue.status());
    const std::string name = nameFromUrl(request.queue_url());
    const auto receipt = readReceipt(name, request.receipt_handle());
    if (!receipt.ok())
        return done(receipt.status());
    const auto message = (*queue)->messages.find(receipt->id);
    if (message == (*queue)->messages.end() || message->second.messageId != receipt->messageId)
        return done(absl::OkStatus()); // deleted before
    const std::vector<std::int64_t> ids{receipt->id};
    m_store->remove(ids, [this, name, ids, done = std::move(done)](const absl::Status& status) {
        if (status.ok())
            forget(name, ids);
        done(status);
    });
}

// A message that a consumer has, so that only it may say when it is visible again.
absl::StatusOr<Queues::Message*> Queues::inFlight(const std::string& name, Queue& queue,
                                                  const std::string& handle)
{
    const auto receipt = readReceipt(name, handle);
    if (!receipt.ok())
        return receipt.status();
    const auto found = queue.messages.find(receipt->id);
    if (found == queue.messages.end() || found->second.messageId != receipt->messageId ||
        found->second.held || found->second.state.receives == 0 ||
        found->second.state.visibleMs <= m_clock.unixMillis())
        return invalidValue(absl::StrCat("Value ", handle,
                                         " for parameter ReceiptHandle is invalid. Reason: Message "
                                         "does not exist or is not available for visibility "
                                         "timeout change."));
    return &found->second;
}

void Queues::changeVisibility(const sqs::ChangeMessageVisibilityRequest& request, Done done)
{
    const auto queue = find(request.queue_url());
    absl::Status valid = queue.status();
    if (valid.ok())
        valid = checkRange("VisibilityTimeout", true, request.visibility_timeout(), 0, 43'200);
    if (!valid.ok())
        return done(valid);
    const std::string name = nameFromUrl(request.queue_url());
    const auto message = inFlight(name, **queue, request.receipt_handle());
    if (!message.ok())
        return done(message.status());
    (*queue)->waiting.erase({(*message)->state.visibleMs, (*message)->state.id});
    (*message)->held = true;
    MessageState state = (*message)->state;
    state.visibleMs = m_clock.unixMillis() + std::int64_t{1'000} * request.visibility_timeout();
    m_store->mark({state}, [this, name, state, done = std::move(done)](const absl::Status& status) {
        settle(name, {state}, status.ok());
        done(status);
        if (const auto found = m_queues.find(name); found != m_queues.end())
            serve(name, found->second);
        arm();
    });
}

void Queues::peek(const std::string& name, int count, std::function<void(absl::StatusOr<Seen>)> done)
{
    const auto queue = find(name);
    if (!queue.ok())
        return done(queue.status());
    std::vector<std::int64_t> ids;
    for (const auto& [id, message] : (*queue)->messages) {
        if (static_cast<int>(ids.size()) == count)
            break;
        ids.push_back(id);
    }
    m_store->read(std::move(ids), std::move(done));
}

void Queues::stop()
{
    m_timer.cancel();
    for (auto& [name, queue] : m_queues) {
        for (const Waiter& waiter : std::exchange(queue.waiters, {}))
            waiter.reply(sqs::ReceiveMessageResult());
    }
}

// Forgets what is older than its queue keeps messages.
void Queues::sweep()
{
    const std::int64_t now = m_clock.unixMillis();
    m_nextSweepMs = now + kSweepEveryMs;
    for (const auto& [name, queue] : m_queues) {
        std::vector<std::int64_t> old;
        for (const auto& [id, message] : queue.messages) {
            if (message.sentMs + queue.settings.retentionMs > now)
                break;
            old.push_back(id);
        }
        if (!old.empty())
            m_store->remove(old, [this, name = name, old](const absl::Status& status) {
                if (status.ok())
                    forget(name, old);
            });
    }
    arm();
}

// Wakes when a waiter's time is over, when something becomes visible that one waits for, and to
// sweep.
void Queues::arm()
{
    const std::int64_t now = m_clock.unixMillis();
    std::int64_t next = m_nextSweepMs;
    bool watched = false;
    for (const auto& [name, queue] : m_queues) {
        for (const Waiter& waiter : queue.waiters)
            next = std::min(next, waiter.untilMs);
        if (queue.waiters.empty())
            continue;
        watched = true;
        if (!queue.waiting.empty())
            next = std::min(next, queue.waiting.begin()->first);
    }
    const std::int64_t longest = watched ? kLongestSleepMs : kSweepEveryMs;
    m_timer.expires_after(
        std::chrono::milliseconds(std::clamp<std::int64_t>(next - now, 1, longest)));
    m_timer.async_wait([this](const boost::system::error_code& error) {
        if (error)
            return;
        const std::int64_t now = m_clock.unixMillis();
        for (auto& [name, queue] : m_queues) {
            serve(name, queue);
            for (auto waiter = queue.waiters.begin(); waiter != queue.waiters.end();) {
                const bool over = waiter->untilMs <= now || (waiter->gone && *waiter->gone);
                if (over)
                    waiter->reply(sqs::ReceiveMessageResult());
                waiter = over ? queue.waiters.erase(waiter) : std::next(waiter);
            }
        }
        now >= m_nextSweepMs ? sweep() : arm();
    });
}

} // namespace gantry::queues
