#include "ui/models/configuration_draft.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <QSet>

namespace gantry::models {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::models::ConfigurationDraft", text);
}

template <class T> std::optional<T> ifChanged(const T& before, const T& after)
{
    return before == after ? std::nullopt : std::optional<T>(after);
}

} // namespace

ConfigurationValues valuesOf(const rpc::FunctionDetails& details)
{
    const rpc::FunctionConfiguration& c = details.configuration;
    return {c.memoryMb,    c.timeoutS,    c.tmpMb,      c.architecture, c.runtime,  c.handler,
            c.description, c.environment, details.tags, c.log,          c.snapStart,
            c.activeTracing, c.kmsKeyArn};
}

rpc::ConfigurationChange changeBetween(const ConfigurationValues& before,
                                       const ConfigurationValues& after, const QString& revisionId)
{
    rpc::ConfigurationChange change;
    change.runtime = ifChanged(before.runtime, after.runtime);
    change.handler = ifChanged(before.handler, after.handler);
    change.description = ifChanged(before.description, after.description);
    change.memoryMb = ifChanged(before.memoryMb, after.memoryMb);
    change.timeoutS = ifChanged(before.timeoutS, after.timeoutS);
    change.tmpMb = ifChanged(before.tmpMb, after.tmpMb);
    change.environment = ifChanged(before.environment, after.environment);
    change.log = ifChanged(before.log, after.log);
    change.snapStart = ifChanged(before.snapStart, after.snapStart);
    change.activeTracing = ifChanged(before.activeTracing, after.activeTracing);
    change.kmsKeyArn = ifChanged(before.kmsKeyArn, after.kmsKeyArn);
    change.revisionId = revisionId;
    return change;
}

bool isEmpty(const rpc::ConfigurationChange& change)
{
    return !change.runtime && !change.handler && !change.description && !change.memoryMb &&
           !change.timeoutS && !change.tmpMb && !change.environment && !change.log &&
           !change.snapStart && !change.activeTracing && !change.kmsKeyArn;
}

QString environmentProblem(const QString& key, const QString& value)
{
    Q_UNUSED(value)
    // Set by the platform itself in every environment.
    static const QSet<QString> kReserved{QStringLiteral("_HANDLER"),
                                         QStringLiteral("_X_AMZN_TRACE_ID"),
                                         QStringLiteral("AWS_DEFAULT_REGION"),
                                         QStringLiteral("AWS_REGION"),
                                         QStringLiteral("AWS_EXECUTION_ENV"),
                                         QStringLiteral("AWS_LAMBDA_FUNCTION_NAME"),
                                         QStringLiteral("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
                                         QStringLiteral("AWS_LAMBDA_FUNCTION_VERSION"),
                                         QStringLiteral("AWS_LAMBDA_INITIALIZATION_TYPE"),
                                         QStringLiteral("AWS_LAMBDA_LOG_GROUP_NAME"),
                                         QStringLiteral("AWS_LAMBDA_LOG_STREAM_NAME"),
                                         QStringLiteral("AWS_ACCESS_KEY"),
                                         QStringLiteral("AWS_ACCESS_KEY_ID"),
                                         QStringLiteral("AWS_SECRET_ACCESS_KEY"),
                                         QStringLiteral("AWS_SESSION_TOKEN"),
                                         QStringLiteral("AWS_LAMBDA_RUNTIME_API"),
                                         QStringLiteral("LAMBDA_TASK_ROOT"),
                                         QStringLiteral("LAMBDA_RUNTIME_DIR")};
    static const QRegularExpression kName(QStringLiteral("^[a-zA-Z][a-zA-Z0-9_]+$"));
    if (kReserved.contains(key))
        return tr("%1 is reserved: the platform sets it.").arg(key);
    if (!kName.match(key).hasMatch())
        return tr(
            "A name has two or more letters, digits or underscores and begins with a letter.");
    return {};
}

QString tagProblem(const QString& key, const QString& value)
{
    static const QRegularExpression kText(QStringLiteral("^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*$"));
    if (key.startsWith(QLatin1String("aws:"), Qt::CaseInsensitive))
        return tr("Names that begin with “aws:” are reserved.");
    if (key.size() > 128)
        return tr("The name of a tag has at most 128 characters.");
    if (value.size() > 256)
        return tr("The value of a tag has at most 256 characters.");
    if (!kText.match(key).hasMatch() || !kText.match(value).hasMatch())
        return tr("Tags are made of letters, digits, spaces and _ . : / = + - @");
    return {};
}

QString logGroupProblem(const QString& group)
{
    static const QRegularExpression kName(QStringLiteral("^[-._/#A-Za-z0-9]{1,512}$"));
    return kName.match(group).hasMatch()
               ? QString()
               : tr("A log group has 1 to 512 letters, digits and . - _ / #");
}

QString handlerProblem(const QString& handler, const QString& runtime)
{
    if (handler.isEmpty())
        return runtime.startsWith(QLatin1String("provided"))
                   ? QString()
                   : tr("This runtime needs a handler, e.g. app.handler.");
    if (handler.size() > 128)
        return tr("A handler has at most 128 characters.");
    static const QRegularExpression kSpace(QStringLiteral("\\s"));
    return handler.contains(kSpace) ? tr("A handler has no spaces.") : QString();
}

int environmentBytes(const rpc::StringMap& environment)
{
    qsizetype bytes = 0;
    for (auto it = environment.begin(); it != environment.end(); ++it)
        bytes += it.key().toUtf8().size() + it.value().toUtf8().size();
    return static_cast<int>(bytes);
}

} // namespace gantry::models
