#pragma once

#include "ui/charts/chart_group.h"
#include "ui/models/insights_model.h"
#include "ui/rpc/logs_api.h"

#include <QElapsedTimer>
#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QSortFilterProxyModel;
class QTableView;

namespace gantry::charts {
class LiveChart;
}
namespace gantry::rpc {
class Channel;
}
namespace gantry::widgets {
class CodeEditor;
}

namespace gantry::ui {

class DenialBar;

// The query editor of Logs Insights, with completion, and what a query answers: a table, and a
// chart when the rows are over time.
class InsightsView final : public QWidget {
    Q_OBJECT
public:
    InsightsView(rpc::Channel& channel, QWidget* parent);
    ~InsightsView() override;

    void setGroups(const QStringList& groups); // none: all
    void run();
    // What the platform answers; public so that the view can be filled without one.
    void showResult(const rpc::Result<rpc::InsightsResult>& result);

Q_SIGNALS:
    void openRequested(const QString& route); // why a call was refused

private:
    QWidget* makeEditor();
    QWidget* makeBar();
    QWidget* makeResults();
    void loadExample(int index);
    void stop();
    void setRunning(bool running);
    void drawChart();
    void copy(bool json);
    void showDenials();

    rpc::LogsApi m_api;
    QStringList m_groups;
    models::InsightsModel m_model;
    charts::ChartGroup m_group;
    QSortFilterProxyModel* m_sorted;
    widgets::CodeEditor* m_editor = nullptr;
    QComboBox* m_examples = nullptr;
    QComboBox* m_range = nullptr;
    QPushButton* m_run = nullptr;
    QPushButton* m_stop = nullptr;
    QLabel* m_status = nullptr;
    charts::LiveChart* m_chart = nullptr;
    QTableView* m_table = nullptr;
    DenialBar* m_denied = nullptr;
    QString m_queryId;
    int m_runs = 0;
    QElapsedTimer m_elapsed;
};

} // namespace gantry::ui
