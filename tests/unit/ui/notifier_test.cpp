// The tray's state, and when the desktop is told of alarms: paused, quiet hours, by an injected clock.
#include "ui/models/alarm_watch.h"
#include "ui/models/invocation_timeline.h"
#include "ui/models/live_metrics.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/monitor_api.h"
#include "ui/shell/action_collection.h"
#include "ui/shell/desktop_notifier.h"
#include "ui/shell/main_window.h"
#include "ui/shell/tray_icon.h"
#include "ui/widgets/message_bar.h"

#include <QApplication>
#include <QDialog>
#include <QMenu>
#include <QPushButton>
#include <QCheckBox>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimeEdit>

using namespace gantry;
using models::QuietHours;

namespace {

ui::Services servicesOf(models::LiveMetrics& live)
{
    ui::Services services;
    services.liveMetrics = &live;
    return services;
}

struct Bench {
    rpc::Channel channel;
    rpc::MonitorApi api{channel};
    models::LiveMetrics live{channel, api};
    models::AlarmWatch alarms{channel};
    ui::MainWindow window{servicesOf(live), {}};
    QDateTime now{QDate(2026, 11, 26), QTime(12, 0)};
    ui::DesktopNotifier notifier{window, live, alarms, [this] { return now; }};
    QSignalSpy told{&notifier, &ui::DesktopNotifier::told};

    void alarm(const char* name)
    {
        notifier.show({QLatin1String(name), rpc::AlarmState::Alarm, QStringLiteral("because")});
    }
};

} // namespace

class NotifierTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { QSettings().clear(); }

    void quietHoursMayPassMidnight()
    {
        const QuietHours night{true, QTime(22, 0), QTime(7, 0)};
        QVERIFY(night.isQuietAt(QTime(22, 0)));
        QVERIFY(night.isQuietAt(QTime(23, 59)));
        QVERIFY(night.isQuietAt(QTime(6, 59)));
        QVERIFY(!night.isQuietAt(QTime(7, 0)));
        QVERIFY(!night.isQuietAt(QTime(12, 0)));
        const QuietHours noon{true, QTime(12, 0), QTime(13, 0)};
        QVERIFY(noon.isQuietAt(QTime(12, 30)));
        QVERIFY(!noon.isQuietAt(QTime(13, 0)));
        QVERIFY(!noon.isQuietAt(QTime(2, 0)));
        QVERIFY(!(QuietHours{false, QTime(0, 0), QTime(23, 0)}.isQuietAt(QTime(12, 0))));
        QVERIFY(!(QuietHours{true, QTime(9, 0), QTime(9, 0)}.isQuietAt(QTime(9, 0))));
    }

    void theDesktopIsToldOutsideQuietHours()
    {
        Bench b;
        b.notifier.setQuietHours({true, QTime(22, 0), QTime(7, 0)});
        b.alarm("one");
        QCOMPARE(b.told.size(), 1);
        QCOMPARE(b.told.at(0).at(0).toString(), QStringLiteral("one: In alarm"));
        b.now = QDateTime(QDate(2026, 11, 26), QTime(23, 0));
        b.alarm("two");
        b.alarm("three");
        QCOMPARE(b.told.size(), 1);
        QCOMPARE(b.notifier.heldBack(), 2);
        QVERIFY(b.window.messages().text().contains(QLatin1String("three"))); // the window tells it
        QVERIFY(b.notifier.tray().state().silence.contains(QLatin1String("07:00")));
        // In the morning, one line for all that was held back.
        b.now = QDateTime(QDate(2026, 11, 27), QTime(7, 0));
        b.notifier.refresh();
        QCOMPARE(b.told.size(), 2);
        QVERIFY(b.told.at(1).at(0).toString().startsWith(QLatin1String("2 ")));
        QCOMPARE(b.notifier.heldBack(), 0);
        QVERIFY(b.notifier.tray().state().silence.isEmpty());
    }

    void aPauseLastsUntilItIsEnded()
    {
        Bench b;
        b.window.actions().action(QStringLiteral("pauseNotifications"))->trigger();
        QVERIFY(b.notifier.isPaused());
        b.alarm("one");
        b.now = b.now.addDays(1);
        b.notifier.refresh();
        QCOMPARE(b.told.size(), 0);
        b.notifier.setPaused(false);
        QCOMPARE(b.told.size(), 1);
    }

    void quietHoursAreAskedForAndKept()
    {
        Bench b;
        b.window.show();
        b.window.actions().action(QStringLiteral("quietHours"))->trigger();
        auto* dialog = b.window.findChild<QDialog*>(QStringLiteral("quietHoursDialog"));
        QVERIFY(dialog);
        dialog->findChild<QCheckBox*>(QStringLiteral("quietOn"))->setChecked(true);
        dialog->findChild<QTimeEdit*>(QStringLiteral("quietFrom"))->setTime(QTime(11, 30));
        dialog->findChild<QTimeEdit*>(QStringLiteral("quietTo"))->setTime(QTime(12, 30));
        dialog->findChild<QPushButton*>(QStringLiteral("quietSave"))->click();
        QVERIFY(b.notifier.isSilent());
        const QuietHours kept = QuietHours::load(QSettings());
        QVERIFY((kept == QuietHours{true, QTime(11, 30), QTime(12, 30)}));
    }

    void theTraySaysHowItIs()
    {
        using ui::TrayIcon;
        QVERIFY(TrayIcon::textOf({}).contains(QLatin1String("not running")));
        const QString text = TrayIcon::textOf({true, 7, 2, QStringLiteral("notifications are paused")});
        QVERIFY2(text.contains(QLatin1String("7 ")) && text.contains(QLatin1String("2 alarm")) &&
                     text.contains(QLatin1String("paused")),
                 qPrintable(text));
        QPixmap plain(64, 64);
        plain.fill(Qt::green);
        const QIcon icon(plain);
        const QImage quiet = TrayIcon::badged(icon, {true, 0, 0, {}}, 64).toImage();
        const QImage alarmed = TrayIcon::badged(icon, {true, 0, 3, {}}, 64).toImage();
        const QColor badge = alarmed.pixelColor(30, 45);
        QVERIFY(quiet.pixelColor(30, 45) == QColor(Qt::green));
        QVERIFY(badge.red() > badge.green());
        QVERIFY(alarmed.pixelColor(5, 5) == QColor(Qt::green));
    }

    void theTrayFollowsAndHasAMenu()
    {
        Bench b;
        QVERIFY(!b.notifier.tray().state().live);
        rpc::MetricsFrame frame;
        frame.timeMs = 1'795'000'000'000;
        frame.account.startMs = frame.timeMs;
        frame.account.concurrency = 4;
        b.live.ingest(frame);
        b.notifier.refresh();
        QVERIFY(b.notifier.tray().state().live);
        QCOMPARE(b.notifier.tray().state().running, 4);
        QStringList names;
        for (const QAction* action : b.notifier.tray().contextMenu()->actions()) {
            if (!action->isSeparator())
                names << action->objectName();
        }
        QCOMPARE(names, QStringList({QStringLiteral("trayOpen"), QStringLiteral("pauseNotifications"),
                                     QStringLiteral("quietHours"), QStringLiteral("quit")}));
    }

    void anInvocationHasATimeLineWithoutATrace()
    {
        rpc::InvocationDetail detail;
        detail.summary.requestId = QStringLiteral("r");
        detail.summary.functionName = QStringLiteral("f");
        detail.summary.startedAtMs = 1'000'000;
        detail.summary.queueMs = 130;
        detail.summary.initMs = 100;
        detail.summary.coldStart = true;
        detail.summary.durationMs = 50;
        detail.log.append({1, 1'000'060'000, QStringLiteral("f"), QStringLiteral("r"), {}, {},
                           rpc::LogLine::Source::Platform});
        const models::TraceTimeline timeline = models::timelineOf(detail);
        QStringList parts;
        for (const models::TimelineSpan& span : timeline.spans)
            parts << QStringLiteral("%1 %2-%3").arg(span.name).arg(span.startMs).arg(span.endMs);
        QCOMPARE(parts, QStringList({QStringLiteral("f 0-190"), QStringLiteral("Queue and dispatch 0-30"),
                                     QStringLiteral("Init 30-130"), QStringLiteral("Invocation 130-180"),
                                     QStringLiteral("Overhead 180-190")}));
        detail.summary.coldStart = false;
        detail.summary.initMs = 0;
        detail.log.clear();
        QCOMPARE(models::timelineOf(detail).spans.size(), 3);
    }
};

int main(int argc, char** argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    QCoreApplication::setOrganizationName(QStringLiteral("gantry"));
    QCoreApplication::setApplicationName(QStringLiteral("gantry-test"));
    QApplication application(argc, argv);
    NotifierTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "notifier_test.moc"
