#include "ui/models/duration_heat.h"

#include <algorithm>

namespace gantry::models {

namespace {

constexpr int kColumns = 72;

} // namespace

DurationHeat::DurationHeat(rpc::Channel& channel, const QString& functionName, QObject* parent)
    : QObject(parent), m_api(channel), m_functionName(functionName)
{
}

void DurationHeat::setFunction(const QString& functionName)
{
    if (functionName == m_functionName)
        return;
    m_functionName = functionName;
    m_histogram = {};
    m_loading = true;
    m_when = PeriodicQuery(1000);
    Q_EMIT changed();
}

void DurationHeat::look(qint64 fromMs, qint64 toMs)
{
    m_fromMs = fromMs;
    m_toMs = toMs;
    if (toMs <= fromMs || !m_when.look(fromMs, toMs))
        return;
    m_api.query({m_functionName, std::max<qint64>(0, fromMs), toMs, kColumns}, this,
                         [this, asked = m_functionName](const rpc::Result<rpc::DurationHistogram>& histogram) {
                             if (asked != m_functionName)
                                 return;
                             m_when.answered();
                             m_loading = false;
                             m_problem = histogram ? QString() : histogram.error().message;
                             if (histogram)
                                 m_histogram = *histogram;
                             Q_EMIT changed();
                             look(m_fromMs, m_toMs); // a zoom may have come meanwhile
                         });
}

rpc::CellQuery DurationHeat::cellOf(qint64 fromMs, qint64 toMs, double aboveMs,
                                    double upToMs) const
{
    rpc::CellQuery cell;
    cell.functionName = m_functionName.section(u':', 0, 0);
    cell.qualifier = m_functionName.section(u':', 1);
    cell.finishedFromMs = fromMs;
    cell.finishedToMs = toMs;
    cell.durationAboveMs = aboveMs;
    cell.durationToMs = upToMs;
    return cell;
}

} // namespace gantry::models
