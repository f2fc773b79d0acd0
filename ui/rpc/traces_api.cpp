#include "ui/rpc/traces_api.h"

#include "aws/xray.pb.h"
#include "gantry/v1/monitor.pb.h"
#include "ui/rpc/call.h"

namespace gantry::rpc {
namespace {

namespace pb = aws::xray;

QString text(const std::string& utf8)
{
    return QString::fromStdString(utf8);
}

void setTime(google::protobuf::Timestamp& to, qint64 ms)
{
    to.set_seconds(ms / 1000);
    to.set_nanos(int(ms % 1000) * 1'000'000);
}

TraceSummary fromProto(const pb::TraceSummary& from)
{
    TraceSummary to;
    to.id = text(from.id());
    to.startMs = from.start_time().seconds() * 1000 + from.start_time().nanos() / 1'000'000;
    to.durationMs = from.duration() * 1000;
    to.fault = from.has_fault();
    to.error = from.has_error();
    to.throttle = from.has_throttle();
    to.partial = from.is_partial();
    to.entryPoint = text(from.entry_point().name());
    for (const pb::ServiceId& service : from.service_ids()) {
        if (const QString name = text(service.name()); !to.services.contains(name))
            to.services.append(name);
    }
    to.status = from.http().http_status();
    to.method = text(from.http().http_method());
    to.url = text(from.http().http_url());
    return to;
}

template <class Statistics> CallCounts countsOf(const Statistics& from)
{
    CallCounts to;
    to.ok = from.ok_count();
    to.errors = from.error_statistics().other_count();
    to.throttles = from.error_statistics().throttle_count();
    to.faults = from.fault_statistics().total_count();
    to.totalSeconds = from.total_response_time();
    return to;
}

} // namespace

void TracesApi::list(const TraceQuery& query, QObject* context, Done<TracePage> done)
{
    pb::GetTraceSummariesRequest request;
    setTime(*request.mutable_start_time(), query.fromMs);
    setTime(*request.mutable_end_time(), query.toMs);
    if (!query.filter.isEmpty())
        request.set_filter_expression(query.filter.toStdString());
    if (!query.nextToken.isEmpty())
        request.set_next_token(query.nextToken.toStdString());
    call<pb::GetTraceSummariesResult>(
        m_channel, request, context,
        [](const pb::GetTraceSummariesResult& response) {
            TracePage page;
            for (const pb::TraceSummary& summary : response.trace_summaries())
                page.traces.append(fromProto(summary));
            page.nextToken = text(response.next_token());
            return page;
        },
        std::move(done));
}

void TracesApi::get(const QString& id, QObject* context, Done<TraceDocuments> done)
{
    pb::BatchGetTracesRequest request;
    request.add_trace_ids(id.toStdString());
    call<pb::BatchGetTracesResult>(
        m_channel, request, context,
        [id](const pb::BatchGetTracesResult& response) {
            TraceDocuments documents;
            documents.id = id;
            for (const pb::Trace& trace : response.traces()) {
                documents.limitExceeded = trace.limit_exceeded();
                for (const pb::Segment& segment : trace.segments())
                    documents.segments.append(QByteArray::fromStdString(segment.document()));
            }
            return documents;
        },
        std::move(done));
}

void TracesApi::traceOf(const QString& requestId, QObject* context, Done<QString> done)
{
    v1::GetInvocationRequest request;
    request.set_request_id(requestId.toStdString());
    call<v1::InvocationDetail>(
        m_channel, request, context,
        [](const v1::InvocationDetail& response) { return text(response.summary().trace_id()); },
        std::move(done));
}

void TracesApi::serviceGraph(qint64 fromMs, qint64 toMs, QObject* context,
                             Done<QList<ServiceNode>> done)
{
    pb::GetServiceGraphRequest request;
    setTime(*request.mutable_start_time(), fromMs);
    setTime(*request.mutable_end_time(), toMs);
    call<pb::GetServiceGraphResult>(
        m_channel, request, context,
        [](const pb::GetServiceGraphResult& response) {
            QList<ServiceNode> nodes;
            for (const pb::Service& service : response.services()) {
                ServiceNode node;
                node.id = service.reference_id();
                node.name = text(service.name());
                node.type = text(service.type());
                node.counts = countsOf(service.summary_statistics());
                for (const pb::Edge& edge : service.edges())
                    node.edges.append({edge.reference_id(), countsOf(edge.summary_statistics())});
                nodes.append(std::move(node));
            }
            return nodes;
        },
        std::move(done));
}

} // namespace gantry::rpc
