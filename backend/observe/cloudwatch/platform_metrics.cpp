#include "backend/observe/cloudwatch/platform_metrics.h"

#include <algorithm>
#include <iterator>

namespace gantry::observe::cloudwatch {
namespace {

// Whether it is told of aliases and versions too, of functions and the account, or of the account alone.
enum class Reach { Resources, Functions, Account };

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

// Values one by one, as far as a sketch knows them.
void sketched(Statistics& s, const Sketch& sketch, double sum, double maximum)
{
    if (sketch.count() == 0)
        return;
    s.count = static_cast<double>(sketch.count());
    s.sum = sum;
    s.minimum = std::min(sketch.quantile(0), maximum);
    s.maximum = maximum;
    s.positive = sketch;
}

constexpr Definition kDefinitions[] = {
    {kLambda, "Invocations", "Count", Reach::Resources,
     [](const Bucket& b, Statistics& s) { ones(s, b.invocations, b.invocations); }},
    {kLambda, "Errors", "Count", Reach::Resources,
     [](const Bucket& b, Statistics& s) { ones(s, b.errors, b.invocations); }},
    {kLambda, "Throttles", "Count", Reach::Resources,
     [](const Bucket& b, Statistics& s) { ones(s, b.throttles, b.invocations + b.throttles); }},
    {kLambda, "Duration", "Milliseconds", Reach::Resources,
     [](const Bucket& b, Statistics& s) {
         sketched(s, b.durations, b.durationSumMs, b.durationMaxMs);
     }},
    {kLambda, "ConcurrentExecutions", "Count", Reach::Functions,
     [](const Bucket& b, Statistics& s) { single(s, b.concurrency); }},
    {kLambda, "UnreservedConcurrentExecutions", "Count", Reach::Account,
     [](const Bucket& b, Statistics& s) { single(s, b.unreservedConcurrency); }},
    {kLambda, "ClaimedAccountConcurrency", "Count", Reach::Account,
     [](const Bucket& b, Statistics& s) { single(s, b.claimedConcurrency); }},
    {kLambda, "RecursiveInvocationsDropped", "Count", Reach::Functions,
     [](const Bucket& b, Statistics& s) { ones(s, b.recursionsDropped, b.recursionsDropped); }},
    {kLambda, "SignatureValidationErrors", "Count", Reach::Functions,
     [](const Bucket& b, Statistics& s) { ones(s, b.signatureErrors, b.signatureErrors); }},
    {kLambda, "AsyncEventsReceived", "Count", Reach::Functions,
     [](const Bucket& b, Statistics& s) { ones(s, b.asyncReceived, b.asyncReceived); }},
    {kLambda, "AsyncEventAge", "Milliseconds", Reach::Functions,
     [](const Bucket& b, Statistics& s) {
         sketched(s, b.asyncAges, b.asyncAgeSumMs, b.asyncAgeMaxMs);
     }},
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
     [](const Bucket& b, Statistics& s) { sketched(s, b.inits, b.initSumMs, b.initMaxMs); }},
    {kGantry, "RestoreDuration", "Milliseconds", Reach::Resources,
     [](const Bucket& b, Statistics& s) {
         sketched(s, b.restores, b.restoreSumMs, b.restoreMaxMs);
     }},
    {kGantry, "BilledDuration", "Milliseconds", Reach::Resources,
     [](const Bucket& b, Statistics& s) {
         summed(s, b.invocations, static_cast<double>(b.billedMs),
                static_cast<double>(b.billedMaxMs));
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
    if (definition->reach == Reach::Account)
        return function.empty() && resource.empty() ? std::optional(function) : std::nullopt;
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
        if (each.reach == Reach::Resources ||
            (each.reach == Reach::Functions && colon == std::string::npos) || series.empty())
            metrics.push_back({std::string(each.space), std::string(each.name), dimensions});
    }
    return metrics;
}

} // namespace gantry::observe::cloudwatch
