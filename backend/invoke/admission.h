#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gantry::invoke {

struct FunctionLoad;
struct Options;
struct ScalingRates;

// Fills evenly up to its capacity; full at first. Monotonic time.
class TokenBucket final {
public:
    bool has(std::int64_t nowMicros, double capacity, double perSecond);
    bool take(std::int64_t nowMicros, double capacity, double perSecond);

private:
    double m_tokens = -1; // not used before
    std::int64_t m_atMicros = 0;
};

// Who may run now, by the rules of "Understanding Lambda function scaling": the account's pool of
// concurrency, what functions have reserved of it, how fast one function may grow, ten calls a second
// for each environment that there may be, and 2,500 environments of tenants for each 1,000 of the
// account's concurrency, idle ones included. A refusal is named as the model's ThrottleReason
// names it; AWS does not say which of its names belongs to which rate, so the last three follow
// their wording.
class Admission final {
public:
    explicit Admission(const Options& options);

    // The account's concurrency less what is reserved and provisioned.
    void setUnreserved(int concurrency) { m_unreserved = concurrency; }
    int unreserved() const { return m_unreserved; }
    void setRates(const ScalingRates& rates);
    int unreservedRunning() const { return m_unreservedRunning; }

    // Why the call may not run; empty when it may. provisioned: it runs in an environment that is
    // provisioned. starts: no environment is free for it.
    std::string_view refusal(FunctionLoad& load, bool provisioned, bool starts,
                             std::int64_t nowMicros);
    // The same for an environment that must be started for a tenant.
    std::string_view tenantRefusal() const;
    void tenantEnvironmentsChanged(int delta) { m_tenantEnvironments += delta; }
    // One more environment of the function, when its rate of growth allows it.
    bool takeStart(FunctionLoad& load, std::int64_t nowMicros);

    void admitted(bool unreserved) { m_unreservedRunning += unreserved; }
    void released(bool unreserved) { m_unreservedRunning -= unreserved; }

private:
    bool takeCall(FunctionLoad& load, std::int64_t nowMicros);

    const int m_account;
    int m_startsPerTenSeconds;
    int m_callsPerEnvironment; // a second
    int m_unreserved;
    int m_unreservedRunning = 0;
    int m_tenantEnvironments = 0;
    TokenBucket m_calls; // of all functions that reserve nothing
};

} // namespace gantry::invoke
