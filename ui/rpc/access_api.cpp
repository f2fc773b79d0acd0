#include "ui/rpc/access_api.h"

#include "gantry/v1/access.pb.h"
#include "gantry/v1/audit.pb.h"
#include "ui/rpc/call.h"

#include <memory>

namespace gantry::rpc {

namespace {

QString text(const std::string& value) { return QString::fromStdString(value); }

QDateTime millis(qint64 value)
{
    return value > 0 ? QDateTime::fromMSecsSinceEpoch(value) : QDateTime();
}

template <class Strings> QStringList texts(const Strings& from)
{
    QStringList to;
    for (const std::string& each : from)
        to.append(text(each));
    return to;
}

ContextValue toContext(const v1::ContextValue& from)
{
    return {text(from.key()), texts(from.values()), from.many()};
}

void fill(const ContextValue& from, v1::ContextValue& to)
{
    to.set_key(from.key.toStdString());
    to.set_many(from.many);
    for (const QString& value : from.values)
        to.add_values(value.toStdString());
}

Simulation toSimulation(const v1::SimulateAccessResponse& response)
{
    Simulation to;
    for (const v1::SimulatedPolicy& policy : response.policies())
        to.policies.append({text(policy.name()), text(policy.source()), text(policy.document())});
    for (const v1::SimulatedDecision& from : response.decisions()) {
        SimulatedDecision decision;
        decision.principal = text(from.principal_arn());
        decision.action = text(from.action());
        decision.resource = text(from.resource());
        decision.reason = text(from.reason());
        decision.allowed = from.allowed();
        decision.explicitDeny = from.explicit_deny();
        decision.policy = from.policy();
        decision.statement = from.statement();
        for (const v1::StatementOutcome& outcome : from.outcomes())
            decision.outcomes.append({outcome.policy(), outcome.statement(), text(outcome.label()),
                                      text(outcome.explanation()), outcome.applies()});
        decision.missingKeys = texts(from.missing_keys());
        to.decisions.append(decision);
    }
    return to;
}

PolicyCheck toCheck(const v1::ValidatePolicyResponse& response)
{
    PolicyCheck to;
    to.characters = response.characters();
    to.limit = response.limit();
    for (const v1::PolicyIssue& issue : response.issues())
        to.issues.append({static_cast<PolicyIssue::Severity>(issue.severity()), issue.line(),
                          text(issue.element()), text(issue.message())});
    return to;
}

QList<Finding> toFindings(const v1::ListFindingsResponse& response)
{
    QList<Finding> to;
    for (const v1::Finding& finding : response.findings())
        to.append({static_cast<Finding::Kind>(finding.kind()), text(finding.resource()),
                   text(finding.principal()), text(finding.condition()), text(finding.detail()),
                   text(finding.statement()), texts(finding.actions()), finding.is_public()});
    return to;
}

UsedAccess toUsed(const v1::UsedAccess& from)
{
    return {text(from.action()), text(from.resource()), from.allowed(), from.count(),
            millis(from.last_ms())};
}

AccessUse toUse(const v1::AccessUse& response)
{
    AccessUse to;
    to.since = millis(response.recorded_since_ms());
    for (const v1::UsedAccess& used : response.used())
        to.used.append(toUsed(used));
    for (const v1::GrantedAccess& granted : response.granted())
        to.granted.append({text(granted.policy()), text(granted.statement()), text(granted.action()),
                           texts(granted.resources()), granted.allows(), granted.not_action(),
                           granted.count(), millis(granted.last_used_ms())});
    return to;
}

PolicyPreview toPreview(const v1::PreviewPolicyResponse& response)
{
    PolicyPreview to;
    to.wouldBeDenied = response.would_be_denied();
    for (const v1::PreviewedCall& call : response.calls())
        to.calls.append({toUsed(call.call()), call.allowed_then(), text(call.reason())});
    return to;
}

AuditEntry toEntry(const v1::AuditEntry& from)
{
    AuditEntry to;
    to.sequence = from.sequence();
    to.count = from.count();
    to.time = millis(from.time_ms());
    to.requestId = text(from.request_id());
    to.door = text(from.door());
    to.principal = text(from.principal_arn());
    to.accessKeyId = text(from.access_key_id());
    to.action = text(from.action());
    to.resource = text(from.resource());
    to.reason = text(from.reason());
    to.policy = text(from.policy());
    to.policySource = text(from.policy_source());
    to.statement = text(from.statement());
    to.sourceIp = text(from.source_ip());
    to.userAgent = text(from.user_agent());
    to.hash = text(from.hash());
    to.decision = static_cast<AuditDecision>(from.decision());
    for (const v1::ContextValue& value : from.context())
        to.context.append(toContext(value));
    for (const v1::AuditedUse& use : from.also())
        to.also.append(QObject::tr("%1 on %2").arg(text(use.action()), text(use.resource())));
    return to;
}

AuditPage toPage(const v1::ListAuditEntriesResponse& response)
{
    AuditPage to;
    to.more = response.more();
    to.kept = response.kept();
    for (const v1::AuditEntry& entry : response.entries())
        to.entries.append(toEntry(entry));
    return to;
}

void exportFrom(Channel& channel, qint64 after, const std::shared_ptr<QByteArray>& lines,
                QObject* context, const AccessApi::Done<QByteArray>& done)
{
    struct Page {
        QByteArray lines;
        qint64 last = 0;
        bool more = false;
    };
    v1::ExportAuditLogRequest request;
    request.set_after(after);
    std::function<void(Result<Page>)> onPage =
        [&channel, lines, context, done](const Result<Page>& page) {
            if (!page)
                return done(page.error());
            lines->append(page->lines);
            page->more ? exportFrom(channel, page->last, lines, context, done) : done(*lines);
        };
    call<v1::ExportAuditLogResponse>(
        channel, request, context,
        [](const v1::ExportAuditLogResponse& response) {
            return Page{QByteArray::fromStdString(response.lines()), response.last(),
                        response.more()};
        },
        std::move(onPage));
}

} // namespace

void AccessApi::simulate(const SimulationQuestion& question, QObject* context,
                         Done<Simulation> done)
{
    v1::SimulateAccessRequest request;
    for (const QString& each : question.principals)
        request.add_principal_arns(each.toStdString());
    for (const QString& each : question.actions)
        request.add_actions(each.toStdString());
    for (const QString& each : question.resources)
        request.add_resources(each.toStdString());
    for (const ContextValue& value : question.context)
        fill(value, *request.add_context());
    request.set_brief(question.brief);
    call<v1::SimulateAccessResponse>(m_channel, request, context, toSimulation, std::move(done));
}

void AccessApi::validate(const QString& document, PolicyUse use, QObject* context,
                         Done<PolicyCheck> done)
{
    v1::ValidatePolicyRequest request;
    request.set_document(document.toStdString());
    request.set_use(static_cast<v1::PolicyUse>(use));
    call<v1::ValidatePolicyResponse>(m_channel, request, context, toCheck, std::move(done));
}

void AccessApi::findings(QObject* context, Done<QList<Finding>> done)
{
    call<v1::ListFindingsResponse>(m_channel, v1::ListFindingsRequest(), context, toFindings,
                                   std::move(done));
}

void AccessApi::use(const QString& principalArn, QObject* context, Done<AccessUse> done)
{
    v1::GetAccessUseRequest request;
    request.set_principal_arn(principalArn.toStdString());
    call<v1::AccessUse>(m_channel, request, context, toUse, std::move(done));
}

void AccessApi::generate(const QString& principalArn, bool withDenied, QObject* context,
                         Done<GeneratedPolicy> done)
{
    v1::GeneratePolicyRequest request;
    request.set_principal_arn(principalArn.toStdString());
    request.set_with_denied(withDenied);
    call<v1::GeneratePolicyResponse>(
        m_channel, request, context,
        [](const v1::GeneratePolicyResponse& response) {
            return GeneratedPolicy{text(response.document()), text(response.current()),
                                   response.calls()};
        },
        std::move(done));
}

void AccessApi::preview(const QString& principalArn, const QString& document, QObject* context,
                        Done<PolicyPreview> done)
{
    v1::PreviewPolicyRequest request;
    request.set_principal_arn(principalArn.toStdString());
    request.set_document(document.toStdString());
    call<v1::PreviewPolicyResponse>(m_channel, request, context, toPreview, std::move(done));
}

void AccessApi::auditEntries(const AuditQuestion& question, QObject* context,
                             Done<AuditPage> done)
{
    v1::ListAuditEntriesRequest request;
    v1::AuditFilter& filter = *request.mutable_filter();
    filter.set_text(question.text.toStdString());
    filter.set_principal(question.principal.toStdString());
    for (const AuditDecision decision : question.decisions)
        filter.add_decisions(static_cast<v1::AuditDecision>(decision));
    request.set_before(question.before);
    call<v1::ListAuditEntriesResponse>(m_channel, request, context, toPage, std::move(done));
}

void AccessApi::verifyAudit(QObject* context, Done<AuditCheck> done)
{
    call<v1::VerifyAuditLogResponse>(
        m_channel, v1::VerifyAuditLogRequest(), context,
        [](const v1::VerifyAuditLogResponse& response) {
            return AuditCheck{response.intact(),       response.entries(),
                              response.first_broken(), response.first(),
                              response.last(),         text(response.problem()),
                              text(response.head_hash())};
        },
        std::move(done));
}

void AccessApi::exportAudit(QObject* context, Done<QByteArray> done)
{
    exportFrom(m_channel, 0, std::make_shared<QByteArray>(), context, done);
}

} // namespace gantry::rpc
