#include "ui/models/action_catalogue.h"
#include "ui/models/policy_document.h"

#include <QCoreApplication>

namespace gantry::models {

namespace {

constexpr qsizetype kNamed = 3; // that are told one by one

QString tr(const char* text, int n = -1)
{
    return QCoreApplication::translate("policySentences", text, nullptr, n);
}

QString joined(const QStringList& parts)
{
    if (parts.size() <= kNamed)
        return parts.join(tr(" and "));
    return tr("%1 and %2 more").arg(parts.mid(0, kNamed).join(QStringLiteral(", "))).arg(parts.size() - kNamed);
}

QString doing(const QString& pattern)
{
    const ActionCatalogue& catalogue = ActionCatalogue::instance();
    if (pattern == QLatin1String("*"))
        return tr("do anything");
    const CatalogueService* service = catalogue.service(pattern.section(QLatin1Char(':'), 0, 0));
    if (const CatalogueAction* action = catalogue.action(pattern))
        return tr("%1 (%2)").arg(action->about, action->name);
    if (service && pattern.endsWith(QLatin1String(":*")))
        return tr("do everything with %1").arg(service->name);
    if (service && pattern.contains(QLatin1Char('*')))
        return tr("do the %1 actions %2 of %3").arg(catalogue.matching(pattern)).arg(pattern, service->name);
    return tr("do %1").arg(pattern);
}

// The end of an ARN is what people know: function:orders, secret:db-x.
QString place(const QString& arn)
{
    if (arn == QLatin1String("*"))
        return tr("everything");
    const QString end = arn.section(QLatin1Char(':'), 5);
    return end.isEmpty() ? arn : QStringLiteral("%1 %2").arg(arn.section(QLatin1Char(':'), 2, 2), end);
}

QString whom(const PolicyStatement& statement)
{
    QStringList parts;
    for (const auto& principal : statement.principals)
        parts.append(principal.first == QLatin1String("*") || principal.second == QLatin1String("*")
                         ? tr("everybody")
                         : principal.second);
    const QString who = joined(parts);
    return statement.notPrincipal ? tr("Everybody except %1").arg(who) : who;
}

QString conditionsOf(const PolicyStatement& statement)
{
    QStringList parts;
    for (const PolicyCondition& condition : statement.conditions)
        parts.append(QStringLiteral("%1 %2 %3").arg(condition.key, condition.op,
                                                    condition.values.join(tr(" or "))));
    return parts.join(tr(" and "));
}

QString sentence(const PolicyStatement& statement)
{
    if (statement.actions.isEmpty())
        return statement.allow ? tr("Allows nothing yet.") : tr("Denies nothing yet.");
    QStringList actions;
    for (const QString& action : statement.actions)
        actions.append(doing(action));
    QStringList places;
    for (const QString& resource : statement.resources)
        places.append(place(resource));
    const QString subject = statement.principals.isEmpty() ? QString() : whom(statement) + QLatin1Char(' ');
    QString verb = statement.allow ? tr("may") : tr("may never");
    if (subject.isEmpty())
        verb = statement.allow ? tr("May") : tr("May never");
    QString text = statement.notAction
                       ? tr("%1%2 do anything except %3").arg(subject, verb, statement.actions.join(QStringLiteral(", ")))
                       : tr("%1%2 %3").arg(subject, verb, joined(actions));
    if (!places.isEmpty())
        text += statement.notResource ? tr(", on everything except %1").arg(joined(places))
                                      : tr(", on %1").arg(joined(places));
    if (!statement.conditions.isEmpty())
        text += tr(", only when %1").arg(conditionsOf(statement));
    return text + QLatin1Char('.');
}

} // namespace

QStringList policySentences(const PolicyDocument& document)
{
    QStringList sentences;
    for (const PolicyStatement& statement : document.statements)
        sentences.append(sentence(statement));
    return sentences;
}

} // namespace gantry::models
