#pragma once

#include "ui/charts/chart_types.h"
#include "ui/models/measures.h"

#include <QColor>
#include <QStringList>

#include <vector>

namespace gantry::models {
class MetricsWindow;
struct FunctionTotals;
} // namespace gantry::models

// What each chart of the monitoring pages shows of a MetricsWindow: pure functions from metrics to
// series. Counts without events are zero; durations without events are gaps.
namespace gantry::ui {

// The bins of the window, and one more at the left, which the moving edge of the view cuts.
models::BinGrid gridOf(const models::MetricsWindow& window);

enum class Metric { Concurrency, Invocations, Errors, Duration, ColdStarts, Cost };

struct MetricChart {
    Metric metric;
    QString id;
    QString title;
    charts::Unit unit;
    QString alarmMetric; // the platform's name of what it shows; empty: no alarm can watch it
};
const std::vector<MetricChart>& metricCharts();

// A function that has a series of its own, and its colour.
struct FunctionColor {
    QString name;
    QColor color;

    friend bool operator==(const FunctionColor&, const FunctionColor&) = default;
};

// The busiest functions. One keeps its colour while it stays among them; a new one takes a free colour.
void updateFunctions(std::vector<FunctionColor>& functions,
                     const std::vector<models::FunctionTotals>& totals);

// With functions: a series for each of them, and "other" where the account's rest can be told.
charts::ChartData chartData(Metric metric, const models::MetricsWindow& window,
                            const std::vector<FunctionColor>& functions);
// What a value means, e.g. "per 1 s".
QString chartSubtitle(Metric metric, const models::MetricsWindow& window, bool byFunction);
// What a chart without values says.
QString chartEmptyText(Metric metric, const models::MetricsWindow& window);

// Every number of the window, one row a bin that had events: RFC 4180.
QByteArray metricsCsv(const models::MetricsWindow& window);

} // namespace gantry::ui
