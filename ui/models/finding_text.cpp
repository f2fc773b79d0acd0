#include "ui/models/finding_text.h"

#include "ui/models/format.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include <cmath>

namespace gantry::models {

using rpc::FindingAction;
using rpc::FindingSeverity;
using rpc::FindingUnit;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::models::findings", text);
}

} // namespace

QString severityText(FindingSeverity severity)
{
    switch (severity) {
    case FindingSeverity::High: return tr("High");
    case FindingSeverity::Medium: return tr("Medium");
    case FindingSeverity::Low: break;
    }
    return tr("Low");
}

QString numberText(double value, FindingUnit unit)
{
    const QLocale locale;
    switch (unit) {
    case FindingUnit::Bytes: return formatBytes(qint64(std::llround(value)));
    case FindingUnit::Milliseconds: return formatMs(value);
    case FindingUnit::Percent: return tr("%1 %").arg(locale.toString(value, 'f', value < 9.95 ? 1 : 0));
    case FindingUnit::Usd: return formatUsd(value);
    case FindingUnit::Times: return tr("%1 times").arg(locale.toString(value, 'f', 1));
    case FindingUnit::Count: break;
    }
    return formatCount(std::llround(value));
}

QString actionText(FindingAction action)
{
    switch (action) {
    case FindingAction::Tuning: return tr("Tune its memory");
    case FindingAction::Concurrency: return tr("Set its concurrency");
    case FindingAction::Configuration: return tr("Change its configuration");
    case FindingAction::Logs: return tr("Read its logs");
    case FindingAction::Queue: return tr("Look into the event queue");
    case FindingAction::Cost: return tr("Compare its cost");
    case FindingAction::Monitor: return tr("See its metrics");
    case FindingAction::None: break;
    }
    return {};
}

QString actionRoute(FindingAction action, const QString& function)
{
    switch (action) {
    case FindingAction::Tuning: return QStringLiteral("tuning/") + function;
    case FindingAction::Concurrency: return QStringLiteral("concurrency/") + function;
    case FindingAction::Configuration:
        return QStringLiteral("functions/%1/configuration").arg(function);
    case FindingAction::Logs: return QStringLiteral("logs/live/") + function;
    case FindingAction::Queue: return QStringLiteral("queue");
    case FindingAction::Cost: return QStringLiteral("cost/compare/") + function;
    case FindingAction::Monitor: return QStringLiteral("functions/%1/monitor").arg(function);
    case FindingAction::None: break;
    }
    return {};
}

QString stateText(const rpc::HealthFinding& finding)
{
    if (finding.dismissed && finding.snoozedUntilMs > 0) {
        const QDateTime until = QDateTime::fromMSecsSinceEpoch(finding.snoozedUntilMs);
        return tr("Snoozed until %1").arg(QLocale().toString(until, QStringLiteral("d MMM HH:mm")));
    }
    return finding.dismissed ? tr("Dismissed") : finding.active ? tr("Open") : tr("Over");
}

} // namespace gantry::models
