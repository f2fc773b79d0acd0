#include "ui/models/dashboard_data.h"

#include "ui/rpc/monitor_api.h"

#include <algorithm>
#include <limits>

namespace gantry::models {

namespace {

constexpr qint64 kDayMs = 86'400'000;
constexpr qint64 kLiveEveryMs = 1'000;
constexpr qint64 kLongEveryMs = 10'000;
constexpr qint64 kPastEveryMs = 60'000;
constexpr qint64 kUnbounded = std::numeric_limits<qint64>::max() / 4;

qint64 agoOf(const QString& compare)
{
    return compare == QLatin1String("7d") ? 7 * kDayMs : compare == QLatin1String("1d") ? kDayMs : 0;
}

} // namespace

SeriesPoll::SeriesPoll(rpc::MonitorApi& api, QObject* parent) : QObject(parent), m_api(api) {}

void SeriesPoll::start(const QSet<QString>& names, qint64 fromMs, qint64 toMs, int maxPoints,
                       qint64 agoMs)
{
    stop();
    m_names = names;
    m_agoMs = agoMs;
    m_maxPoints = maxPoints;
    move(fromMs, toMs);
}

void SeriesPoll::move(qint64 fromMs, qint64 toMs)
{
    m_fromMs = fromMs;
    m_toMs = toMs;
    // Slow answers are waited for: asking on top of them would make them slower.
    if (m_waiting == 0)
        ask();
}

void SeriesPoll::stop()
{
    ++m_generation;
    m_waiting = 0;
    m_names.clear();
    m_series.clear();
}

const MetricSeries& SeriesPoll::series(const QString& name) const
{
    static const MetricSeries none(kUnbounded);
    const auto found = m_series.constFind(name);
    return found != m_series.cend() ? *found : none;
}

void SeriesPoll::ask()
{
    for (const QString& name : std::as_const(m_names)) {
        rpc::MetricsQuery query;
        query.functionName = name;
        query.fromMs = m_fromMs - m_agoMs;
        query.toMs = m_toMs - m_agoMs;
        query.maxPoints = m_maxPoints;
        ++m_waiting;
        m_api.queryMetrics(query, this,
                           [this, name, generation = m_generation](
                               const rpc::Result<rpc::MetricsHistory>& history) {
                               if (generation != m_generation)
                                   return;
                               --m_waiting;
                               // Without an answer the old numbers stay.
                               if (history)
                                   take(name, *history);
                           });
    }
}

void SeriesPoll::take(const QString& name, const rpc::MetricsHistory& history)
{
    MetricSeries series(kUnbounded);
    for (rpc::MetricsPoint point : history.points) {
        point.startMs += m_agoMs;
        series.upsert(point);
    }
    m_series.insert(name, series);
    Q_EMIT changed();
}

DashboardData::DashboardData(const LiveMetrics& live, rpc::MonitorApi& api, QObject* parent)
    : QObject(parent), m_window(live, api, QString()), m_resources(api, this), m_past(api, this)
{
    connect(&m_window, &MetricsWindow::changed, this, &DashboardData::onWindowChanged);
    connect(&m_window, &MetricsWindow::functionsChanged, this, &DashboardData::changed);
    connect(&m_window, &MetricsWindow::rangeChanged, this, &DashboardData::restart);
    // The past comes seldom; of versions the window's own beat brings what is new.
    connect(&m_past, &SeriesPoll::changed, this, &DashboardData::changed);
}

void DashboardData::setCompare(const QString& compare)
{
    if (m_compare == compare)
        return;
    m_compare = compare;
    restart();
    Q_EMIT changed();
}

void DashboardData::want(const QSet<QString>& names)
{
    if (m_names.contains(names))
        return; // one more than is wanted costs less than asking for all of them anew
    m_names = names;
    restart();
}

const MetricSeries& DashboardData::series(const QString& name) const
{
    if (name.isEmpty())
        return m_window.series();
    return name.contains(QLatin1Char(':')) ? m_resources.series(name) : m_window.series(name);
}

QString DashboardData::nameOf(const QString& function, const QString& version)
{
    return function.isEmpty() || version.isEmpty() ? function
                                                   : function + QLatin1Char(':') + version;
}

void DashboardData::restart()
{
    m_resources.stop();
    m_past.stop();
    m_resourcesAskedMs = 0;
    m_pastAskedMs = 0;
    onWindowChanged();
}

void DashboardData::onWindowChanged()
{
    const qint64 from = m_window.fromMs() - m_window.binMs();
    const qint64 to = m_window.toMs();
    const int points = int(m_window.range().spanMs / m_window.binMs()) + 2;
    const qint64 every = m_window.range().isLive() ? kLiveEveryMs : kLongEveryMs;
    if (to - m_resourcesAskedMs >= every) {
        QSet<QString> resources;
        for (const QString& name : std::as_const(m_names)) {
            if (name.contains(QLatin1Char(':')))
                resources.insert(name);
        }
        if (m_resourcesAskedMs == 0)
            m_resources.start(resources, from, to + every, points + int(every / m_window.binMs()), 0);
        else
            m_resources.move(from, to + every);
        m_resourcesAskedMs = to;
    }
    if (isComparing() && to - m_pastAskedMs >= kPastEveryMs) {
        // A minute further, so that it need not be asked for again at once.
        const qint64 until = to + kPastEveryMs;
        if (m_pastAskedMs == 0)
            m_past.start(m_names, from, until, points + int(kPastEveryMs / m_window.binMs()), agoOf(m_compare));
        else
            m_past.move(from, until);
        m_pastAskedMs = to;
    }
    Q_EMIT changed();
}

} // namespace gantry::models
