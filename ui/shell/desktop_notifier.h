#pragma once

#include "ui/rpc/alarms_types.h"

#include <QObject>

class QSystemTrayIcon;

namespace gantry::ui {

class MainWindow;

// Tells of alarms outside the window: by the desktop's tray where there is one. In the window the message
// bar says it in any case.
class DesktopNotifier final : public QObject {
    Q_OBJECT
public:
    explicit DesktopNotifier(MainWindow& window);

    void show(const gantry::rpc::AlarmNotification& notification);

private:
    void open();

    MainWindow& m_window;
    QSystemTrayIcon* m_tray = nullptr; // once something was to be told
    QString m_alarm;                   // that was told last
};

} // namespace gantry::ui
