#include "backend/invoke/execution.h"

#include <utility>

namespace gantry::invoke {

void LogTail::append(std::string_view line)
{
    appendText(line);
    m_text.push_back('\n');
}

void LogTail::appendText(std::string_view lines)
{
    if (lines.size() >= kLimit) {
        m_text.assign(lines.substr(lines.size() - kLimit));
        return;
    }
    if (m_text.size() + lines.size() >= 2 * kLimit)
        m_text.erase(0, m_text.size() - kLimit);
    m_text.append(lines);
}

std::string LogTail::take()
{
    if (m_text.size() > kLimit)
        m_text.erase(0, m_text.size() - kLimit);
    return std::move(m_text);
}

} // namespace gantry::invoke
