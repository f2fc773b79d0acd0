#include "backend/observe/prometheus.h"

#include "backend/base/text.h"
#include "backend/observe/exported_metrics.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <algorithm>
#include <vector>

namespace gantry::observe {
namespace {

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

// absl writes six digits, which is too few for what grows.
std::string number(double value)
{
    const auto whole = static_cast<std::int64_t>(value);
    return static_cast<double>(whole) == value ? absl::StrCat(whole)
                                               : absl::StrFormat("%.15g", value);
}

void head(const std::string& name, std::string_view type, std::string_view help, std::string& out)
{
    absl::StrAppend(&out, "# HELP ", name, " ", view(help), "\n# TYPE ", name, " ", view(type), "\n");
}

void durations(const std::vector<Function>& functions, std::string& out)
{
    const std::string name = prometheusName(kExportedDuration, "s", false);
    head(name, "summary", kExportedDurationHelp, out);
    for (const Function& function : functions) {
        for (const double quantile : kExportedQuantiles) {
            if (function.bucket.durations.count() > 0)
                absl::StrAppend(&out, name, "{", function.label, ",quantile=\"", quantile, "\"} ",
                                function.bucket.durations.quantile(quantile) / 1e3, "\n");
        }
        absl::StrAppend(&out, name, "_sum{", function.label, "} ",
                        number(function.bucket.durationSumMs / 1e3), "\n", name, "_count{",
                        function.label, "} ", function.bucket.invocations, "\n");
    }
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
    for (const ExportedMetric& metric : exportedMetrics()) {
        const bool counter = metric.kind == ExportedMetric::Kind::Counter;
        const std::string name = prometheusName(metric.name, metric.unit, counter);
        head(name, counter ? "counter" : "gauge", metric.help, out);
        for (const Function& function : functions)
            absl::StrAppend(&out, name, "{", function.label, "} ",
                            number(metric.of(function.bucket)), "\n");
    }
    durations(functions, out);
    return out;
}

} // namespace gantry::observe
