// A function's Monitor tab: its own numbers only, its log with filter, follow and pause, and an
// invocation in full. With GANTRY_SCREENSHOTS=DIR it also leaves pictures there.
#include "tests/support/metrics_feed.h"
#include "ui/charts/live_chart.h"
#include "ui/models/live_metrics.h"
#include "ui/pages/monitor/invocation_detail_view.h"
#include "ui/pages/monitor/invocations_panel.h"
#include "ui/pages/monitor/log_view.h"
#include "ui/pages/monitor/monitor_panel.h"
#include "ui/pages/monitor/stat_tiles.h"
#include "ui/pages/page.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/monitor_api.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QToolButton>

using namespace gantry;

namespace {

struct Panel {
    rpc::Channel channel;
    rpc::MonitorApi api{channel};
    models::LiveMetrics live{channel, api};
    ui::Services services;
    std::unique_ptr<ui::MonitorPanel> panel;

    Panel()
    {
        services.channel = &channel;
        services.monitorApi = &api;
        services.liveMetrics = &live;
        panel = std::make_unique<ui::MonitorPanel>(services, QStringLiteral("checkout"));
        panel->resize(1400, 1000);
        panel->show();
        panel->setActive(true);
    }
    template <class T> T* find(const char* name) const
    {
        return panel->findChild<T*>(QLatin1String(name));
    }
    void write(int from, int count, const QString& text = QStringLiteral("line %1"))
    {
        rpc::LogBatch batch;
        for (int i = from; i < from + count; ++i) {
            rpc::LogLine line;
            line.id = i;
            line.timeUs = (test::kNoonMs + i) * 1000;
            line.requestId = QStringLiteral("r");
            line.message = text.contains(QStringLiteral("%1")) ? text.arg(i) : text;
            batch.lines.append(line);
        }
        panel->log().take(batch);
    }
    void picture(const char* name)
    {
        const QString directory = qEnvironmentVariable("GANTRY_SCREENSHOTS");
        if (directory.isEmpty())
            return;
        QTest::qWait(100);
        panel->grab().save(
            QStringLiteral("%1/%2-%3.png")
                .arg(directory, QLatin1String(name), QLatin1String(QTest::currentDataTag())));
    }
};

rpc::InvocationSummary invocation(int number)
{
    rpc::InvocationSummary summary;
    summary.requestId =
        QStringLiteral("5f0c2d1e-0000-4000-8000-%1").arg(number, 12, 10, QChar(u'0'));
    summary.functionName = QStringLiteral("checkout");
    summary.version = QStringLiteral("$LATEST");
    summary.startedAtMs = test::kNoonMs + number * 950;
    summary.durationMs = 3.2 + number % 7 * 1.7;
    summary.billedMs = qint64(std::ceil(summary.durationMs));
    summary.coldStart = number % 11 == 0;
    summary.initMs = summary.coldStart ? 96 : 0;
    summary.memorySizeMb = 256;
    summary.memoryUsedBytes = 41'000'000;
    summary.costUsd = test::usd("0.00000024");
    if (number % 5 == 2) {
        summary.errorType = QStringLiteral("ValueError");
        summary.errorMessage = QStringLiteral("the basket is empty");
    }
    return summary;
}

} // namespace

class MonitorPanelTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QLocale::setDefault(QLocale::c());
        widgets::Theme::current().install(*qApp);
    }

    void showsItsFunctionOnly()
    {
        Panel panel;
        test::feedBusyAccount(panel.live, 100);
        const qint64 own = panel.live.function(QStringLiteral("checkout"))
                               .totals(0, panel.live.nowMs())
                               .invocations;
        auto* tile = panel.find<ui::StatTile>("tile_invocations");
        QTRY_COMPARE(tile->number(), QString::number(own));
        panel.panel->setActive(false);
        const auto before = panel.find<charts::LiveChart>("chart_invocations")->data().endMs();
        panel.live.ingest(test::frame(test::kNoonMs + 200'000, {}));
        QTest::qWait(250); // longer than the 10 Hz update
        QCOMPARE(panel.find<charts::LiveChart>("chart_invocations")->data().endMs(), before);
    }

    void logFollowsUntilTheReaderScrolls()
    {
        Panel panel;
        panel.find<QTabWidget>("monitorTabs")->setCurrentWidget(&panel.panel->log());
        auto* list = panel.find<QListView>("logList");
        panel.write(0, 2000);
        QTRY_COMPARE(list->model()->rowCount(), 2000);
        QScrollBar* bar = list->verticalScrollBar();
        QTRY_VERIFY(bar->maximum() > 0);
        QTRY_COMPARE(bar->value(), bar->maximum());
        // The same backlog after a new start of the stream adds nothing.
        panel.write(1990, 20);
        QTRY_COMPARE(list->model()->rowCount(), 2010);

        bar->setValue(100);
        QTest::mousePress(list->viewport(), Qt::LeftButton, {}, QPoint(20, 20));
        QTest::mouseRelease(list->viewport(), Qt::LeftButton, {}, QPoint(20, 20));
        QTRY_VERIFY(!panel.find<QToolButton>("logFollowButton")->isChecked());
        panel.write(2010, 10);
        QTRY_COMPARE(list->model()->rowCount(), 2020);
        QVERIFY(bar->value() < bar->maximum());
        panel.find<QToolButton>("logFollowButton")->click();
        QTRY_COMPARE(bar->value(), bar->maximum());
    }

    void logPausesFiltersCopiesAndClears()
    {
        Panel panel;
        auto* list = panel.find<QListView>("logList");
        panel.write(0, 5);
        panel.write(5, 1, QStringLiteral("[ERROR] basket %1"));
        QTRY_COMPARE(list->model()->rowCount(), 6);
        panel.find<QToolButton>("logPauseButton")->click();
        panel.write(6, 4);
        QTest::qWait(250);
        QCOMPARE(list->model()->rowCount(), 6);
        QCOMPARE(panel.find<QLabel>("logStatus")->text(), QStringLiteral("Paused, 4 waiting"));
        panel.find<QToolButton>("logPauseButton")->click();
        QCOMPARE(list->model()->rowCount(), 10);

        panel.find<QComboBox>("logLevel")->setCurrentIndex(3);
        QCOMPARE(list->model()->rowCount(), 1);
        panel.find<QToolButton>("logCopyButton")->click();
        QVERIFY(QApplication::clipboard()->text().endsWith(QStringLiteral("[ERROR] basket 5")));
        panel.find<QToolButton>("logCopyJsonButton")->click();
        QVERIFY(QApplication::clipboard()->text().contains(
            QStringLiteral("\"message\":\"[ERROR] basket 5\"")));
        panel.find<QComboBox>("logLevel")->setCurrentIndex(0);
        panel.find<QLineEdit>("logFilter")->setText(QStringLiteral("line 3"));
        QCOMPARE(list->model()->rowCount(), 1);
        panel.find<QToolButton>("logOnlyMatchesButton")->click(); // only marked now
        QCOMPARE(list->model()->rowCount(), 10);
        panel.find<QToolButton>("logClearButton")->click();
        QCOMPARE(panel.panel->log().model().lineCount(), 0);
    }

    void invocationOpensInFull()
    {
        Panel panel;
        QList<rpc::InvocationSummary> list;
        for (int number = 20; number >= 0; --number)
            list.append(invocation(number));
        auto& invocations = panel.panel->invocations();
        invocations.model().take(list);
        panel.find<QTabWidget>("monitorTabs")->setCurrentWidget(&invocations);
        auto* table = panel.find<QTableView>("monitorInvocations");
        QTRY_VERIFY(table->isVisible());
        table->setCurrentIndex(table->model()->index(3, 0));
        auto* detail = panel.find<ui::InvocationDetailView>("invocationDetail");
        QVERIFY(detail->isVisible());
        QCOMPARE(detail->requestId(), list[3].requestId);
        QVERIFY(panel.find<QLabel>("invocationTitle")
                    ->text()
                    .contains(QStringLiteral("the basket is empty")));
        // Without a platform it says so where the response would be.
        auto* response = panel.find<QPlainTextEdit>("invocationResponse");
        QTRY_VERIFY(response->toPlainText() != QStringLiteral("Loading…"));

        rpc::InvocationDetail full;
        full.summary = list[3];
        full.event = "{\"basket\":[]}";
        full.eventKept = true;
        full.response = "{\"errorType\":\"ValueError\"}";
        full.responseKept = true;
        detail->showDetail(full);
        QVERIFY(
            response->toPlainText().contains(QStringLiteral("    \"errorType\": \"ValueError\"")));
        QSignalSpy replay(panel.panel.get(), &ui::MonitorPanel::replayRequested);
        panel.find<QPushButton>("monitorReplay")->click();
        QCOMPARE(replay.size(), 1);
        QCOMPARE(replay[0][0].toByteArray(), full.event);
        full.eventKept = false;
        detail->showDetail(full);
        QVERIFY(!panel.find<QPushButton>("monitorReplay")->isEnabled());
    }

    void looksRight_data()
    {
        QTest::addColumn<int>("mode");
        QTest::newRow("light") << int(widgets::Theme::Mode::Light);
        QTest::newRow("dark") << int(widgets::Theme::Mode::Dark);
    }

    void looksRight()
    {
        QFETCH(const int, mode);
        widgets::Theme::current().setMode(widgets::Theme::Mode(mode));
        Panel panel;
        test::feedBusyAccount(panel.live, 290);
        QTRY_VERIFY(panel.find<ui::StatTile>("tile_invocations")->number().toLongLong() > 0);
        QList<rpc::InvocationSummary> list;
        for (int number = 40; number >= 0; --number)
            list.append(invocation(number));
        panel.panel->invocations().model().take(list);
        panel.picture("monitor-metrics");
        panel.find<QTabWidget>("monitorTabs")->setCurrentWidget(&panel.panel->invocations());
        panel.picture("monitor-list");
        panel.find<QTableView>("monitorInvocations")->selectRow(3);
        rpc::InvocationDetail full;
        full.summary = list[3];
        full.event = "{\"basket\":[],\"user\":\"u-17\"}";
        full.eventKept = full.responseKept = true;
        full.response = "{\"errorType\":\"ValueError\",\"errorMessage\":\"the basket is empty\"}";
        QTest::qWait(50);
        panel.find<ui::InvocationDetailView>("invocationDetail")->showDetail(full);
        panel.picture("monitor-detail");
        panel.find<QTabWidget>("monitorTabs")->setCurrentWidget(&panel.panel->log());
        panel.write(0, 12, QStringLiteral("priced basket %1 for user u-17 in 3 ms"));
        panel.write(12, 1, QStringLiteral("[WARNING]\tprice list is 2 minutes old"));
        panel.write(
            13, 1,
            QStringLiteral("[ERROR]\tValueError: the basket is empty\nTraceback (most recent "
                           "call last):\n  File \"/var/task/app.py\", line 12, in handler"));
        QTRY_COMPARE(panel.panel->log().model().lineCount(), 16);
        panel.picture("monitor-log");
    }
};

QTEST_MAIN(MonitorPanelTest)
#include "monitor_panel_test.moc"
