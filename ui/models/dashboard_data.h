#pragma once

#include "ui/models/metrics_window.h"

#include <QHash>
#include <QObject>
#include <QSet>
#include <QTimer>

namespace gantry::models {

// The series of some names, a while ago or now, asked for again and again: what the live stream does not
// tell. A name is a function's, "function:qualifier", or empty for the account.
class SeriesPoll final : public QObject {
    Q_OBJECT
public:
    SeriesPoll(rpc::MonitorApi& api, QObject* parent);

    // Forgets what was asked for before; agoMs later points stand at the time that they are compared with.
    void start(const QSet<QString>& names, qint64 fromMs, qint64 toMs, int maxPoints, qint64 agoMs);
    // The same for a later stretch; keeps the numbers until the new ones come.
    void move(qint64 fromMs, qint64 toMs);
    void stop();
    const MetricSeries& series(const QString& name) const;

Q_SIGNALS:
    void changed();

private:
    void ask();
    void take(const QString& name, const rpc::MetricsHistory& history);

    rpc::MonitorApi& m_api;
    QSet<QString> m_names;
    QHash<QString, MetricSeries> m_series;
    qint64 m_fromMs = 0;
    qint64 m_toMs = 0;
    qint64 m_agoMs = 0;
    int m_maxPoints = 0;
    int m_waiting = 0;
    int m_generation = 0;
};

// What all tiles of a dashboard look at: one window for the account and every function, which follows the
// console's one stream, and beside it versions, aliases and the past where tiles want them.
class DashboardData final : public QObject {
    Q_OBJECT
public:
    DashboardData(const LiveMetrics& live, rpc::MonitorApi& api, QObject* parent = nullptr);

    MetricsWindow& window() { return m_window; }
    const MetricsWindow& window() const { return m_window; }

    // "", "1d" or "7d".
    const QString& compare() const { return m_compare; }
    void setCompare(const QString& compare);
    bool isComparing() const { return !m_compare.isEmpty(); }
    // Names whose series tiles show.
    void want(const QSet<QString>& names);

    const MetricSeries& series(const QString& name) const;
    // Of then, moved to the time of now.
    const MetricSeries& past(const QString& name) const { return m_past.series(name); }
    // The name of a version's or an alias's series.
    static QString nameOf(const QString& function, const QString& version);

Q_SIGNALS:
    void changed();

private:
    void restart();
    void onWindowChanged();

    MetricsWindow m_window;
    SeriesPoll m_resources;
    SeriesPoll m_past;
    QString m_compare;
    QSet<QString> m_names;
    qint64 m_resourcesAskedMs = 0;
    qint64 m_pastAskedMs = 0;
};

} // namespace gantry::models
