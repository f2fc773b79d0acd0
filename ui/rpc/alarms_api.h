#pragma once

#include "ui/rpc/alarms_types.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"

#include <functional>
#include <memory>

namespace gantry::rpc {

// CloudWatch's alarms, and what the console is told of them besides. Answers come on the GUI thread;
// one whose context is gone is dropped.
class AlarmsApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit AlarmsApi(Channel& channel) : m_channel(channel) {}

    // Every alarm, again whenever one has changed; desktop notifications once.
    std::unique_ptr<Stream> watch(std::function<void(AlarmsFrame)> onFrame,
                                  std::function<void(Error)> onEnd);
    void put(const AlarmSettings& settings, QObject* context, Done<Nothing> done);
    void remove(const QString& name, QObject* context, Done<Nothing> done);
    void setActionsEnabled(const QString& name, bool enabled, QObject* context, Done<Nothing> done);
    // The newest hundred items.
    void history(const QString& name, QObject* context, Done<QList<AlarmHistoryItem>> done);
    // What an alarm like this would have done.
    void test(const AlarmSettings& settings, qint64 fromMs, qint64 toMs, QObject* context,
              Done<AlarmTest> done);
    // Metrics that functions and clients published: those that are not the platform's own.
    void listCustomMetrics(QObject* context, Done<QList<AlarmMetric>> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
