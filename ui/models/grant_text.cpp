#include "ui/models/grant_text.h"

#include <QCoreApplication>
#include <QRandomGenerator>
#include <QRegularExpression>

namespace gantry::models {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::models::GrantText", text);
}

QString whoText(const QString& principal)
{
    static const QRegularExpression account(QStringLiteral("^(?:arn:aws:iam::)?(\\d{12})(?::root)?$"));
    if (principal == QLatin1String("*"))
        return tr("Everyone");
    if (const auto match = account.match(principal); match.hasMatch())
        return tr("account %1").arg(match.captured(1));
    for (const CallingService& service : callingServices()) {
        if (service.principal == principal)
            return service.name;
    }
    const QString resource = principal.section(u':', 5);
    return resource.isEmpty() ? principal : resource.section(u'/', 0, 0) + u' ' + resource.section(u'/', -1);
}

} // namespace

const QList<CallingService>& callingServices()
{
    static const QList<CallingService> services{
        {QStringLiteral("Amazon S3"), QStringLiteral("s3.amazonaws.com"), tr("Bucket"),
         QStringLiteral("arn:aws:s3:::%2"), true},
        {QStringLiteral("Amazon SNS"), QStringLiteral("sns.amazonaws.com"), tr("Topic"),
         QStringLiteral("arn:aws:sns:%1:%2")},
        {QStringLiteral("Amazon EventBridge"), QStringLiteral("events.amazonaws.com"), tr("Rule"),
         QStringLiteral("arn:aws:events:%1:rule/%2")},
        {QStringLiteral("EventBridge Scheduler"), QStringLiteral("scheduler.amazonaws.com"),
         tr("Schedule"), QStringLiteral("arn:aws:scheduler:%1:schedule/default/%2")},
        {QStringLiteral("API Gateway"), QStringLiteral("apigateway.amazonaws.com"), tr("API ID"),
         QStringLiteral("arn:aws:execute-api:%1:%2/*")},
        {QStringLiteral("CloudWatch Logs"), QStringLiteral("logs.amazonaws.com"), tr("Log group"),
         QStringLiteral("arn:aws:logs:%1:log-group:%2:*")},
        {QStringLiteral("Secrets Manager"), QStringLiteral("secretsmanager.amazonaws.com"),
         tr("Secret"), QStringLiteral("arn:aws:secretsmanager:%1:secret:%2-*")},
    };
    return services;
}

rpc::NewGrant grantTo(const CallingService& service, const QString& sourceName,
                      const QString& place)
{
    rpc::NewGrant grant;
    grant.id = statementId(service.principal.section(u'.', 0, 0));
    grant.who = service.principal;
    grant.action = QStringLiteral("lambda:InvokeFunction");
    if (sourceName.isEmpty())
        return grant;
    grant.source = service.arn;
    grant.source.replace(QLatin1String("%1"), place).replace(QLatin1String("%2"), sourceName);
    if (service.accountless)
        grant.sourceAccount = place.section(u':', -1);
    return grant;
}

QString whoText(const rpc::Grant& grant)
{
    QStringList all;
    const QStringList principals = grant.who.split(QStringLiteral(", "));
    for (const QString& principal : principals)
        all << whoText(principal);
    const QString who = all.join(QStringLiteral(", "));
    return grant.allows ? who : tr("not %1").arg(who);
}

QString sourceText(const rpc::Grant& grant)
{
    return grant.source.section(u':', 5).section(u'/', grant.source.contains(u'/') ? 1 : 0);
}

QString statementId(const QString& about)
{
    return QStringLiteral("%1-%2").arg(about).arg(QRandomGenerator::global()->generate(), 8, 16,
                                                  QLatin1Char('0'));
}

} // namespace gantry::models
