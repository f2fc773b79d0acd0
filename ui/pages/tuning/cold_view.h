#pragma once

#include "ui/charts/band_chart.h"
#include "ui/models/cold_costs.h"
#include "ui/rpc/platform_types.h"
#include "ui/rpc/tuning_types.h"

#include <QWidget>

#include <optional>

class QCheckBox;
class QDoubleSpinBox;
class QLabel;

namespace gantry::ui {

// What cold starts add to cost and duration over memory, with and without SnapStart and provisioned
// concurrency. Clicks choose a size.
class ColdView final : public QWidget {
    Q_OBJECT
public:
    explicit ColdView(QWidget* parent = nullptr);

    void show(const std::optional<rpc::TuningRun>& run,
              const std::optional<rpc::TuningRun>& compared, int chosen);
    void setPrices(const rpc::PriceTable& prices);

Q_SIGNALS:
    void chosen(int index); // of an estimate

private:
    QWidget* makeControls();
    charts::BandChart* makeChart(const char* id, const QString& title, charts::Unit unit);
    void fillAssumptions();
    void draw();
    void addWay(models::ColdWay way, const QString& name, int color, charts::BandData& cost,
                charts::BandData& duration) const;

    std::optional<rpc::TuningRun> m_run, m_compared;
    rpc::PriceTable m_prices;
    int m_chosen = -1;
    QCheckBox* m_snapStart;
    QCheckBox* m_provisioned;
    QDoubleSpinBox* m_calls;
    QDoubleSpinBox* m_restore;
    QLabel* m_note;
    charts::BandChart* m_cost;
    charts::BandChart* m_duration;
};

} // namespace gantry::ui
