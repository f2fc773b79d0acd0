#pragma once

#include "ui/models/traces_model.h"
#include "ui/pages/page.h"
#include "ui/rpc/traces_api.h"

#include <QTimer>

class QComboBox;
class QLabel;
class QStackedLayout;
class QTabWidget;
class QTableView;

namespace gantry::widgets {
class EmptyState;
class SearchField;
class SectionHeader;
} // namespace gantry::widgets

namespace gantry::ui {

class ServiceMap;
class TraceDetail;

// The traces of the last while, with filters, one of them in full, and the service map. Routes: a trace's
// id; "invocation/REQUEST"; "map".
class TracesPage final : public Page {
    Q_OBJECT
public:
    TracesPage(const Services& services, QWidget* parent);

    QString title() const override { return tr("Traces"); }
    void activated() override;
    void deactivated() override;
    void show(const QString& subRoute) override;
    QList<QAction*> commands() const override { return {m_refresh}; }

private:
    QWidget* makeFilters();
    QWidget* makeList();
    QWidget* makeMap();
    widgets::EmptyState* makeEmpty();
    void buildTable();
    QString filter() const;
    qint64 fromMs() const;
    void restart();
    void poll();
    void refresh();
    void fetchOlder();
    void takeNewest(const rpc::Result<rpc::TracePage>& page);
    void refreshMap();
    void openCurrent();
    void openTrace(const QString& id);
    void openTraceOf(const QString& requestId);
    void filterByService(const QString& name, const QString& type);
    void showCounts();

    rpc::TracesApi m_api;
    models::TracesModel m_model;
    QAction* m_refresh = nullptr;
    QTimer m_timer;
    QString m_nextToken;     // of the oldest page that is shown
    int m_generation = 0;    // answers to an older question are dropped
    bool m_extended = false; // older pages were fetched: the list is left alone
    bool m_fetching = false;
    bool m_active = false;
    widgets::SectionHeader* m_header = nullptr;
    QTabWidget* m_tabs = nullptr;
    QComboBox* m_range = nullptr;
    QComboBox* m_outcome = nullptr;
    widgets::SearchField* m_expression = nullptr;
    QLabel* m_problem = nullptr;
    QTableView* m_table = nullptr;
    QStackedLayout* m_stack = nullptr;
    TraceDetail* m_detail = nullptr;
    ServiceMap* m_map = nullptr;
    QStackedLayout* m_mapStack = nullptr;
};

} // namespace gantry::ui
