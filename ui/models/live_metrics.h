#pragma once

#include "ui/models/metric_series.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/monitor_types.h"
#include "ui/rpc/result.h"

#include <QElapsedTimer>
#include <QHash>
#include <QObject>
#include <QStringList>
#include <QTimer>

#include <memory>

namespace gantry::rpc {
class MonitorApi;
}

namespace gantry::models {

// The last fifteen minutes of the account and of every function, second by second, as the platform
// tells them: one WatchMetrics stream for the whole console, kept open while the channel is
// connected and filled up from QueryMetrics after a break. Readers listen to updated(), which comes
// at most ten times a second however many frames arrive.
class LiveMetrics final : public QObject {
    Q_OBJECT
public:
    static constexpr qint64 kSpanMs = 15 * 60 * 1000;
    static constexpr int kUpdateMs = 100;

    LiveMetrics(rpc::Channel& channel, rpc::MonitorApi& api, QObject* parent = nullptr);
    ~LiveMetrics() override;

    // Frames are arriving: the numbers below are of now.
    bool isLive() const { return m_live; }
    // The platform's clock now (its last frame plus the time since); the host's without a frame.
    qint64 nowMs() const;

    int concurrency() const { return isLive() ? m_concurrency : 0; }
    int environments() const { return isLive() ? m_environments : 0; }
    pricing::Money costPerHourUsd() const
    {
        return isLive() ? m_costPerHourUsd : pricing::Money();
    }
    // Concurrent executions of one function in the second that is running.
    int concurrencyOf(const QString& functionName) const;

    const MetricSeries& account() const { return m_account; }
    // Empty for a function that had no events.
    const MetricSeries& function(const QString& functionName) const;
    QStringList functionNames() const { return m_functions.keys(); }

    // What the stream brings; public so that the numbers can be checked without a platform.
    void ingest(const rpc::MetricsFrame& frame);

Q_SIGNALS:
    void updated();
    void liveChanged(bool live);

private:
    void onChannelState(rpc::Channel::State state);
    void start();
    void stop();
    void onEnd(const rpc::Error& error);
    void backfill(bool byFunction);
    void fill(const rpc::MetricsHistory& history);
    void setLive(bool live);
    void announce();
    MetricSeries& seriesOf(const QString& functionName);

    rpc::Channel& m_channel;
    rpc::MonitorApi& m_api;
    std::unique_ptr<rpc::Stream> m_stream;
    QTimer m_updateTimer;
    QTimer m_retryTimer;
    QElapsedTimer m_sinceFrame;
    MetricSeries m_account{kSpanMs};
    QHash<QString, MetricSeries> m_functions;
    qint64 m_frameMs = 0;
    int m_concurrency = 0;
    int m_environments = 0;
    pricing::Money m_costPerHourUsd;
    bool m_live = false;
    bool m_dirty = false;
};

} // namespace gantry::models
