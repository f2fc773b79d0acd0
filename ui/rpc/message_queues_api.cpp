#include "ui/rpc/message_queues_api.h"

#include "aws/sqs.pb.h"
#include "gantry/v1/message_queues.pb.h"
#include "ui/rpc/call.h"

#include <google/protobuf/empty.pb.h>

namespace gantry::rpc {

namespace sqs = aws::sqs;

namespace {

constexpr auto kNothing = [](const auto&) { return Nothing(); };

QList<MessageQueue> toQueues(const v1::MessageQueueList& list)
{
    QList<MessageQueue> queues;
    for (const v1::MessageQueue& from : list.queues()) {
        MessageQueue queue;
        queue.name = QString::fromStdString(from.name());
        queue.arn = QString::fromStdString(from.arn());
        queue.visible = from.visible();
        queue.inFlight = from.in_flight();
        queue.delayed = from.delayed();
        queue.oldestSentMs = from.oldest_sent_ms();
        for (const std::string& function : from.fed_by())
            queue.fedBy.append(QString::fromStdString(function));
        queues.append(queue);
    }
    return queues;
}

QList<PeekedMessage> toMessages(const v1::PeekedMessages& peeked)
{
    QList<PeekedMessage> messages;
    for (const v1::PeekedMessage& from : peeked.messages()) {
        PeekedMessage message;
        message.messageId = QString::fromStdString(from.message_id());
        message.body = QString::fromStdString(from.body());
        message.sentMs = from.sent_ms();
        message.receives = from.receives();
        message.deadLetterSource = QString::fromStdString(from.dead_letter_source());
        for (const auto& [name, value] : from.attributes())
            message.attributes.insert(QString::fromStdString(name), QString::fromStdString(value));
        messages.append(message);
    }
    return messages;
}

} // namespace

void MessageQueuesApi::list(QObject* context, Done<QList<MessageQueue>> done)
{
    call<v1::MessageQueueList>(m_channel, v1::ListMessageQueuesRequest(), context, toQueues,
                               std::move(done));
}

void MessageQueuesApi::peek(const QString& queue, QObject* context, Done<QList<PeekedMessage>> done)
{
    v1::PeekMessagesRequest request;
    request.set_queue_name(queue.toStdString());
    call<v1::PeekedMessages>(m_channel, request, context, toMessages, std::move(done));
}

void MessageQueuesApi::create(const QString& name, QObject* context, Done<Nothing> done)
{
    sqs::CreateQueueRequest request;
    request.set_queue_name(name.toStdString());
    call<sqs::CreateQueueResult>(m_channel, request, context, kNothing, std::move(done));
}

void MessageQueuesApi::purge(const QString& name, QObject* context, Done<Nothing> done)
{
    sqs::PurgeQueueRequest request;
    request.set_queue_url(name.toStdString());
    call<google::protobuf::Empty>(m_channel, request, context, kNothing, std::move(done));
}

void MessageQueuesApi::remove(const QString& name, QObject* context, Done<Nothing> done)
{
    sqs::DeleteQueueRequest request;
    request.set_queue_url(name.toStdString());
    call<google::protobuf::Empty>(m_channel, request, context, kNothing, std::move(done));
}

} // namespace gantry::rpc
