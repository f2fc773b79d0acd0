#pragma once

#include "ui/models/calculator.h"
#include "ui/pages/page.h"
#include "ui/rpc/platform_types.h"

class QCheckBox;
class QComboBox;
class QLabel;

namespace gantry::widgets {
class FactGrid;
class SliderField;
} // namespace gantry::widgets

namespace gantry::ui {

// What a month that one imagines would cost, at once as the sliders move.
class CalculatorTab final : public QWidget {
    Q_OBJECT
public:
    explicit CalculatorTab(QWidget* parent = nullptr);

    void setPrices(const rpc::PriceTable& prices);
    models::ImaginedMonth month() const;

private:
    QWidget* makeSliders();
    QWidget* makeBill();
    void work();

    rpc::PriceTable m_prices;
    widgets::SliderField* m_requests = nullptr; // thousands
    widgets::SliderField* m_duration = nullptr;
    widgets::SliderField* m_memory = nullptr;
    widgets::SliderField* m_tmp = nullptr;
    widgets::SliderField* m_async = nullptr;
    widgets::SliderField* m_streamed = nullptr;
    widgets::SliderField* m_provisioned = nullptr;
    widgets::SliderField* m_restores = nullptr;
    QComboBox* m_architecture = nullptr;
    QCheckBox* m_snapStart = nullptr;
    QCheckBox* m_freeTier = nullptr;
    QLabel* m_total = nullptr;
    QLabel* m_exact = nullptr;
    QWidget* m_billCard = nullptr;
    QLabel* m_lines = nullptr;
};

} // namespace gantry::ui
