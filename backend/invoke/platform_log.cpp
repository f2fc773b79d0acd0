#include "backend/invoke/platform_log.h"

#include "backend/base/text.h"
#include "backend/invoke/trace_span.h"
#include "backend/runtime/environment.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <utility>

namespace gantry::invoke::platform_log {
namespace {

namespace json = boost::json;

enum class Level { Debug, Info, Warn };

double toMs(std::int64_t micros)
{
    return static_cast<double>(micros) / 1000.0;
}

std::int64_t toMb(std::int64_t bytes)
{
    constexpr std::int64_t kMegabyte = 1024 * 1024;
    return (bytes + kMegabyte - 1) / kMegabyte;
}

std::string timeText(std::int64_t unixMicros)
{
    return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMicros(unixMicros),
                            absl::UTCTimeZone());
}

json::string_view text(std::string_view from)
{
    return {from.data(), from.size()};
}

// "python3.13" -> "python:3.13", "nodejs22.x" -> "nodejs:22", "provided.al2023" ->
// "provided:al2023".
std::string runtimeVersion(std::string_view id)
{
    std::size_t split = id.find_first_of("0123456789.");
    if (split == std::string_view::npos)
        return std::string(id);
    const std::string_view family = id.substr(0, split);
    std::string_view version = id.substr(split);
    if (version.starts_with('.'))
        version.remove_prefix(1);
    if (version.ends_with(".x"))
        version.remove_suffix(2);
    return absl::StrCat(view(family), ":", view(version));
}

std::string runtimeArn(const runtime::EnvironmentSpec& spec)
{
    return absl::StrCat("arn:aws:lambda:", spec.region, "::runtime:", spec.runtime);
}

bool passes(const runtime::LogSettings& settings, Level level)
{
    const Level threshold = settings.systemLevel == "DEBUG"  ? Level::Debug
                            : settings.systemLevel == "WARN" ? Level::Warn
                                                             : Level::Info;
    return level >= threshold;
}

std::string event(const Place& place, Level level, std::string_view type, json::object record)
{
    if (!passes(place.spec.log, level))
        return {};
    return json::serialize(json::value{
        {"time", timeText(place.unixMicros)}, {"type", text(type)}, {"record", std::move(record)}});
}

// Of platform.runtimeDone and .report.
std::string_view statusOf(const Report& report)
{
    if (report.status == "timeout")
        return "timeout";
    if (report.errorType.empty())
        return "success";
    return report.status == "error" ? "failure" : "error";
}

json::object outcome(const Report& report, json::object metrics)
{
    json::object record = {{"requestId", text(report.requestId)},
                           {"metrics", std::move(metrics)},
                           {"status", text(statusOf(report))}};
    if (!report.errorType.empty() && report.status != "timeout")
        record["errorType"] = text(report.errorType);
    return record;
}

json::object tracing(const TraceSpan& trace)
{
    const TraceHeader header{trace.traceId, trace.functionSegmentId, true, {}};
    return {{"spanId", trace.functionSegmentId},
            {"type", "X-Amzn-Trace-Id"},
            {"value", header.toString()}};
}

// INIT_START and RESTORE_START, and the records that stand for them.
std::string startOf(const Place& place, std::string_view line, std::string_view type,
                    std::string_view phase, std::string_view logStream)
{
    const runtime::EnvironmentSpec& spec = place.spec;
    const std::string version = runtimeVersion(spec.runtime);
    if (!spec.log.json)
        return absl::StrCat(view(line), " Runtime Version: ", version,
                            "\tRuntime Version ARN: ", runtimeArn(spec));
    return event(place, Level::Info, type,
                 {{"initializationType", spec.initializationType},
                  {"phase", text(phase)},
                  {"runtimeVersion", version},
                  {"runtimeVersionArn", runtimeArn(spec)},
                  {"functionName", spec.functionName},
                  {"functionVersion", spec.version},
                  {"instanceId", text(logStream)},
                  {"instanceMaxMemory", std::int64_t{spec.memoryMb} << 20}});
}

} // namespace

std::string initStart(const Place& place, std::string_view logStream)
{
    return startOf(place, "INIT_START", "platform.initStart", "init", logStream);
}

std::string restoreStart(const Place& place, std::string_view logStream)
{
    return startOf(place, "RESTORE_START", "platform.restoreStart", "restore", logStream);
}

std::string restoreReport(const Place& place, std::int64_t durationMicros,
                          std::string_view errorType)
{
    const bool succeeded = errorType.empty();
    if (!place.spec.log.json) {
        std::string line =
            absl::StrFormat("RESTORE_REPORT Restore Duration: %.2f ms", toMs(durationMicros));
        if (!succeeded)
            absl::StrAppend(&line, "\tStatus: error\tError Type: ", view(errorType));
        return line;
    }
    json::object record = {{"status", succeeded ? "success" : "error"},
                           {"metrics", {{"durationMs", toMs(durationMicros)}}}};
    if (!succeeded)
        record["errorType"] = text(errorType);
    return event(place, succeeded ? Level::Info : Level::Warn, "platform.restoreReport",
                 std::move(record));
}

std::string initReport(const Place& place, const Init& init)
{
    const bool succeeded = init.status == "success";
    if (!place.spec.log.json) {
        if (succeeded)
            return {};
        std::string line =
            absl::StrFormat("INIT_REPORT Init Duration: %.2f ms\tPhase: %s\tStatus: %s",
                            toMs(init.durationMicros), view(init.phase), view(init.status));
        if (!init.errorType.empty())
            absl::StrAppend(&line, "\tError Type: ", view(init.errorType));
        return line;
    }
    json::object record = {{"initializationType", place.spec.initializationType},
                           {"phase", text(init.phase)},
                           {"status", text(init.status)},
                           {"metrics", {{"durationMs", toMs(init.durationMicros)}}}};
    if (!init.errorType.empty())
        record["errorType"] = text(init.errorType);
    const bool onDemand = place.spec.initializationType == "on-demand";
    return event(place, !succeeded ? Level::Warn : onDemand ? Level::Debug : Level::Info,
                 "platform.initReport", std::move(record));
}

std::string start(const Place& place, std::string_view requestId)
{
    if (!place.spec.log.json)
        return absl::StrCat("START RequestId: ", view(requestId),
                            " Version: ", place.spec.version);
    return event(place, Level::Info, "platform.start",
                 {{"requestId", text(requestId)},
                  {"functionArn", place.spec.functionArn},
                  {"version", place.spec.version}});
}

std::string end(const Place& place, const Report& report)
{
    if (!place.spec.log.json)
        return absl::StrCat("END RequestId: ", view(report.requestId));
    return event(place, statusOf(report) == "success" ? Level::Debug : Level::Warn,
                 "platform.runtimeDone",
                 outcome(report, {{"durationMs", toMs(report.durationMicros)},
                                  {"producedBytes", report.producedBytes}}));
}

std::string report(const Place& place, const Report& report)
{
    if (place.spec.log.json) {
        json::object metrics = {{"durationMs", toMs(report.durationMicros)},
                                {"billedDurationMs", report.billedMs},
                                {"memorySizeMB", report.memoryMb},
                                {"maxMemoryUsedMB", toMb(report.memoryUsedBytes)}};
        if (report.initMicros > 0)
            metrics["initDurationMs"] = toMs(report.initMicros);
        if (report.restoreMicros > 0) {
            metrics["restoreDurationMs"] = toMs(report.restoreMicros);
            metrics["billedRestoreDurationMs"] = report.billedRestoreMs;
        }
        json::object record = outcome(report, std::move(metrics));
        if (report.trace)
            record["tracing"] = tracing(*report.trace);
        return event(place, statusOf(report) == "success" ? Level::Info : Level::Warn,
                     "platform.report", std::move(record));
    }
    std::string line = absl::StrFormat(
        "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\t"
        "Max Memory Used: %d MB\t",
        view(report.requestId), toMs(report.durationMicros), report.billedMs, report.memoryMb,
        toMb(report.memoryUsedBytes));
    if (report.initMicros > 0)
        absl::StrAppendFormat(&line, "Init Duration: %.2f ms\t", toMs(report.initMicros));
    if (report.restoreMicros > 0)
        absl::StrAppendFormat(&line, "Restore Duration: %.2f ms\tBilled Restore Duration: %d ms\t",
                              toMs(report.restoreMicros), report.billedRestoreMs);
    if (!report.status.empty())
        absl::StrAppend(&line, "Status: ", view(report.status));
    if (report.status == "error")
        absl::StrAppend(&line, "\tError Type: ", view(report.errorType));
    if (report.trace)
        absl::StrAppend(&line, "\nXRAY TraceId: ", report.trace->traceId,
                        "\tSegmentId: ", report.trace->functionSegmentId, "\tSampled: true\t");
    return line;
}

std::string timedOut(const Place& place, std::string_view requestId, std::int64_t timeoutMicros)
{
    return failed(place, absl::StrCat(timeText(place.unixMicros), " ", view(requestId), " ",
                                      timeoutMessage(timeoutMicros)));
}

std::string failed(const Place& place, std::string_view text)
{
    return place.spec.log.json ? std::string() : std::string(text);
}

std::string timeoutMessage(std::int64_t timeoutMicros)
{
    return absl::StrFormat("Task timed out after %.2f seconds",
                           static_cast<double>(timeoutMicros) / 1e6);
}

std::string sandboxError(std::string_view requestId, std::string_view message)
{
    return absl::StrCat("RequestId: ", view(requestId), " Error: ", view(message));
}

std::string errorDocument(std::string_view type, std::string_view message)
{
    return json::serialize(
        json::value{{"errorType", text(type)}, {"errorMessage", text(message)}});
}

} // namespace gantry::invoke::platform_log
