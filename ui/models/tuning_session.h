#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"
#include "ui/rpc/tuning_types.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>

namespace gantry::rpc {
class TuningApi;
}

namespace gantry::models {

// What the tuning page shows: the run that is looked at (live while it runs), one to compare it
// with, the history of a function, and what was chosen in the chart.
class TuningSession final : public QObject {
    Q_OBJECT
public:
    explicit TuningSession(rpc::TuningApi& api, QObject* parent = nullptr);
    ~TuningSession() override;

    void setFunction(const QString& name); // whose history is shown
    const QString& function() const { return m_function; }

    void start(const rpc::TuningOptions& options);
    void stop();
    bool isRunning() const { return m_stream != nullptr; }
    bool isStopping() const { return m_stopping; }

    const std::optional<rpc::TuningRun>& run() const { return m_run; }
    const std::optional<rpc::TuningRun>& compared() const { return m_compared; }
    const QList<rpc::TuningRun>& history() const { return m_history; }

    void open(const QString& id);
    void compare(const QString& id); // empty: with nothing
    void remove(const QString& id);
    void refreshHistory();

    // The estimate that is chosen: by a click, or the pick. -1: none.
    int chosen() const;
    void choose(int index);
    // The pick for a weight of cost from 0 to 1, without another call.
    int pickForBalance(double weight) const;

    void apply(const QString& alias, double shiftMinutes);
    void undo();
    void importText(const QString& text);
    void exportRun(bool asLink); // brings exported()

    // What the stream brings; public so that it can be checked without a platform.
    void take(const rpc::TuningRun& run);

Q_SIGNALS:
    void changed();        // the run, the comparison or the choice
    void historyChanged();
    void failed(const QString& text);
    void happened(const QString& text);
    void exported(const QString& text, bool asLink);

private:
    void report(const QString& what, const rpc::Error& error);
    void followAlias();

    rpc::TuningApi& m_api;
    QString m_function;
    std::unique_ptr<rpc::Stream> m_stream;
    std::optional<rpc::TuningRun> m_run, m_compared;
    QList<rpc::TuningRun> m_history;
    int m_chosen = -1;
    bool m_stopping = false;
    QTimer m_follow; // while an alias moves
};

// How sure, of 1, in words. Nothing that was measured is ever 100 % sure.
QString surenessText(double sure);

} // namespace gantry::models
