#pragma once

#include "ui/rpc/alarms_types.h"

#include <QList>
#include <QString>

namespace gantry::models {

QString alarmStateText(rpc::AlarmState state);

// A metric of the platform as the console offers it.
struct PlatformMetric {
    const char* space;
    const char* name;
    QString title;
    const char* statistic; // that fits best
    bool perAccount;       // it is there for the account too
};
const QList<PlatformMetric>& platformMetrics();

// "Errors of checkout", "shop: latency (Queue q1)".
QString metricText(const rpc::AlarmMetric& metric);
// "Sum > 5 in 2 of 3 periods of 1 min".
QString conditionText(const rpc::Alarm& alarm);
// "> 5", "outside 2 deviations".
QString limitText(const rpc::AlarmSettings& settings);
QString periodText(int seconds);
// What an action does, in words: "function on-call", "webhook hooks.example.com", "desktop notification".
QString actionText(const QString& action);

inline const QString kDesktopAction = QStringLiteral("gantry:desktop");

} // namespace gantry::models
