#include "backend/observe/traces/tracer.h"

#include "backend/base/clock.h"
#include "backend/invoke/trace_span.h"

#include <algorithm>
#include <utility>

namespace gantry::observe::traces {
namespace {

// Longer than an invocation may run: what began in one generation ends in the next at the latest.
constexpr std::int64_t kGenerationMicros = 20LL * 60 * 1'000'000;
constexpr std::size_t kGenerationTraces = 50'000;

bool has(const absl::flat_hash_map<std::string, std::vector<std::string>>& participants,
         const std::string& traceId, const std::string& functionName)
{
    const auto found = participants.find(traceId);
    return found != participants.end() && std::find(found->second.begin(), found->second.end(),
                                                    functionName) != found->second.end();
}

} // namespace

void Tracer::concurrencyChanged(const std::string& functionName, int running)
{
    m_next.concurrencyChanged(functionName, running);
}

void Tracer::environmentsChanged(const std::string& functionName, int live)
{
    m_next.environmentsChanged(functionName, live);
}

void Tracer::throttled(const std::string& functionName, const std::string& alias,
                       const std::string& version)
{
    m_next.throttled(functionName, alias, version);
}

void Tracer::provisionedChanged(const std::string& functionName, const std::string& qualifier,
                                int running, int allocated)
{
    m_next.provisionedChanged(functionName, qualifier, running, allocated);
}

void Tracer::logged(invoke::LogEntry entry)
{
    m_next.logged(std::move(entry));
}

void Tracer::traceBegun(const std::string& functionName, const std::string& traceId)
{
    const std::int64_t now = m_store.clock().unixMicros();
    if (now - m_recentSince > kGenerationMicros || m_recent.size() >= kGenerationTraces) {
        m_older = std::exchange(m_recent, {});
        m_recentSince = now;
    }
    auto& functions = m_recent[traceId];
    if (std::find(functions.begin(), functions.end(), functionName) == functions.end())
        functions.push_back(functionName);
}

void Tracer::finished(invoke::InvocationRecord record)
{
    if (record.trace)
        put(record, false);
    m_next.finished(std::move(record));
}

void Tracer::refused(const invoke::InvocationRecord& record)
{
    put(record, true);
    m_next.refused(record);
}

// Events and responses are needed only for the facts of an HTTP request; they are shared, not copied.
void Tracer::put(const invoke::InvocationRecord& record, bool throttled)
{
    m_store.put(PlatformTrace{record, m_store.clock().unixMicros(), throttled});
}

bool Tracer::tookPart(const std::string& functionName, const std::string& traceId) const
{
    return has(m_recent, traceId, functionName) || has(m_older, traceId, functionName);
}

void Tracer::putOfFunction(const std::string& functionName, std::string document)
{
    auto segment = acceptSegment(std::move(document));
    if (!segment.ok() || !tookPart(functionName, segment->traceId))
        return;
    segment->ofFunction = true;
    (void)m_store.put(*std::move(segment));
}

} // namespace gantry::observe::traces
