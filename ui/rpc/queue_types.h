#pragma once

#include <QByteArray>
#include <QList>
#include <QMetaType>
#include <QString>

namespace gantry::rpc {

// The queue of asynchronous events in Qt values; see proto/gantry/v1/queue.proto.
enum class QueuedState { Waiting, Retrying, Running, Dead };

struct QueuedEvent {
    qint64 id = 0;
    QueuedState state = QueuedState::Waiting;
    QString requestId;
    QString functionName;
    QString qualifier;
    QString targetArn; // of a message to what is not a function; may be empty
    qint64 acceptedMs = 0;
    qint64 dueMs = 0;
    qint64 diedMs = 0;
    int attempts = 0;
    int setbacks = 0;
    qint64 payloadBytes = 0;
    QString errorType;
    QString errorMessage;
    QString condition;

    bool operator==(const QueuedEvent&) const = default;
};

struct QueueFrame {
    qint64 waiting = 0;
    qint64 retrying = 0;
    qint64 running = 0;
    qint64 dead = 0;
    qint64 oldestWaitingMs = 0; // 0: none
    QList<QueuedEvent> events;  // the newest 1,000 of each state
};

struct QueuedEventDetail {
    QueuedEvent event;
    QByteArray payload;
};

} // namespace gantry::rpc

Q_DECLARE_METATYPE(gantry::rpc::QueueFrame)
