// The Logs page: several functions in their colours, search, an Insights result with its chart.
// With GANTRY_SCREENSHOTS=DIR it also leaves pictures there.
#include "tests/support/metrics_feed.h"
#include "ui/charts/live_chart.h"
#include "ui/models/functions_model.h"
#include "ui/models/insights_model.h"
#include "ui/models/live_metrics.h"
#include "ui/pages/logs/function_chooser.h"
#include "ui/pages/logs/insights_view.h"
#include "ui/pages/logs/logs_page.h"
#include "ui/pages/monitor/invocation_detail_view.h"
#include "ui/pages/monitor/log_view.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/monitor_api.h"
#include "ui/widgets/code_editor.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QPushButton>
#include <QScrollBar>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QToolButton>

using namespace gantry;

namespace {

struct LogsFixture {
    rpc::Channel channel;
    rpc::MonitorApi monitorApi{channel};
    rpc::FunctionsApi functionsApi{channel};
    models::FunctionsModel functions{channel, monitorApi, nullptr};
    ui::Services services;
    std::unique_ptr<ui::LogsPage> page;

    LogsFixture()
    {
        services.channel = &channel;
        services.monitorApi = &monitorApi;
        services.functionsApi = &functionsApi;
        services.functions = &functions;
        for (const char* name : {"checkout", "payments", "search"}) {
            rpc::FunctionEvent event;
            event.function.name = QLatin1String(name);
            functions.take(event);
        }
        functions.take({rpc::FunctionEvent::Kind::SnapshotEnd, {}});
        functions.flush();
        page = std::make_unique<ui::LogsPage>(services, nullptr);
        page->resize(1300, 800);
        page->QWidget::show();
        page->activated();
    }
    template <class T> T* find(const char* name) const
    {
        return page->findChild<T*>(QLatin1String(name));
    }
    ui::LogView& log() const { return *page->findChild<ui::LogView*>(); }
    static rpc::LogLine line(int id, const QString& function, const QString& message)
    {
        rpc::LogLine line;
        line.id = id;
        line.timeUs = (test::kNoonMs + id) * 1000;
        line.functionName = function;
        line.requestId = QStringLiteral("5f0c2d1e-0000-4000-8000-00000000000%1").arg(id % 10);
        line.message = message;
        return line;
    }
    void write(int count)
    {
        const QStringList names{QStringLiteral("checkout"), QStringLiteral("payments"),
                                QStringLiteral("search")};
        rpc::LogBatch batch;
        for (int i = 0; i < count; ++i)
            batch.lines.append(
                line(i, names[i % 3],
                     i % 7 == 6 ? QStringLiteral("[ERROR] card %1 was refused").arg(i)
                                : QStringLiteral("[INFO] order %1 took %2 ms").arg(i).arg(i % 90)));
        log().take(batch);
    }
    void picture(const char* name) const
    {
        const QString directory = qEnvironmentVariable("GANTRY_SCREENSHOTS");
        if (directory.isEmpty())
            return;
        for (const auto mode : {widgets::Theme::Mode::Light, widgets::Theme::Mode::Dark}) {
            widgets::Theme::current().setMode(mode);
            QTest::qWait(200);
            page->grab().save(QStringLiteral("%1/%2-%3.png")
                                  .arg(directory, QLatin1String(name))
                                  .arg(mode == widgets::Theme::Mode::Dark ? "dark" : "light"));
        }
    }
};

rpc::InsightsResult overTime()
{
    rpc::InsightsResult result;
    result.fields = {QStringLiteral("bin(1m)"), QStringLiteral("level"), QStringLiteral("n")};
    for (int minute = 0; minute < 30; ++minute) {
        const QString time = QDateTime::fromMSecsSinceEpoch(test::kNoonMs + minute * 60'000, Qt::UTC)
                                 .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz"));
        result.rows.append({time, QStringLiteral("INFO"), QString::number(40 + minute % 7)});
        if (minute != 5)
            result.rows.append({time, QStringLiteral("ERROR"), QString::number(minute % 4)});
    }
    result.recordsMatched = 1'234;
    result.recordsScanned = 56'789;
    result.bytesScanned = 6'543'210;
    return result;
}

} // namespace

class LogsPageTest : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { widgets::Theme::current().install(*qApp); }

    void functionsAreChosen()
    {
        LogsFixture f;
        auto* list = f.find<QListWidget>("logFunctions");
        QCOMPARE(list->count(), 3);
        auto* chooser = f.page->findChild<ui::FunctionChooser*>();
        QVERIFY(chooser->chosen().isEmpty());
        list->item(1)->setCheckState(Qt::Checked);
        QCOMPARE(chooser->chosen(), QStringList{QStringLiteral("payments")});
        f.find<QLineEdit>("logFunctionsFilter")->setText(QStringLiteral("SEA"));
        QVERIFY(list->item(0)->isHidden());
        QVERIFY(!list->item(2)->isHidden());
        f.page->show(QStringLiteral("live/checkout,search"));
        QCOMPARE(chooser->chosen(),
                 (QStringList{QStringLiteral("checkout"), QStringLiteral("search")}));
        // A function that comes later keeps what is chosen.
        rpc::FunctionEvent event;
        event.kind = rpc::FunctionEvent::Kind::Created;
        event.function.name = QStringLiteral("added");
        f.functions.take(event);
        f.functions.flush();
        QCOMPARE(list->count(), 4);
        QCOMPARE(chooser->chosen(),
                 (QStringList{QStringLiteral("checkout"), QStringLiteral("search")}));
    }

    void linesLeadToTheirInvocation()
    {
        LogsFixture f;
        f.write(60);
        auto* list = f.find<QListView>("logList");
        QTRY_COMPARE(list->model()->rowCount(), 60);
        f.find<QLineEdit>("logFilter")->setText(QStringLiteral("refused"));
        QCOMPARE(list->model()->rowCount(), 8);
        Q_EMIT list->activated(list->model()->index(0, 0));
        auto* detail = f.page->findChild<ui::InvocationDetailView*>();
        QVERIFY(detail->isVisible());
        QCOMPARE(detail->requestId(), QStringLiteral("5f0c2d1e-0000-4000-8000-000000000006"));
        f.find<QLineEdit>("logFilter")->setText(QStringLiteral("order"));
        f.find<QToolButton>("logOnlyMatchesButton")->click();
        QCOMPARE(list->model()->rowCount(), 60);
        f.picture("logs-live");
    }

    void searchShowsWhatIsStored()
    {
        LogsFixture f;
        f.write(60);
        auto* list = f.find<QListView>("logList");
        QTRY_COMPARE(list->model()->rowCount(), 60);
        QVERIFY(!f.find<QPushButton>("logBackToLive")->isVisible());
        rpc::LogBatch found;
        found.lines = {LogsFixture::line(1, QStringLiteral("search"), QStringLiteral("old needle"))};
        f.log().showFound(QStringLiteral("needle"), found);
        QCOMPARE(list->model()->rowCount(), 1);
        QVERIFY(f.find<QLabel>("logStatus")->text().startsWith(QStringLiteral("1 found")));
        f.log().showFound(QStringLiteral("x"), rpc::Error{QStringLiteral("E"), QStringLiteral("Bad disk"), false});
        QCOMPARE(f.find<QLabel>("logStatus")->text(), QStringLiteral("Bad disk"));
        f.find<QPushButton>("logBackToLive")->click();
        QVERIFY(!f.find<QPushButton>("logBackToLive")->isVisible());
        QCOMPARE(list->model()->rowCount(), 0);
    }

    // The list must not lay out or measure row by row: the limit is far above what it takes.
    void aHundredThousandLinesScroll()
    {
        LogsFixture f;
        f.write(100'000);
        auto* list = f.find<QListView>("logList");
        QTRY_COMPARE_WITH_TIMEOUT(list->model()->rowCount(), 100'000, 60'000);
        QScrollBar* bar = list->verticalScrollBar();
        int painted = 0;
        for (int step = 0; step < 50; ++step) {
            bar->setValue(bar->maximum() / 50 * step);
            QElapsedTimer timer;
            timer.start();
            QCoreApplication::processEvents();
            list->viewport()->repaint();
            ++painted;
            QVERIFY2(timer.elapsed() < 5'000, qPrintable(QString::number(timer.elapsed())));
        }
        QCOMPARE(painted, 50);
    }

    void insightsResultAsTableAndChart()
    {
        LogsFixture f;
        f.page->show(QStringLiteral("insights"));
        auto* view = f.page->findChild<ui::InsightsView*>();
        QTRY_VERIFY(view->isVisible());
        auto* chart = f.page->findChild<charts::LiveChart*>();
        QVERIFY(!chart->isVisible());
        f.find<QComboBox>("insightsExamples")->setCurrentIndex(1);
        Q_EMIT f.find<QComboBox>("insightsExamples")->activated(1);
        QVERIFY(f.page->findChild<widgets::CodeEditor*>()->text().contains(QStringLiteral("bin(1m)")));
        view->showResult(overTime());
        QVERIFY(chart->isVisible());
        QCOMPARE(chart->data().bins, 30);
        QCOMPARE(chart->data().series.size(), std::size_t{2});
        QCOMPARE(chart->data().series[0].name, QStringLiteral("INFO"));
        QVERIFY(std::isnan(chart->data().series[1].values[5]));
        QCOMPARE(chart->data().series[0].values[3], 43.0);
        auto* table = f.find<QTableView>("insightsResult");
        QCOMPARE(table->model()->rowCount(), 59);
        table->sortByColumn(2, Qt::DescendingOrder);
        QCOMPARE(table->model()->index(0, 2).data().toString(), QStringLiteral("46"));
        QCOMPARE(table->model()->index(58, 2).data().toString(), QStringLiteral("0"));
        QVERIFY(f.find<QLabel>("insightsStatus")->text().contains(QStringLiteral("59 rows")));
        f.picture("logs-insights");
        f.find<QToolButton>("insightsCopyJsonButton")->click();
        QVERIFY(QApplication::clipboard()->text().contains(QStringLiteral("\"n\":46")));
        view->showResult(rpc::Error{QStringLiteral("MalformedQueryException"),
                                    QStringLiteral("there is no function x"), false});
        QVERIFY(f.find<QPushButton>("insightsRun")->isEnabled());
    }
};

QTEST_MAIN(LogsPageTest)
#include "logs_page_test.moc"
