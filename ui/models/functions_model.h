#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/monitor_types.h"
#include "ui/rpc/result.h"

#include <QAbstractTableModel>
#include <QDateTime>
#include <QHash>
#include <QStringList>
#include <QTimer>

#include <memory>
#include <vector>

namespace gantry::rpc {
class MonitorApi;
}

namespace gantry::models {

class LiveMetrics;

// Every function of the account, kept current by one WatchFunctions stream, with the numbers of the
// last five minutes beside it. Changes are gathered and applied at most ten times a second, so that
// 10,000 functions arriving, or a busy deploy script, never stall the GUI. When the stream breaks
// the rows stay as they were; the next snapshot is merged in, which keeps selections.
class FunctionsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column {
        Name,
        Runtime,
        Memory,
        Architecture,
        State,
        LastModified,
        CodeSize,
        Concurrency,
        Invocations, // over kWindowMs, as the two after it
        Errors,
        Cost,
        ColumnCount
    };
    enum Role {
        RawRole = Qt::UserRole + 1, // the raw value of a cell
        SparkRole,                  // QList<int>: concurrency of each of the last 60 seconds
    };
    static constexpr qint64 kWindowMs = 5 * 60 * 1000;
    static constexpr int kApplyMs = 100;
    static constexpr int kLiveMs = 1000;

    struct Row {
        rpc::FunctionOverview overview;
        QDateTime lastModified;
        QString nameFolded; // for the filter
        int concurrency = 0;
        qint64 invocations = 0;
        qint64 errors = 0;
        pricing::Money costUsd;
    };

    // Watches while the channel is connected. liveMetrics may be null: then numbers stay zero.
    FunctionsModel(rpc::Channel& channel, rpc::MonitorApi& api, const LiveMetrics* liveMetrics,
                   QObject* parent = nullptr);
    ~FunctionsModel() override;

    // A first snapshot has arrived: an empty model now means that there are no functions.
    bool isLoaded() const { return m_loaded; }
    // The rows follow the platform at this moment.
    bool isCurrent() const { return m_loaded && m_stream && !m_inSnapshot; }

    const Row& row(int row) const { return m_rows[static_cast<std::size_t>(row)]; }
    // -1 when there is no such function.
    int rowOf(const QString& name) const { return m_rowByName.value(name, -1); }
    const rpc::FunctionOverview* find(const QString& name) const;
    QStringList names() const;

    // What the stream brings; public so that the model can be filled without a platform. Applied at
    // the next tick, or by flush().
    void take(const rpc::FunctionEvent& event);
    void flush();
    // Reads the numbers of the last five minutes anew; called once a second while live.
    void refreshNumbers();

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

Q_SIGNALS:
    void loadedChanged();
    void currentChanged();
    // A function was created or updated, or is gone; after the rows say so.
    void functionChanged(const QString& name);
    void functionRemoved(const QString& name);

private:
    void onChannelState(rpc::Channel::State state);
    void start();
    void onEnd();
    void applySnapshot();
    void upsert(const rpc::FunctionOverview& function, std::vector<Row>& added);
    void append(std::vector<Row> added);
    void removeRows(const QStringList& names);
    void removeRun(int first, int last);
    void scheduleNumbers();
    QVariant display(const Row& row, int column) const;
    QVariant rawValue(const Row& row, int column) const;
    QVariant toolTip(const Row& row, int column) const;
    QVariant spark(const Row& row) const;

    rpc::Channel& m_channel;
    rpc::MonitorApi& m_api;
    const LiveMetrics* m_liveMetrics;
    std::unique_ptr<rpc::Stream> m_stream;
    QTimer m_applyTimer;
    QTimer m_retryTimer;
    QTimer m_liveTimer;
    std::vector<rpc::FunctionEvent> m_pending;
    QHash<QString, rpc::FunctionOverview> m_snapshot;
    std::vector<Row> m_rows;
    QHash<QString, int> m_rowByName;
    bool m_inSnapshot = false;
    bool m_loaded = false;
};

} // namespace gantry::models
