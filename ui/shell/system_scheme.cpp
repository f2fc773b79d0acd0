#include "ui/shell/system_scheme.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>
#include <QFile>
#include <QSettings>
#include <QStandardPaths>

namespace gantry::ui {

namespace {

const QString kService = QStringLiteral("org.freedesktop.portal.Desktop");
const QString kPath = QStringLiteral("/org/freedesktop/portal/desktop");
const QString kInterface = QStringLiteral("org.freedesktop.portal.Settings");
const QString kGroup = QStringLiteral("org.freedesktop.appearance");
const QString kKey = QStringLiteral("color-scheme");
constexpr uint kPreferDark = 1;

// The portal's Read wraps its value twice.
QVariant unwrapped(QVariant value)
{
    while (value.canConvert<QDBusVariant>())
        value = value.value<QDBusVariant>().variant();
    return value;
}

} // namespace

SystemScheme::SystemScheme(QObject* parent) : QObject(parent) {}

void SystemScheme::start()
{
    // Without a bus libdbus would start one, and wait for it.
    const QString runtime = qEnvironmentVariable("XDG_RUNTIME_DIR") + QStringLiteral("/bus");
    if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS") && !QFile::exists(runtime)) {
        useGtkSettings();
        return;
    }
    QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected()) {
        useGtkSettings();
        return;
    }
    bus.connect(kService, kPath, kInterface, QStringLiteral("SettingChanged"), this,
                SLOT(settingChanged(QString, QString, QDBusVariant)));
    QDBusMessage read =
        QDBusMessage::createMethodCall(kService, kPath, kInterface, QStringLiteral("Read"));
    read << kGroup << kKey;
    auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(read), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this,
            [this](QDBusPendingCallWatcher* finished) {
                finished->deleteLater();
                const QDBusPendingReply<QDBusVariant> reply = *finished;
                if (reply.isError())
                    useGtkSettings();
                else
                    Q_EMIT darkChanged(unwrapped(reply.value().variant()).toUInt() == kPreferDark);
            });
}

void SystemScheme::settingChanged(const QString& group, const QString& key,
                                  const QDBusVariant& value)
{
    if (group == kGroup && key == kKey)
        Q_EMIT darkChanged(unwrapped(value.variant()).toUInt() == kPreferDark);
}

void SystemScheme::useGtkSettings()
{
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation);
    for (const char* version : {"4.0", "3.0"}) {
        if (gtkPrefersDark(QStringLiteral("%1/gtk-%2/settings.ini").arg(folder, QLatin1String(version)))) {
            Q_EMIT darkChanged(true);
            return;
        }
    }
}

bool SystemScheme::gtkPrefersDark(const QString& settingsFile)
{
    const QSettings settings(settingsFile, QSettings::IniFormat);
    const QString prefers =
        settings.value(QStringLiteral("Settings/gtk-application-prefer-dark-theme")).toString();
    const QString theme = settings.value(QStringLiteral("Settings/gtk-theme-name")).toString();
    return prefers == QLatin1String("1") || prefers.toLower() == QLatin1String("true") ||
           theme.endsWith(QLatin1String("dark"), Qt::CaseInsensitive);
}

} // namespace gantry::ui
