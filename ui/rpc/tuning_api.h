#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"
#include "ui/rpc/tuning_types.h"

#include <functional>
#include <memory>

class QObject;

namespace gantry::rpc {

// The platform's Tuning service in Qt values. Answers come on the GUI thread and are dropped when
// their context is gone.
class TuningApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit TuningApi(Channel& channel) : m_channel(channel) {}

    // The run after every round. Destroying the stream ends the run; stop() ends it with an answer.
    std::unique_ptr<Stream> start(const QString& function, const TuningOptions& options,
                                  std::function<void(TuningRun)> onRun,
                                  std::function<void(Error)> onEnd);
    void stop(const QString& id, QObject* context, Done<Nothing> done);
    void list(const QString& function, QObject* context, Done<QList<TuningRun>> done);
    void get(const QString& id, QObject* context, Done<TuningRun> done);
    void remove(const QString& id, QObject* context, Done<Nothing> done);
    void apply(const QString& id, int memoryMb, const QString& alias, double shiftMinutes,
               QObject* context, Done<TuningApplication> done);
    void undo(const QString& id, QObject* context, Done<TuningApplication> done);
    void exportRun(const QString& id, QObject* context, Done<TuningExport> done);
    void importRun(const QString& function, const QString& content, QObject* context,
                   Done<TuningRun> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
