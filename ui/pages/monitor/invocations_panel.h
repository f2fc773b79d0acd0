#pragma once

#include "ui/models/invocations_model.h"
#include "ui/rpc/result.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QSortFilterProxyModel;
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

// The latest invocations of one function, kept current while active, and beside them the one that
// is selected in full. Older ones are fetched when the list is scrolled to its end.
class InvocationsPanel final : public QWidget {
    Q_OBJECT
public:
    InvocationsPanel(const Services& services, const QString& functionName, QWidget* parent);

    void setActive(bool active);
    models::InvocationsModel& model() { return m_model; }
    // Opens an invocation in full, also one that is not in the list.
    void open(const QString& requestId);

Q_SIGNALS:
    // The user wants the same event sent again.
    void replayRequested(const QByteArray& event);
    void openRequested(const QString& route); // another page

private:
    void buildTable();
    void refresh();
    void takeNewest(const rpc::Result<QList<rpc::InvocationSummary>>& newest);
    void fetchOlder();
    void onLiveUpdated();
    void openCurrent();
    void describe(const QString& problem);

    rpc::MonitorApi& m_api;
    const models::LiveMetrics& m_live;
    QString m_functionName;
    models::InvocationsModel m_model;
    QSortFilterProxyModel* m_sorted;
    QTableView* m_table;
    QLabel* m_notice;
    InvocationDetailView* m_detail;
    QTimer m_timer;
    qint64 m_seenStartMs = -1; // of the newest second with an invocation that was asked about
    qint64 m_seenCount = 0;
    bool m_stale = true;
    bool m_fetching = false;
    bool m_active = false;
};

} // namespace gantry::ui
