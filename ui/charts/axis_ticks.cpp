#include "ui/charts/axis_ticks.h"

#include "ui/models/format.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <array>
#include <cmath>

namespace gantry::charts {

namespace {

constexpr double kMegabyte = 1024 * 1024;
constexpr qint64 kSecond = 1000;
constexpr qint64 kMinute = 60 * kSecond;
constexpr qint64 kHour = 60 * kMinute;
constexpr qint64 kDay = 24 * kHour;

constexpr std::array kTimeSteps = {
    kSecond,     2 * kSecond, 5 * kSecond,  10 * kSecond, 15 * kSecond, 30 * kSecond, kMinute,
    2 * kMinute, 5 * kMinute, 10 * kMinute, 15 * kMinute, 30 * kMinute, kHour,        2 * kHour,
    3 * kHour,   6 * kHour,   12 * kHour,   kDay,         2 * kDay,     5 * kDay,     10 * kDay,
};

double niceStep(double rough)
{
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (rough <= factor * power * (1 + 1e-9))
            return factor * power;
    }
    return 10 * power;
}

// Three significant digits without trailing zeros.
QString significant(double value)
{
    const int whole = value >= 1 ? int(std::floor(std::log10(value))) + 1 : 0;
    const int decimals = std::clamp(3 - whole, 0, 2);
    QString text = QLocale::c().toString(value, 'f', decimals);
    if (text.contains(QLatin1Char('.'))) {
        while (text.endsWith(QLatin1Char('0')))
            text.chop(1);
        if (text.endsWith(QLatin1Char('.')))
            text.chop(1);
    }
    return text;
}

// Of an axis whose values are all zero.
double lowestTop(Unit unit)
{
    switch (unit) {
    case Unit::Milliseconds:
        return 10;
    case Unit::Dollars:
    case Unit::DollarsPerHour:
        return 0.01;
    case Unit::Bytes:
        return kMegabyte;
    case Unit::Count:
    case Unit::Percent:
        break;
    }
    return 1;
}

QString formatCount(double value)
{
    if (value >= 999.5e6)
        return significant(value / 1e9) + QLatin1Char('G');
    if (value >= 999.5e3)
        return significant(value / 1e6) + QLatin1Char('M');
    if (value >= 10e3)
        return significant(value / 1e3) + QLatin1Char('k');
    return value >= 1000 ? QLocale().toString(qint64(std::llround(value))) : significant(value);
}

QString formatDuration(double ms)
{
    if (ms >= 60e3)
        return significant(ms / 60e3) + QStringLiteral(" min");
    if (ms >= 1000)
        return significant(ms / 1000) + QStringLiteral(" s");
    return significant(ms) + QStringLiteral(" ms");
}

} // namespace

std::vector<double> valueTicks(double maximum, Unit unit, int maxIntervals)
{
    const bool whole = unit == Unit::Count;
    if (maximum <= 0)
        return {0, lowestTop(unit)};
    const double target = maximum * 1.05;
    // Round in megabytes, as memory is counted.
    const double scale = unit == Unit::Bytes ? kMegabyte : 1;
    double step = niceStep(target / maxIntervals / scale) * scale;
    if (whole)
        step = std::max(step, 1.0);
    const int intervals = std::max(1, int(std::ceil(target / step - 1e-9)));
    std::vector<double> ticks;
    for (int i = 0; i <= intervals; ++i)
        ticks.push_back(i * step);
    return ticks;
}

QString formatMoney(double dollars)
{
    if (dollars == 0)
        return QStringLiteral("$0");
    if (std::abs(dollars) >= 0.995)
        return QLatin1Char('$') + QLocale::c().toString(dollars, 'f', 2);
    const int zeros = int(std::floor(-std::log10(std::abs(dollars))));
    QString text = QLocale::c().toString(dollars, 'f', std::clamp(zeros + 2, 2, 12));
    while (text.endsWith(QLatin1Char('0')) && text.section(QLatin1Char('.'), 1).size() > 2)
        text.chop(1);
    return QLatin1Char('$') + text;
}

QString formatValue(double value, Unit unit)
{
    if (std::isnan(value))
        return QStringLiteral("–");
    switch (unit) {
    case Unit::Milliseconds:
        return formatDuration(value);
    case Unit::Dollars:
    case Unit::DollarsPerHour:
        return formatMoney(value);
    case Unit::Percent:
        return significant(value) + QStringLiteral(" %");
    case Unit::Bytes:
        return models::formatBytes(qint64(value));
    case Unit::Count:
        break;
    }
    return formatCount(value);
}

QString formatTick(double value, Unit unit)
{
    const bool money = unit == Unit::Dollars || unit == Unit::DollarsPerHour;
    if (money && value > 0 && value < 0.0999e-3)
        return significant(value * 1e6) + QStringLiteral(" µ$");
    return formatValue(value, unit);
}

std::vector<qint64> timeTicks(qint64 fromMs, qint64 toMs, int maxCount)
{
    if (toMs <= fromMs || maxCount < 1)
        return {};
    const auto fits = [&](qint64 step) { return (toMs - fromMs) / step <= maxCount; };
    const auto found = std::find_if(kTimeSteps.begin(), kTimeSteps.end(), fits);
    const qint64 step = found != kTimeSteps.end() ? *found : kTimeSteps.back();
    // Round in local time; a change of clocks inside the view moves the marks by at most that hour.
    const qint64 offset = qint64(QDateTime::fromMSecsSinceEpoch(fromMs).offsetFromUtc()) * kSecond;
    const qint64 localFrom = fromMs + offset;
    std::vector<qint64> ticks;
    for (qint64 local = (localFrom + step - 1) / step * step; local <= toMs + offset; local += step)
        ticks.push_back(local - offset);
    return ticks;
}

QString formatTimeTick(qint64 ms, qint64 stepMs)
{
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(ms);
    if (stepMs >= kDay || (stepMs >= kHour && time.time() == QTime(0, 0)))
        return QLocale().toString(time, QStringLiteral("d MMM"));
    return QLocale().toString(time, stepMs < kMinute ? QStringLiteral("HH:mm:ss")
                                                     : QStringLiteral("HH:mm"));
}

QString formatTime(qint64 ms, qint64 binMs)
{
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(ms);
    if (binMs < kMinute)
        return QLocale().toString(time, QStringLiteral("HH:mm:ss"));
    return QLocale().toString(time, binMs < kHour ? QStringLiteral("d MMM HH:mm")
                                                  : QStringLiteral("ddd d MMM HH:mm"));
}

QString formatWidth(qint64 binMs)
{
    const auto tr = [](const char* text) {
        return QCoreApplication::translate("gantry::charts", text);
    };
    if (binMs >= kHour)
        return tr("%1 h").arg(binMs / kHour);
    if (binMs >= kMinute)
        return tr("%1 min").arg(binMs / kMinute);
    return tr("%1 s").arg(binMs / kSecond);
}

} // namespace gantry::charts
