#pragma once

#include "backend/invoke/invocation_record.h"
#include "backend/observe/traces/trace_store.h"

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <string>

namespace gantry::observe::traces {

// Stands before the observer of dispatch and makes traces of what is traced. Knows which function
// took part in which trace lately: a function may add to those only.
class Tracer final : public invoke::Observer {
public:
    Tracer(invoke::Observer& next, TraceStore& store) : m_next(next), m_store(store) {}

    void concurrencyChanged(const std::string& functionName, int running) override;
    void environmentsChanged(const std::string& functionName, int live) override;
    void throttled(const std::string& functionName, const std::string& alias,
                   const std::string& version) override;
    void provisionedChanged(const std::string& functionName, const std::string& qualifier,
                            int running, int allocated) override;
    void refused(const invoke::InvocationRecord& record) override;
    void traceBegun(const std::string& functionName, const std::string& traceId) override;
    void finished(invoke::InvocationRecord record) override;
    void logged(invoke::LogEntry entry) override;

    // What a function sent of itself: a document that it may not send is dropped.
    void putOfFunction(const std::string& functionName, std::string document);

private:
    using Participants = absl::flat_hash_map<std::string, std::vector<std::string>>;

    void put(const invoke::InvocationRecord& record, bool throttled);
    bool tookPart(const std::string& functionName, const std::string& traceId) const;

    invoke::Observer& m_next;
    TraceStore& m_store;
    // By trace. Two generations: the older one is forgotten when the newer has grown old.
    Participants m_recent, m_older;
    std::int64_t m_recentSince = 0; // Unix time, microseconds
};

} // namespace gantry::observe::traces
