#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"
#include "ui/rpc/traces_types.h"

#include <functional>

class QObject;

namespace gantry::rpc {

// X-Ray. Answers come on the GUI thread; one whose context is gone is dropped.
class TracesApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit TracesApi(Channel& channel) : m_channel(channel) {}

    void list(const TraceQuery& query, QObject* context, Done<TracePage> done);
    // Without segments when there is no such trace.
    void get(const QString& id, QObject* context, Done<TraceDocuments> done);
    // The trace that an invocation is in; empty when it was not sampled.
    void traceOf(const QString& requestId, QObject* context, Done<QString> done);
    void serviceGraph(qint64 fromMs, qint64 toMs, QObject* context, Done<QList<ServiceNode>> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
