#include "ui/pages/cost/cost_charts.h"

#include "ui/models/format.h"
#include "ui/widgets/theme.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QMap>

#include <algorithm>
#include <cmath>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr double kDayMs = 86'400'000;
constexpr int kLayers = 7; // and one of all others

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::ui::cost_charts", text);
}

} // namespace

std::pair<qint64, qint64> monthBounds(const QString& month)
{
    QDate first = QDate::fromString(month + QStringLiteral("-01"), Qt::ISODate);
    if (!first.isValid()) {
        const QDate today = QDateTime::currentDateTimeUtc().date();
        first = QDate(today.year(), today.month(), 1);
    }
    const auto start = [](const QDate& date) { return QDateTime(date, QTime(), Qt::UTC).toMSecsSinceEpoch(); };
    return {start(first), start(first.addMonths(1))};
}

QString widthText(int widthMs)
{
    return widthMs >= 3'600'000 ? tr("hour") : widthMs >= 60'000 ? tr("minute") : tr("second");
}

charts::ChartData spendData(const rpc::MetricsHistory& history, qint64 fromMs, qint64 toMs)
{
    QMap<QString, pricing::Money> totals;
    for (const rpc::MetricsPoint& point : history.points)
        totals[point.functionName] += point.costUsd;
    QStringList names = totals.keys();
    std::stable_sort(names.begin(), names.end(), [&totals](const QString& a, const QString& b) {
        return totals[a] > totals[b];
    });

    charts::ChartData data;
    data.binMs = history.widthMs;
    data.startMs = fromMs - fromMs % data.binMs;
    data.bins = int((toMs - data.startMs + data.binMs - 1) / data.binMs);
    QMap<QString, int> layers;
    for (int i = 0; i < names.size(); ++i) {
        layers[names[i]] = std::min(i, kLayers);
        if (i > kLayers)
            continue;
        const bool others = i == kLayers;
        const QString name = others ? tr("others") : names[i];
        data.series.push_back({name, name, Theme::current().series(i), charts::Shape::Stacked,
                               std::vector<double>(std::size_t(data.bins), 0.0)});
    }
    for (const rpc::MetricsPoint& point : history.points) {
        const int bin = data.binAt(double(point.startMs));
        if (bin >= 0)
            data.series[std::size_t(layers[point.functionName])].values[std::size_t(bin)] +=
                point.costUsd.toDouble();
    }
    return data;
}

QList<QPointF> cumulated(const rpc::MetricsHistory& history, qint64 fromMs)
{
    QMap<qint64, pricing::Money> byEnd;
    for (const rpc::MetricsPoint& point : history.points)
        byEnd[point.startMs + point.widthMs] += point.costUsd;
    QList<QPointF> points{{0, 0}};
    pricing::Money sum;
    for (auto at = byEnd.cbegin(); at != byEnd.cend(); ++at) {
        points.append({double(at.key() - history.widthMs - fromMs) / kDayMs, sum.toDouble()});
        sum += at.value();
        points.append({double(at.key() - fromMs) / kDayMs, sum.toDouble()});
    }
    return points;
}

charts::CurveData forecastData(const rpc::Bill& bill, const QList<QPointF>& past,
                               std::pair<qint64, qint64> month)
{
    const double days = double(month.second - month.first) / kDayMs;
    const double now =
        std::clamp(double(QDateTime::currentMSecsSinceEpoch() - month.first) / kDayMs, 0.0, days);
    const double soFar = bill.listed.toDouble();
    charts::CurveData data;
    const QColor color = Theme::current().series(0);
    charts::Curve done{QStringLiteral("charged"), tr("charged"), color, {}, false};
    for (const QPointF& point : past) {
        if (point.x() <= now)
            done.points.push_back(point);
    }
    done.points.push_back({now, soFar});
    data.curves.push_back(std::move(done));
    if (now < days) {
        data.curves.push_back({QStringLiteral("expected"), tr("estimated"),
                               Theme::current().series(1),
                               {{now, soFar}, {days, bill.forecast.expected.toDouble()}},
                               true});
        // A sum of independent days spreads with the square root of the time.
        constexpr int kSteps = 24;
        charts::CurveBand band{Theme::current().series(1), {}, {}};
        for (int i = 0; i <= kSteps; ++i) {
            const double part = double(i) / kSteps;
            const double middle = soFar + part * (bill.forecast.expected.toDouble() - soFar);
            const double spread = bill.forecast.fullDays >= 3 ? std::sqrt(part) : part;
            const double below = bill.forecast.expected.toDouble() - bill.forecast.low.toDouble();
            const double above = bill.forecast.high.toDouble() - bill.forecast.expected.toDouble();
            const double x = now + part * (days - now);
            band.lower.push_back({x, std::max(middle - spread * below, soFar)});
            band.upper.push_back({x, middle + spread * above});
        }
        data.bands.push_back(std::move(band));
        data.marks.push_back({{days, bill.forecast.expected.toDouble()}, {}, Theme::current().series(1)});
        data.marks.back().text = models::formatUsd(bill.forecast.expected);
    }
    data.xTitle = tr("day of the month (UTC)");
    data.writeX = [](double day) { return QString::number(std::lround(day)); };
    data.writeY = [](double dollars) { return models::formatUsd(dollars); };
    return data;
}

} // namespace gantry::ui
