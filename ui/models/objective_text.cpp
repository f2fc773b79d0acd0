#include "ui/models/objective_text.h"

#include "ui/models/format.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

namespace gantry::models {

using rpc::BudgetStatus;
using rpc::ObjectiveSettings;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::models::objectives", text);
}

QString number(double value)
{
    return QLocale().toString(value, 'g', 6);
}

QString intervalText(const ObjectiveSettings& settings)
{
    static constexpr const char* kOne[] = {"minute", "hour", "day", "month"};
    static constexpr const char* kMany[] = {"%1 minutes", "%1 hours", "%1 days", "%1 months"};
    const auto unit = std::size_t(settings.unit);
    const QString span =
        settings.duration == 1 ? tr(kOne[unit]) : tr(kMany[unit]).arg(settings.duration);
    if (!settings.calendar)
        return tr("over the last %1").arg(span);
    const QDateTime start = QDateTime::fromMSecsSinceEpoch(settings.startMs, Qt::UTC);
    return tr("in each %1 from %2 on").arg(span, QLocale().toString(start.date(), QLocale::ShortFormat));
}

QString conditionText(const ObjectiveSettings& settings)
{
    const bool latency = settings.measure == ObjectiveSettings::Measure::Latency;
    if (!settings.byPeriods)
        return latency ? tr("of invocations take %1 at most").arg(formatMs(settings.threshold))
                       : tr("of invocations end without an error");
    const QString period = windowText(settings.periodSeconds / 60);
    return latency ? tr("of periods of %1 have a %2 of %3 at most")
                         .arg(period, settings.statistic, formatMs(settings.threshold))
                   : tr("of periods of %1 have %2 % of invocations without an error")
                         .arg(period, number(settings.threshold));
}

QString durationText(qint64 seconds)
{
    const QLocale locale;
    if (seconds < 120)
        return tr("%1 s").arg(locale.toString(seconds));
    if (seconds < 7'200)
        return tr("%1 min").arg(locale.toString(seconds / 60));
    return tr("%1 h").arg(locale.toString(double(seconds) / 3'600, 'f', 1));
}

} // namespace

QString objectiveText(const ObjectiveSettings& settings)
{
    return tr("%1 % %2, %3").arg(number(settings.goal), conditionText(settings), intervalText(settings));
}

QString statusText(BudgetStatus status)
{
    switch (status) {
    case BudgetStatus::Ok: return tr("Met");
    case BudgetStatus::Warning: return tr("Budget low");
    case BudgetStatus::Breached: return tr("Missed");
    case BudgetStatus::InsufficientData: break;
    }
    return tr("No data");
}

QString budgetText(const rpc::Objective& objective)
{
    if (objective.status == BudgetStatus::InsufficientData)
        return tr("nothing measured yet");
    const bool periods = objective.settings.byPeriods;
    const qint64 left = objective.budgetRemaining;
    const QString amount = periods ? durationText(std::abs(left)) : formatCount(std::abs(left));
    const QString whole = periods ? durationText(objective.budget) : formatCount(objective.budget);
    if (left < 0)
        return periods ? tr("overdrawn by %1 of %2").arg(amount, whole)
                       : tr("overdrawn by %1 invocations, %2 were allowed").arg(amount, whole);
    return periods ? tr("%1 of %2 left").arg(amount, whole)
                   : tr("%1 of %2 failures left").arg(amount, whole);
}

QString windowText(int minutes)
{
    if (minutes % 1'440 == 0)
        return minutes == 1'440 ? tr("1 day") : tr("%1 days").arg(minutes / 1'440);
    return minutes % 60 == 0 ? tr("%1 h").arg(minutes / 60) : tr("%1 min").arg(minutes);
}

QString rateText(const rpc::BurnRate& rate)
{
    return rate.rate ? QLocale().toString(*rate.rate, 'f', *rate.rate < 9.95 ? 2 : 1) : QStringLiteral("–");
}

double budgetPercent(const rpc::Objective& objective)
{
    return objective.history.isEmpty() ? 0 : objective.history.last().remainingPercent;
}

} // namespace gantry::models
