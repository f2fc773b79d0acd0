#include "ui/rpc/telemetry_export_api.h"

#include "gantry/v1/telemetry_export.pb.h"
#include "ui/rpc/call.h"

namespace gantry::rpc {

namespace {

ExportStatus toStatus(const v1::TelemetryExportStatus& from)
{
    ExportStatus to;
    to.settings.on = from.settings().on();
    to.settings.endpoint = QString::fromStdString(from.settings().endpoint());
    if (from.settings().interval_seconds() > 0)
        to.settings.intervalSeconds = from.settings().interval_seconds();
    for (const v1::ExportHeader& header : from.settings().headers())
        to.settings.headers.insert(QString::fromStdString(header.name()), {});
    to.settings.traces = from.settings().traces();
    if (from.last_success_ms() > 0)
        to.lastSuccess = QDateTime::fromMSecsSinceEpoch(from.last_success_ms());
    to.problem = QString::fromStdString(from.problem());
    to.exports = from.exports();
    to.spans = from.spans();
    to.segmentsDropped = from.segments_dropped();
    to.prometheusEndpoint = QString::fromStdString(from.prometheus_endpoint());
    return to;
}

} // namespace

void TelemetryExportApi::status(QObject* context, Done<ExportStatus> done)
{
    call<v1::TelemetryExportStatus>(m_channel, v1::GetTelemetryExportRequest(), context, toStatus,
                                    std::move(done));
}

void TelemetryExportApi::change(const ExportSettings& settings, QObject* context,
                                Done<ExportStatus> done)
{
    v1::SetTelemetryExportRequest request;
    v1::TelemetryExportSettings& to = *request.mutable_settings();
    to.set_on(settings.on);
    to.set_endpoint(settings.endpoint.toStdString());
    to.set_interval_seconds(settings.intervalSeconds);
    to.set_traces(settings.traces);
    for (auto header = settings.headers.cbegin(); header != settings.headers.cend(); ++header) {
        v1::ExportHeader& added = *to.add_headers();
        added.set_name(header.key().toStdString());
        added.set_value(header.value().toStdString());
    }
    call<v1::TelemetryExportStatus>(m_channel, request, context, toStatus, std::move(done));
}

} // namespace gantry::rpc
