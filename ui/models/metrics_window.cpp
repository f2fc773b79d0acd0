#include "ui/models/metrics_window.h"

#include "ui/rpc/monitor_api.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace gantry::models {

namespace {

constexpr qint64 kSecond = 1000;
constexpr qint64 kMinute = 60 * kSecond;
constexpr qint64 kHour = 60 * kMinute;
constexpr qint64 kDay = 24 * kHour;
constexpr int kQueryEveryMs = 5000;
constexpr qint64 kUnbounded = std::numeric_limits<qint64>::max() / 4;

bool runsMore(const FunctionTotals& a, const FunctionTotals& b)
{
    return a.totals.invocations != b.totals.invocations
               ? a.totals.invocations > b.totals.invocations
               : a.name < b.name;
}

} // namespace

const std::vector<MetricsRange>& metricsRanges()
{
    static const std::vector<MetricsRange> ranges{
        {QStringLiteral("1m"), MetricsWindow::tr("1 minute"), kMinute, int(kSecond)},
        {QStringLiteral("5m"), MetricsWindow::tr("5 minutes"), 5 * kMinute, int(kSecond)},
        {QStringLiteral("15m"), MetricsWindow::tr("15 minutes"), 15 * kMinute, int(kSecond)},
        {QStringLiteral("1h"), MetricsWindow::tr("1 hour"), kHour, int(kMinute)},
        {QStringLiteral("6h"), MetricsWindow::tr("6 hours"), 6 * kHour, int(kMinute)},
        {QStringLiteral("1d"), MetricsWindow::tr("1 day"), kDay, int(kMinute)},
        {QStringLiteral("7d"), MetricsWindow::tr("7 days"), 7 * kDay, int(kHour)},
        {QStringLiteral("15d"), MetricsWindow::tr("15 days"), 15 * kDay, int(kHour)},
    };
    return ranges;
}

MetricsWindow::MetricsWindow(const LiveMetrics& live, rpc::MonitorApi& api,
                             const QString& functionName, QObject* parent)
    : QObject(parent), m_live(live), m_api(api), m_functionName(functionName),
      m_range(&metricsRanges()[1]), m_history(kUnbounded), m_toMs(live.nowMs())
{
    m_queryTimer.setInterval(kQueryEveryMs);
    m_sumTimer.setInterval(int(kSecond));
    connect(&m_queryTimer, &QTimer::timeout, this, &MetricsWindow::query);
    connect(&m_sumTimer, &QTimer::timeout, this, &MetricsWindow::sumFunctions);
    connect(&m_live, &LiveMetrics::updated, this, &MetricsWindow::onLiveUpdated);
    connect(&m_live, &LiveMetrics::liveChanged, this, &MetricsWindow::restart);
}

void MetricsWindow::setRange(const QString& id)
{
    const auto& ranges = metricsRanges();
    const auto found = std::find_if(ranges.begin(), ranges.end(),
                                    [&id](const MetricsRange& range) { return range.id == id; });
    if (found == ranges.end() || &*found == m_range)
        return;
    m_range = &*found;
    m_history.clear();
    m_functionHistory.clear();
    // A new range is a new question, also while time stands still.
    if (std::exchange(m_paused, false))
        Q_EMIT pausedChanged(false);
    restart();
    Q_EMIT rangeChanged();
}

void MetricsWindow::setPaused(bool paused)
{
    if (m_paused == paused)
        return;
    m_paused = paused;
    Q_EMIT pausedChanged(paused);
    restart();
}

void MetricsWindow::setActive(bool active)
{
    if (m_active == active)
        return;
    m_active = active;
    restart();
}

qint64 MetricsWindow::fromMs() const
{
    const qint64 bin = binMs();
    // The running bin is the last of them.
    return m_toMs / bin * bin - range().spanMs + bin;
}

const MetricSeries& MetricsWindow::series() const
{
    if (!range().isLive())
        return m_history;
    return m_functionName.isEmpty() ? m_live.account() : m_live.function(m_functionName);
}

const MetricSeries& MetricsWindow::series(const QString& functionName) const
{
    static const MetricSeries none(kUnbounded);
    if (range().isLive())
        return m_live.function(functionName);
    const auto found = m_functionHistory.constFind(functionName);
    return found != m_functionHistory.cend() ? *found : none;
}

void MetricsWindow::restart()
{
    ++m_generation;
    const bool runs = m_active && !m_paused;
    m_loading = false;
    m_queryTimer.stop();
    m_sumTimer.stop();
    if (!runs)
        return;
    m_sumTimer.start();
    if (range().isLive()) {
        m_problem.clear();
        m_toMs = m_live.nowMs();
        sumFunctions();
        Q_EMIT changed();
    } else {
        m_queryTimer.start();
        query();
    }
}

void MetricsWindow::onLiveUpdated()
{
    if (!m_active || m_paused || !range().isLive())
        return;
    m_toMs = m_live.nowMs();
    Q_EMIT changed();
}

void MetricsWindow::query()
{
    if (m_loading)
        return;
    m_loading = m_history.empty();
    m_toMs = m_live.nowMs();
    rpc::MetricsQuery query;
    query.functionName = m_functionName;
    query.fromMs = fromMs();
    query.toMs = m_toMs;
    query.maxPoints = int(range().spanMs / binMs()) + 1;
    const auto ask = [this, generation = m_generation](const rpc::MetricsQuery& query) {
        m_api.queryMetrics(query, this,
                           [this, generation, byFunction = query.byFunction](
                               const rpc::Result<rpc::MetricsHistory>& history) {
                               if (generation == m_generation)
                                   take(history, byFunction);
                           });
    };
    ask(query);
    if (!m_functionName.isEmpty())
        return;
    query.byFunction = true;
    ask(query);
}

void MetricsWindow::take(const rpc::Result<rpc::MetricsHistory>& history, bool byFunction)
{
    m_loading = false;
    if (!history) {
        m_problem = history.error().message;
        Q_EMIT changed();
        return;
    }
    m_problem.clear();
    if (byFunction)
        m_functionHistory.clear();
    else
        m_history.clear();
    for (const rpc::MetricsPoint& point : history->points) {
        if (!byFunction) {
            m_history.upsert(point);
            continue;
        }
        auto found = m_functionHistory.find(point.functionName);
        if (found == m_functionHistory.end())
            found = m_functionHistory.insert(point.functionName, MetricSeries(kUnbounded));
        found->upsert(point);
    }
    if (byFunction)
        sumFunctions();
    Q_EMIT changed();
}

void MetricsWindow::sumFunctions()
{
    m_functionTotals.clear();
    if (!m_functionName.isEmpty())
        return;
    const QStringList names =
        range().isLive() ? m_live.functionNames() : QStringList(m_functionHistory.keys());
    for (const QString& name : names) {
        const MetricsTotals totals = series(name).totals(fromMs(), m_toMs);
        if (totals.invocations + totals.throttles + totals.concurrencyPeak > 0)
            m_functionTotals.push_back({name, totals});
    }
    std::sort(m_functionTotals.begin(), m_functionTotals.end(), runsMore);
    Q_EMIT functionsChanged();
}

} // namespace gantry::models
