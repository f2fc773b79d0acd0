#pragma once

#include "ui/charts/curve_chart.h"
#include "ui/rpc/tuning_types.h"

#include <QWidget>

#include <optional>

class QTabWidget;

namespace gantry::ui {

// The pictures of a run: duration and cost over memory, cost over duration (the Pareto front), and
// what cold starts add. A second run may be laid over them. Clicks choose a size.
class TuningCharts final : public QWidget {
    Q_OBJECT
public:
    explicit TuningCharts(QWidget* parent = nullptr);

    void show(const std::optional<rpc::TuningRun>& run, const std::optional<rpc::TuningRun>& compared,
              int chosen);
    charts::CurveChart* costChart() const { return m_cost; }

Q_SIGNALS:
    void chosen(int index); // of an estimate

protected:
    void changeEvent(QEvent* event) override;

private:
    void showAll();
    charts::CurveChart* make(const char* id, const QString& title, charts::Unit x, charts::Unit y);

    std::optional<rpc::TuningRun> m_run, m_compared;
    int m_chosen = -1;
    charts::CurveChart* m_duration;
    charts::CurveChart* m_cost;
    charts::CurveChart* m_pareto;
    charts::CurveChart* m_coldDuration;
    charts::CurveChart* m_coldCost;
};

} // namespace gantry::ui
