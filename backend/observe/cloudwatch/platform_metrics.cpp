#include "backend/observe/cloudwatch/platform_metrics.h"

#include <algorithm>
#include <iterator>

namespace gantry::observe::cloudwatch {
namespace {

// Whether it is told of aliases and versions too, or of functions and the account alone.
enum class Reach { Resources, Functions };

struct Definition {
    std::string_view space;
    std::string_view name;
    const char* unit;
    Reach reach;
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

void asyncAges(const Bucket& b, Statistics& s)
{
    if (b.asyncAges.count() == 0)
        return;
    s.count = static_cast<double>(b.asyncAges.count());
    s.sum = b.asyncAgeSumMs;
    s.minimum = std::min(b.asyncAges.quantile(0), b.asyncAgeMaxMs);
    s.maximum = b.asyncAgeMaxMs;
    s.positive = b.asyncAges;
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
    {kLambda, "Invocations", "Count", Reach::Resources,
     [](const Bucket& b, Statistics& s) { ones(s, b.invocations, b.invocations); }},
    {kLambda, "Errors", "Count", Reach::Resources,
     [](const Bucket& b, Statistics& s) { ones(s, b.errors, b.invocations); }},
    {kLambda, "Throttles", "Count", Reach::Resources,
     [](const Bucket& b, Statistics& s) { ones(s, b.throttles, b.invocations + b.throttles); }},
    {kLambda, "Duration", "Milliseconds", Reach::Resources, durations},
    {kLambda, "ConcurrentExecutions", "Count", Reach::Functions,
     [](const Bucket& b, Statistics& s) { single(s, b.concurrency); }},
    {kLambda, "AsyncEventsReceived", "Count", Reach::Functions,
     [](const Bucket& b, Statistics& s) { ones(s, b.asyncReceived, b.asyncReceived); }},
    {kLambda, "AsyncEventAge", "Milliseconds", Reach::Functions, asyncAges},
    {kLambda, "AsyncEventsDropped", "Count", Reach::Functions,
     [](const Bucket& b, Statistics& s) { ones(s, b.asyncDropped, b.asyncDropped); }},
    {kLambda, "DeadLetterErrors", "Count", Reach::Functions,
     [](const Bucket& b, Statistics& s) { ones(s, b.deadLetterErrors, b.deadLetterErrors); }},
    {kLambda, "DestinationDeliveryFailures", "Count", Reach::Functions,
     [](const Bucket& b, Statistics& s) { ones(s, b.destinationFailures, b.destinationFailures); }},
    {kLambda, "ProvisionedConcurrencyInvocations", "Count", Reach::Resources,
     [](const Bucket& b, Statistics& s) {
         ones(s, b.provisionedInvocations, b.provisionedInvocations);
     }},
    {kLambda, "ProvisionedConcurrencySpilloverInvocations", "Count", Reach::Resources,
     [](const Bucket& b, Statistics& s) { ones(s, b.spillovers, b.spillovers); }},
    {kLambda, "ProvisionedConcurrentExecutions", "Count", Reach::Resources,
     [](const Bucket& b, Statistics& s) {
         if (b.provisionedAllocated > 0)
             single(s, b.provisionedRunning);
     }},
    // A fraction of 1, as Lambda publishes it.
    {kLambda, "ProvisionedConcurrencyUtilization", "Count", Reach::Resources,
     [](const Bucket& b, Statistics& s) {
         if (b.provisionedAllocated > 0)
             single(s, b.provisionedUtilization);
     }},
    {kGantry, "ColdStarts", "Count", Reach::Resources,
     [](const Bucket& b, Statistics& s) { ones(s, b.coldStarts, b.invocations); }},
    {kGantry, "InitDuration", "Milliseconds", Reach::Resources,
     [](const Bucket& b, Statistics& s) {
         summed(s, b.coldStarts, b.initSumMs, b.initSumMs);
     }},
    {kGantry, "BilledDuration", "Milliseconds", Reach::Resources,
     [](const Bucket& b, Statistics& s) {
         summed(s, b.invocations, static_cast<double>(b.billedMs), static_cast<double>(b.billedMs));
     }},
    {kGantry, "MemoryUsed", "Bytes", Reach::Resources,
     [](const Bucket& b, Statistics& s) {
         if (b.invocations > 0)
             single(s, static_cast<double>(b.memoryMaxBytes));
     }},
    {kGantry, "Environments", "Count", Reach::Functions,
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

std::optional<std::string> seriesOf(const Metric& metric)
{
    const Definition* definition = definitionOf(metric);
    if (!definition)
        return std::nullopt;
    std::string function;
    std::string resource;
    std::string version;
    for (const auto& [name, value] : metric.dimensions) {
        if (name == "FunctionName")
            function = value;
        else if (name == "Resource")
            resource = value;
        else if (name == "ExecutedVersion")
            version = value;
        else
            return std::nullopt;
    }
    if (function.find(':') != std::string::npos || (resource.empty() && !version.empty()))
        return std::nullopt;
    // The unqualified resource is the function.
    if (resource == function)
        return version.empty() || version == "$LATEST" ? std::optional(function) : std::nullopt;
    if (resource.empty())
        return function;
    if (definition->reach == Reach::Functions || !resource.starts_with(function + ":") ||
        resource.find(',') != std::string::npos)
        return std::nullopt;
    return version.empty() ? resource : resource + "," + version;
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

std::vector<Metric> metricsOf(const std::string& series)
{
    const std::size_t colon = series.find(':');
    const std::size_t comma = series.find(',');
    std::vector<std::pair<std::string, std::string>> dimensions;
    if (comma != std::string::npos)
        dimensions.emplace_back("ExecutedVersion", series.substr(comma + 1));
    if (!series.empty())
        dimensions.emplace_back("FunctionName", series.substr(0, colon));
    if (colon != std::string::npos)
        dimensions.emplace_back("Resource", series.substr(0, comma));
    std::vector<Metric> metrics;
    for (const Definition& each : kDefinitions) {
        if (colon == std::string::npos || each.reach == Reach::Resources)
            metrics.push_back({std::string(each.space), std::string(each.name), dimensions});
    }
    return metrics;
}

} // namespace gantry::observe::cloudwatch
