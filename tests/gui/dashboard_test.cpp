// The dashboard shows the numbers that were fed, and answers to range, pause, breakdown, hover,
// zoom and export. With GANTRY_SCREENSHOTS=DIR it also leaves pictures there.
#include "tests/support/metrics_feed.h"
#include "ui/charts/chart_data_dialog.h"
#include "ui/charts/live_chart.h"
#include "ui/models/functions_model.h"
#include "ui/models/live_metrics.h"
#include "ui/pages/dashboard/dashboard_page.h"
#include "ui/pages/monitor/metrics_board.h"
#include "ui/pages/monitor/stat_tiles.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/monitor_api.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QApplication>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace gantry;
using charts::LiveChart;

namespace {

// A dashboard without a platform: what it shows is fed by hand.
struct Dashboard {
    rpc::Channel channel;
    rpc::MonitorApi api{channel};
    models::LiveMetrics live{channel, api};
    models::FunctionsModel functions{channel, api, &live};
    ui::Services services{&channel, nullptr, &api, nullptr, &functions, &live};
    ui::DashboardPage page{services, nullptr};

    Dashboard()
    {
        page.resize(1400, 940);
        page.setVisible(true);
        page.activated();
    }
    template <class T> T* find(const char* name) const
    {
        return page.findChild<T*>(QLatin1String(name));
    }
    LiveChart* chart(const char* id) const
    {
        return page.findChild<LiveChart*>(QStringLiteral("chart_") + QLatin1String(id));
    }
    QString tile(const char* id) const
    {
        return page.findChild<ui::StatTile*>(QStringLiteral("tile_") + QLatin1String(id))->number();
    }
    ui::MetricsBoard* board() const { return page.findChild<ui::MetricsBoard*>(); }
    void press(const char* name) const { find<QToolButton>(name)->click(); }
    // Lets the 10 Hz update pass.
    void settle()
    {
        QSignalSpy updated(&live, &models::LiveMetrics::updated);
        QVERIFY(updated.wait(3000));
    }
    void picture(const char* name)
    {
        const QString directory = qEnvironmentVariable("GANTRY_SCREENSHOTS");
        if (directory.isEmpty())
            return;
        QTest::qWait(50);
        page.grab().save(QStringLiteral("%1/%2.png").arg(directory, QLatin1String(name)));
    }
};

// The value of a series in the second that starts so many seconds after noon.
double valueOf(const LiveChart& chart, int series, int second)
{
    const int bin = chart.data().binAt(double(test::kNoonMs) + second * 1000);
    return chart.data().series.at(std::size_t(series)).values.at(std::size_t(bin));
}

} // namespace

class DashboardTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QLocale::setDefault(QLocale::c());
        widgets::Theme::current().install(*qApp);
    }

    void showsWhatWasFed()
    {
        Dashboard dashboard;
        rpc::MetricsPoint first = test::point(QStringLiteral("hello"), test::kNoonMs, 30, 10);
        first.errors = 3;
        first.throttles = 2;
        first.coldStarts = 1;
        dashboard.live.ingest(test::frame(test::kNoonMs, {first}));
        dashboard.live.ingest(
            test::frame(test::kNoonMs + 1000,
                        {test::point(QStringLiteral("hello"), test::kNoonMs + 1000, 20, 5)}));
        dashboard.settle();

        QCOMPARE(dashboard.tile("concurrency"), QStringLiteral("2"));
        QCOMPARE(dashboard.tile("invocations"), QStringLiteral("50"));
        QCOMPARE(dashboard.tile("errorRate"), QStringLiteral("6.00 %"));
        QCOMPARE(dashboard.tile("p99"), QStringLiteral("15.0 ms"));
        QCOMPARE(dashboard.tile("coldStarts"), QStringLiteral("1"));
        QCOMPARE(dashboard.tile("cost"), QStringLiteral("$0.0000125"));
        QCOMPARE(dashboard.tile("costPerHour"), QStringLiteral("$0.0180"));

        QCOMPARE(valueOf(*dashboard.chart("invocations"), 0, 1), 20.0);
        QCOMPARE(valueOf(*dashboard.chart("invocations"), 0, 0), 30.0);
        QCOMPARE(valueOf(*dashboard.chart("errors"), 0, 0), 3.0);
        QCOMPARE(valueOf(*dashboard.chart("errors"), 1, 0), 2.0);
        QCOMPARE(valueOf(*dashboard.chart("duration"), 2, 0), 30.0);
        QVERIFY(std::isnan(valueOf(*dashboard.chart("duration"), 2, -1))); // a gap, not a zero
        QCOMPARE(valueOf(*dashboard.chart("invocations"), 0, -1), 0.0);    // a zero, not a gap
        // Fifty calls in the last minute, extrapolated to an hour.
        QCOMPARE(valueOf(*dashboard.chart("cost"), 0, 1), 50 * 2.5e-7 * 60);

        dashboard.board()->group().setCrosshair(double(test::kNoonMs) + 500);
        QCOMPARE(dashboard.chart("invocations")->readout(), QStringList{QStringLiteral("30")});
        QCOMPARE(dashboard.chart("duration")->readout(),
                 (QStringList{QStringLiteral("10 ms"), QStringLiteral("20 ms"),
                              QStringLiteral("30 ms")}));
    }

    void listsFunctionsOfTheRange()
    {
        Dashboard dashboard;
        test::feedBusyAccount(dashboard.live, 120);
        dashboard.press("range_1m");
        const auto* table = dashboard.find<QTableView>("dashboardFunctions");
        QTRY_COMPARE(table->model()->rowCount(), 6);
        const auto sum = [table] {
            qint64 sum = 0;
            for (int row = 0; row < table->model()->rowCount(); ++row)
                sum += table->model()->index(row, 1).data().toLongLong();
            return QString::number(sum);
        };
        // The C locale of this test groups no digits.
        QTRY_COMPARE(sum(), dashboard.tile("invocations"));
        // Most invocations first.
        QVERIFY(table->model()->index(0, 1).data().toString().toLongLong() >=
                table->model()->index(5, 1).data().toString().toLongLong());

        QSignalSpy opened(&dashboard.page, &ui::Page::openRequested);
        Q_EMIT const_cast<QTableView*>(table)->activated(table->model()->index(0, 0));
        QCOMPARE(opened.size(), 1);
        QCOMPARE(opened[0][0].toString(), QStringLiteral("functions/%1/monitor")
                                              .arg(table->model()->index(0, 0).data().toString()));
    }

    void standsStillWhilePaused()
    {
        Dashboard dashboard;
        test::feedBusyAccount(dashboard.live, 60);
        dashboard.settle();
        const QString before = dashboard.tile("invocations");
        auto* canvas = dashboard.find<QWidget>("chart_duration_canvas");
        QTest::keyClick(canvas, Qt::Key_Space);
        QVERIFY(dashboard.board()->window().isPaused());
        dashboard.live.ingest(
            test::frame(test::kNoonMs + 61'000,
                        {test::point(QStringLiteral("late"), test::kNoonMs + 61'000, 7, 5)}));
        dashboard.settle();
        QCOMPARE(dashboard.tile("invocations"), before);
        QTest::keyClick(canvas, Qt::Key_Space);
        QCOMPARE(dashboard.tile("invocations").toLongLong(), before.toLongLong() + 7);
    }

    void breaksDownByFunction()
    {
        Dashboard dashboard;
        test::feedBusyAccount(dashboard.live, 120);
        dashboard.settle();
        const double whole = valueOf(*dashboard.chart("invocations"), 0, 100);
        QTRY_COMPARE(dashboard.board()->window().functionTotals().size(), std::size_t(6));
        dashboard.press("byFunctionButton");
        const auto& series = dashboard.chart("invocations")->data().series;
        QCOMPARE(series.size(), std::size_t(6)); // five functions and the rest
        QCOMPARE(series.back().name, QStringLiteral("other"));
        double sum = 0;
        for (int i = 0; i < 6; ++i)
            sum += valueOf(*dashboard.chart("invocations"), i, 100);
        QCOMPARE(sum, whole);
        QCOMPARE(dashboard.chart("duration")->data().series.size(), std::size_t(5));
        dashboard.press("byFunctionButton");
        QCOMPARE(dashboard.chart("invocations")->data().series.size(), std::size_t(1));
    }

    void zoomsAllChartsTogether()
    {
        Dashboard dashboard;
        test::feedBusyAccount(dashboard.live, 300);
        dashboard.settle();
        auto* canvas = dashboard.find<QWidget>("chart_duration_canvas");
        charts::ChartGroup& group = dashboard.board()->group();
        const QPoint from(canvas->width() / 2, 40);
        const QPoint to(canvas->width() * 3 / 4, 40);
        QTest::mousePress(canvas, Qt::LeftButton, {}, from);
        QTest::mouseMove(canvas, to);
        QTest::mouseRelease(canvas, Qt::LeftButton, {}, to);
        QVERIFY(group.isZoomed());
        const double span = group.view().toMs - group.view().fromMs;
        QVERIFY(span > 30'000 && span < 150'000);
        QVERIFY(dashboard.find<QToolButton>("resetZoomButton")->isVisible());
        // A zoom holds still while time goes on.
        const auto view = group.view();
        dashboard.live.ingest(test::frame(test::kNoonMs + 301'000, {}));
        dashboard.settle();
        QVERIFY(group.view() == view);
        QTest::mouseDClick(canvas, Qt::LeftButton, {}, from);
        QVERIFY(!group.isZoomed());
    }

    void hidesASeriesByItsLegend()
    {
        Dashboard dashboard;
        test::feedBusyAccount(dashboard.live, 60);
        dashboard.settle();
        auto* item =
            dashboard.chart("duration")->findChild<QAbstractButton*>(QStringLiteral("legend_p99"));
        QVERIFY(item);
        item->click();
        const auto& plot = dashboard.chart("duration")->findChild<charts::ChartCanvas*>()->plot();
        QVERIFY(!plot.isSeriesVisible(QStringLiteral("p99")));
        QVERIFY(plot.isSeriesVisible(QStringLiteral("p50")));
    }

    void savesWhatItShows()
    {
        Dashboard dashboard;
        test::feedBusyAccount(dashboard.live, 60);
        dashboard.settle();
        QTemporaryDir directory;
        LiveChart* chart = dashboard.chart("duration");
        QString problem;
        QVERIFY(chart->exportTo(directory.filePath(QStringLiteral("a.png")), &problem));
        const QImage png(directory.filePath(QStringLiteral("a.png")));
        QVERIFY(png.width() > chart->width());
        QVERIFY(chart->exportTo(directory.filePath(QStringLiteral("a.svg")), &problem));
        QFile svg(directory.filePath(QStringLiteral("a.svg")));
        QVERIFY(svg.open(QIODevice::ReadOnly));
        QVERIFY(svg.readAll().contains("<polyline"));
        QVERIFY(chart->exportTo(directory.filePath(QStringLiteral("a.csv")), &problem));
        QFile csv(directory.filePath(QStringLiteral("a.csv")));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QCOMPARE(csv.readLine(), QByteArray("time,p50,p90,p99\r\n"));
        QVERIFY(!chart->exportTo(directory.filePath(QStringLiteral("no/such/dir.png")), &problem));
        QVERIFY(problem.contains(QStringLiteral("cannot be written")));
        QCOMPARE(ui::metricsCsv(dashboard.board()->window()).count("\r\n"), 61);
    }

    void showsItsNumbersAsATable()
    {
        Dashboard dashboard;
        dashboard.live.ingest(test::frame(
            test::kNoonMs, {test::point(QStringLiteral("hello"), test::kNoonMs, 30, 10)}));
        dashboard.settle();
        dashboard.chart("duration")->showData();
        auto* table = dashboard.find<QTableView>("chartDataTable");
        QVERIFY(table);
        QStringList shown;
        for (int row = 0; row < table->model()->rowCount(); ++row)
            shown.append(table->model()->index(row, 1).data().toString());
        QCOMPARE(shown.count(QStringLiteral("10 ms")), 1);
        QCOMPARE(shown.count(QStringLiteral("–")), shown.size() - 1);
    }

    void invitesWhenThereIsNothing()
    {
        Dashboard dashboard;
        QVERIFY(!dashboard.find<QWidget>("dashboardFirstRun")->isVisible());
        dashboard.functions.take({rpc::FunctionEvent::Kind::SnapshotEnd, {}});
        dashboard.functions.flush();
        dashboard.page.activated();
        QVERIFY(dashboard.find<QWidget>("dashboardFirstRun")->isVisible());
        dashboard.picture("first-run");
        dashboard.live.ingest(test::frame(
            test::kNoonMs, {test::point(QStringLiteral("hello"), test::kNoonMs, 1, 10)}));
        QVERIFY(!dashboard.find<QWidget>("dashboardFirstRun")->isVisible());
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
        const auto name = [](const char* what) {
            return QByteArray(what) + '-' + QTest::currentDataTag();
        };
        Dashboard dashboard;
        dashboard.live.ingest(test::frame(test::kNoonMs - 5000, {}));
        dashboard.settle();
        dashboard.picture(name("empty"));
        test::feedBusyAccount(dashboard.live, 300);
        dashboard.settle();
        QTest::qWait(1100);
        dashboard.board()->group().setCrosshair(double(test::kNoonMs) + 180'500);
        dashboard.picture(name("busy"));
        dashboard.press("byFunctionButton");
        dashboard.picture(name("by-function"));
        dashboard.board()->group().setCrosshair(std::nullopt);
        dashboard.press("range_1m");
        dashboard.picture(name("minute"));
        // Axes of all charts of a column stand under one another.
        const auto left = [&](const char* id) {
            return dashboard.chart(id)->findChild<charts::ChartCanvas*>()->plot().plotRect().left();
        };
        QCOMPARE(left("concurrency"), left("errors"));
        QCOMPARE(left("duration"), left("cost"));
    }
};

QTEST_MAIN(DashboardTest)
#include "dashboard_test.moc"
