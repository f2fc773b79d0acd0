#include "backend/observe/prometheus.h"

#include "backend/base/text.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace gantry::observe {
namespace {

struct Family {
    std::string_view name;
    std::string_view type;
    std::string_view help;
    double (*of)(const Bucket&);
};

constexpr Family kFamilies[] = {
    {"gantry_invocations_total", "counter", "Invocations that ended.",
     [](const Bucket& b) { return double(b.invocations); }},
    {"gantry_errors_total", "counter", "Invocations that ended with an error.",
     [](const Bucket& b) { return double(b.errors); }},
    {"gantry_throttles_total", "counter", "Calls that were throttled.",
     [](const Bucket& b) { return double(b.throttles); }},
    {"gantry_cold_starts_total", "counter", "Invocations that waited for an init.",
     [](const Bucket& b) { return double(b.coldStarts); }},
    {"gantry_billed_seconds_total", "counter", "Billed duration.",
     [](const Bucket& b) { return double(b.billedMs) / 1e3; }},
    {"gantry_async_events_received_total", "counter", "Asynchronous events that were accepted.",
     [](const Bucket& b) { return double(b.asyncReceived); }},
    {"gantry_async_events_dropped_total", "counter", "Asynchronous events that were given up.",
     [](const Bucket& b) { return double(b.asyncDropped); }},
    {"gantry_provisioned_invocations_total", "counter",
     "Invocations that ran in a provisioned environment.",
     [](const Bucket& b) { return double(b.provisionedInvocations); }},
    {"gantry_spillover_invocations_total", "counter",
     "Invocations that found every provisioned environment busy.",
     [](const Bucket& b) { return double(b.spillovers); }},
    {"gantry_concurrent_executions", "gauge", "Invocations that run now.",
     [](const Bucket& b) { return double(b.concurrency); }},
    {"gantry_environments", "gauge", "Environments that live now.",
     [](const Bucket& b) { return double(b.environments); }},
    {"gantry_memory_used_bytes_max", "gauge", "Highest memory that an invocation used.",
     [](const Bucket& b) { return double(b.memoryMaxBytes); }}};

constexpr std::string_view kDuration = "gantry_duration_seconds";
constexpr double kQuantiles[] = {0.5, 0.9, 0.95, 0.99};

struct Function {
    std::string label; // function="name"
    Bucket bucket;
};

std::string labelOf(std::string_view function)
{
    std::string label = "function=\"";
    for (const char c : function) {
        if (c == '"' || c == '\\')
            label += '\\';
        label += c == '\n' ? ' ' : c;
    }
    return label + '"';
}

void head(const Family& family, std::string& out)
{
    absl::StrAppend(&out, "# HELP ", view(family.name), " ", view(family.help), "\n# TYPE ",
                    view(family.name), " ", view(family.type), "\n");
}

void durations(const std::vector<Function>& functions, std::string& out)
{
    head({kDuration, "summary", "How long invocations took.", nullptr}, out);
    for (const Function& function : functions) {
        for (const double quantile : kQuantiles) {
            if (function.bucket.durations.count() > 0)
                absl::StrAppend(&out, view(kDuration), "{", function.label, ",quantile=\"", quantile,
                                "\"} ", function.bucket.durations.quantile(quantile) / 1e3, "\n");
        }
        absl::StrAppend(&out, view(kDuration), "_sum{", function.label, "} ",
                        function.bucket.durationSumMs / 1e3, "\n", view(kDuration), "_count{",
                        function.label, "} ", function.bucket.invocations, "\n");
    }
}

// absl writes six digits; a counter must not stand still beyond a million.
std::string number(double value)
{
    const auto whole = static_cast<std::int64_t>(value);
    return static_cast<double>(whole) == value ? absl::StrCat(whole) : absl::StrCat(value);
}

} // namespace

std::string prometheusText(const LiveMetrics& metrics)
{
    std::vector<Function> functions;
    metrics.forEachTotal([&functions](const LiveMetrics::Totals& totals) {
        functions.push_back({labelOf(totals.function), totals.bucket});
    });
    std::sort(functions.begin(), functions.end(),
              [](const Function& a, const Function& b) { return a.label < b.label; });
    std::string out;
    for (const Family& family : kFamilies) {
        head(family, out);
        for (const Function& function : functions)
            absl::StrAppend(&out, view(family.name), "{", function.label, "} ",
                            number(family.of(function.bucket)), "\n");
    }
    durations(functions, out);
    return out;
}

} // namespace gantry::observe
