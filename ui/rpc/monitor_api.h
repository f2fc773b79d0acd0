#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/monitor_types.h"
#include "ui/rpc/result.h"

#include <functional>
#include <memory>

class QObject;

namespace gantry::rpc {

// The platform's Monitor service in Qt values: metrics, log lines, invocations and changes of
// functions. Answers come on the GUI thread; a call's answer is dropped when its context is gone, a
// stream's when the returned Stream is destroyed. A stream ends with onEnd once, also when the
// platform is not running; whoever wants it back starts it again.
class MonitorApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;
    template <class T> using OnValue = std::function<void(T)>;
    using OnEnd = std::function<void(Error)>;

    explicit MonitorApi(Channel& channel) : m_channel(channel) {}

    // maxRateHz from 1 to 10; functionName empty: the account and every function.
    std::unique_ptr<Stream> watchMetrics(const QString& functionName, int maxRateHz,
                                         OnValue<MetricsFrame> onFrame, OnEnd onEnd);
    // backlog: lines to begin with, at most 1,000; no names: of all functions.
    std::unique_ptr<Stream> watchLogs(const QStringList& functionNames, int backlog,
                                      OnValue<LogBatch> onBatch, OnEnd onEnd);
    std::unique_ptr<Stream> watchFunctions(OnValue<FunctionEvent> onEvent, OnEnd onEnd);

    void queryMetrics(const MetricsQuery& query, QObject* context, Done<MetricsHistory> done);
    void queryLogs(const LogQuery& query, QObject* context, Done<LogBatch> done);
    void listInvocations(const InvocationsQuery& query, QObject* context,
                         Done<QList<InvocationSummary>> done);
    void getInvocation(const QString& requestId, QObject* context, Done<InvocationDetail> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
