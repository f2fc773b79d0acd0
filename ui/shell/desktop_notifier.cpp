#include "ui/shell/desktop_notifier.h"

#include "ui/models/alarm_text.h"
#include "ui/shell/main_window.h"
#include "ui/widgets/message_bar.h"

#include <QSystemTrayIcon>

namespace gantry::ui {

DesktopNotifier::DesktopNotifier(MainWindow& window) : m_window(window) {}

void DesktopNotifier::show(const rpc::AlarmNotification& notification)
{
    const bool bad = notification.state == rpc::AlarmState::Alarm;
    const QString title = tr("%1: %2").arg(notification.alarmName,
                                           models::alarmStateText(notification.state));
    m_alarm = notification.alarmName;
    m_window.messages().showMessage(title, bad ? widgets::Badge::Tone::Warning
                                               : widgets::Badge::Tone::Info,
                                    tr("Show"), [this] { open(); });
    if (!QSystemTrayIcon::isSystemTrayAvailable() || !QSystemTrayIcon::supportsMessages())
        return;
    if (!m_tray) {
        m_tray = new QSystemTrayIcon(m_window.windowIcon(), this);
        m_tray->setToolTip(QStringLiteral("Gantry"));
        connect(m_tray, &QSystemTrayIcon::messageClicked, this, &DesktopNotifier::open);
        connect(m_tray, &QSystemTrayIcon::activated, this, &DesktopNotifier::open);
        m_tray->show();
    }
    m_tray->showMessage(title, notification.reason,
                        bad ? QSystemTrayIcon::Warning : QSystemTrayIcon::Information);
}

void DesktopNotifier::open()
{
    m_window.raise();
    m_window.activateWindow();
    m_window.openRoute(QStringLiteral("alarms/") + m_alarm);
}

} // namespace gantry::ui
