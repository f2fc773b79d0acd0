#include "backend/invoke/admission.h"

#include "backend/invoke/core.h"
#include "backend/invoke/dispatcher.h"

#include <algorithm>

namespace gantry::invoke {

bool TokenBucket::has(std::int64_t nowMicros, double capacity, double perSecond)
{
    const double filled =
        m_tokens < 0 ? capacity
                     : m_tokens + static_cast<double>(nowMicros - m_atMicros) / 1e6 * perSecond;
    m_tokens = std::min(filled, capacity);
    m_atMicros = nowMicros;
    return m_tokens >= 1;
}

bool TokenBucket::take(std::int64_t nowMicros, double capacity, double perSecond)
{
    if (!has(nowMicros, capacity, perSecond))
        return false;
    m_tokens -= 1;
    return true;
}

Admission::Admission(const Options& options)
    : m_account(options.accountConcurrency),
      m_startsPerTenSeconds(options.scaling.startsPerTenSeconds),
      m_callsPerEnvironment(options.scaling.callsPerEnvironment),
      m_unreserved(options.accountConcurrency)
{
}

void Admission::setRates(const ScalingRates& rates)
{
    m_startsPerTenSeconds = rates.startsPerTenSeconds;
    m_callsPerEnvironment = rates.callsPerEnvironment;
}

std::string_view Admission::refusal(FunctionLoad& load, bool provisioned, bool starts,
                                    std::int64_t nowMicros)
{
    if (load.reserved && load.running >= *load.reserved)
        return "ReservedFunctionConcurrentInvocationLimitExceeded";
    if (!load.reserved && !provisioned && m_unreservedRunning >= m_unreserved)
        return "ConcurrentInvocationLimitExceeded";
    if (starts && !load.starts.has(nowMicros, m_startsPerTenSeconds, m_startsPerTenSeconds / 10.0))
        return "FunctionInvocationRateLimitExceeded";
    if (!takeCall(load, nowMicros))
        return load.reserved ? "ReservedFunctionInvocationRateLimitExceeded"
                             : "CallerRateLimitExceeded";
    return {};
}

std::string_view Admission::tenantRefusal() const
{
    return 2 * m_tenantEnvironments >= 5 * m_account ? "ConcurrentInvocationLimitExceeded" : "";
}

bool Admission::takeCall(FunctionLoad& load, std::int64_t nowMicros)
{
    const double rate =
        static_cast<double>(m_callsPerEnvironment) * load.reserved.value_or(m_account);
    return (load.reserved ? load.calls : m_calls).take(nowMicros, rate, rate);
}

bool Admission::takeStart(FunctionLoad& load, std::int64_t nowMicros)
{
    return load.starts.take(nowMicros, m_startsPerTenSeconds, m_startsPerTenSeconds / 10.0);
}

} // namespace gantry::invoke
