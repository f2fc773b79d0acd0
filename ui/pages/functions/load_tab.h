#pragma once

#include "ui/pages/functions/function_tab.h"

#include <QHash>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QSpinBox;

namespace gantry::charts {
class ChartGroup;
class LiveChart;
} // namespace gantry::charts
namespace gantry::models {
class LoadRun;
}
namespace gantry::widgets {
class MessageBar;
}

namespace gantry::ui {

class EventPanel;

// Sends many events at once and shows, while they run, how long callers wait, how many come through
// and what it costs.
class LoadTab final : public FunctionTab {
    Q_OBJECT
public:
    LoadTab(const Services& services, models::FunctionSession& session);

    void activated() override;
    void deactivated() override;

protected:
    void changeEvent(QEvent* event) override;

private:
    QWidget* makePlan();
    QWidget* makeNumbers();
    QWidget* makeCharts();
    void openFunction();
    void start();
    void showRun();
    void showNumbers();
    void showCharts();

    models::LoadRun* m_run;
    EventPanel* m_event;
    widgets::MessageBar* m_bar;
    QComboBox* m_qualifier = nullptr;
    QComboBox* m_mode = nullptr;
    QSpinBox* m_amount = nullptr;
    QSpinBox* m_concurrency = nullptr;
    QDoubleSpinBox* m_rate = nullptr;
    QPushButton* m_start = nullptr;
    QPushButton* m_stop = nullptr;
    QProgressBar* m_progress = nullptr;
    QHash<QString, QLabel*> m_numbers;
    charts::ChartGroup* m_group;
    charts::LiveChart* m_latency = nullptr;
    charts::LiveChart* m_throughput = nullptr;
    bool m_active = false;
};

} // namespace gantry::ui
