#pragma once

#include "backend/observe/metrics.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// The platform's metrics and traces as messages of the OpenTelemetry protocol, serialised.
namespace gantry::observe::otlp {

// Whose they are: attributes of the resource.
struct Origin {
    std::string accountId;
    std::string region;
};

// A function's totals since the daemon first saw it.
struct FunctionTotals {
    std::string name;
    std::int64_t sinceMs = 0;
    Bucket bucket;
};
std::vector<FunctionTotals> totalsOf(const LiveMetrics& metrics); // by name

// The numbers that Prometheus gets as of the same time, under the names that make them the same series.
std::string metricsRequest(const std::vector<FunctionTotals>& functions, const Origin& origin,
                           std::int64_t nowMs);

// Segment documents as spans, each under the service that its segment names. What is still in progress
// or has an id that is none of X-Ray's is left out; the number of spans is counted in `spans`.
std::string tracesRequest(const std::vector<std::string>& documents, const Origin& origin, int& spans);

// What a receiver says that it did not take; empty when it took all.
std::string refusalIn(std::string_view response);

} // namespace gantry::observe::otlp
