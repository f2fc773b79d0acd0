#include "ui/rpc/dashboards_api.h"

#include "aws/cloudwatch.pb.h"
#include "ui/rpc/call.h"

namespace gantry::rpc {

namespace pb = aws::cloudwatch;

void DashboardsApi::list(QObject* context, Done<QStringList> done)
{
    call<pb::ListDashboardsOutput>(
        m_channel, pb::ListDashboardsInput(), context,
        [](const pb::ListDashboardsOutput& output) {
            QStringList names;
            for (const pb::DashboardEntry& entry : output.dashboard_entries())
                names.append(QString::fromStdString(entry.dashboard_name()));
            return names;
        },
        std::move(done));
}

void DashboardsApi::get(const QString& name, QObject* context, Done<QByteArray> done)
{
    pb::GetDashboardInput request;
    request.set_dashboard_name(name.toStdString());
    call<pb::GetDashboardOutput>(
        m_channel, request, context,
        [](const pb::GetDashboardOutput& output) {
            return QByteArray::fromStdString(output.dashboard_body());
        },
        std::move(done));
}

void DashboardsApi::put(const QString& name, const QByteArray& body, QObject* context,
                        Done<Nothing> done)
{
    pb::PutDashboardInput request;
    request.set_dashboard_name(name.toStdString());
    request.set_dashboard_body(body.toStdString());
    call<pb::PutDashboardOutput>(
        m_channel, request, context, [](const pb::PutDashboardOutput&) { return Nothing(); },
        std::move(done));
}

void DashboardsApi::remove(const QString& name, QObject* context, Done<Nothing> done)
{
    pb::DeleteDashboardsInput request;
    request.add_dashboard_names(name.toStdString());
    call<pb::DeleteDashboardsOutput>(
        m_channel, request, context, [](const pb::DeleteDashboardsOutput&) { return Nothing(); },
        std::move(done));
}

} // namespace gantry::rpc
