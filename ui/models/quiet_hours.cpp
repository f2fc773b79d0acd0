#include "ui/models/quiet_hours.h"

#include <QSettings>

namespace gantry::models {

namespace {

const QString kOn = QStringLiteral("notifications/quietHours");
const QString kFrom = QStringLiteral("notifications/quietFrom");
const QString kTo = QStringLiteral("notifications/quietTo");
const QString kFormat = QStringLiteral("HH:mm");

QTime timeOf(const QSettings& settings, const QString& key, const QTime& standard)
{
    const QTime time = QTime::fromString(settings.value(key).toString(), kFormat);
    return time.isValid() ? time : standard;
}

} // namespace

bool QuietHours::isQuietAt(const QTime& time) const
{
    if (!on || from == to)
        return false;
    return from < to ? time >= from && time < to : time >= from || time < to;
}

QuietHours QuietHours::load(const QSettings& settings)
{
    QuietHours hours;
    hours.on = settings.value(kOn, false).toBool();
    hours.from = timeOf(settings, kFrom, hours.from);
    hours.to = timeOf(settings, kTo, hours.to);
    return hours;
}

void QuietHours::save(QSettings& settings) const
{
    settings.setValue(kOn, on);
    settings.setValue(kFrom, from.toString(kFormat));
    settings.setValue(kTo, to.toString(kFormat));
}

} // namespace gantry::models
