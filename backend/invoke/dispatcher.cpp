#include "backend/invoke/dispatcher.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/invoke/pool.h"
#include "backend/invoke/worker.h"

#include <absl/container/flat_hash_map.h>
#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace gantry::invoke {
namespace {

#if defined(__aarch64__)
constexpr std::string_view kHostArchitecture = "arm64";
#else
constexpr std::string_view kHostArchitecture = "x86_64";
#endif

// Admission in front of one pool a version: the account's concurrency, the payload's size, the
// keep-alive of what is idle, and the end of everything.
class PooledDispatcher final : public Dispatcher {
public:
    PooledDispatcher(boost::asio::io_context& io, const Clock& clock,
                     runtime::EnvironmentFactory& environments, Observer& observer,
                     std::function<double(const InvocationRecord&)> price, Options options)
        : m_core(io, clock, environments, observer, std::move(price), options), m_reaper(io)
    {
        m_core.onIdle = [this] {
            if (!m_reaperRuns)
                reapAfter(m_core.options.keepAliveMicros);
        };
    }

    void invoke(Request request, Done done) override;
    void checkInit(functions::Target target, InitChecked done) override;
    void retire(const std::string& functionName, const std::string& keepPoolKey) override;
    void release(const std::string& poolKey) override;
    void shutdown(std::function<void()> done) override;

    int runningTotal() const override { return m_core.runningTotal; }
    int running(const std::string& functionName) const override
    {
        const auto found = m_loads.find(functionName);
        return found == m_loads.end() ? 0 : found->second->running;
    }

private:
    Pool& poolOf(const functions::Target& target, const std::string& tenantId = {});
    std::unique_ptr<Execution> makeExecution(Request request, Done done);
    void reapAfter(std::int64_t micros);
    void reap();

    Core m_core;
    absl::flat_hash_map<std::string, std::shared_ptr<FunctionLoad>> m_loads;
    absl::flat_hash_map<std::string, std::unique_ptr<Pool>> m_pools;
    boost::asio::steady_timer m_reaper;
    bool m_reaperRuns = false;
    bool m_shuttingDown = false;
};

// The environments of one tenant are never another's.
std::string poolKey(const functions::Target& target, const std::string& tenantId)
{
    return tenantId.empty() ? target.poolKey : absl::StrCat(target.poolKey, "\n", tenantId);
}

std::string_view withoutTenant(std::string_view key)
{
    return key.substr(0, key.find('\n'));
}

Pool& PooledDispatcher::poolOf(const functions::Target& target, const std::string& tenantId)
{
    auto& pool = m_pools[poolKey(target, tenantId)];
    if (!pool) {
        auto& load = m_loads[target.spec->functionName];
        if (!load)
            load = std::make_shared<FunctionLoad>(FunctionLoad{target.spec->functionName});
        pool = std::make_unique<Pool>(m_core, load, target.spec);
    }
    return *pool;
}

std::unique_ptr<Execution> PooledDispatcher::makeExecution(Request request, Done done)
{
    auto execution = std::make_unique<Execution>();
    const runtime::EnvironmentSpec& spec = *request.target.spec;
    InvocationRecord& record = execution->record;
    record.requestId = request.requestId.empty() ? randomUuid() : std::move(request.requestId);
    record.functionName = spec.functionName;
    record.version = spec.version;
    record.alias = request.target.alias;
    record.architecture = spec.architecture;
    record.emulated = spec.architecture != kHostArchitecture;
    record.memoryMb = spec.memoryMb;
    record.tmpMb = spec.tmpMb;
    record.acceptedAtMicros = m_core.clock.unixMicros();
    record.tenantId = request.tenantId;
    record.traceId = request.traceId.empty() ? newTraceId() : std::move(request.traceId);
    execution->request = std::move(request);
    execution->done = std::move(done);
    return execution;
}

void PooledDispatcher::invoke(Request request, Done done)
{
    if (m_shuttingDown)
        return done(serviceError("The platform is shutting down."));
    if (request.event && request.event->size() > m_core.options.maxPayloadBytes)
        return done(
            makeError("RequestTooLargeException", 413,
                      absl::StrCat("Request must be smaller than ", m_core.options.maxPayloadBytes,
                                   " bytes for the InvokeFunction operation")));
    if (m_core.runningTotal >= m_core.options.accountConcurrency) {
        m_core.observer.throttled(request.target.spec->functionName);
        return done(throttled("ConcurrentInvocationLimitExceeded"));
    }
    Pool& pool = poolOf(request.target, request.tenantId);
    m_core.admitted(pool.load());
    pool.submit(makeExecution(std::move(request), std::move(done)));
}

void PooledDispatcher::checkInit(functions::Target target, InitChecked done)
{
    if (m_shuttingDown) {
        runtime::InitOutcome outcome;
        outcome.errorType = "Sandbox.Failure";
        outcome.errorMessage = "The platform is shutting down.";
        return done(std::move(outcome), {});
    }
    poolOf(target).checkInit(std::move(done));
}

void PooledDispatcher::retire(const std::string& functionName, const std::string& keepPoolKey)
{
    for (auto& [key, pool] : m_pools) {
        const runtime::EnvironmentSpec& spec = pool->spec();
        const bool stale =
            keepPoolKey.empty() || (withoutTenant(key) != keepPoolKey && spec.version == "$LATEST");
        if (spec.functionName == functionName && stale)
            pool->retire();
    }
    absl::erase_if(m_pools, [](const auto& entry) { return entry.second->empty(); });
}

void PooledDispatcher::release(const std::string& poolKey)
{
    const auto found = m_pools.find(poolKey);
    if (found == m_pools.end())
        return;
    found->second->retire();
    if (found->second->empty())
        m_pools.erase(found);
}

void PooledDispatcher::reapAfter(std::int64_t micros)
{
    m_reaperRuns = true;
    m_reaper.expires_after(std::chrono::microseconds(micros));
    m_reaper.async_wait([this](const boost::system::error_code& error) {
        if (!error)
            reap();
    });
}

void PooledDispatcher::reap()
{
    m_reaperRuns = false;
    const std::int64_t now = monotonicMicros();
    const std::int64_t keepAlive = m_core.options.keepAliveMicros;
    std::int64_t oldest = 0;
    for (auto& [key, pool] : m_pools) {
        const std::int64_t idleSince = pool->reap(now - keepAlive);
        if (idleSince > 0 && (oldest == 0 || idleSince < oldest))
            oldest = idleSince;
    }
    absl::erase_if(m_pools, [](const auto& entry) { return entry.second->empty(); });
    absl::erase_if(m_loads, [](const auto& entry) { return entry.second.use_count() == 1; });
    if (oldest > 0)
        reapAfter(std::max<std::int64_t>(oldest + keepAlive - now, 1'000));
}

void PooledDispatcher::shutdown(std::function<void()> done)
{
    m_shuttingDown = true;
    m_reaper.cancel();
    std::vector<std::unique_ptr<Execution>> abandoned;
    for (auto& [key, pool] : m_pools) {
        for (auto& execution : pool->abandon()) {
            m_core.released(pool->load());
            abandoned.push_back(std::move(execution));
        }
    }
    for (auto& execution : abandoned)
        execution->done(serviceError("The platform is shutting down."));
    m_core.whenAllClosed(std::move(done));
}

} // namespace

std::unique_ptr<Dispatcher> makeDispatcher(boost::asio::io_context& io, const Clock& clock,
                                           runtime::EnvironmentFactory& environments,
                                           Observer& observer,
                                           std::function<double(const InvocationRecord&)> price,
                                           Options options)
{
    return std::make_unique<PooledDispatcher>(io, clock, environments, observer, std::move(price),
                                              options);
}

} // namespace gantry::invoke
