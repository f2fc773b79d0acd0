// What live charts cost: six charts on one time axis, fed and moved ten times a second as the
// dashboard does it; and a dashboard of one's own with 1, 6 and 12 tiles, fed as the platform feeds it.
// Prints the share of one core that the process took, for each case. Run it under Xvfb:
// xvfb-run -a -s "-screen 0 1920x1200x24" charts_bench [seconds]
#include "tests/support/metrics_feed.h"
#include "ui/charts/live_chart.h"
#include "ui/pages/dashboard/dashboard_board.h"
#include "ui/pages/page.h"
#include "ui/rpc/monitor_api.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QGridLayout>
#include <QTimer>

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <tuple>
#include <vector>

using namespace gantry;
using namespace gantry::charts;

namespace {

struct Case {
    const char* name;
    int bins;
    int series;
    Shape shape;
};

constexpr Case kCases[] = {
    {"1 min, 3 lines", 60, 3, Shape::Line},        {"5 min, 3 lines", 300, 3, Shape::Line},
    {"15 min, 3 lines", 900, 3, Shape::Line},      {"15 min, 2 steps", 900, 2, Shape::Step},
    {"15 min, 6 stacked", 900, 6, Shape::Stacked},
};
constexpr int kCharts = 6;
constexpr int kWarmUpMs = 2000;

double cpuSeconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return double(time.tv_sec) + time.tv_usec / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

ChartData noise(const Case& one, qint64 nowMs)
{
    const QColor colors[] = {Qt::blue,        Qt::darkGreen, Qt::darkYellow,
                             Qt::darkMagenta, Qt::darkCyan,  Qt::red};
    ChartData data{nowMs / 1000 * 1000 - (one.bins - 1) * 1000, 1000, one.bins, {}};
    for (int i = 0; i < one.series; ++i) {
        Series series{
            QString::number(i), QStringLiteral("series %1").arg(i), colors[i % 6], one.shape, {}};
        for (int bin = 0; bin < one.bins; ++bin) {
            // A value that belongs to its second, so that the picture scrolls as a real one does.
            const unsigned second = unsigned(data.startMs / 1000 + bin);
            const unsigned scattered = (second * 2654435761U + unsigned(i) * 40503U) >> 20;
            series.values.push_back(40.0 * (i + 1) + scattered / 100.0);
        }
        data.series.push_back(std::move(series));
    }
    return data;
}

qint64 now()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// The share of one core that the process takes while the event loop runs.
double shareOver(int seconds)
{
    QTimer::singleShot(kWarmUpMs, qApp,
                       [] { QCoreApplication::exit(); }); // first paint is not steady state
    QApplication::exec();
    const double before = cpuSeconds();
    QTimer::singleShot(seconds * 1000, qApp, [] { QCoreApplication::exit(); });
    QApplication::exec();
    return (cpuSeconds() - before) / seconds;
}

double measure(const Case& one, int seconds)
{
    QWidget page;
    ChartGroup group;
    QGridLayout grid(&page);
    std::vector<LiveChart*> charts;
    for (int i = 0; i < kCharts; ++i) {
        charts.push_back(new LiveChart(QString::number(i), QStringLiteral("Chart %1").arg(i),
                                       Unit::Milliseconds, group, &page));
        grid.addWidget(charts.back(), i / 3, i % 3);
    }
    page.resize(1500, 620);
    page.show();
    const auto tick = [&] {
        const qint64 at = now();
        group.setLiveView({double(at - one.bins * 1000), double(at)});
        for (LiveChart* chart : charts)
            chart->setData(noise(one, at));
    };
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, &page, tick);
    timer.start(100);
    return shareOver(seconds);
}

// Six functions that have been at work, and go on; what a second has so far grows with it.
rpc::MetricsFrame frameAt(qint64 ms)
{
    QList<rpc::MetricsPoint> points;
    const qint64 second = ms / 1000;
    for (int i = 0; i < 6; ++i) {
        const unsigned noise = (unsigned(second * 31 + i * 977) * 2654435761U) >> 24;
        const auto whole = qint64(40 + noise % 40);
        rpc::MetricsPoint one = test::point(QStringLiteral("function-%1").arg(i), second * 1000,
                                            1 + whole * (ms % 1000) / 1000, 4.0 + 6 * i + noise % 9);
        one.errors = noise % 5;
        points.append(one);
    }
    rpc::MetricsFrame frame = test::frame(second * 1000, points);
    frame.timeMs = ms;
    return frame;
}

struct Load {
    double share; // of one core
    double hertz; // at which frames came: fewer on a machine that is busy
};

Load measureBoard(int tiles, const char* range, bool mixed, int seconds)
{
    using models::TileKind;
    rpc::Channel channel;
    rpc::MonitorApi api(channel);
    models::LiveMetrics live(channel, api);
    ui::Services services{&channel, nullptr, &api, nullptr, nullptr, &live};
    for (qint64 at = now() / 1000 * 1000 - models::LiveMetrics::kSpanMs; at < now(); at += 1000)
        live.ingest(frameAt(at + 999));
    ui::DashboardBoard board(services, nullptr);
    models::Dashboard dashboard;
    dashboard.range = QLatin1String(range);
    constexpr TileKind kCharts[] = {TileKind::Line, TileKind::Stacked, TileKind::Area};
    constexpr TileKind kMixed[] = {TileKind::Number, TileKind::Number, TileKind::Line,
                                   TileKind::Stacked, TileKind::Area,  TileKind::Table};
    for (int i = 0; i < tiles; ++i) {
        models::Tile tile = models::makeTile(mixed ? kMixed[i % 6] : kCharts[i % 3]);
        tile.id = QStringLiteral("t%1").arg(i);
        tile.place = {(i % 4) * 6, (i / 4) * 6, 6, 6};
        tile.byFunction = tile.kind == TileKind::Stacked;
        dashboard.tiles.append(tile);
    }
    board.resize(1880, 820);
    board.show();
    board.layoutModel().load(dashboard);
    board.setActive(true);
    QTimer timer;
    int frames = 0;
    QObject::connect(&timer, &QTimer::timeout, &board, [&live, &frames] {
        live.ingest(frameAt(now()));
        ++frames;
    });
    timer.start(100);
    const double share = shareOver(seconds);
    return {share, frames / (seconds + kWarmUpMs / 1000.0)};
}

void printRow(const char* name, const Load& five, const Load& fifteen)
{
    std::printf("%-24s", name);
    for (const Load& load : {five, fifteen})
        std::printf(" %6.1f %% (%4.1f Hz)", 100 * load.share, load.hertz);
    std::printf("\n");
}

void printBoards(int seconds)
{
    std::printf("\n%-24s %18s %18s\n", "live tiles at 10 Hz", "5 min", "15 min");
    for (const auto& [name, tiles, mixed] :
         {std::tuple("1 chart", 1, false), std::tuple("6 charts", 6, false),
          std::tuple("12 charts", 12, false), std::tuple("12 tiles of all kinds", 12, true)})
        printRow(name, measureBoard(tiles, "5m", mixed, seconds), measureBoard(tiles, "15m", mixed, seconds));
}

} // namespace

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    widgets::Theme::current().install(application);
    const int seconds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 10;
    std::printf("%-24s %s\n", "6 charts at 10 Hz", "share of one core");
    for (const Case& one : kCases)
        std::printf("%-24s %5.1f %%\n", one.name, 100 * measure(one, seconds));
    printBoards(seconds);
    return 0;
}
