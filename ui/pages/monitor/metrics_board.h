#pragma once

#include "ui/charts/chart_group.h"
#include "ui/models/metrics_window.h"
#include "ui/pages/monitor/metrics_charts.h"
#include "ui/rpc/durations_api.h"

#include <QHash>
#include <QWidget>

#include <vector>

class QLabel;

namespace gantry::charts {
class LiveChart;
}

namespace gantry::ui {

struct Services;
class HeatCard;
class MarksFeed;
class StatTiles;

// The numbers, the six charts and the heat map of the account or of one function, on one time axis, on
// which deploys, alarms and tuning runs are marked. The dashboard
// and a function's Monitor tab are made of it.
class MetricsBoard final : public QWidget {
    Q_OBJECT
public:
    // functionName empty: the account.
    MetricsBoard(const Services& services, const QString& functionName, QWidget* parent);

    models::MetricsWindow& window() { return m_window; }
    charts::ChartGroup& group() { return m_group; }
    bool isByFunction() const { return m_byFunction; }
    void setByFunction(bool byFunction);

    // Asks where, then saves all charts as one picture, or all numbers of the range.
    void saveImage();
    void saveCsv();
    QImage toImage();

Q_SIGNALS:
    // The route that makes an alarm of what a chart shows.
    void alarmRequested(const QString& route);
    // The invocations that a cell of the heat map counts.
    void cellChosen(const gantry::rpc::CellQuery& invocations, qint64 count);
    void openRequested(const QString& route); // another page

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void refresh();
    void describe();
    void arrange();
    void lookAtHeat();
    void requestAlarm(const QString& metric);
    void save(const QString& suffix, std::function<bool(QIODevice&)> write);

    const models::LiveMetrics& m_live;
    models::MetricsWindow m_window;
    charts::ChartGroup m_group;
    StatTiles* m_tiles;
    QLabel* m_notice;
    QWidget* m_grid;
    std::vector<charts::LiveChart*> m_charts;
    HeatCard* m_heat;
    MarksFeed* m_marks;
    std::vector<FunctionColor> m_functions; // that have series of their own
    int m_columns = 0;
    bool m_byFunction = false;
};

} // namespace gantry::ui
