#pragma once

#include "ui/rpc/alarms_api.h"
#include "ui/rpc/objectives_types.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;

namespace gantry::ui {

// Makes an alarm on one of an objective's burn rates. Says saved() with the alarm's name, and closes.
class BurnAlarmDialog final : public QDialog {
    Q_OBJECT
public:
    BurnAlarmDialog(rpc::AlarmsApi& api, const rpc::Objective& objective, QWidget* parent = nullptr);

Q_SIGNALS:
    void saved(const QString& alarmName);

private:
    void save();
    void describe();
    int window() const; // minutes

    rpc::AlarmsApi& m_api;
    const rpc::Objective m_objective;
    QComboBox* m_window = nullptr;
    QDoubleSpinBox* m_rate = nullptr;
    QCheckBox* m_desktop = nullptr;
    QLabel* m_meaning = nullptr;
    QLabel* m_problem = nullptr;
    QPushButton* m_save = nullptr;
};

} // namespace gantry::ui
