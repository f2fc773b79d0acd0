#include "ui/models/format.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace gantry::models {

namespace {
QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::models::format", text);
}
} // namespace

QString formatBytes(qint64 bytes)
{
    const QLocale locale;
    if (bytes < 1024)
        return tr("%1 B").arg(locale.toString(bytes));
    static constexpr const char* kUnits[] = {"%1 KB", "%1 MB", "%1 GB", "%1 TB"};
    double value = static_cast<double>(bytes) / 1024;
    int unit = 0;
    for (; value >= 1023.95 && unit < 3; ++unit)
        value /= 1024;
    return tr(kUnits[unit]).arg(locale.toString(value, 'f', value < 99.95 ? 1 : 0));
}

QString formatMs(double milliseconds)
{
    const QLocale locale;
    if (milliseconds < 9.995)
        return tr("%1 ms").arg(locale.toString(milliseconds, 'f', 2));
    if (milliseconds < 99.95)
        return tr("%1 ms").arg(locale.toString(milliseconds, 'f', 1));
    if (milliseconds < 999.5)
        return tr("%1 ms").arg(locale.toString(milliseconds, 'f', 0));
    if (milliseconds < 59'995)
        return tr("%1 s").arg(locale.toString(milliseconds / 1000, 'f', 2));
    const auto seconds = std::llround(milliseconds / 1000);
    return tr("%1 min %2 s").arg(locale.toString(seconds / 60), locale.toString(seconds % 60));
}

QString formatUsd(pricing::Money money)
{
    return formatUsd(money.toDouble());
}

QString formatUsd(double dollars)
{
    const QLocale locale;
    if (dollars == 0)
        return QStringLiteral("$") + locale.toString(0);
    // Three significant digits below a cent, cents from a dollar on.
    const double magnitude = std::abs(dollars);
    int digits = 2;
    if (magnitude < 1)
        digits = std::clamp(2 - static_cast<int>(std::floor(std::log10(magnitude))), 2, 12);
    const QString sign = dollars < 0 ? QStringLiteral("-") : QString();
    return sign + QStringLiteral("$") + locale.toString(magnitude, 'f', digits);
}

QString formatCount(qint64 count)
{
    return QLocale().toString(count);
}

QString formatMemory(int megabytes)
{
    return tr("%1 MB").arg(QLocale().toString(megabytes));
}

QString formatVcpus(int memoryMb)
{
    return tr("%1 vCPU").arg(QLocale().toString(vcpus(memoryMb), 'f', 2));
}

QString iconOfRuntime(const QString& runtime)
{
    for (const char* family : {"python", "nodejs", "ruby", "java"}) {
        if (runtime.startsWith(QLatin1String(family)))
            return QString::fromLatin1(family);
    }
    return QStringLiteral("generic");
}

} // namespace gantry::models
