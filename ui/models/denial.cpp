#include "ui/models/denial.h"

#include <QRegularExpression>

namespace gantry::models {

namespace {

constexpr QLatin1String kMark("is not authorized to perform: ");

// ARNs end where a sentence, a quotation or a JSON string around them does.
const QRegularExpression& pattern()
{
    static const QRegularExpression made(QStringLiteral(
        R"(User: (\S+) is not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9]+))"
        R"((?: on resource: ([^\s"'\\,)]+))?)"));
    return made;
}

} // namespace

bool tellsOfDenial(const QString& text)
{
    return text.contains(kMark) && pattern().match(text).hasMatch();
}

QList<Denial> denialsIn(const QString& text)
{
    QList<Denial> denials;
    if (!text.contains(kMark))
        return denials;
    auto matches = pattern().globalMatch(text);
    while (matches.hasNext()) {
        const QRegularExpressionMatch match = matches.next();
        Denial denial{match.captured(1), match.captured(2), match.captured(3)};
        if (denial.resource.isEmpty())
            denial.resource = QStringLiteral("*");
        if (!denials.contains(denial))
            denials.append(denial);
    }
    return denials;
}

QString routeToReason(const Denial& denial)
{
    return QStringLiteral("permissions/simulator/%1 %2 %3")
        .arg(denial.principal, denial.action, denial.resource);
}

std::optional<Denial> denialOfRoute(const QString& rest)
{
    const QStringList parts = rest.split(QLatin1Char(' '));
    if (parts.size() != 3)
        return std::nullopt;
    return Denial{parts[0], parts[1], parts[2]};
}

} // namespace gantry::models
