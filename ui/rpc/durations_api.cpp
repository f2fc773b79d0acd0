#include "ui/rpc/durations_api.h"

#include "ui/rpc/call.h"
#include "ui/rpc/monitor_convert.h"

#include <algorithm>

namespace gantry::rpc {
namespace {

DurationHistogram histogramOf(const v1::QueryDurationsResponse& from)
{
    DurationHistogram to;
    to.rollUpMs = from.roll_up_ms();
    to.columnMs = std::max<qint64>(1, from.column_ms());
    to.growth = std::max(1.001, from.growth());
    to.columns.reserve(from.columns_size());
    for (const v1::DurationColumn& column : from.columns())
        to.columns.append({qint64(column.start_ms()), column.first_row(),
                           QList<qint64>(column.counts().begin(), column.counts().end())});
    return to;
}

} // namespace

void DurationsApi::query(const DurationsQuery& query, QObject* context, Done<DurationHistogram> done)
{
    v1::QueryDurationsRequest request;
    request.set_function_name(query.functionName.toStdString());
    request.set_from_ms(query.fromMs);
    request.set_to_ms(query.toMs);
    request.set_max_columns(query.maxColumns);
    call<v1::QueryDurationsResponse>(
        m_channel, request, context,
        [](const v1::QueryDurationsResponse& response) { return histogramOf(response); },
        std::move(done));
}

void DurationsApi::invocationsOf(const CellQuery& cell, int limit, qint64 beforeMs,
                                 QObject* context, Done<QList<InvocationSummary>> done)
{
    v1::ListInvocationsRequest request;
    request.set_function_name(cell.functionName.toStdString());
    request.set_limit(limit);
    request.set_before_ms(beforeMs);
    request.set_qualifier(cell.qualifier.toStdString());
    request.set_finished_from_ms(cell.finishedFromMs);
    request.set_finished_to_ms(cell.finishedToMs);
    request.set_duration_above_ms(cell.durationAboveMs);
    request.set_duration_to_ms(cell.durationToMs);
    call<v1::ListInvocationsResponse>(
        m_channel, request, context,
        [](const v1::ListInvocationsResponse& response) {
            QList<InvocationSummary> list;
            list.reserve(response.invocations_size());
            for (const auto& invocation : response.invocations())
                list.append(fromProto(invocation));
            return list;
        },
        std::move(done));
}

} // namespace gantry::rpc
