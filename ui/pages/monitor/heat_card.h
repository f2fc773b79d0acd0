#pragma once

#include "ui/models/duration_heat.h"

#include <QFrame>

namespace gantry::charts {
class ChartGroup;
class HeatMapChart;
struct HeatCell;
} // namespace gantry::charts

namespace gantry::ui {

struct Services;

// How the durations of a function or the account spread over the time of a group of charts. A cell
// that is chosen names the invocations it counts.
class HeatCard final : public QFrame {
    Q_OBJECT
public:
    // functionName: with a qualifier after a colon, if any; empty: the account.
    HeatCard(const Services& services, const QString& functionName, charts::ChartGroup& group,
             QWidget* parent = nullptr);
    // id: part of object names; title: unique on its page.
    HeatCard(const Services& services, const QString& id, const QString& title,
             const QString& functionName, charts::ChartGroup& group, QWidget* parent);

    // The time shown has come to this; asks what is new.
    void look(qint64 fromMs, qint64 toMs) { m_heat.look(fromMs, toMs); }
    charts::HeatMapChart& chart() { return *m_chart; }
    models::DurationHeat& heat() { return m_heat; }

Q_SIGNALS:
    // count: how many the metrics counted.
    void cellChosen(const gantry::rpc::CellQuery& invocations, qint64 count);
    void alarmRequested();

private:
    void refresh();
    void choose(const charts::HeatCell& cell);

    models::DurationHeat m_heat;
    charts::HeatMapChart* m_chart;
};

} // namespace gantry::ui
