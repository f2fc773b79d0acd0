#pragma once

#include <QSystemTrayIcon>

class QMenu;

namespace gantry::ui {

// What the tray says of the platform.
struct TrayState {
    bool live = false; // the platform answers
    int running = 0;   // concurrent executions
    int alarms = 0;    // in ALARM
    QString silence;   // why the desktop is not told of alarms; empty: it is

    friend bool operator==(const TrayState&, const TrayState&) = default;
};

// The console in the desktop's tray, with the platform's state: the number of alarms is a badge on the
// icon, the rest is in its tooltip. A click opens the window. Does nothing where there is no tray.
class TrayIcon final : public QSystemTrayIcon {
    Q_OBJECT
public:
    // The icon as it is without a badge. The menu must outlive it.
    TrayIcon(const QIcon& icon, QMenu& menu, QObject* parent);

    void setState(const TrayState& state);
    const TrayState& state() const { return m_state; }
    static QString textOf(const TrayState& state);
    // The icon with what the state puts on it.
    static QPixmap badged(const QIcon& icon, const TrayState& state, int size);

Q_SIGNALS:
    void openRequested();

private:
    void draw();

    QIcon m_icon;
    TrayState m_state;
};

} // namespace gantry::ui
