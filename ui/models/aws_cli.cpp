#include "ui/models/aws_cli.h"

#include <QRegularExpression>

namespace gantry::models {

QString shellQuote(const QString& word)
{
    static const QRegularExpression kPlain(QStringLiteral("^[A-Za-z0-9_@%+=:,./-]+$"));
    if (kPlain.match(word).hasMatch())
        return word;
    QString escaped = word;
    escaped.replace(QLatin1Char('\''), QLatin1String("'\\''"));
    return QLatin1Char('\'') + escaped + QLatin1Char('\'');
}

QString awsCliCommand(const QString& endpoint, const QString& operation,
                      const QList<QPair<QString, QString>>& options)
{
    QString command = QStringLiteral("aws --profile gantry");
    if (!endpoint.isEmpty())
        command += QStringLiteral(" --endpoint-url ") + shellQuote(endpoint);
    command += QStringLiteral(" lambda ") + operation;
    for (const auto& [name, value] : options) {
        command += QStringLiteral(" --") + name;
        if (!value.isEmpty())
            command += QLatin1Char(' ') + shellQuote(value);
    }
    return command;
}

} // namespace gantry::models
