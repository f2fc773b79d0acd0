#include "backend/cost/meter.h"

#include "backend/cost/month.h"

namespace gantry::cost {

pricing::Invocation invocationOf(const invoke::InvocationRecord& record)
{
    pricing::Invocation invocation;
    invocation.arm64 = record.architecture == "arm64";
    invocation.memoryMb = record.memoryMb;
    invocation.tmpMb = record.tmpMb;
    invocation.billedMs = record.billedMs + record.billedRestoreMs;
    // Only runtimes that pay for it are restored: see runtime/snapshots.cpp.
    invocation.restoredMb = record.restoreMicros > 0 ? record.memoryMb : 0;
    invocation.provisioned = record.provisioned;
    invocation.asynchronous = record.asyncEventBytes > 0;
    invocation.eventBytes = record.asyncEventBytes;
    invocation.streamedBytes = record.streamedBytes;
    // Every environment that is made for a tenant is charged, also when its init fails.
    invocation.newTenant = record.coldStart && !record.tenantId.empty();
    return invocation;
}

std::int64_t billedAt(const invoke::InvocationRecord& record)
{
    return record.startedAtMicros > 0 ? record.startedAtMicros : record.acceptedAtMicros;
}

Meter::Charge Meter::charge(const invoke::InvocationRecord& record)
{
    Charge charge;
    const std::int64_t at = billedAt(record);
    charge.usage = pricing::usageOf(invocationOf(record), m_prices.at(at).table);
    charge.price = this->charge(at, charge.usage);
    return charge;
}

pricing::Money Meter::charge(std::int64_t atMicros, const pricing::Usage& usage)
{
    pricing::Usage& before = m_months[monthOf(atMicros)];
    const pricing::Money price = pricing::listPrice(usage, before, m_prices.at(atMicros).table);
    before += usage;
    while (m_months.size() > 2)
        m_months.erase(m_months.begin());
    return price;
}

} // namespace gantry::cost
