#include "backend/invoke/fleet.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/invoke/pool.h"
#include "backend/invoke/trace_span.h"
#include "backend/invoke/worker.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
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

constexpr std::int64_t kLooksInAMinute = 12; // at learned windows

std::string provisionedKey(const functions::Target& target, const std::string& qualifier)
{
    return absl::StrCat(target.poolKey, "@", qualifier);
}

// Admission in front of one pool a version: the account's concurrency, the payload's size, the
// keep-alive of what is idle, and the end of everything.
class PooledDispatcher final : public FleetDispatcher {
public:
    PooledDispatcher(boost::asio::io_context& io, const Clock& clock,
                     runtime::EnvironmentFactory& environments, Observer& observer,
                     Pricer price, Options options)
        : m_core(io, clock, environments, observer, std::move(price), options), m_reaper(io)
    {
        m_core.onIdle = [this] {
            if (!m_reaperRuns)
                reapAfter(std::min(m_core.keepAlive.fixedMicros(), longestRest()));
        };
    }

    void invoke(Request request, Done done) override;
    std::string decideTrace(std::string traceId, const functions::Target& target) const override;
    void checkInit(functions::Target target, InitChecked done) override;
    void retire(const std::string& functionName, const std::string& keepPoolKey) override;
    void shutdown(std::function<void()> done) override;

    void setUnreserved(int concurrency) override { m_core.admission.setUnreserved(concurrency); }
    int unreservedRunning() const override { return m_core.admission.unreservedRunning(); }
    const ScalingRates& scaling() const override { return m_core.options.scaling; }
    void setScaling(const ScalingRates& rates) override
    {
        m_core.options.scaling = rates;
        m_core.admission.setRates(rates);
    }
    void provision(const std::string& functionName,
                   std::vector<functions::ProvisionedTarget> targets) override;
    std::vector<ProvisionedState> provisioned() const override;
    std::vector<FunctionConcurrency> load() const override;
    std::vector<EnvironmentView> environments() const override;
    bool end(const std::string& id) override;
    void takeSnapshot(const runtime::EnvironmentSpec& spec,
                      runtime::Environment::Initialised done) override
    {
        m_core.takeSnapshot(spec, std::move(done));
    }
    runtime::SnapshotStatus snapshotStatus(const std::string& functionArn,
                                           const std::string& version) const override
    {
        return m_core.environments.snapshotStatus(functionArn, version);
    }
    void keepVersions(const std::string& functionName,
                      const std::set<std::string>& versions) override;
    const KeepAlive& keepAlive() const override { return m_core.keepAlive; }
    KeepAlive& keepAlive() override { return m_core.keepAlive; }
    void chooseKeepAlive(KeepAlive::Policy policy, std::int64_t fixedMicros) override;

    int runningTotal() const override { return m_core.runningTotal; }
    int running(const std::string& functionName) const override
    {
        const auto found = m_loads.find(functionName);
        return found == m_loads.end() ? 0 : found->second->running;
    }

private:
    Pool& poolOf(const functions::Target& target, const std::string& tenantId = {});
    Pool& makePool(const std::string& key, std::shared_ptr<const runtime::EnvironmentSpec> spec,
                   const std::string& qualifier);
    Pool* provisionedFor(const functions::Target& target);
    std::int64_t longestRest() const;
    std::unique_ptr<Execution> makeExecution(Request request, Done done);
    void refuse(Request request, Done done, std::string_view reason);
    TraceHeader decided(std::string_view traceId, const runtime::EnvironmentSpec& spec) const;
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
    const std::string key = poolKey(target, tenantId);
    const auto found = m_pools.find(key);
    return found == m_pools.end() ? makePool(key, target.spec, {}) : *found->second;
}

Pool& PooledDispatcher::makePool(const std::string& key,
                                 std::shared_ptr<const runtime::EnvironmentSpec> spec,
                                 const std::string& qualifier)
{
    auto& load = m_loads[spec->functionName];
    if (!load) {
        load = std::make_shared<FunctionLoad>();
        load->name = spec->functionName;
    }
    auto& pool = m_pools[key];
    pool = std::make_unique<Pool>(m_core, load, std::move(spec), qualifier);
    return *pool;
}

Pool* PooledDispatcher::provisionedFor(const functions::Target& target)
{
    if (target.provisionedQualifier.empty())
        return nullptr;
    const auto found = m_pools.find(provisionedKey(target, target.provisionedQualifier));
    return found == m_pools.end() ? nullptr : found->second.get();
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
    if (request.asynchronous && request.event)
        record.asyncEventBytes = static_cast<std::int64_t>(request.event->size());
    TraceHeader header = decided(request.traceId, spec);
    record.trace = openSpan(header, request, record.requestId);
    record.traceId = header.toString();
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
    // What is provisioned belongs to no tenant.
    Pool* const provisioned =
        request.tenantId.empty() ? provisionedFor(request.target) : nullptr;
    const bool ready = provisioned && provisioned->hasIdle();
    Pool& pool = ready ? *provisioned : poolOf(request.target, request.tenantId);
    FunctionLoad& load = pool.load();
    load.reserved = request.target.reservedConcurrency;
    const bool starts = pool.needsStart();
    std::string_view reason;
    if (!request.tenantId.empty() && starts)
        reason = m_core.admission.tenantRefusal();
    if (reason.empty())
        reason = m_core.admission.refusal(load, ready, starts, monotonicMicros());
    if (!reason.empty())
        return refuse(std::move(request), std::move(done), reason);
    auto execution = makeExecution(std::move(request), std::move(done));
    execution->unreserved = !ready && !load.reserved;
    execution->record.provisioned = ready;
    execution->record.spillover = provisioned && !ready;
    if (execution->record.spillover)
        provisioned->countSpillover();
    m_core.admitted(load, *execution);
    pool.submit(std::move(execution));
}

void PooledDispatcher::refuse(Request request, Done done, std::string_view reason)
{
    const runtime::EnvironmentSpec& spec = *request.target.spec;
    m_core.observer.throttled(spec.functionName, request.target.alias, spec.version);
    const auto execution = makeExecution(std::move(request), std::move(done));
    if (execution->record.trace)
        m_core.observer.refused(execution->record);
    execution->done(throttled(std::string(reason)));
}

TraceHeader PooledDispatcher::decided(std::string_view traceId,
                                      const runtime::EnvironmentSpec& spec) const
{
    TraceHeader header = TraceHeader::parse(traceId);
    if (header.root.empty())
        header.root = newTraceId().substr(std::string_view("Root=").size());
    if (!header.sampled)
        header.sampled = spec.activeTracing && m_core.options.sample && m_core.options.sample(spec);
    return header;
}

std::string PooledDispatcher::decideTrace(std::string traceId,
                                          const functions::Target& target) const
{
    return decided(traceId, *target.spec).toString();
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
    if (keepPoolKey.empty())
        m_core.keepAlive.forget(functionName);
}

void PooledDispatcher::keepVersions(const std::string& functionName,
                                    const std::set<std::string>& versions)
{
    const auto deleted = [&](const runtime::EnvironmentSpec& spec) {
        return spec.functionName == functionName && spec.version != "$LATEST" &&
               !versions.contains(spec.version);
    };
    for (auto& [key, pool] : m_pools) {
        if (deleted(pool->spec()))
            pool->retire();
    }
    absl::erase_if(m_pools, [](const auto& entry) { return entry.second->empty(); });
    m_core.environments.dropSnapshots(deleted);
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
    std::int64_t next = 0;
    for (auto& [key, pool] : m_pools) {
        const std::int64_t due =
            pool->reap(m_core.keepAlive.windows(pool->spec().functionName), now);
        if (due > 0 && (next == 0 || due < next))
            next = due;
    }
    absl::erase_if(m_pools, [](const auto& entry) { return entry.second->empty(); });
    absl::erase_if(m_loads, [](const auto& entry) { return entry.second.use_count() == 1; });
    if (next > 0)
        reapAfter(std::clamp<std::int64_t>(next - now, 1'000, longestRest()));
}

// Learned windows differ from one function to the next: they are looked at every few seconds.
std::int64_t PooledDispatcher::longestRest() const
{
    return m_core.keepAlive.policy() == KeepAlive::Policy::Fixed
               ? m_core.keepAlive.fixedMicros()
               : m_core.keepAlive.minuteMicros() / kLooksInAMinute;
}

void PooledDispatcher::chooseKeepAlive(KeepAlive::Policy policy, std::int64_t fixedMicros)
{
    m_core.keepAlive.choose(policy, fixedMicros);
    reapAfter(1'000);
}

void PooledDispatcher::provision(const std::string& functionName,
                                 std::vector<functions::ProvisionedTarget> targets)
{
    absl::flat_hash_set<std::string> wanted;
    for (const functions::ProvisionedTarget& wish : targets) {
        const std::string key = provisionedKey(wish.target, wish.qualifier);
        wanted.insert(key);
        Pool* pool = nullptr;
        if (const auto found = m_pools.find(key); found != m_pools.end()) {
            pool = found->second.get();
        } else {
            auto spec = std::make_shared<runtime::EnvironmentSpec>(*wish.target.spec);
            spec->initializationType = "provisioned-concurrency";
            pool = &makePool(key, std::move(spec), wish.qualifier);
        }
        pool->keep(wish.requested);
    }
    for (auto& [key, pool] : m_pools) {
        if (pool->isProvisioned() && pool->spec().functionName == functionName &&
            !wanted.contains(key))
            pool->retire();
    }
    absl::erase_if(m_pools, [](const auto& entry) { return entry.second->empty(); });
}

std::vector<ProvisionedState> PooledDispatcher::provisioned() const
{
    std::vector<ProvisionedState> states;
    for (const auto& [key, pool] : m_pools) {
        if (pool->isProvisioned())
            states.push_back(pool->provisionedState());
    }
    return states;
}

std::vector<FunctionConcurrency> PooledDispatcher::load() const
{
    std::vector<FunctionConcurrency> loads;
    for (const auto& [name, load] : m_loads)
        loads.push_back({name, load->running, load->environments});
    return loads;
}

std::vector<EnvironmentView> PooledDispatcher::environments() const
{
    std::vector<EnvironmentView> views;
    for (const auto& [key, pool] : m_pools)
        pool->view(views, monotonicMicros());
    return views;
}

bool PooledDispatcher::end(const std::string& id)
{
    return std::any_of(m_pools.begin(), m_pools.end(),
                       [&id](const auto& entry) { return entry.second->end(id); });
}

void PooledDispatcher::shutdown(std::function<void()> done)
{
    m_shuttingDown = true;
    m_reaper.cancel();
    std::vector<std::unique_ptr<Execution>> abandoned;
    for (auto& [key, pool] : m_pools) {
        for (auto& execution : pool->abandon()) {
            m_core.released(pool->load(), *execution);
            abandoned.push_back(std::move(execution));
        }
    }
    for (auto& execution : abandoned)
        execution->done(serviceError("The platform is shutting down."));
    m_core.whenAllClosed(std::move(done));
}

} // namespace

std::unique_ptr<FleetDispatcher> makeDispatcher(boost::asio::io_context& io, const Clock& clock,
                                           runtime::EnvironmentFactory& environments,
                                           Observer& observer,
                                           Pricer price,
                                           Options options)
{
    return std::make_unique<PooledDispatcher>(io, clock, environments, observer, std::move(price),
                                              options);
}

} // namespace gantry::invoke
