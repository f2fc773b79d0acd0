#include "backend/wire/stream_reply.h"

#include "backend/base/error.h"
#include "backend/wire/event_stream.h"
#include "backend/wire/json_writer.h"

#include <google/protobuf/message.h>

#include <utility>

namespace gantry::wire {
namespace {

using google::protobuf::Message;

constexpr std::pair<std::string_view, std::string_view> kEvent{":message-type", "event"};

// The frame of one event: its payload is the event's raw bytes when a field of it is the payload,
// else its members as JSON.
std::string frameOf(const FieldSchema& event, const Message& message)
{
    const MessageSchema& schema = *event.message;
    if (schema.payload && !schema.payload->message) {
        std::string scratch;
        return eventStreamFrame(
            {{":event-type", event.name}, {":content-type", "application/octet-stream"}, kEvent},
            message.GetReflection()->GetStringReference(message, schema.payload->field, &scratch));
    }
    std::string json;
    writeJson(message, schema, json);
    return eventStreamFrame(
        {{":event-type", event.name}, {":content-type", "application/json"}, kEvent}, json);
}

// In a protocol whose members are all in the body, those that are not events come in one of their own.
std::string initialFrame(std::string_view json)
{
    return eventStreamFrame(
        {{":event-type", "initial-response"}, {":content-type", "application/json"}, kEvent}, json);
}

std::string errorFrame(const absl::Status& status)
{
    const AwsError error = awsErrorOf(status);
    std::string json = "{\"Message\":";
    writeJsonString(error.message, json);
    json += '}';
    return eventStreamFrame({{":exception-type", error.name},
                             {":content-type", "application/json"},
                             {":message-type", "exception"}},
                            json);
}

} // namespace

StreamReply::StreamReply(const OperationSchema& operation, api::CallPtr call, Head head,
                         Error error, Send send)
    : m_operation(operation), m_call(std::move(call)), m_head(std::move(head)),
      m_error(std::move(error)), m_send(std::move(send))
{
}

void StreamReply::begin(const Message& first)
{
    if (!m_send)
        return;
    HttpReply head = m_head(first);
    if (!head.body.empty())
        m_body.push(initialFrame(std::exchange(head.body, {})));
    head.source = shared_from_this();
    std::exchange(m_send, nullptr)(std::move(head));
}

bool StreamReply::write(const Message& message)
{
    if (!m_body.hasRoom())
        return false;
    begin(message);
    const auto& reflection = *message.GetReflection();
    const FieldSchema* stream = m_operation.output->events;
    if (!stream || !reflection.HasField(message, stream->field))
        return true;
    const Message& events = reflection.GetMessage(message, stream->field);
    for (const FieldSchema& event : stream->message->fields) {
        if (events.GetReflection()->HasField(events, event.field))
            m_body.push(frameOf(event, events.GetReflection()->GetMessage(events, event.field)));
    }
    return true;
}

void StreamReply::onWritable(std::function<void()> callback)
{
    m_body.onRoom(std::move(callback));
}

void StreamReply::finish(absl::Status status)
{
    const auto self = shared_from_this();
    m_call->onCancelled = nullptr;
    if (m_send)
        return std::exchange(m_send, nullptr)(m_error(status));
    if (!status.ok())
        m_body.push(errorFrame(status));
    m_body.finish(true);
}

void StreamReply::cancel()
{
    const auto self = shared_from_this();
    m_body.cancel();
    if (m_call->onCancelled)
        std::exchange(m_call->onCancelled, nullptr)();
}

} // namespace gantry::wire
