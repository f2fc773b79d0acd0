#pragma once

#include <QList>
#include <QPair>
#include <QString>

namespace gantry::models {

// A command for a POSIX shell that asks this platform the same by the AWS CLI. Values are quoted
// where they need it; an option without a value is a flag.
QString awsCliCommand(const QString& endpoint, const QString& operation,
                      const QList<QPair<QString, QString>>& options);

QString shellQuote(const QString& word);

} // namespace gantry::models
