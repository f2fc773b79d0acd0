#include "ui/models/invocation_timeline.h"

#include <QCoreApplication>

#include <algorithm>

namespace gantry::models {
namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("InvocationTimeline", text);
}

TimelineSpan spanOf(const char* id, const QString& name, double startMs, double endMs)
{
    TimelineSpan span;
    span.id = QLatin1String(id);
    span.name = name;
    span.depth = 1;
    span.startMs = startMs;
    span.endMs = endMs;
    span.critical = {{startMs, endMs}}; // one after the other: each is waited for
    return span;
}

// When the platform wrote that it was over, extensions included; Unix time, 0 without.
double reportedMs(const rpc::InvocationDetail& detail)
{
    double last = 0;
    for (const rpc::LogLine& line : detail.log) {
        if (line.source == rpc::LogLine::Source::Platform && line.requestId == detail.summary.requestId)
            last = std::max(last, double(line.timeUs) / 1000);
    }
    return last;
}

} // namespace

TraceTimeline timelineOf(const rpc::InvocationDetail& detail)
{
    const rpc::InvocationSummary& summary = detail.summary;
    const double started = summary.queueMs;
    const double start = std::min(started, summary.initMs + summary.restoreMs);
    const double ended = started + summary.durationMs;
    const double finished = std::max(ended, reportedMs(detail) - double(summary.startedAtMs) + started);
    TraceTimeline timeline;
    timeline.startMs = summary.startedAtMs - qint64(started);
    timeline.durationMs = finished - ended >= 1 ? finished : ended;

    TimelineSpan whole = spanOf("whole", summary.functionName, 0, timeline.durationMs);
    whole.depth = 0;
    whole.segment = true;
    whole.kind = tr("from its record");
    whole.critical.clear();
    whole.fault = !summary.errorType.isEmpty();
    whole.message = summary.errorMessage;
    timeline.spans.append(whole);
    timeline.spans.append(spanOf("dispatch", tr("Queue and dispatch"), 0, started - start));
    if (summary.coldStart && start > 0)
        timeline.spans.append(spanOf("start", summary.restoreMs > 0 ? tr("Restore") : tr("Init"),
                                     started - start, started));
    TimelineSpan call = spanOf("invoke", tr("Invocation"), started, ended);
    call.fault = whole.fault;
    call.message = whole.message;
    timeline.spans.append(call);
    if (finished - ended >= 1)
        timeline.spans.append(spanOf("overhead", tr("Overhead"), ended, finished));
    return timeline;
}

} // namespace gantry::models
