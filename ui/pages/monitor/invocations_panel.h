#pragma once

#include "ui/models/invocations_model.h"
#include "ui/rpc/durations_api.h"

#include <QTimer>
#include <QWidget>

#include <optional>

class QFrame;
class QLabel;
class QSortFilterProxyModel;
class QSplitter;
class QTableView;

namespace gantry::rpc {
class MonitorApi;
}
namespace gantry::models {
class LiveMetrics;
}

namespace gantry::ui {

struct Services;
class InvocationDetailView;

// The latest invocations of one function or of all, or those of a cell of a heat map, kept current while
// active, and beside them the one that is selected in full. Older ones are fetched when the list is scrolled to its end.
class InvocationsPanel final : public QWidget {
    Q_OBJECT
public:
    InvocationsPanel(const Services& services, const QString& functionName, QWidget* parent);

    void setActive(bool active);
    models::InvocationsModel& model() { return m_model; }
    // Only those of a cell, until the user has enough of it. count: how many the metrics counted.
    void showCell(const rpc::CellQuery& cell, qint64 count);
    // Opens an invocation in full, also one that is not in the list.
    void open(const QString& requestId);

Q_SIGNALS:
    // The user wants the same event sent again.
    void replayRequested(const QByteArray& event, const QString& functionName);
    void openRequested(const QString& route); // another page

private:
    QWidget* makeFilterBar();
    void clearCell();
    void ask();
    void list(qint64 beforeMs, std::function<void(rpc::Result<QList<rpc::InvocationSummary>>)> done);
    void widen(bool wide);
    void buildTable();
    void refresh();
    void takeNewest(const rpc::Result<QList<rpc::InvocationSummary>>& newest);
    void fetchOlder();
    void onLiveUpdated();
    void openCurrent();
    void describe(const QString& problem);

    rpc::MonitorApi& m_api;
    rpc::DurationsApi m_cells;
    const models::LiveMetrics& m_live;
    QString m_functionName;
    std::optional<rpc::CellQuery> m_cell;
    qint64 m_cellCount = 0;
    int m_question = 0; // answers to another one are dropped
    models::InvocationsModel m_model;
    QSortFilterProxyModel* m_sorted;
    QTableView* m_table;
    QLabel* m_notice;
    QFrame* m_filterBar;
    QLabel* m_filter = nullptr; // what the chip says
    QWidget* m_list;
    InvocationDetailView* m_detail;
    QTimer m_timer;
    qint64 m_seenStartMs = -1; // of the newest second with an invocation that was asked about
    qint64 m_seenCount = 0;
    bool m_stale = true;
    bool m_fetching = false;
    bool m_active = false;
};

} // namespace gantry::ui
