#include "backend/observe/cloudwatch/platform_metrics.h"

#include <algorithm>
#include <iterator>

namespace gantry::observe::cloudwatch {
namespace {

struct Definition {
    std::string_view space;
    std::string_view name;
    const char* unit;
    void (*fill)(const Bucket&, Statistics&);
};

// One value an invocation, of which so many are one.
void ones(Statistics& s, std::int64_t of, std::int64_t all)
{
    s.add(1, of);
    s.add(0, all - of);
}

// One value in the interval.
void single(Statistics& s, double value)
{
    s.add(value);
}

// A value an invocation, of which only sum and limits are known.
void summed(Statistics& s, std::int64_t count, double sum, double maximum)
{
    if (count > 0)
        s.addSet(static_cast<double>(count), sum, std::min(sum / static_cast<double>(count), maximum),
                 maximum);
}

void durations(const Bucket& b, Statistics& s)
{
    if (b.durations.count() == 0)
        return;
    s.count = static_cast<double>(b.invocations);
    s.sum = b.durationSumMs;
    s.minimum = std::min(b.durations.quantile(0), b.durationMaxMs);
    s.maximum = b.durationMaxMs;
    s.positive = b.durations;
}

constexpr Definition kDefinitions[] = {
    {kLambda, "Invocations", "Count",
     [](const Bucket& b, Statistics& s) { ones(s, b.invocations, b.invocations); }},
    {kLambda, "Errors", "Count",
     [](const Bucket& b, Statistics& s) { ones(s, b.errors, b.invocations); }},
    {kLambda, "Throttles", "Count",
     [](const Bucket& b, Statistics& s) { ones(s, b.throttles, b.invocations + b.throttles); }},
    {kLambda, "Duration", "Milliseconds", durations},
    {kLambda, "ConcurrentExecutions", "Count",
     [](const Bucket& b, Statistics& s) { single(s, b.concurrency); }},
    {kGantry, "ColdStarts", "Count",
     [](const Bucket& b, Statistics& s) { ones(s, b.coldStarts, b.invocations); }},
    {kGantry, "InitDuration", "Milliseconds",
     [](const Bucket& b, Statistics& s) {
         summed(s, b.coldStarts, b.initSumMs, b.initSumMs);
     }},
    {kGantry, "BilledDuration", "Milliseconds",
     [](const Bucket& b, Statistics& s) {
         summed(s, b.invocations, static_cast<double>(b.billedMs), static_cast<double>(b.billedMs));
     }},
    {kGantry, "MemoryUsed", "Bytes",
     [](const Bucket& b, Statistics& s) {
         if (b.invocations > 0)
             single(s, static_cast<double>(b.memoryMaxBytes));
     }},
    {kGantry, "Environments", "Count",
     [](const Bucket& b, Statistics& s) { single(s, b.environments); }},
};

const Definition* definitionOf(const Metric& metric)
{
    const auto* found = std::find_if(std::begin(kDefinitions), std::end(kDefinitions),
                                     [&](const Definition& each) {
                                         return each.space == metric.space &&
                                                each.name == metric.name;
                                     });
    return found == std::end(kDefinitions) ? nullptr : found;
}

} // namespace

std::optional<std::string> functionOf(const Metric& metric)
{
    if (!definitionOf(metric))
        return std::nullopt;
    std::string function;
    std::string resource;
    for (const auto& [name, value] : metric.dimensions) {
        if (name == "FunctionName")
            function = value;
        else if (name == "Resource")
            resource = value;
        else
            return std::nullopt;
    }
    // By alias and version nothing is kept; the unqualified resource is the function.
    if (!resource.empty() && resource != function)
        return std::nullopt;
    return function;
}

Statistics statisticsOf(const Bucket& bucket, const Metric& metric)
{
    Statistics statistics;
    if (const Definition* definition = definitionOf(metric))
        definition->fill(bucket, statistics);
    return statistics;
}

const char* unitOf(const Metric& metric)
{
    const Definition* definition = definitionOf(metric);
    return definition ? definition->unit : "None";
}

std::vector<Metric> metricsOf(const std::string& function)
{
    std::vector<Metric> metrics;
    for (const Definition& each : kDefinitions) {
        Metric metric{std::string(each.space), std::string(each.name), {}};
        if (!function.empty())
            metric.dimensions.emplace_back("FunctionName", function);
        metrics.push_back(std::move(metric));
    }
    return metrics;
}

} // namespace gantry::observe::cloudwatch
