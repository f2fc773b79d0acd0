#include "backend/observe/log_ring.h"

#include <algorithm>
#include <utility>

namespace gantry::observe {
namespace {

std::size_t bytesOf(const LogLine& line)
{
    const invoke::LogEntry& e = line.entry;
    return sizeof line + e.functionName.size() + e.requestId.size() + e.logStream.size() +
           e.message.size() + e.logGroup.size();
}

} // namespace

void LogRing::push(LogLinePtr line)
{
    m_bytes += bytesOf(*line);
    m_lines.push_back(std::move(line));
    while (m_lines.size() > kLines || (m_bytes > kBytes && m_lines.size() > 1)) {
        m_bytes -= bytesOf(*m_lines.front());
        m_dropped = m_lines.front()->id;
        m_lines.pop_front();
    }
}

std::int64_t LogRing::missedAfter(std::int64_t id) const
{
    return std::max<std::int64_t>(m_dropped - id, 0);
}

} // namespace gantry::observe
