#pragma once

#include "ui/charts/chart_group.h"
#include "ui/pages/functions/function_tab.h"
#include "ui/rpc/alarms_api.h"
#include "ui/rpc/objectives_api.h"

#include <QTimer>

#include <memory>
#include <vector>

class QComboBox;
class QVBoxLayout;

namespace gantry::charts {
class LiveChart;
}
namespace gantry::models {
class MetricsWindow;
}
namespace gantry::widgets {
class EmptyState;
class SectionHeader;
} // namespace gantry::widgets

namespace gantry::ui {

class ObjectiveCard;

// How the function serves: rate, errors and duration, and its service level objectives.
class HealthTab final : public FunctionTab {
    Q_OBJECT
public:
    HealthTab(const Services& services, models::FunctionSession& session);
    ~HealthTab() override;

    void activated() override;
    void deactivated() override;

private:
    QWidget* makeCharts();
    void makeObjectives(QVBoxLayout& column);
    void follow();
    void drawCharts();
    void refresh();
    void take(const rpc::Result<QList<rpc::Objective>>& answer);
    const rpc::Objective* find(const QString& name) const;
    ObjectiveCard* cardOf(const QString& name);
    void create();
    void edit(const QString& name);
    void makeAlarm(const QString& name);
    void askToDelete(const QString& name);
    void remove(const QString& name);

    rpc::ObjectivesApi m_api;
    rpc::AlarmsApi m_alarms;
    QString m_function;
    bool m_active = false;
    std::unique_ptr<QObject> m_calls; // context of the calls for m_function
    std::unique_ptr<models::MetricsWindow> m_window;
    charts::ChartGroup m_group;
    std::vector<charts::LiveChart*> m_charts;
    QComboBox* m_range = nullptr;
    QList<rpc::Objective> m_objectives;
    widgets::SectionHeader* m_head = nullptr;
    widgets::EmptyState* m_empty = nullptr;
    QVBoxLayout* m_cards = nullptr;
    QTimer m_timer;
};

} // namespace gantry::ui
