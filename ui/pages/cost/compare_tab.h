#pragma once

#include "ui/models/workload.h"
#include "ui/pages/page.h"
#include "ui/rpc/platform_types.h"

#include <optional>

class QCheckBox;
class QComboBox;
class QLabel;
class QSpinBox;

namespace gantry::charts {
class CurveChart;
}
namespace gantry::widgets {
class FactGrid;
class SliderField;
} // namespace gantry::widgets

namespace gantry::ui {

// One function's recorded traffic on Lambda, on provisioned concurrency and on machines, over the
// rate of calls; and what another memory, architecture, SnapStart or batch size would change.
class CompareTab final : public QWidget {
    Q_OBJECT
public:
    explicit CompareTab(const Services& services, QWidget* parent = nullptr);

    void setPrices(const rpc::PriceTable& prices);
    // Reads the function's traffic anew; without a name the chosen one's.
    void load(const QString& function = {});

Q_SIGNALS:
    void messageRequested(const QString& text, bool isError);

private:
    QWidget* makeControls();
    QWidget* makeCrossover();
    QWidget* makeWhatIf();
    void showTraffic(const models::Traffic& traffic);
    void fillMachines();
    void showCrossover();
    void showReadout();
    void showWhatIf();
    pricing::Plan plan() const;
    pricing::Money monthlyOf(const pricing::Workload& workload) const;

    Services m_services;
    rpc::PriceTable m_prices;
    models::Traffic m_traffic;
    QComboBox* m_function = nullptr;
    QComboBox* m_stretch = nullptr;
    QLabel* m_recorded = nullptr;
    charts::CurveChart* m_chart = nullptr;
    QComboBox* m_machine = nullptr;
    QSpinBox* m_least = nullptr;
    QSpinBox* m_utilisation = nullptr;
    QCheckBox* m_freeTier = nullptr;
    widgets::FactGrid* m_breakEven = nullptr;
    QLabel* m_readout = nullptr;
    widgets::SliderField* m_memory = nullptr;
    QComboBox* m_architecture = nullptr;
    widgets::SliderField* m_batch = nullptr;
    QSpinBox* m_fixed = nullptr;
    widgets::FactGrid* m_whatIf = nullptr;
};

} // namespace gantry::ui
