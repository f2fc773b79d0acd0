#pragma once

#include "ui/rpc/alarms_types.h"

#include <QHash>
#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLineEdit;
class QSpinBox;

namespace gantry::ui {

// The settings of an alarm as fields: what it watches is chosen, never typed. Says changed() whenever a
// field has another value.
class AlarmForm final : public QWidget {
    Q_OBJECT
public:
    // functions: their names. account and region: for the ARNs of functions that are told.
    AlarmForm(const QStringList& functions, QWidget* parent = nullptr);

    void setPlace(const QString& account, const QString& region);
    void setCustomMetrics(const QList<rpc::AlarmMetric>& metrics);
    void setSettings(const rpc::AlarmSettings& settings);
    // A new alarm on a metric of the platform; functionName empty: of the account.
    void choose(const QString& functionName, const QString& metricName);
    void setThreshold(double threshold);
    rpc::AlarmSettings settings() const;
    // The name is that of an alarm there is.
    void lockName();

Q_SIGNALS:
    void changed();

private:
    QFormLayout* makeRows();
    void makeWatched(QFormLayout& form);
    void makeCondition(QFormLayout& form);
    void makeActions(QFormLayout& form);
    template <class Field> Field* field(const char* id, const QString& name, const QString& tip);
    void subjectChosen();
    void metricChosen();
    void comparisonChosen();
    void suggestName();
    void emitChanged();
    rpc::AlarmMetric metric() const;
    void selectMetric(const rpc::AlarmMetric& metric);
    void readActions(const rpc::AlarmSettings& settings);
    QStringList actions() const;
    QString arnOf(const QString& functionName) const;

    QList<rpc::AlarmMetric> m_custom;
    rpc::AlarmSettings m_base; // what the fields do not show
    QString m_account;
    QString m_region;
    QString m_suggested; // name that was made here
    bool m_filling = false;
    QLineEdit* m_name = nullptr;
    QComboBox* m_subject = nullptr;
    QComboBox* m_metric = nullptr;
    QComboBox* m_statistic = nullptr;
    QComboBox* m_period = nullptr;
    QComboBox* m_comparison = nullptr;
    QDoubleSpinBox* m_threshold = nullptr;
    QDoubleSpinBox* m_band = nullptr;
    QSpinBox* m_toAlarm = nullptr;
    QSpinBox* m_periods = nullptr;
    QComboBox* m_missing = nullptr;
    QCheckBox* m_desktop = nullptr;
    QComboBox* m_function = nullptr;
    QLineEdit* m_webhook = nullptr;
    QCheckBox* m_onOk = nullptr;
};

} // namespace gantry::ui
