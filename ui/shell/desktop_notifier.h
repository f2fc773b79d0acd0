#pragma once

#include "ui/models/quiet_hours.h"
#include "ui/rpc/alarms_types.h"

#include <QObject>
#include <QTimer>

class QAction;
class QMenu;

namespace gantry::models {
class AlarmWatch;
class LiveMetrics;
} // namespace gantry::models

namespace gantry::ui {

class MainWindow;
class TrayIcon;

// Keeps the platform's state in the desktop's tray, and tells of alarms there unless the user has paused
// that or these are quiet hours. In the window the message bar tells of them in any case.
class DesktopNotifier final : public QObject {
    Q_OBJECT
public:
    // All must outlive it.
    DesktopNotifier(MainWindow& window, const models::LiveMetrics& metrics,
                    const models::AlarmWatch& alarms, models::WallClock clock = QDateTime::currentDateTime);
    ~DesktopNotifier() override;

    void start(); // shows the tray icon
    void show(const gantry::rpc::AlarmNotification& notification);

    bool isPaused() const;
    void setPaused(bool paused);
    const models::QuietHours& quietHours() const { return m_hours; }
    void setQuietHours(const models::QuietHours& hours);
    // The desktop is not to be told of anything now.
    bool isSilent() const;
    int heldBack() const { return m_heldBack; }
    TrayIcon& tray() { return *m_tray; }
    // Brings tray and silence up to now; a timer does it once a second.
    void refresh();

Q_SIGNALS:
    // What the desktop is told, where it has a tray.
    void told(const QString& title, const QString& text, bool bad);

private:
    void makeActions();
    void tell(const QString& title, const QString& text, bool bad);
    void tellHeldBack();
    void openWindow(const QString& route);
    void askQuietHours();

    MainWindow& m_window;
    const models::LiveMetrics& m_metrics;
    const models::AlarmWatch& m_alarms;
    const models::WallClock m_clock;
    models::QuietHours m_hours;
    QMenu* m_menu; // the window's
    QAction* m_pause = nullptr;
    TrayIcon* m_tray = nullptr;
    QTimer m_timer;
    int m_heldBack = 0; // since it became silent
    QString m_route;    // of what was told last
};

} // namespace gantry::ui
