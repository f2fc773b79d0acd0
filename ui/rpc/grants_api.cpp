#include "ui/rpc/grants_api.h"

#include "aws/lambda.pb.h"
#include "ui/rpc/call.h"

#include <google/protobuf/empty.pb.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace gantry::rpc {

namespace pb = aws::lambda;

namespace {

constexpr auto kNothing = [](const auto&) { return Nothing(); };

// A text or a list of them.
QString joined(const QJsonValue& value)
{
    if (value.isString())
        return value.toString();
    QStringList texts;
    const QJsonArray list = value.toArray();
    for (const QJsonValue& each : list)
        texts << each.toString();
    return texts.join(QStringLiteral(", "));
}

QString principalOf(const QJsonObject& statement)
{
    const QJsonValue principal = statement.value(QLatin1String("Principal"));
    if (principal.isString())
        return principal.toString();
    QStringList all;
    const QJsonObject kinds = principal.toObject();
    for (const QJsonValue& each : kinds)
        all << joined(each);
    return all.isEmpty() ? QStringLiteral("(NotPrincipal)") : all.join(QStringLiteral(", "));
}

// Takes the source out of the conditions; what is left is told as it is.
void readConditions(QJsonObject conditions, Grant& grant)
{
    for (const char* kind : {"ArnLike", "ArnEquals", "StringEquals"}) {
        QJsonObject group = conditions.value(QLatin1String(kind)).toObject();
        const QStringList keys = group.keys();
        for (const QString& key : keys) {
            if (key.compare(QLatin1String("aws:SourceArn"), Qt::CaseInsensitive) == 0)
                grant.source = joined(group.take(key));
        }
        if (group.isEmpty())
            conditions.remove(QLatin1String(kind));
        else
            conditions.insert(QLatin1String(kind), group);
    }
    if (!conditions.isEmpty())
        grant.more = QString::fromUtf8(QJsonDocument(conditions).toJson(QJsonDocument::Compact));
}

// Without a policy AWS answers that the resource does not exist.
auto grantsOrNone(GrantsApi::Done<QList<Grant>> done)
{
    return [done = std::move(done)](const Result<QList<Grant>>& result) {
        const bool none = !result && result.error().name == QLatin1String("ResourceNotFoundException");
        done(none ? Result<QList<Grant>>(QList<Grant>()) : result);
    };
}

constexpr auto kGrants = [](const auto& response) {
    return grantsOf(QByteArray::fromStdString(response.policy()));
};

} // namespace

QList<Grant> grantsOf(const QByteArray& policy)
{
    const QJsonValue statements =
        QJsonDocument::fromJson(policy).object().value(QLatin1String("Statement"));
    QList<Grant> grants;
    const QJsonArray list = statements.isObject() ? QJsonArray{statements} : statements.toArray();
    for (const QJsonValue& each : list) {
        const QJsonObject statement = each.toObject();
        Grant grant;
        grant.id = statement.value(QLatin1String("Sid")).toString();
        grant.allows = statement.value(QLatin1String("Effect")).toString() != QLatin1String("Deny");
        grant.who = principalOf(statement);
        grant.action = joined(statement.value(QLatin1String("Action")));
        readConditions(statement.value(QLatin1String("Condition")).toObject(), grant);
        grants.append(grant);
    }
    return grants;
}

void GrantsApi::ofFunction(const QString& function, QObject* context, Done<QList<Grant>> done)
{
    pb::GetPolicyRequest request;
    request.set_function_name(function.toStdString());
    call<pb::GetPolicyResponse>(m_channel, request, context, kGrants,
                                grantsOrNone(std::move(done)));
}

void GrantsApi::add(const QString& function, const NewGrant& grant, QObject* context,
                    Done<Nothing> done)
{
    pb::AddPermissionRequest request;
    request.set_function_name(function.toStdString());
    request.set_statement_id(grant.id.toStdString());
    request.set_action(grant.action.toStdString());
    request.set_principal(grant.who.toStdString());
    if (!grant.source.isEmpty())
        request.set_source_arn(grant.source.toStdString());
    if (!grant.sourceAccount.isEmpty())
        request.set_source_account(grant.sourceAccount.toStdString());
    if (!grant.urlAuth.isEmpty())
        request.set_function_url_auth_type(grant.urlAuth.toStdString());
    call<pb::AddPermissionResponse>(m_channel, request, context, kNothing, std::move(done));
}

void GrantsApi::remove(const QString& function, const QString& id, QObject* context,
                       Done<Nothing> done)
{
    pb::RemovePermissionRequest request;
    request.set_function_name(function.toStdString());
    request.set_statement_id(id.toStdString());
    call<google::protobuf::Empty>(m_channel, request, context, kNothing, std::move(done));
}

void GrantsApi::ofLayer(const QString& layer, qint64 version, QObject* context,
                        Done<QList<Grant>> done)
{
    pb::GetLayerVersionPolicyRequest request;
    request.set_layer_name(layer.toStdString());
    request.set_version_number(version);
    call<pb::GetLayerVersionPolicyResponse>(
        m_channel, request, context, kGrants,
        grantsOrNone(std::move(done)));
}

void GrantsApi::share(const QString& layer, qint64 version, const QString& id, const QString& who,
                      QObject* context, Done<Nothing> done)
{
    pb::AddLayerVersionPermissionRequest request;
    request.set_layer_name(layer.toStdString());
    request.set_version_number(version);
    request.set_statement_id(id.toStdString());
    request.set_action("lambda:GetLayerVersion");
    request.set_principal(who.toStdString());
    call<pb::AddLayerVersionPermissionResponse>(m_channel, request, context, kNothing,
                                                std::move(done));
}

void GrantsApi::unshare(const QString& layer, qint64 version, const QString& id, QObject* context,
                        Done<Nothing> done)
{
    pb::RemoveLayerVersionPermissionRequest request;
    request.set_layer_name(layer.toStdString());
    request.set_version_number(version);
    request.set_statement_id(id.toStdString());
    call<google::protobuf::Empty>(m_channel, request, context, kNothing, std::move(done));
}

} // namespace gantry::rpc
