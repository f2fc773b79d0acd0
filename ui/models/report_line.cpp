#include "ui/models/report_line.h"

#include <QRegularExpression>

namespace gantry::models {

namespace {

// The text between "LABEL: " and the next tab.
QString valueOf(const QStringList& fields, QLatin1String label)
{
    for (const QString& field : fields) {
        if (field.startsWith(label))
            return field.mid(label.size()).trimmed();
    }
    return {};
}

double numberOf(const QStringList& fields, QLatin1String label)
{
    return valueOf(fields, label).section(QLatin1Char(' '), 0, 0).toDouble();
}

} // namespace

std::optional<Report> parseReport(const QString& log)
{
    static const QLatin1String kStart("REPORT RequestId: ");
    const qsizetype at = log.lastIndexOf(kStart);
    if (at < 0)
        return std::nullopt;
    static const QRegularExpression kSeparator(QStringLiteral("[\\t\\n]"));
    const QStringList fields = log.mid(at + kStart.size()).split(kSeparator);
    Report report;
    report.requestId = fields.value(0).trimmed();
    report.durationMs = numberOf(fields, QLatin1String("Duration: "));
    report.billedMs = numberOf(fields, QLatin1String("Billed Duration: "));
    report.initMs = numberOf(fields, QLatin1String("Init Duration: "));
    report.restoreMs = numberOf(fields, QLatin1String("Restore Duration: "));
    report.memoryMb = static_cast<int>(numberOf(fields, QLatin1String("Memory Size: ")));
    report.memoryUsedMb = static_cast<int>(numberOf(fields, QLatin1String("Max Memory Used: ")));
    report.status = valueOf(fields, QLatin1String("Status: "));
    return report;
}

} // namespace gantry::models
