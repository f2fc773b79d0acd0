#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"

#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

#include <functional>

namespace gantry::rpc {

// A message queue (SQS) and how full it is.
struct MessageQueue {
    QString name;
    QString arn;
    qint64 visible = 0;
    qint64 inFlight = 0;
    qint64 delayed = 0;
    qint64 oldestSentMs = 0; // 0: there is no message
    QStringList fedBy;       // functions

    qint64 total() const { return visible + inFlight + delayed; }
};

struct PeekedMessage {
    QString messageId;
    QString body;
    qint64 sentMs = 0;
    int receives = 0;
    QMap<QString, QString> attributes;
    QString deadLetterSource;
};

// The message queues there are and what is in them. Answers come on the GUI thread; one whose
// context is gone is dropped.
class MessageQueuesApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit MessageQueuesApi(Channel& channel) : m_channel(channel) {}

    void list(QObject* context, Done<QList<MessageQueue>> done);
    // The oldest hundred, which stay as they are.
    void peek(const QString& queue, QObject* context, Done<QList<PeekedMessage>> done);
    void create(const QString& name, QObject* context, Done<Nothing> done);
    void purge(const QString& name, QObject* context, Done<Nothing> done);
    void remove(const QString& name, QObject* context, Done<Nothing> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
