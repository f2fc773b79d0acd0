#include "ui/models/action_catalogue.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

namespace gantry::models {

namespace {

QStringList strings(const QJsonValue& list)
{
    QStringList out;
    for (const QJsonValue& each : list.toArray())
        out.append(each.toString());
    return out;
}

CatalogueService serviceOf(const QJsonObject& from)
{
    CatalogueService service;
    service.prefix = from.value(QLatin1String("prefix")).toString();
    service.name = from.value(QLatin1String("name")).toString();
    for (const QJsonValue& each : from.value(QLatin1String("actions")).toArray()) {
        const QJsonObject action = each.toObject();
        service.actions.append(
            {service.prefix + QLatin1Char(':') + action.value(QLatin1String("name")).toString(),
             action.value(QLatin1String("access")).toString(),
             action.value(QLatin1String("about")).toString(),
             strings(action.value(QLatin1String("resources"))),
             strings(action.value(QLatin1String("keys")))});
    }
    for (const QJsonValue& each : from.value(QLatin1String("resources")).toArray()) {
        const QJsonObject resource = each.toObject();
        service.resources.append({resource.value(QLatin1String("type")).toString(),
                                  resource.value(QLatin1String("arn")).toString()});
    }
    for (const QJsonValue& each : from.value(QLatin1String("keys")).toArray())
        service.keys.append(each.toObject().value(QLatin1String("key")).toString());
    return service;
}

QRegularExpression patternOf(const QString& pattern)
{
    return QRegularExpression(
        QRegularExpression::wildcardToRegularExpression(
            pattern, QRegularExpression::UnanchoredWildcardConversion)
            .prepend(QLatin1Char('^'))
            .append(QLatin1Char('$')),
        QRegularExpression::CaseInsensitiveOption);
}

} // namespace

const ActionCatalogue& ActionCatalogue::instance()
{
    static const ActionCatalogue catalogue;
    return catalogue;
}

ActionCatalogue::ActionCatalogue()
{
    QFile file(QStringLiteral(":/iam/actions.json"));
    if (!file.open(QIODevice::ReadOnly))
        return;
    const QJsonObject root = QJsonDocument::fromJson(file.readAll()).object();
    for (const QJsonValue& each : root.value(QLatin1String("services")).toArray()) {
        m_services.append(serviceOf(each.toObject()));
        const CatalogueService& service = m_services.last();
        for (int i = 0; i < service.actions.size(); ++i) {
            m_byName.insert(service.actions[i].name.toLower(), {int(m_services.size()) - 1, i});
            m_names.append(service.actions[i].name);
        }
    }
}

const CatalogueService* ActionCatalogue::service(const QString& prefix) const
{
    for (const CatalogueService& service : m_services) {
        if (service.prefix == prefix)
            return &service;
    }
    return nullptr;
}

const CatalogueAction* ActionCatalogue::action(const QString& name) const
{
    const auto found = m_byName.find(name.toLower());
    return found == m_byName.end() ? nullptr
                                   : &m_services[found->first].actions[found->second];
}

int ActionCatalogue::matching(const QString& pattern) const
{
    const QRegularExpression wanted = patternOf(pattern);
    int count = 0;
    for (const QString& name : m_names)
        count += wanted.match(name).hasMatch() ? 1 : 0;
    return count;
}

QStringList ActionCatalogue::keysFor(const QStringList& actions) const
{
    QStringList keys = {QStringLiteral("aws:CurrentTime"),     QStringLiteral("aws:PrincipalArn"),
                        QStringLiteral("aws:PrincipalAccount"), QStringLiteral("aws:PrincipalTag/"),
                        QStringLiteral("aws:RequestTag/"),     QStringLiteral("aws:ResourceTag/"),
                        QStringLiteral("aws:RequestedRegion"), QStringLiteral("aws:SecureTransport"),
                        QStringLiteral("aws:SourceAccount"),   QStringLiteral("aws:SourceArn"),
                        QStringLiteral("aws:SourceIp"),        QStringLiteral("aws:TagKeys"),
                        QStringLiteral("aws:UserAgent"),       QStringLiteral("aws:username")};
    QStringList prefixes;
    for (const QString& action : actions)
        prefixes.append(action.section(QLatin1Char(':'), 0, 0));
    prefixes.removeDuplicates();
    for (const QString& prefix : std::as_const(prefixes)) {
        if (const CatalogueService* known = service(prefix)) {
            for (const QString& key : known->keys) {
                if (!key.startsWith(QLatin1String("aws:")))
                    keys.append(key);
            }
        }
    }
    return keys;
}

QStringList conditionOperators()
{
    return {QStringLiteral("StringEquals"),    QStringLiteral("StringNotEquals"),
            QStringLiteral("StringLike"),      QStringLiteral("StringNotLike"),
            QStringLiteral("StringEqualsIgnoreCase"), QStringLiteral("ArnLike"),
            QStringLiteral("ArnNotLike"),      QStringLiteral("ArnEquals"),
            QStringLiteral("IpAddress"),       QStringLiteral("NotIpAddress"),
            QStringLiteral("Bool"),            QStringLiteral("Null"),
            QStringLiteral("NumericEquals"),   QStringLiteral("NumericLessThan"),
            QStringLiteral("NumericLessThanEquals"), QStringLiteral("NumericGreaterThan"),
            QStringLiteral("NumericGreaterThanEquals"), QStringLiteral("DateLessThan"),
            QStringLiteral("DateGreaterThan"), QStringLiteral("StringEqualsIfExists"),
            QStringLiteral("ForAnyValue:StringEquals"), QStringLiteral("ForAnyValue:StringLike"),
            QStringLiteral("ForAllValues:StringEquals")};
}

} // namespace gantry::models
