#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/concurrency_types.h"
#include "ui/rpc/result.h"

#include <functional>
#include <memory>

class QObject;

namespace gantry::rpc {

// The platform's Concurrency service, and Lambda's operations that set what it shows. Answers come
// on the GUI thread; a call's answer is dropped when its context is gone.
class ConcurrencyApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit ConcurrencyApi(Channel& channel) : m_channel(channel) {}

    std::unique_ptr<Stream> watch(int maxRateHz, std::function<void(ConcurrencyFrame)> onFrame,
                                  std::function<void(Error)> onEnd);
    void endEnvironment(const QString& id, QObject* context, Done<Nothing> done);
    void getKeepAlive(QObject* context, Done<KeepAlive> done);
    void setKeepAlive(bool learned, int fixedSeconds, QObject* context, Done<KeepAlive> done);

    void scaling(QObject* context, Done<Scaling> done);
    void setScaling(const Scaling& scaling, QObject* context, Done<Scaling> done);

    void streamPace(const QString& functionName, QObject* context, Done<StreamPace> done);
    // Without one the platform's holds again.
    void setStreamPace(const QString& functionName, const std::optional<StreamPace>& pace,
                       QObject* context, Done<StreamPace> done);

    // The newest version first.
    void snapshots(const QString& functionName, QObject* context, Done<QList<Snapshot>> done);

    // Without a number nothing is reserved any more; 0 stops the function.
    void reserve(const QString& functionName, std::optional<int> concurrency, QObject* context,
                 Done<Nothing> done);
    // 0 takes the configuration away.
    void provision(const QString& functionName, const QString& qualifier, int concurrency,
                   QObject* context, Done<Nothing> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
