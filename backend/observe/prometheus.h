#pragma once

#include "backend/observe/metrics.h"

#include <string>

namespace gantry::observe {

inline constexpr const char* kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";

// The metrics of every function in Prometheus' text format: counters since the daemon first saw it,
// what runs now, and durations as a summary whose quantiles are of all that time, within 1 %.
std::string prometheusText(const LiveMetrics& metrics);

} // namespace gantry::observe
