#pragma once

#include <QList>
#include <QMetaType>
#include <QPair>
#include <QString>
#include <QStringList>

namespace gantry::rpc {

// Alarms in Qt values; see proto/gantry/v1/alarms.proto and CloudWatch's API.
enum class AlarmState { InsufficientData, Ok, Alarm };

struct AlarmMetric {
    QString space;
    QString name;
    QList<QPair<QString, QString>> dimensions;

    QString dimension(const QString& key) const;
    bool operator==(const AlarmMetric&) const = default;
};

// What a metric alarm is set to.
struct AlarmSettings {
    QString name;
    QString description;
    AlarmMetric metric;
    QString statistic = QStringLiteral("Sum"); // or a percentile, as in p99
    int periodSeconds = 60;
    int periods = 1; // of which so many must breach
    int toAlarm = 1;
    QString comparison = QStringLiteral("GreaterThanThreshold");
    double threshold = 0;
    double bandWidth = 0; // deviations, of a band in place of the threshold; 0: a threshold
    QString missing = QStringLiteral("missing");
    bool actionsEnabled = true;
    QStringList alarmActions;
    QStringList okActions;
    QStringList noDataActions;

    bool operator==(const AlarmSettings&) const = default;
};

struct Alarm {
    AlarmState state = AlarmState::InsufficientData;
    QString reason;
    qint64 sinceMs = 0; // Unix time of the last change of state
    QString rule;       // of a composite alarm; empty for one on a metric
    QString expression; // that it watches, where that is more than a metric and a band
    AlarmSettings settings; // a composite alarm has name, description and actions of it

    bool isComposite() const { return !rule.isEmpty(); }
    // The console can show it whole and change it.
    bool isEditable() const { return rule.isEmpty() && expression.isEmpty(); }
    bool operator==(const Alarm&) const = default;
};

struct AlarmNotification {
    QString alarmName;
    AlarmState state = AlarmState::Alarm;
    QString reason;
};

struct AlarmsFrame {
    QList<Alarm> alarms; // by name
    QList<AlarmNotification> notifications;
};

struct AlarmHistoryItem {
    qint64 timeMs = 0;
    QString type; // ConfigurationUpdate, StateUpdate, Action
    QString summary;
    QString data; // JSON
};

// What an alarm would have done.
struct AlarmTest {
    struct Transition {
        qint64 timeMs = 0;
        AlarmState state = AlarmState::Ok;
    };
    struct Point { // NaN where there is none
        qint64 timeMs = 0;
        double value = 0;
        double lower = 0;
        double upper = 0;
    };
    int fired = 0;
    QList<Transition> transitions;
    QList<Point> points;
};

} // namespace gantry::rpc
