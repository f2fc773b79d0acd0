#pragma once

#include "ui/charts/chart_group.h"
#include "ui/rpc/objectives_types.h"

#include <QFrame>

class QGridLayout;
class QLabel;
class QPushButton;

namespace gantry::charts {
class LiveChart;
}
namespace gantry::widgets {
class Badge;
class MeasureBars;
} // namespace gantry::widgets

namespace gantry::ui {

// One service level objective as it stands: attainment, what is left of the budget, burn rates, and the
// course of the budget.
class ObjectiveCard final : public QFrame {
    Q_OBJECT
public:
    // name: of the objective; the card is of no other.
    explicit ObjectiveCard(const QString& name, QWidget* parent = nullptr);

    const QString& name() const { return m_name; }
    void show(const rpc::Objective& objective);

    using QFrame::show;

Q_SIGNALS:
    void editRequested(const QString& name);
    void alarmRequested(const QString& name);
    void deleteRequested(const QString& name);

private:
    QLayout* makeHead();
    QLayout* makeBody();
    void showMeasures(const rpc::Objective& objective);
    void showRates(const rpc::Objective& objective);
    void showHistory(const rpc::Objective& objective);

    const QString m_name;
    charts::ChartGroup m_group;
    widgets::Badge* m_status = nullptr;
    QLabel* m_text = nullptr;
    widgets::MeasureBars* m_measures = nullptr;
    QWidget* m_rates = nullptr;
    charts::LiveChart* m_chart = nullptr;
    QPushButton* m_edit = nullptr;
    QPushButton* m_alarm = nullptr;
    QList<rpc::BurnRate> m_shown; // rates
};

} // namespace gantry::ui
