#include "ui/shell/desktop_notifier.h"

#include "ui/models/alarm_text.h"
#include "ui/models/alarm_watch.h"
#include "ui/models/live_metrics.h"
#include "ui/shell/action_collection.h"
#include "ui/shell/main_window.h"
#include "ui/shell/quiet_hours_dialog.h"
#include "ui/shell/tray_icon.h"
#include "ui/widgets/message_bar.h"

#include <QMenu>
#include <QSettings>

#include <algorithm>
#include <utility>

namespace gantry::ui {

using models::QuietHours;

namespace {

constexpr int kRefreshMs = 1000;

} // namespace

DesktopNotifier::DesktopNotifier(MainWindow& window, const models::LiveMetrics& metrics,
                                 const models::AlarmWatch& alarms, models::WallClock clock)
    : m_window(window), m_metrics(metrics), m_alarms(alarms), m_clock(std::move(clock)),
      m_hours(QuietHours::load(QSettings())), m_menu(new QMenu(&window))
{
    makeActions();
    m_tray = new TrayIcon(window.windowIcon(), *m_menu, this);
    connect(m_tray, &TrayIcon::openRequested, this, [this] { openWindow({}); });
    connect(m_tray, &QSystemTrayIcon::messageClicked, this, [this] { openWindow(m_route); });
    connect(&m_alarms, &models::AlarmWatch::changed, this, &DesktopNotifier::refresh);
    connect(&m_metrics, &models::LiveMetrics::liveChanged, this, &DesktopNotifier::refresh);
    m_timer.setInterval(kRefreshMs);
    connect(&m_timer, &QTimer::timeout, this, &DesktopNotifier::refresh);
    refresh();
}

DesktopNotifier::~DesktopNotifier() = default;

void DesktopNotifier::makeActions()
{
    m_menu->setObjectName(QStringLiteral("trayMenu"));
    QAction* open = m_menu->addAction(tr("Open Gantry"), this, [this] { openWindow({}); });
    open->setObjectName(QStringLiteral("trayOpen"));
    m_menu->setDefaultAction(open);
    m_menu->addSeparator();
    ActionCollection& actions = m_window.actions();
    m_pause = actions.add({QStringLiteral("pauseNotifications"), tr("Pause notifications"), {}, {}},
                          [this] { setPaused(m_pause->isChecked()); });
    m_pause->setCheckable(true);
    m_menu->addAction(m_pause);
    m_menu->addAction(actions.add({QStringLiteral("quietHours"), tr("Quiet hours…"), {}, {}},
                                  [this] { askQuietHours(); }));
    m_menu->addSeparator();
    m_menu->addAction(actions.action(QStringLiteral("quit")));
}

void DesktopNotifier::start()
{
    m_timer.start();
    m_tray->show();
}

bool DesktopNotifier::isPaused() const
{
    return m_pause->isChecked();
}

void DesktopNotifier::setPaused(bool paused)
{
    m_pause->setChecked(paused);
    refresh();
}

void DesktopNotifier::setQuietHours(const QuietHours& hours)
{
    m_hours = hours;
    QSettings settings;
    m_hours.save(settings);
    refresh();
}

bool DesktopNotifier::isSilent() const
{
    return isPaused() || m_hours.isQuietAt(m_clock().time());
}

void DesktopNotifier::refresh()
{
    TrayState state;
    state.live = m_metrics.isLive();
    state.running = m_metrics.concurrency();
    state.alarms = int(std::count_if(
        m_alarms.alarms().begin(), m_alarms.alarms().end(),
        [](const rpc::Alarm& alarm) { return alarm.state == rpc::AlarmState::Alarm; }));
    if (isPaused())
        state.silence = tr("notifications are paused");
    else if (isSilent())
        state.silence = tr("quiet until %1").arg(m_hours.to.toString(QStringLiteral("HH:mm")));
    if (!state.silence.isEmpty() && m_heldBack > 0)
        state.silence += tr(", %n held back", nullptr, m_heldBack);
    m_tray->setState(state);
    if (!isSilent() && m_heldBack > 0)
        tellHeldBack();
}

void DesktopNotifier::show(const rpc::AlarmNotification& notification)
{
    const bool bad = notification.state == rpc::AlarmState::Alarm;
    const QString title = tr("%1: %2").arg(notification.alarmName,
                                           models::alarmStateText(notification.state));
    const QString route = QStringLiteral("alarms/") + notification.alarmName;
    m_window.messages().showMessage(title, bad ? widgets::Badge::Tone::Warning
                                               : widgets::Badge::Tone::Info,
                                    tr("Show"), [this, route] { openWindow(route); });
    if (isSilent()) {
        ++m_heldBack;
        return refresh();
    }
    m_route = route;
    tell(title, notification.reason, bad);
}

// When the silence is over, that there was something: one line for all of it.
void DesktopNotifier::tellHeldBack()
{
    const int held = std::exchange(m_heldBack, 0);
    m_route = QStringLiteral("alarms");
    tell(tr("%n notification(s) while it was quiet", nullptr, held),
         tr("The alarms page has their history."), false);
}

void DesktopNotifier::tell(const QString& title, const QString& text, bool bad)
{
    Q_EMIT told(title, text, bad);
    if (m_tray->isVisible() && QSystemTrayIcon::supportsMessages())
        m_tray->showMessage(title, text,
                            bad ? QSystemTrayIcon::Warning : QSystemTrayIcon::Information);
}

void DesktopNotifier::openWindow(const QString& route)
{
    m_window.setWindowState(m_window.windowState() & ~Qt::WindowMinimized);
    m_window.show();
    m_window.raise();
    m_window.activateWindow();
    if (!route.isEmpty())
        m_window.openRoute(route);
}

void DesktopNotifier::askQuietHours()
{
    auto* dialog = new QuietHoursDialog(m_hours, &m_window);
    connect(dialog, &QuietHoursDialog::chosen, this, &DesktopNotifier::setQuietHours);
    dialog->open();
}

} // namespace gantry::ui
