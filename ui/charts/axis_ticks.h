#pragma once

#include "ui/charts/chart_types.h"

#include <vector>

// Where the marks of an axis stand and what they say. Pure functions.
namespace gantry::charts {

// From 0 to the top of the axis in even steps of 1, 2 or 5 times a power of ten, at most
// maxIntervals of them; whole numbers for counts. The last one is at or above maximum.
std::vector<double> valueTicks(double maximum, Unit unit, int maxIntervals = 4);

// A value of a readout, with its unit: 1.2k, 250 ms, 1.5 s, $0.0042.
QString formatValue(double value, Unit unit);
// The same at an axis, where there is little room: tiny amounts in millionths of a dollar.
QString formatTick(double value, Unit unit);
QString formatMoney(double dollars);

// Times (ms) on round local times inside [fromMs, toMs], maxCount of them or one more.
std::vector<qint64> timeTicks(qint64 fromMs, qint64 toMs, int maxCount);
// Local time, as exact as marks stepMs apart need; midnight shows its date.
QString formatTimeTick(qint64 ms, qint64 stepMs);
// Local time for a readout of a bin of that width.
QString formatTime(qint64 ms, qint64 binMs);
// "1 s", "1 min", "1 h".
QString formatWidth(qint64 binMs);

} // namespace gantry::charts
