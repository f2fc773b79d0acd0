#pragma once

#include "ui/charts/chart_group.h"
#include "ui/models/cost_shares_model.h"
#include "ui/pages/page.h"
#include "ui/rpc/cost_types.h"
#include "ui/rpc/monitor_types.h"
#include "ui/rpc/result.h"

class QComboBox;
class QLabel;
class QSortFilterProxyModel;
class QTableView;

namespace gantry::charts {
class CurveChart;
class LiveChart;
class Treemap;
} // namespace gantry::charts

namespace gantry::ui {

class StatTile;

// A month's bill: the sums, how they came about over time, what they are made of, and where the
// month is heading.
class OverviewTab final : public QWidget {
    Q_OBJECT
public:
    explicit OverviewTab(const Services& services, QWidget* parent = nullptr);

    // Asks the platform anew; month empty: this one.
    void load(const QString& month);
    void saveCsv();
    void savePng();
    // Compares the bill with the records of its invocations.
    void audit();

Q_SIGNALS:
    void functionPicked(const QString& name);
    void messageRequested(const QString& text, bool isError);

private:
    QWidget* makeTiles();
    QWidget* makeCharts();
    QWidget* makeTable();
    void loadShares();
    void loadSpend();
    void showBill(const rpc::Bill& bill);
    void showShares(const rpc::CostShares& shares);
    void showSpend(const rpc::MetricsHistory& history);
    void showForecast(const rpc::Bill& bill);
    void showLines(const rpc::Bill& bill);
    QString by() const;
    void failed(const rpc::Error& error);

    Services m_services;
    QString m_month;
    charts::ChartGroup m_group;
    models::CostSharesModel m_model;
    QSortFilterProxyModel* m_sorted = nullptr;
    rpc::Bill m_bill;
    QList<QPointF> m_daily; // day of the month, what was charged until its end
    StatTile* m_listed = nullptr;
    StatTile* m_free = nullptr;
    StatTile* m_due = nullptr;
    StatTile* m_perHour = nullptr;
    StatTile* m_expected = nullptr;
    QComboBox* m_range = nullptr;
    QComboBox* m_by = nullptr;
    QComboBox* m_tagKey = nullptr;
    charts::LiveChart* m_spend = nullptr;
    charts::CurveChart* m_forecast = nullptr;
    charts::Treemap* m_treemap = nullptr;
    QTableView* m_table = nullptr;
    QLabel* m_lines = nullptr;
    QLabel* m_note = nullptr;
};

} // namespace gantry::ui
