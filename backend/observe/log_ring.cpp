#include "backend/observe/log_ring.h"

#include <algorithm>
#include <utility>

namespace gantry::observe {

void LogRing::push(LogLinePtr line)
{
    m_bytes += line->entry.message.size();
    m_lines.push_back(std::move(line));
    while (m_lines.size() > kLines || (m_bytes > kBytes && m_lines.size() > 1)) {
        m_bytes -= m_lines.front()->entry.message.size();
        m_dropped = m_lines.front()->id;
        m_lines.pop_front();
    }
}

std::int64_t LogRing::missedAfter(std::int64_t id) const
{
    return std::max<std::int64_t>(m_dropped - id, 0);
}

} // namespace gantry::observe
