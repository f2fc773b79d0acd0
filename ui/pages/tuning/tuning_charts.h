#pragma once

#include "ui/charts/band_chart.h"
#include "ui/rpc/platform_types.h"
#include "ui/rpc/tuning_types.h"

#include <QWidget>

#include <optional>

class QTabWidget;

namespace gantry::ui {

class ColdView;

// The pictures of a run: duration and cost over memory, cost over duration (the Pareto front), and
// what cold starts add. A second run may be laid over them. Clicks choose a size.
class TuningCharts final : public QWidget {
    Q_OBJECT
public:
    explicit TuningCharts(QWidget* parent = nullptr);

    void show(const std::optional<rpc::TuningRun>& run, const std::optional<rpc::TuningRun>& compared,
              int chosen);
    void setPrices(const rpc::PriceTable& prices); // for what cold starts cost
    charts::BandChart* costChart() const { return m_cost; }

Q_SIGNALS:
    void chosen(int index); // of an estimate

protected:
    void changeEvent(QEvent* event) override;

private:
    void showAll();
    charts::BandChart* make(const char* id, const QString& title, charts::Unit x, charts::Unit y);

    std::optional<rpc::TuningRun> m_run, m_compared;
    int m_chosen = -1;
    charts::BandChart* m_duration;
    charts::BandChart* m_cost;
    charts::BandChart* m_pareto;
    ColdView* m_cold;
};

} // namespace gantry::ui
