#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/queue_types.h"
#include "ui/rpc/result.h"

#include <functional>
#include <memory>

namespace gantry::rpc {

// The platform's Queue service: the asynchronous events there are, and what can be done to them.
// Answers come on the GUI thread; one whose context is gone is dropped.
class QueueApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit QueueApi(Channel& channel) : m_channel(channel) {}

    // The queue as it is, again whenever it has changed; functionName empty: of every function.
    std::unique_ptr<Stream> watch(const QString& functionName,
                                  std::function<void(QueueFrame)> onFrame,
                                  std::function<void(Error)> onEnd);
    void get(qint64 id, QObject* context, Done<QueuedEventDetail> done);
    // Both answer how many events it was done to.
    void replay(const QList<qint64>& ids, QObject* context, Done<qint64> done);
    void purge(const QList<qint64>& ids, QObject* context, Done<qint64> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
