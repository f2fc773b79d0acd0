#include "ui/rpc/findings_api.h"

#include "gantry/v1/findings.pb.h"
#include "ui/rpc/call.h"

namespace gantry::rpc {

namespace {

QString text(const std::string& value)
{
    return QString::fromStdString(value);
}

FindingSeverity severityOf(v1::FindingSeverity from)
{
    return from == v1::FINDING_SEVERITY_HIGH     ? FindingSeverity::High
           : from == v1::FINDING_SEVERITY_MEDIUM ? FindingSeverity::Medium
                                                 : FindingSeverity::Low;
}

FindingUnit unitOf(v1::FindingUnit from)
{
    switch (from) {
    case v1::FINDING_UNIT_BYTES: return FindingUnit::Bytes;
    case v1::FINDING_UNIT_MILLISECONDS: return FindingUnit::Milliseconds;
    case v1::FINDING_UNIT_PERCENT: return FindingUnit::Percent;
    case v1::FINDING_UNIT_USD: return FindingUnit::Usd;
    case v1::FINDING_UNIT_TIMES: return FindingUnit::Times;
    default: return FindingUnit::Count;
    }
}

FindingAction actionOf(int from)
{
    switch (from) {
    case v1::FINDING_ACTION_TUNING: return FindingAction::Tuning;
    case v1::FINDING_ACTION_CONCURRENCY: return FindingAction::Concurrency;
    case v1::FINDING_ACTION_CONFIGURATION: return FindingAction::Configuration;
    case v1::FINDING_ACTION_LOGS: return FindingAction::Logs;
    case v1::FINDING_ACTION_QUEUE: return FindingAction::Queue;
    case v1::FINDING_ACTION_COST: return FindingAction::Cost;
    case v1::FINDING_ACTION_MONITOR: return FindingAction::Monitor;
    default: return FindingAction::None;
    }
}

FindingSeries fromProto(const v1::FindingSeries& from)
{
    FindingSeries to;
    to.name = text(from.name());
    to.unit = unitOf(from.unit());
    to.startMs = from.start_ms();
    to.widthMs = from.width_ms();
    to.values = QList<double>(from.values().begin(), from.values().end());
    to.hasThreshold = from.has_threshold();
    to.threshold = from.threshold();
    return to;
}

HealthFinding fromProto(const v1::HealthFinding& from)
{
    HealthFinding to;
    to.id = text(from.id());
    to.rule = text(from.rule());
    to.function = text(from.function_name());
    to.severity = severityOf(from.severity());
    to.title = text(from.title());
    to.text = text(from.text());
    to.fromMs = from.evidence().from_ms();
    to.toMs = from.evidence().to_ms();
    for (const v1::FindingNumber& number : from.evidence().numbers())
        to.numbers.append({text(number.name()), number.value(), unitOf(number.unit())});
    to.series = fromProto(from.evidence().series());
    for (const int action : from.actions()) {
        if (actionOf(action) != FindingAction::None)
            to.actions.append(actionOf(action));
    }
    to.firstSeenMs = from.first_seen_ms();
    to.lastSeenMs = from.last_seen_ms();
    to.active = from.active();
    to.dismissed = from.dismissed();
    to.snoozedUntilMs = from.snoozed_until_ms();
    return to;
}

} // namespace

void FindingsApi::list(bool evaluate, QObject* context, Done<HealthFindings> done)
{
    v1::ListHealthFindingsRequest request;
    request.set_evaluate(evaluate);
    call<v1::ListHealthFindingsResponse>(
        m_channel, request, context,
        [](const v1::ListHealthFindingsResponse& response) {
            HealthFindings all;
            all.evaluatedMs = response.evaluated_ms();
            for (const v1::HealthFinding& finding : response.findings())
                all.findings.append(fromProto(finding));
            for (const v1::FindingRule& rule : response.rules())
                all.rules.append({text(rule.id()), text(rule.title()), text(rule.threshold())});
            return all;
        },
        std::move(done));
}

void FindingsApi::dismiss(const QString& id, qint64 untilMs, QObject* context, Done<Nothing> done)
{
    v1::DismissHealthFindingRequest request;
    request.set_id(id.toStdString());
    request.set_snooze_until_ms(untilMs);
    call<v1::HealthFinding>(
        m_channel, request, context, [](const v1::HealthFinding&) { return Nothing(); },
        std::move(done));
}

void FindingsApi::restore(const QString& id, QObject* context, Done<Nothing> done)
{
    v1::RestoreHealthFindingRequest request;
    request.set_id(id.toStdString());
    call<v1::HealthFinding>(
        m_channel, request, context, [](const v1::HealthFinding&) { return Nothing(); },
        std::move(done));
}

} // namespace gantry::rpc
