#include "ui/models/alarm_text.h"

#include <QCoreApplication>
#include <QHash>
#include <QLocale>
#include <QUrl>

namespace gantry::models {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("alarms", text); }

QString number(double value)
{
    return QLocale().toString(value, 'g', 6);
}

} // namespace

QString alarmStateText(rpc::AlarmState state)
{
    switch (state) {
    case rpc::AlarmState::Ok:
        return tr("OK");
    case rpc::AlarmState::Alarm:
        return tr("In alarm");
    case rpc::AlarmState::InsufficientData:
        break;
    }
    return tr("No data");
}

const QList<PlatformMetric>& platformMetrics()
{
    static const QList<PlatformMetric> kMetrics{
        {"AWS/Lambda", "Errors", tr("Errors"), "Sum", true},
        {"AWS/Lambda", "Invocations", tr("Invocations"), "Sum", true},
        {"AWS/Lambda", "Duration", tr("Duration, ms"), "p99", true},
        {"AWS/Lambda", "Throttles", tr("Throttles"), "Sum", true},
        {"AWS/Lambda", "ConcurrentExecutions", tr("Concurrent executions"), "Maximum", true},
        {"AWS/Lambda", "AsyncEventAge", tr("Age of asynchronous events, ms"), "Maximum", true},
        {"AWS/Lambda", "AsyncEventsDropped", tr("Asynchronous events dropped"), "Sum", true},
        {"AWS/Lambda", "AsyncEventsReceived", tr("Asynchronous events received"), "Sum", true},
        {"AWS/Lambda", "DeadLetterErrors", tr("Dead-letter errors"), "Sum", true},
        {"AWS/Lambda", "DestinationDeliveryFailures", tr("Destination delivery failures"), "Sum",
         true},
        {"AWS/Lambda", "ProvisionedConcurrencyUtilization",
         tr("Provisioned concurrency in use (1 is all)"), "Maximum", true},
        {"AWS/Lambda", "ProvisionedConcurrencySpilloverInvocations",
         tr("Provisioned concurrency spillovers"), "Sum", true},
        {"Gantry/Lambda", "ColdStarts", tr("Cold starts"), "Sum", true},
        {"Gantry/Lambda", "InitDuration", tr("Init duration, ms"), "Average", true},
        {"Gantry/Lambda", "MemoryUsed", tr("Memory used, bytes"), "Maximum", true}};
    return kMetrics;
}

QString metricText(const rpc::AlarmMetric& metric)
{
    const QString resource = metric.dimension(QStringLiteral("Resource"));
    const QString function =
        resource.isEmpty() ? metric.dimension(QStringLiteral("FunctionName")) : resource;
    for (const PlatformMetric& known : platformMetrics()) {
        if (metric.space != QLatin1String(known.space) || metric.name != QLatin1String(known.name))
            continue;
        return function.isEmpty() ? tr("%1 of the account").arg(known.title)
                                  : tr("%1 of %2").arg(known.title, function);
    }
    QStringList dimensions;
    for (const auto& [name, value] : metric.dimensions)
        dimensions.append(QStringLiteral("%1 %2").arg(name, value));
    const QString name = QStringLiteral("%1: %2").arg(metric.space, metric.name);
    return dimensions.isEmpty()
               ? name
               : QStringLiteral("%1 (%2)").arg(name, dimensions.join(QStringLiteral(", ")));
}

QString periodText(int seconds)
{
    if (seconds % 3600 == 0)
        return seconds == 3600 ? tr("1 hour") : tr("%1 hours").arg(seconds / 3600);
    if (seconds % 60 == 0)
        return tr("%1 min").arg(seconds / 60);
    return tr("%1 s").arg(seconds);
}

QString limitText(const rpc::AlarmSettings& settings)
{
    static const QHash<QString, QString> kSigns{
        {QStringLiteral("GreaterThanThreshold"), QStringLiteral(">")},
        {QStringLiteral("GreaterThanOrEqualToThreshold"), QStringLiteral("≥")},
        {QStringLiteral("LessThanThreshold"), QStringLiteral("<")},
        {QStringLiteral("LessThanOrEqualToThreshold"), QStringLiteral("≤")}};
    if (const auto sign = kSigns.find(settings.comparison); sign != kSigns.end())
        return QStringLiteral("%1 %2").arg(*sign, number(settings.threshold));
    const QString width = number(settings.bandWidth);
    if (settings.comparison == QLatin1String("LessThanLowerThreshold"))
        return tr("below usual − %1 deviations").arg(width);
    if (settings.comparison == QLatin1String("GreaterThanUpperThreshold"))
        return tr("above usual + %1 deviations").arg(width);
    return tr("outside usual ± %1 deviations").arg(width);
}

QString conditionText(const rpc::Alarm& alarm)
{
    if (alarm.isComposite())
        return alarm.rule;
    const rpc::AlarmSettings& s = alarm.settings;
    const QString what = alarm.expression.isEmpty() ? s.statistic : alarm.expression;
    const QString limit = QStringLiteral("%1 %2").arg(what, limitText(s));
    if (!alarm.expression.isEmpty())
        return tr("%1, %2 of %3 periods").arg(limit).arg(s.toAlarm).arg(s.periods);
    if (s.periods == 1)
        return tr("%1 in %2").arg(limit, periodText(s.periodSeconds));
    return tr("%1 in %2 of %3 × %4")
        .arg(limit)
        .arg(s.toAlarm)
        .arg(s.periods)
        .arg(periodText(s.periodSeconds));
}

QString actionText(const QString& action)
{
    if (action == kDesktopAction)
        return tr("desktop notification");
    if (action.startsWith(QLatin1String("http")))
        return tr("webhook %1").arg(QUrl(action).host());
    const qsizetype function = action.indexOf(QLatin1String(":function:"));
    if (function >= 0)
        return tr("function %1").arg(action.mid(function + 10));
    return action;
}

} // namespace gantry::models
