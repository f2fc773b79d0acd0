#include "ui/rpc/queue_api.h"

#include "gantry/v1/queue.pb.h"
#include "ui/rpc/call.h"

namespace gantry::rpc {

namespace {

QueuedState stateOf(v1::QueuedEventState state)
{
    switch (state) {
    case v1::QUEUED_EVENT_RETRYING:
        return QueuedState::Retrying;
    case v1::QUEUED_EVENT_RUNNING:
        return QueuedState::Running;
    case v1::QUEUED_EVENT_DEAD:
        return QueuedState::Dead;
    default:
        return QueuedState::Waiting;
    }
}

QueuedEvent fromProto(const v1::QueuedEvent& event)
{
    QueuedEvent result;
    result.id = event.id();
    result.state = stateOf(event.state());
    result.requestId = QString::fromStdString(event.request_id());
    result.functionName = QString::fromStdString(event.function_name());
    result.qualifier = QString::fromStdString(event.qualifier());
    result.targetArn = QString::fromStdString(event.target_arn());
    result.acceptedMs = event.accepted_ms();
    result.dueMs = event.due_ms();
    result.diedMs = event.died_ms();
    result.attempts = event.attempts();
    result.setbacks = event.setbacks();
    result.payloadBytes = event.payload_bytes();
    result.errorType = QString::fromStdString(event.error_type());
    result.errorMessage = QString::fromStdString(event.error_message());
    result.condition = QString::fromStdString(event.condition());
    return result;
}

QueueFrame fromProto(const v1::QueueFrame& frame)
{
    QueueFrame result;
    result.waiting = frame.waiting();
    result.retrying = frame.retrying();
    result.running = frame.running();
    result.dead = frame.dead();
    result.oldestWaitingMs = frame.oldest_waiting_ms();
    for (const v1::QueuedEvent& event : frame.events())
        result.events.append(fromProto(event));
    return result;
}

QueuedEventDetail fromProto(const v1::QueuedEventDetail& detail)
{
    return {fromProto(detail.event()), QByteArray::fromStdString(detail.payload())};
}

constexpr auto kConvert = [](const auto& message) { return fromProto(message); };
constexpr auto kCount = [](const v1::QueueActionResponse& response) {
    return qint64(response.events());
};

} // namespace

std::unique_ptr<Stream> QueueApi::watch(const QString& functionName,
                                        std::function<void(QueueFrame)> onFrame,
                                        std::function<void(Error)> onEnd)
{
    v1::WatchQueueRequest request;
    request.set_function_name(functionName.toStdString());
    return stream<v1::QueueFrame>(m_channel, request, kConvert, std::move(onFrame),
                                  std::move(onEnd));
}

void QueueApi::get(qint64 id, QObject* context, Done<QueuedEventDetail> done)
{
    v1::GetQueuedEventRequest request;
    request.set_id(id);
    call<v1::QueuedEventDetail>(m_channel, request, context, kConvert, std::move(done));
}

void QueueApi::replay(const QList<qint64>& ids, QObject* context, Done<qint64> done)
{
    v1::ReplayQueuedEventsRequest request;
    request.mutable_ids()->Add(ids.begin(), ids.end());
    call<v1::QueueActionResponse>(m_channel, request, context, kCount, std::move(done));
}

void QueueApi::purge(const QList<qint64>& ids, QObject* context, Done<qint64> done)
{
    v1::PurgeQueuedEventsRequest request;
    request.mutable_ids()->Add(ids.begin(), ids.end());
    call<v1::QueueActionResponse>(m_channel, request, context, kCount, std::move(done));
}

} // namespace gantry::rpc
