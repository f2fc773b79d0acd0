#pragma once

#include "ui/charts/chart_types.h"
#include "ui/charts/curve_chart.h"
#include "ui/rpc/cost_types.h"
#include "ui/rpc/monitor_types.h"

#include <QList>
#include <QPointF>

#include <utility>

// What the charts of the Cost page show, made from what the platform tells.
namespace gantry::ui {

// The first millisecond and the one after the last of a UTC month as in 2026-11; empty: this one.
std::pair<qint64, qint64> monthBounds(const QString& month);
QString widthText(int widthMs); // "1 min"

// Dollars of each interval, a pile of the dearest functions and one of all others.
charts::ChartData spendData(const rpc::MetricsHistory& history, qint64 fromMs, qint64 toMs);

// What had been charged since fromMs, by days (with fractions) from 0.
QList<QPointF> cumulated(const rpc::MetricsHistory& history, qint64 fromMs);

// The month so far, where it is heading and the band around it. `now` is the end of the past.
charts::CurveData forecastData(const rpc::Bill& bill, const QList<QPointF>& past,
                               std::pair<qint64, qint64> month);

} // namespace gantry::ui
