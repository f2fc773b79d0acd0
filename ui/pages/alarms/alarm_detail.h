#pragma once

#include "ui/rpc/alarms_types.h"

#include <QFrame>

class QCheckBox;
class QLabel;
class QPushButton;
class QTableWidget;

namespace gantry::widgets {
class Badge;
class FactGrid;
} // namespace gantry::widgets

namespace gantry::ui {

// One alarm: its state and why, what it watches and does, what happened to it.
class AlarmDetail final : public QFrame {
    Q_OBJECT
public:
    explicit AlarmDetail(QWidget* parent = nullptr);

    const QString& name() const { return m_alarm.settings.name; }
    void setAlarm(const rpc::Alarm& alarm);
    void showHistory(const QList<rpc::AlarmHistoryItem>& items);

Q_SIGNALS:
    void editRequested(const gantry::rpc::AlarmSettings& settings);
    void deleteRequested(const QString& name);
    void actionsToggled(const QString& name, bool enabled);
    void closeRequested();

private:
    QLayout* makeHead();
    QLayout* makeButtons();
    void makeHistory();

    rpc::Alarm m_alarm;
    QLabel* m_title = nullptr;
    widgets::Badge* m_state = nullptr;
    QLabel* m_reason = nullptr;
    widgets::FactGrid* m_facts = nullptr;
    QCheckBox* m_actions = nullptr;
    QPushButton* m_edit = nullptr;
    QTableWidget* m_history = nullptr;
};

} // namespace gantry::ui
