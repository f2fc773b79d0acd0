#pragma once

#include "backend/observe/metrics.h"

#include <span>
#include <string>
#include <string_view>

namespace gantry::observe {

// The metrics of a function that other monitoring gets, by Prometheus' text format and by OTLP alike:
// counters since the daemon first saw the function, and what is now.
struct ExportedMetric {
    enum class Kind { Counter, Gauge };
    std::string_view name; // as OpenTelemetry spells it
    std::string_view unit; // of UCUM: s, By, {invocation}
    Kind kind;
    std::string_view help;
    double (*of)(const Bucket&);
};

std::span<const ExportedMetric> exportedMetrics();

// Beside them: how long invocations took, as a summary whose quantiles are within 1 %.
inline constexpr std::string_view kExportedDuration = "gantry.duration";
inline constexpr std::string_view kExportedDurationHelp = "How long invocations took.";
inline constexpr double kExportedQuantiles[] = {0.5, 0.9, 0.95, 0.99};

// The name that Prometheus makes of an OpenTelemetry metric: gantry_billed_seconds_total.
std::string prometheusName(std::string_view name, std::string_view unit, bool counter);

} // namespace gantry::observe
