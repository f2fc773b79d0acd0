#include "backend/observe/exported_metrics.h"

#include "backend/base/text.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

namespace gantry::observe {
namespace {

using Kind = ExportedMetric::Kind;

constexpr ExportedMetric kMetrics[] = {
    {"gantry.invocations", "{invocation}", Kind::Counter, "Invocations that ended.",
     [](const Bucket& b) { return double(b.invocations); }},
    {"gantry.errors", "{invocation}", Kind::Counter, "Invocations that ended with an error.",
     [](const Bucket& b) { return double(b.errors); }},
    {"gantry.throttles", "{call}", Kind::Counter, "Calls that were throttled.",
     [](const Bucket& b) { return double(b.throttles); }},
    {"gantry.cold_starts", "{invocation}", Kind::Counter, "Invocations that waited for an init.",
     [](const Bucket& b) { return double(b.coldStarts); }},
    {"gantry.init", "s", Kind::Counter, "Init that invocations waited for.",
     [](const Bucket& b) { return b.initSumMs / 1e3; }},
    {"gantry.billed", "s", Kind::Counter, "Billed duration.",
     [](const Bucket& b) { return double(b.billedMs) / 1e3; }},
    {"gantry.async_events_received", "{event}", Kind::Counter,
     "Asynchronous events that were accepted.",
     [](const Bucket& b) { return double(b.asyncReceived); }},
    {"gantry.async_events_dropped", "{event}", Kind::Counter,
     "Asynchronous events that were given up.",
     [](const Bucket& b) { return double(b.asyncDropped); }},
    {"gantry.dead_letter_errors", "{event}", Kind::Counter,
     "Events that could not be sent to their dead-letter queue.",
     [](const Bucket& b) { return double(b.deadLetterErrors); }},
    {"gantry.destination_failures", "{event}", Kind::Counter,
     "Results that could not be sent to their destination.",
     [](const Bucket& b) { return double(b.destinationFailures); }},
    {"gantry.provisioned_invocations", "{invocation}", Kind::Counter,
     "Invocations that ran in a provisioned environment.",
     [](const Bucket& b) { return double(b.provisionedInvocations); }},
    {"gantry.spillover_invocations", "{invocation}", Kind::Counter,
     "Invocations that found every provisioned environment busy.",
     [](const Bucket& b) { return double(b.spillovers); }},
    {"gantry.concurrent_executions", "{invocation}", Kind::Gauge, "Invocations that run now.",
     [](const Bucket& b) { return double(b.concurrency); }},
    {"gantry.provisioned_concurrent_executions", "{invocation}", Kind::Gauge,
     "Invocations that run in provisioned environments now.",
     [](const Bucket& b) { return double(b.provisionedRunning); }},
    {"gantry.environments", "{environment}", Kind::Gauge, "Environments that live now.",
     [](const Bucket& b) { return double(b.environments); }},
    {"gantry.memory_used_max", "By", Kind::Gauge, "Highest memory that an invocation used.",
     [](const Bucket& b) { return double(b.memoryMaxBytes); }}};

} // namespace

std::span<const ExportedMetric> exportedMetrics()
{
    return kMetrics;
}

std::string prometheusName(std::string_view name, std::string_view unit, bool counter)
{
    std::string text(name);
    std::replace(text.begin(), text.end(), '.', '_');
    return absl::StrCat(text, unit == "s" ? "_seconds" : unit == "By" ? "_bytes" : "",
                        counter ? "_total" : "");
}

} // namespace gantry::observe
