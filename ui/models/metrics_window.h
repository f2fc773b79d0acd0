#pragma once

#include "ui/models/live_metrics.h"
#include "ui/models/metric_series.h"

#include <QHash>
#include <QObject>
#include <QTimer>

#include <vector>

namespace gantry::rpc {
class MonitorApi;
}

namespace gantry::models {

// A stretch of time to look at, up to now.
struct MetricsRange {
    QString id;    // "5m"
    QString label; // "5 minutes"
    qint64 spanMs;
    int binMs; // the platform's width that suits it

    // Short ones are read from the live ring, second by second; long ones are asked for.
    bool isLive() const { return spanMs <= LiveMetrics::kSpanMs; }
};
const std::vector<MetricsRange>& metricsRanges();

struct FunctionTotals {
    QString name;
    MetricsTotals totals;
};

// What a page of charts looks at: the account or one function, over a range that ends now. Short
// ranges follow LiveMetrics ten times a second, long ones are queried again and again while the
// page is open. Paused, time stands still. Says changed() whenever there is something to draw.
class MetricsWindow final : public QObject {
    Q_OBJECT
public:
    // functionName empty: the account.
    MetricsWindow(const LiveMetrics& live, rpc::MonitorApi& api, const QString& functionName,
                  QObject* parent = nullptr);

    const MetricsRange& range() const { return *m_range; }
    void setRange(const QString& id);
    bool isPaused() const { return m_paused; }
    void setPaused(bool paused);
    // Only an active window works; a page that is not visible leaves it inactive.
    void setActive(bool active);

    const QString& functionName() const { return m_functionName; }
    // The stretch [fromMs, toMs); fromMs lies on a bin's start.
    qint64 fromMs() const;
    qint64 toMs() const { return m_toMs; }
    int binMs() const { return range().binMs; }
    // A long range has not been answered yet.
    bool isLoading() const { return m_loading; }
    // Why the numbers are missing or old; empty when they are not.
    const QString& problem() const { return m_problem; }

    const MetricSeries& series() const;
    const MetricSeries& series(const QString& functionName) const;
    MetricsTotals totals() const { return series().totals(fromMs(), m_toMs); }
    // Every function that had events in the range, most invocations first. Worked out once a
    // second.
    const std::vector<FunctionTotals>& functionTotals() const { return m_functionTotals; }

Q_SIGNALS:
    void changed();
    void functionsChanged(); // functionTotals() is new
    void rangeChanged();
    void pausedChanged(bool paused);

private:
    void restart();
    void onLiveUpdated();
    void query();
    void take(const rpc::Result<rpc::MetricsHistory>& history, bool byFunction);
    void sumFunctions();

    const LiveMetrics& m_live;
    rpc::MonitorApi& m_api;
    QString m_functionName;
    const MetricsRange* m_range;
    QTimer m_queryTimer;
    QTimer m_sumTimer;
    MetricSeries m_history;
    QHash<QString, MetricSeries> m_functionHistory;
    std::vector<FunctionTotals> m_functionTotals;
    QString m_problem;
    qint64 m_toMs = 0;
    int m_generation = 0; // answers to questions about another range are dropped
    bool m_paused = false;
    bool m_active = false;
    bool m_loading = false;
};

} // namespace gantry::models
