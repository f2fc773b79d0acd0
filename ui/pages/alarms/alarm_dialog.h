#pragma once

#include "ui/pages/page.h"
#include "ui/rpc/alarms_api.h"

#include <QDialog>
#include <QTimer>

class QComboBox;
class QLabel;
class QPushButton;

namespace gantry::charts {
class ThresholdChart;
}

namespace gantry::ui {

class AlarmForm;

// Makes or changes an alarm: its settings beside the metric's past, in which the threshold can be
// dragged and which says when the alarm would have fired.
class AlarmDialog final : public QDialog {
    Q_OBJECT
public:
    // functionName and metricName choose what a new alarm watches; both may be empty.
    AlarmDialog(const Services& services, rpc::AlarmsApi& api, QWidget* parent);
    void choose(const QString& functionName, const QString& metricName);
    void edit(const rpc::AlarmSettings& settings);

Q_SIGNALS:
    void saved(const QString& name);

private:
    QWidget* makeForm();
    QWidget* makePast();
    QWidget* makeButtons();
    void loadChoices();
    void formChanged();
    void testNow();
    void showTest(const rpc::AlarmTest& test);
    void fitThreshold(const rpc::AlarmTest& test);
    void save();
    void tell(const QString& problem);

    Services m_services;
    rpc::AlarmsApi& m_api;
    AlarmForm* m_form = nullptr;
    charts::ThresholdChart* m_chart = nullptr;
    QComboBox* m_range = nullptr;
    QLabel* m_verdict = nullptr;
    QLabel* m_problem = nullptr;
    QPushButton* m_save = nullptr;
    QTimer m_again;
    QTimer m_wait; // a moment after the last change
    quint64 m_asked = 0; // tests; the answer to an older one is dropped
    bool m_fit = true;   // the threshold is still to be put near the values
};

} // namespace gantry::ui
