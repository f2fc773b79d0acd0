#pragma once

#include "ui/models/event_queue_model.h"
#include "ui/pages/page.h"
#include "ui/rpc/queue_api.h"

#include <QTimer>

#include <memory>

class QButtonGroup;
class QPushButton;
class QSortFilterProxyModel;
class QStackedLayout;
class QTableView;

namespace gantry::widgets {
class EmptyState;
class SearchField;
class SectionHeader;
} // namespace gantry::widgets

namespace gantry::ui {

class QueueFilter;
class QueuedEventView;

// The asynchronous events of all functions: what waits, what is tried again, what is dead, each with
// its payload; dead ones can be sent again or removed. Beside them the message queues, where dead
// letters and results go. Live while the page is visible.
class QueuePage final : public Page {
    Q_OBJECT
public:
    QueuePage(const Services& services, QWidget* parent);
    ~QueuePage() override;

    QString title() const override { return tr("Event queue"); }
    void activated() override;
    void deactivated() override;

private:
    QWidget* makeTabs(QWidget* events);
    QWidget* makeFilterRow();
    void buildTable();
    void watch();
    void take(const rpc::QueueFrame& frame);
    void showCounts();
    void openCurrent();
    void updateActions();
    QList<qint64> selected() const;
    void replay();
    void askToPurge();
    void purge(const QList<qint64>& ids);
    void report(const QString& done, const rpc::Result<qint64>& result);

    Services m_services;
    rpc::QueueApi m_api;
    std::unique_ptr<rpc::Stream> m_stream;
    rpc::QueueFrame m_frame;
    models::EventQueueModel m_model;
    QueueFilter* m_filter;
    QTimer m_retry; // of the stream
    widgets::SectionHeader* m_header = nullptr;
    widgets::SearchField* m_search = nullptr;
    QButtonGroup* m_states = nullptr;
    QTableView* m_table = nullptr;
    QueuedEventView* m_detail = nullptr;
    widgets::EmptyState* m_empty = nullptr;
    QStackedLayout* m_stack = nullptr;
    QPushButton* m_replay = nullptr;
    QPushButton* m_purge = nullptr;
};

} // namespace gantry::ui
