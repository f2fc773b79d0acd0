#include "ui/models/live_metrics.h"

#include "ui/rpc/monitor_api.h"

#include <QDateTime>

#include <algorithm>

namespace gantry::models {

namespace {

constexpr int kRetryMs = 1000;
constexpr int kFramesPerSecond = 10;
// Without a frame for this long the clock stops: better a standing chart than an invented one.
constexpr qint64 kMaxExtrapolationMs = 2000;

} // namespace

LiveMetrics::LiveMetrics(rpc::Channel& channel, rpc::MonitorApi& api, QObject* parent)
    : QObject(parent), m_channel(channel), m_api(api)
{
    m_updateTimer.setInterval(kUpdateMs);
    connect(&m_updateTimer, &QTimer::timeout, this, &LiveMetrics::announce);
    m_retryTimer.setInterval(kRetryMs);
    m_retryTimer.setSingleShot(true);
    connect(&m_retryTimer, &QTimer::timeout, this, &LiveMetrics::start);
    connect(&m_channel, &rpc::Channel::stateChanged, this, &LiveMetrics::onChannelState);
    onChannelState(m_channel.state());
}

LiveMetrics::~LiveMetrics() = default;

qint64 LiveMetrics::nowMs() const
{
    if (m_frameMs == 0 || !m_live)
        return QDateTime::currentMSecsSinceEpoch();
    return m_frameMs + std::min(m_sinceFrame.elapsed(), kMaxExtrapolationMs);
}

int LiveMetrics::concurrencyOf(const QString& functionName) const
{
    if (!isLive() || m_account.empty())
        return 0;
    // What runs is told anew every second: a function without a point in the newest one is idle.
    const auto* newest = function(functionName).at(m_account.points().back().startMs);
    return newest ? newest->concurrency : 0;
}

const MetricSeries& LiveMetrics::function(const QString& functionName) const
{
    static const MetricSeries none(kSpanMs);
    const auto found = m_functions.constFind(functionName);
    return found != m_functions.cend() ? *found : none;
}

void LiveMetrics::ingest(const rpc::MetricsFrame& frame)
{
    // The last word on a second that is over comes as a frame too; it tells nothing of now.
    if (m_account.empty() || frame.account.startMs >= m_account.points().back().startMs) {
        m_frameMs = frame.timeMs;
        m_sinceFrame.start();
        m_concurrency = frame.account.concurrency;
        m_environments = frame.account.environments;
        m_costPerHourUsd = frame.costPerHourUsd;
    }
    m_account.upsert(frame.account);
    m_account.trim(frame.timeMs);
    for (const rpc::MetricsPoint& point : frame.functions)
        seriesOf(point.functionName).upsert(point);
    m_dirty = true;
    setLive(true);
    if (!m_updateTimer.isActive())
        m_updateTimer.start();
}

void LiveMetrics::onChannelState(rpc::Channel::State state)
{
    if (state == rpc::Channel::State::Connected)
        start();
    else
        stop();
}

void LiveMetrics::start()
{
    if (m_stream || m_channel.state() != rpc::Channel::State::Connected)
        return;
    m_stream = m_api.watchMetrics(
        QString(), kFramesPerSecond, [this](const rpc::MetricsFrame& frame) { ingest(frame); },
        [this](const rpc::Error& error) { onEnd(error); });
    backfill(false);
    backfill(true);
}

void LiveMetrics::stop()
{
    m_stream.reset();
    m_retryTimer.stop();
    setLive(false);
}

void LiveMetrics::onEnd(const rpc::Error&)
{
    // The stream may not be destroyed inside its own callback.
    QMetaObject::invokeMethod(
        this,
        [this] {
            stop();
            if (m_channel.state() == rpc::Channel::State::Connected)
                m_retryTimer.start();
        },
        Qt::QueuedConnection);
}

void LiveMetrics::backfill(bool byFunction)
{
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    rpc::MetricsQuery query;
    query.fromMs = now - kSpanMs;
    query.toMs = now;
    query.maxPoints = kSpanMs / 1000 + 1;
    query.byFunction = byFunction;
    m_api.queryMetrics(query, this, [this](const rpc::Result<rpc::MetricsHistory>& history) {
        // Without the past the stream still tells the present.
        if (history && history->widthMs == 1000)
            fill(*history);
    });
}

void LiveMetrics::fill(const rpc::MetricsHistory& history)
{
    for (const rpc::MetricsPoint& point : history.points) {
        MetricSeries& series =
            point.functionName.isEmpty() ? m_account : seriesOf(point.functionName);
        // What the stream told meanwhile is newer than the answer.
        if (!series.at(point.startMs))
            series.upsert(point);
    }
    m_dirty = true;
    if (!m_updateTimer.isActive())
        m_updateTimer.start();
}

void LiveMetrics::setLive(bool live)
{
    if (m_live == live)
        return;
    m_live = live;
    Q_EMIT liveChanged(live);
}

void LiveMetrics::announce()
{
    if (!m_dirty) {
        m_updateTimer.stop();
        return;
    }
    m_dirty = false;
    for (MetricSeries& series : m_functions)
        series.trim(nowMs());
    m_functions.removeIf([](auto entry) { return entry.value().empty(); });
    Q_EMIT updated();
}

MetricSeries& LiveMetrics::seriesOf(const QString& functionName)
{
    auto found = m_functions.find(functionName);
    if (found == m_functions.end())
        found = m_functions.insert(functionName, MetricSeries(kSpanMs));
    return *found;
}

} // namespace gantry::models
