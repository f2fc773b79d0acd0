// Dashboards without widgets: where tiles go, undo, the JSON, and hostile files.
#include "tests/support/metrics_feed.h"
#include "ui/models/dashboard_layout.h"
#include "ui/models/measures.h"

#include <QJsonDocument>
#include <QTest>

#include <cmath>

using namespace gantry;
using namespace gantry::models;

namespace {

Tile at(const QString& id, const QRect& place)
{
    Tile tile = makeTile(TileKind::Line);
    tile.id = id;
    tile.title = id;
    tile.place = place;
    return tile;
}

QRect placeOf(const QList<Tile>& tiles, const QString& id)
{
    for (const Tile& tile : tiles) {
        if (tile.id == id)
            return tile.place;
    }
    return {};
}

bool overlap(const QList<Tile>& tiles)
{
    for (qsizetype i = 0; i < tiles.size(); ++i) {
        for (qsizetype j = i + 1; j < tiles.size(); ++j) {
            if (tiles[i].place.intersects(tiles[j].place))
                return true;
        }
    }
    return false;
}

// Of a file that is no dashboard: why.
QString refusal(const QByteArray& json)
{
    QString problem;
    return readDashboard(json, &problem) ? QString() : problem;
}

Dashboard parsed(const QByteArray& json)
{
    QString problem;
    const auto dashboard = readDashboard(json, &problem);
    return dashboard ? *dashboard : Dashboard();
}

} // namespace

class DashboardModelsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }

    void tilesPushOthersAside()
    {
        const QList<Tile> two{at(QStringLiteral("a"), {0, 0, 8, 6}), at(QStringLiteral("b"), {0, 6, 8, 6})};
        // Past the middle of the other one they change places, before it they do not.
        QCOMPARE(placeOf(settled(two, QStringLiteral("b"), {0, 4, 8, 6}), QStringLiteral("b")), QRect(0, 6, 8, 6));
        QCOMPARE(placeOf(settled(two, QStringLiteral("b"), {0, 2, 8, 6}), QStringLiteral("b")), QRect(0, 0, 8, 6));
        QCOMPARE(placeOf(settled(two, QStringLiteral("b"), {0, 2, 8, 6}), QStringLiteral("a")), QRect(0, 6, 8, 6));
        QCOMPARE(placeOf(settled(two, QStringLiteral("a"), {0, 4, 8, 6}), QStringLiteral("a")), QRect(0, 6, 8, 6));
        // Beside it there is room.
        QCOMPARE(placeOf(settled(two, QStringLiteral("b"), {8, 0, 8, 6}), QStringLiteral("b")), QRect(8, 0, 8, 6));
        // Nothing leaves the grid.
        QCOMPARE(placeOf(settled(two, QStringLiteral("b"), {-5, -9, 900, 6}), QStringLiteral("b")), QRect(0, 0, 24, 6));
    }

    void noTwoTilesEverOverlap()
    {
        QList<Tile> tiles;
        unsigned seed = 7;
        const auto next = [&seed](int below) {
            seed = seed * 1664525U + 1013904223U;
            return int((seed >> 8) % unsigned(below));
        };
        for (int i = 0; i < 20; ++i)
            tiles.append(at(QString::number(i), {next(20), next(30), 2 + next(10), 2 + next(8)}));
        tiles = settled(tiles, {}, {});
        QVERIFY(!overlap(tiles));
        for (int i = 0; i < 500; ++i) {
            tiles = settled(tiles, QString::number(next(20)),
                            {next(24), next(60), 2 + next(22), 2 + next(9)});
            QVERIFY(!overlap(tiles));
            // Settled is settled.
            QVERIFY(settled(tiles, {}, {}) == tiles);
        }
    }

    void everyChangeCanBeUndone()
    {
        DashboardLayout layout;
        layout.load(starterDashboard());
        const Dashboard before = layout.dashboard();
        const QString id = layout.add(makeTile(TileKind::Number));
        const QString twin = layout.duplicate(id);
        QVERIFY(!twin.isEmpty() && twin != id);
        QVERIFY(layout.find(twin)->title != layout.find(id)->title);
        layout.place(id, {0, 0, 4, 3}, 5);
        layout.place(id, {4, 0, 4, 3}, 5); // the same drag
        layout.resize(id, 2, 1, 6);
        Tile changed = *layout.find(id);
        changed.title = QStringLiteral("Mine");
        layout.change(changed);
        layout.remove(twin);
        QCOMPARE(layout.undoStack().count(), 6);
        while (layout.undoStack().canUndo())
            layout.undoStack().undo();
        QVERIFY(layout.dashboard() == before);
        while (layout.undoStack().canRedo())
            layout.undoStack().redo();
        QCOMPARE(layout.find(id)->title, QStringLiteral("Mine"));
        QVERIFY(!layout.find(twin));
    }

    void keysMoveATilePastItsNeighbour()
    {
        DashboardLayout layout;
        Dashboard dashboard;
        dashboard.tiles = {at(QStringLiteral("a"), {0, 0, 8, 6}), at(QStringLiteral("b"), {0, 6, 8, 6})};
        layout.load(dashboard);
        layout.nudge(QStringLiteral("a"), 0, 1, 1);
        QCOMPARE(layout.find(QStringLiteral("a"))->place, QRect(0, 6, 8, 6));
        layout.nudge(QStringLiteral("a"), 0, -1, 1);
        QCOMPARE(layout.find(QStringLiteral("a"))->place, QRect(0, 0, 8, 6));
        layout.nudge(QStringLiteral("a"), -1, 0, 1); // at the edge
        QCOMPARE(layout.find(QStringLiteral("a"))->place, QRect(0, 0, 8, 6));
        layout.nudge(QStringLiteral("a"), 1, 0, 1);
        QCOMPARE(layout.find(QStringLiteral("a"))->place.x(), 1);
        layout.resize(QStringLiteral("a"), 100, 0, 2);
        QCOMPARE(layout.find(QStringLiteral("a"))->place.right(), kGridColumns - 1);
        layout.resize(QStringLiteral("a"), -100, -100, 2);
        QCOMPARE(layout.find(QStringLiteral("a"))->place.size(), QSize(kLeastTile, kLeastTile));
    }

    void survivesItsOwnJson()
    {
        Dashboard dashboard = starterDashboard();
        for (const TileKind kind : {TileKind::Area, TileKind::HeatMap, TileKind::Log, TileKind::Text}) {
            Tile tile = makeTile(kind);
            tile.id = QStringLiteral("t%1").arg(dashboard.tiles.size() + 1);
            if (kind == TileKind::Area) {
                tile.function = kFunctionVariable;
                tile.version = kVersionVariable;
                tile.series = {{Measure::Invocations, kFunctionVariable, kVersionVariable}};
            }
            if (kind == TileKind::Log)
                tile.function = QStringLiteral("hello");
            dashboard.tiles.append(tile);
        }
        dashboard.range = QStringLiteral("6h");
        dashboard.compare = QStringLiteral("1d");
        dashboard.function = QStringLiteral("hello");
        dashboard.version = QStringLiteral("live");
        Dashboard back = parsed(writeDashboard(dashboard));
        for (Tile& tile : back.tiles) {
            if (tile.kind == TileKind::Log)
                tile.text.clear(); // the query that stands for it
            tile.otherMetrics = {};
        }
        QCOMPARE(back.tiles.size(), dashboard.tiles.size());
        for (qsizetype i = 0; i < back.tiles.size(); ++i)
            QVERIFY2(back.tiles[i] == dashboard.tiles[i], qPrintable(dashboard.tiles[i].title));
        QCOMPARE(back.range, dashboard.range);
        QCOMPARE(back.compare, dashboard.compare);
        QCOMPARE(back.function, dashboard.function);
        QCOMPARE(back.version, dashboard.version);
        const Tile shown = resolved(back.tiles[8], back);
        QCOMPARE(shown.series.first().function, QStringLiteral("hello"));
        QCOMPARE(shown.series.first().version, QStringLiteral("live"));
    }

    void readsCloudWatchsOwn()
    {
        const Dashboard dashboard = parsed(R"json({"start": "-PT6H", "widgets": [
          {"type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": {"title": "Calls",
           "metrics": [["AWS/Lambda", "Invocations", "FunctionName", "hello", {"stat": "Sum"}],
                       [".", "Errors", ".", ".", {"stat": "Sum"}],
                       ["...", "other", {"stat": "Sum"}],
                       ["AWS/Lambda", "Duration", "FunctionName", "hello", "Resource", "hello:live", {"stat": "p99"}],
                       ["Shop", "Latency"], [{"expression": "m1 * 2"}]]}},
          {"type": "metric", "properties": {"view": "singleValue", "stat": "Sum", "metrics": [["AWS/Lambda", "Throttles"]]}},
          {"type": "metric", "properties": {"view": "pie", "metrics": []}},
          {"type": "log", "properties": {"query": "SOURCE '/aws/lambda/hello' | fields @message"}},
          {"type": "explorer", "properties": {"secret": [1, 2]}}]})json");
        QCOMPARE(dashboard.range, QStringLiteral("6h"));
        QCOMPARE(dashboard.tiles.size(), 5);
        const Tile& chart = dashboard.tiles[0];
        QCOMPARE(chart.series.size(), 4);
        QVERIFY(chart.series[1] == (TileSeries{Measure::Errors, QStringLiteral("hello"), {}}));
        QVERIFY(chart.series[2] == (TileSeries{Measure::Errors, QStringLiteral("other"), {}}));
        QVERIFY(chart.series[3] == (TileSeries{Measure::DurationP99, QStringLiteral("hello"), QStringLiteral("live")}));
        QCOMPARE(chart.otherMetrics.size(), 2);
        QCOMPARE(dashboard.tiles[1].kind, TileKind::Number);
        QCOMPARE(dashboard.tiles[2].kind, TileKind::Unknown);
        QCOMPARE(dashboard.tiles[3].kind, TileKind::Log);
        QCOMPARE(dashboard.tiles[3].function, QStringLiteral("hello"));
        QCOMPARE(dashboard.tiles[4].kind, TileKind::Unknown);
        // What is not known, or not drawn, is saved as it came.
        const QByteArray again = writeDashboard(dashboard);
        QVERIFY(again.contains("\"secret\"") && again.contains("\"pie\"") &&
                again.contains("m1 * 2") && again.contains("Latency"));
        QVERIFY(again.contains("SOURCE '/aws/lambda/hello' | fields @message"));
    }

    void hostileFilesAreRefusedOrTamed()
    {
        QVERIFY(refusal("").contains(QStringLiteral("not JSON")));
        QVERIFY(refusal("{\"widgets\": [").contains(QStringLiteral("not JSON")));
        QVERIFY(refusal("[]").contains(QStringLiteral("no dashboard")));
        QVERIFY(refusal("{\"widgets\": 7}").contains(QStringLiteral("no dashboard")));
        QVERIFY(refusal(QByteArray(kMostDashboardBytes + 1, ' ')).contains(QStringLiteral("1 MB")));
        QVERIFY(!refusal("{\"widgets\": " + QByteArray(5000, '[')).isEmpty());
        QByteArray many = "{\"widgets\": [{}";
        for (int i = 0; i < 3000; ++i)
            many += ",{}";
        QVERIFY(refusal(many + "]}").contains(QStringLiteral("3001 tiles")));
        const Dashboard odd = parsed(R"json({"start": 7, "variables": "x", "gantry": [], "widgets": [
          {"type": "metric", "x": -1e300, "y": 1e300, "width": 1e99, "height": -4, "properties": {"metrics": "no"}},
          {"type": 5, "x": "far", "properties": []}, {}, 9,
          {"type": "metric", "x": 23, "width": 12, "properties": {"metrics": [[], [1], ["..."], ["."], [{}], "x"]}}]})json");
        QCOMPARE(odd.tiles.size(), 5);
        DashboardLayout layout;
        layout.load(odd);
        for (const Tile& tile : layout.dashboard().tiles) {
            QVERIFY(QRect(0, 0, kGridColumns, 1'000'000).contains(tile.place));
            QVERIFY(tile.place.width() >= kLeastTile && tile.place.height() >= kLeastTile);
        }
        QVERIFY(!overlap(layout.dashboard().tiles));
        QCOMPARE(odd.range, QStringLiteral("5m"));
    }

    void aFullDashboardTakesNoMore()
    {
        DashboardLayout layout;
        Dashboard full;
        for (int i = 0; i < kMostTiles; ++i)
            full.tiles.append(at(QStringLiteral("t%1").arg(i), {(i % 12) * 2, i / 12 * 2, 2, 2}));
        layout.load(full);
        QVERIFY(layout.add(makeTile(TileKind::Text)).isEmpty());
        QVERIFY(layout.duplicate(QStringLiteral("t1")).isEmpty());
        QCOMPARE(layout.dashboard().tiles.size(), kMostTiles);
    }

    void measuresAreTrue()
    {
        MetricSeries series(3'600'000);
        for (int second = 0; second < 60; ++second) {
            rpc::MetricsPoint point = test::point({}, test::kNoonMs + second * 1000, second < 30 ? 2 : 0, 10);
            point.errors = second < 15 ? 1 : 0;
            series.upsert(point);
        }
        const qint64 to = test::kNoonMs + 60'000;
        QCOMPARE(summaryOf(Measure::Invocations, series, test::kNoonMs, to), 60.0);
        QCOMPARE(summaryOf(Measure::ErrorRate, series, test::kNoonMs, to), 25.0);
        QCOMPARE(summaryOf(Measure::DurationAverage, series, test::kNoonMs, to), 10.0);
        QCOMPARE(summaryOf(Measure::DurationP99, series, test::kNoonMs, to), 30.0);
        QVERIFY(std::isnan(summaryOf(Measure::DurationP99, series, test::kNoonMs + 40'000, to)));
        QCOMPARE(summaryOf(Measure::Invocations, series, test::kNoonMs + 29'000, to), 2.0);
        // The same minute as the past has it: one point, of which every second has its part.
        MetricSeries past(3'600'000);
        rpc::MetricsPoint minute = test::point({}, test::kNoonMs, 60, 10);
        minute.widthMs = 60'000;
        past.upsert(minute);
        const auto values = coarseValuesOf(Measure::Invocations, past, {test::kNoonMs - 1000, 1000, 62});
        QCOMPARE(values.front(), 0.0);
        QCOMPARE(values[1], 1.0);
        QCOMPARE(values[60], 1.0);
        QCOMPARE(values[61], 0.0);
        QCOMPARE(summaryOf(Measure::Invocations, past, test::kNoonMs, test::kNoonMs + 15'000, Edge::Past), 15.0);
        QCOMPARE(coarseValuesOf(Measure::DurationP99, past, {test::kNoonMs, 1000, 60})[30], 30.0);
    }

    void everyMeasureHasItsOwnName()
    {
        for (const MeasureInfo& info : measures()) {
            const auto found = measureOf(info.space, info.metric, info.statistic);
            QVERIFY(found && *found == info.measure);
            QCOMPARE(int(infoOf(info.measure).measure), int(info.measure));
        }
    }

    void namesAreCloudWatchs()
    {
        QVERIFY(isDashboardName(QStringLiteral("my_Shop-1")));
        QVERIFY(!isDashboardName(QString()));
        QVERIFY(!isDashboardName(QStringLiteral("a b")));
        QVERIFY(!isDashboardName(QStringLiteral("a\n")));
        QVERIFY(!isDashboardName(QString(256, QLatin1Char('a'))));
        QCOMPARE(dashboardNameFrom(QStringLiteral("Größe: mein Shop")), QStringLiteral("Gr-e-mein-Shop"));
    }
};

QTEST_GUILESS_MAIN(DashboardModelsTest)
#include "dashboard_models_test.moc"
