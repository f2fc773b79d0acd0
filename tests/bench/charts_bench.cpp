// What live charts cost: six charts on one time axis, fed and moved ten times a second as the
// dashboard does it. Prints the share of one core that the process took, for each case. Run it
// under Xvfb: xvfb-run -a -s "-screen 0 1600x1000x24" charts_bench [seconds]
#include "ui/charts/live_chart.h"

#include <QApplication>
#include <QGridLayout>
#include <QTimer>

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

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
        const qint64 now = std::chrono::duration_cast<std::chrono::milliseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
        group.setLiveView({double(now - one.bins * 1000), double(now)});
        for (LiveChart* chart : charts)
            chart->setData(noise(one, now));
    };
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, &page, tick);
    timer.start(100);
    QTimer::singleShot(500, qApp,
                       [] { QCoreApplication::exit(); }); // first paint is not steady state
    QApplication::exec();
    const double before = cpuSeconds();
    QTimer::singleShot(seconds * 1000, qApp, [] { QCoreApplication::exit(); });
    QApplication::exec();
    return (cpuSeconds() - before) / seconds;
}

} // namespace

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    const int seconds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 10;
    std::printf("%-24s %s\n", "6 charts at 10 Hz", "share of one core");
    for (const Case& one : kCases)
        std::printf("%-24s %5.1f %%\n", one.name, 100 * measure(one, seconds));
    return 0;
}
